#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roomstore/roomstore.hpp>

/// Longer than the small-string buffer of std::string.
inline const std::string long_id = "a room whose name does not fit into the string object itself";
inline const std::string long_text = "another text that does not fit into the string object itself";

/// A coroutine that awaits one call in a certain notation, and the name of the notation.
struct Call {
    const char* name;
    /// `yes` is used in conditional expressions; every call is run with both values.
    asio::awaitable<void> (*run)(roomstore::ConversationStore& store, bool yes);
};

/// Exits with an error unless `holds`.
void expect(bool holds, std::string_view what);

inline roomstore::Room room_named(std::string id) { return {.id = std::move(id)}; }

inline roomstore::RoomEvent event_saying(std::string body) {
    return {.room_id = "lobby",
            .source = {.channel_id = long_text, .channel_type = "cli"},
            .content = roomstore::TextContent{.body = std::move(body)}};
}

std::vector<Call> struct_calls();
std::vector<Call> text_calls();
/// The calls that GCC 12 rejects; empty with that compiler.
std::vector<Call> refused_calls();
