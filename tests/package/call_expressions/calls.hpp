#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roomstore/roomstore.hpp>

/// Longer than what std::string keeps inside of itself.
inline const std::string long_id = "a room whose name does not fit into the string object itself";
inline const std::string long_text = "another text that does not fit into the string object itself";

/// A coroutine that awaits one call, written one way, and the name of that way.
struct Call {
    const char* name;
    /// `yes` decides conditional expressions; every call is run with both.
    asio::awaitable<void> (*run)(roomstore::ConversationStore& store, bool yes);
};

/// Ends the program unless `holds`.
void expect(bool holds, std::string_view what);

inline roomstore::Room room_named(std::string id) { return {.id = std::move(id)}; }

inline roomstore::RoomEvent event_saying(std::string body) {
    return {.room_id = "lobby",
            .source = {.channel_id = long_text, .channel_type = "cli"},
            .content = roomstore::TextContent{.body = std::move(body)}};
}

std::vector<Call> struct_calls();
std::vector<Call> text_calls();
/// What GCC 12 refuses to compile; empty there.
std::vector<Call> refused_calls();
