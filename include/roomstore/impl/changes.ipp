#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>

#include "roomstore/changes.hpp"
#include "roomstore/detail/field_path.hpp"

namespace roomstore {

namespace detail {

/// Reads a number, and the hyphen behind it unless it is the last.
template <typename Number>
bool take_cursor_field(std::string_view& text, Number& number, int base, bool last) {
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number, base);
    if (read.ec != std::errc() || number < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    if (last) return text.empty();
    if (text.empty() || text.front() != '-') return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace detail

std::string to_string(const RoomCursor& cursor) {
    std::array<char, 16> hex{};
    const auto written = std::to_chars(hex.data(), hex.data() + hex.size(), cursor.room, 16);
    std::string text = "c1-";
    text.append(hex.data(), written.ptr);
    for (const auto number : {cursor.next_index, cursor.revision, cursor.from_index}) {
        text.append("-").append(std::to_string(number));
    }
    return text;
}

RoomCursor parse_room_cursor(std::string_view text) {
    constexpr std::string_view version = "c1-";
    RoomCursor cursor;
    std::string_view rest = text;
    bool valid = rest.starts_with(version);
    if (valid) {
        rest.remove_prefix(version.size());
        valid = detail::take_cursor_field(rest, cursor.room, 16, false) &&
                detail::take_cursor_field(rest, cursor.next_index, 10, false) &&
                detail::take_cursor_field(rest, cursor.revision, 10, false) &&
                detail::take_cursor_field(rest, cursor.from_index, 10, true);
    }
    // Refuses leading zeros and capital digits, too.
    if (!valid || to_string(cursor) != text) {
        detail::throw_invalid(detail::FieldPath("text"), "not written by to_string(RoomCursor)");
    }
    return cursor;
}

}  // namespace roomstore
