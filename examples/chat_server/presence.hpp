#pragma once

#include <optional>
#include <string>

#include <asio/awaitable.hpp>

#include <roomstore/conversation_store.hpp>

/// Who takes part in which room, as the store remembers it beyond connections and restarts.
namespace chat {

/// What was known of a nick when it arrived.
enum class Arrival { first, again, banned };

/// Makes the nick an active participant of the room, attached through its channel. A banned one
/// stays banned and is not attached.
asio::awaitable<Arrival> record_arrival(roomstore::ConversationStore& store,
                                        std::string room_id,
                                        std::string nick);

/// Sets how far the nick has read. Where that event was deleted meanwhile, the marker stays where
/// it was, and some that was read counts as unread.
asio::awaitable<void> record_reading(roomstore::ConversationStore& store,
                                     std::string room_id,
                                     std::string nick,
                                     std::string last_read_event);

/// Sets the participant's status (inactive: disconnected, comes back; left: detached for good) and
/// its read position, where there is news of it.
asio::awaitable<void> record_departure(roomstore::ConversationStore& store,
                                       std::string room_id,
                                       std::string nick,
                                       roomstore::ParticipantStatus status,
                                       std::optional<std::string> last_read_event);

}  // namespace chat
