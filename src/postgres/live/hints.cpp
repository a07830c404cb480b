#include "live/hints.hpp"

#include <bit>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "roomstore/detail/refusals.hpp"

namespace roomstore::postgres {

namespace {

// The version of the format, the sender, then the rooms: `1 <sender> <room>...`; `1 <sender> *` for
// any room, `1 <sender> +` from who begins to listen, `1 <sender> ?<number>` for a probe.
constexpr std::string_view version = "1 ";
constexpr std::size_t digits = 16;
constexpr std::size_t header_bytes = version.size() + digits;
constexpr std::size_t rooms_per_message = (most_hint_bytes - header_bytes) / (digits + 1);

std::optional<std::uint64_t> take_number(std::string_view& text) {
    if (text.size() < digits) return std::nullopt;
    std::uint64_t number = 0;
    const char* const end = text.data() + digits;
    const auto read = std::from_chars(text.data(), end, number, 16);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    text.remove_prefix(digits);
    return number;
}

}  // namespace

detail::SipKey hint_key(std::string_view uuid) {
    std::string hex;
    for (const char c : uuid) {
        if (c != '-') hex += c;
    }
    std::string_view rest = hex;
    const auto low = take_number(rest);
    const auto high = take_number(rest);
    if (!low || !high || !rest.empty()) {
        throw detail::refusal(errc::corrupt_data, "settings", "hint_key: not a UUID");
    }
    return {.low = *low, .high = *high};
}

std::string hint_channel(const detail::SipKey& key) {
    return fmt::format("roomstore_{:016x}", hint_of(key, "the channel of the schema"));
}

std::int64_t listener_lock(const detail::SipKey& key) {
    return std::bit_cast<std::int64_t>(hint_of(key, "the lock of listeners"));
}

std::uint64_t hint_of(const detail::SipKey& key, std::string_view room_id) {
    return detail::SipHash<2, 4>(key)(room_id);
}

std::vector<std::string> write_hints(std::uint64_t sender,
                                     const std::vector<std::uint64_t>& rooms) {
    if (rooms.size() > most_hint_messages * rooms_per_message) return {write_any_hint(sender)};
    std::vector<std::string> messages;
    for (std::size_t i = 0; i < rooms.size(); ++i) {
        if (i % rooms_per_message == 0) {
            messages.push_back(fmt::format("{}{:016x}", version, sender));
        }
        fmt::format_to(std::back_inserter(messages.back()), " {:016x}", rooms[i]);
    }
    return messages;
}

std::string write_any_hint(std::uint64_t sender) {
    return fmt::format("{}{:016x} *", version, sender);
}

std::string write_hello(std::uint64_t sender) {
    return fmt::format("{}{:016x} +", version, sender);
}

std::string write_probe(std::uint64_t sender, std::uint64_t number) {
    return fmt::format("{}{:016x} ?{:016x}", version, sender, number);
}

std::optional<Hints> read_hints(std::string_view message) {
    if (!message.starts_with(version)) return std::nullopt;
    message.remove_prefix(version.size());
    const auto sender = take_number(message);
    if (!sender) return std::nullopt;
    Hints hints{.sender = *sender};
    if (message == " *") {
        hints.any = true;
        return hints;
    }
    if (message == " +") {
        hints.hello = true;
        return hints;
    }
    if (message.starts_with(" ?")) {
        message.remove_prefix(2);
        hints.probe = take_number(message);
        if (!hints.probe || !message.empty()) return std::nullopt;
        return hints;
    }
    while (message.starts_with(' ')) {
        message.remove_prefix(1);
        const auto room = take_number(message);
        if (!room) return std::nullopt;
        hints.rooms.push_back(*room);
    }
    if (!message.empty() || hints.rooms.empty()) return std::nullopt;
    return hints;
}

}  // namespace roomstore::postgres
