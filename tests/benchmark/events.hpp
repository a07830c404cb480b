#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/conversation_store.hpp"

namespace roomstore::benchmark {

/// The text of every event, also in the scripts of the yardstick.
inline constexpr std::string_view event_body =
    "Shall we meet at the station at nine, or is that too early? "
    "Shall we meet at the station at nine, or is that too early? "
    "Shall we meet at the station at nine, or is that too early? ";
static_assert(event_body.size() == 180);

enum class Key { none, random };

RoomEvent make_event(const std::string& room_id, Key key = Key::none);
std::vector<RoomEvent> make_events(const std::string& room_id, std::int64_t count);

/// The id of the room with this number: `r0`, `r1` ...
std::string room_name(std::int64_t number);

asio::awaitable<void> create_rooms(ConversationStore& store, std::int64_t count);

/// Creates a room with `count` events, appended in batches of 1000.
asio::awaitable<void> fill_room(ConversationStore& store, std::string room_id, std::int64_t count);

/// The number of events in the rooms `r0` .. `r(rooms-1)`, from get_event_count().
asio::awaitable<std::int64_t> count_events(ConversationStore& store, std::int64_t rooms);

}  // namespace roomstore::benchmark
