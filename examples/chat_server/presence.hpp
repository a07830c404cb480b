#pragma once

#include <optional>
#include <string>

#include <asio/awaitable.hpp>

#include <roomstore/conversation_store.hpp>

/// Who takes part in which room. The store keeps this across connections and restarts.
namespace chat {

/// What the store knew about a nick when it joined.
enum class Arrival { first, again, banned };

/// Makes the nick an active participant of the room and binds its channel to the room. A banned
/// nick stays banned and gets no binding.
asio::awaitable<Arrival> record_arrival(roomstore::ConversationStore& store,
                                        std::string room_id,
                                        std::string nick);

/// Stores how far the nick has read. If that event has been deleted, the marker stays where it was,
/// and some events that were read count as unread.
asio::awaitable<void> record_reading(roomstore::ConversationStore& store,
                                     std::string room_id,
                                     std::string nick,
                                     std::string last_read_event);

/// Stores the participant's status (inactive: disconnected, may come back; left: binding removed)
/// and its read position, if there is a new one.
asio::awaitable<void> record_departure(roomstore::ConversationStore& store,
                                       std::string room_id,
                                       std::string nick,
                                       roomstore::ParticipantStatus status,
                                       std::optional<std::string> last_read_event);

}  // namespace chat
