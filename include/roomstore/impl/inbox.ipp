#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

#include "roomstore/detail/field_path.hpp"
#include "roomstore/inbox.hpp"
#include "roomstore/query.hpp"

namespace roomstore {

RoomPageCursor::RoomPageCursor(Timestamp created_at, std::string_view id)
    : created_at_(created_at), size_(static_cast<std::uint8_t>(id.size())) {
    if (id.size() > id_.size()) {
        detail::throw_invalid(detail::FieldPath("RoomPageCursor").field("id"),
                              std::to_string(id.size()) + " bytes, more than 255");
    }
    std::copy(id.begin(), id.end(), id_.begin());
}

namespace detail {

inline bool is_letter_or_digit(char byte) noexcept {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9');
}

/// Writes every byte but letters and digits as a hyphen and two hexadecimal digits.
inline void add_escaped(std::string& text, std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char byte : bytes) {
        if (is_letter_or_digit(byte)) {
            text += byte;
        } else {
            const auto number = static_cast<unsigned char>(byte);
            (text += '-').append({digits[number / 16U], digits[number % 16U]});
        }
    }
}

/// The opposite. What is not written like that is read as something that is.
inline std::string unescaped(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned number = 0;
        if (text[i] == '-' && i + 2 < text.size()) {
            std::from_chars(text.data() + i + 1, text.data() + i + 3, number, 16);
            bytes += static_cast<char>(number);
            i += 2;
        } else {
            bytes += text[i];
        }
    }
    return bytes;
}

}  // namespace detail

// i1-<microseconds since the year 1, or "none">-<room id>
std::string to_string(const InboxCursor& cursor) {
    std::string text = "i1-";
    if (cursor.last_activity_at) {
        text += std::to_string((*cursor.last_activity_at - min_timestamp).count());
    } else {
        text += "none";
    }
    text += '-';
    detail::add_escaped(text, cursor.room_id);
    return text;
}

InboxCursor parse_inbox_cursor(std::string_view text) {
    constexpr std::string_view version = "i1-";
    constexpr std::string_view none = "none";
    InboxCursor cursor;
    bool valid = text.starts_with(version);
    if (valid) {
        std::string_view rest = text.substr(version.size());
        const auto time = rest.substr(0, rest.find('-'));
        rest.remove_prefix(time.size());
        if (time != none) {
            std::int64_t count = 0;
            const auto read = std::from_chars(time.data(), time.data() + time.size(), count);
            valid = read.ec == std::errc() && count >= 0 &&
                    count <= (max_timestamp - min_timestamp).count();
            if (valid) {
                cursor.last_activity_at = min_timestamp + std::chrono::microseconds(count);
            }
        }
        if (!rest.empty()) cursor.room_id = detail::unescaped(rest.substr(1));
    }
    // Refuses everything else that is not written like this, too.
    if (!valid || cursor.room_id.empty() || to_string(cursor) != text) {
        detail::throw_invalid(detail::FieldPath("text"), "not written by to_string(InboxCursor)");
    }
    return cursor;
}

}  // namespace roomstore
