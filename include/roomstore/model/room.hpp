#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "roomstore/model/await_guard.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/json_conversions.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/timestamp.hpp"

namespace roomstore {

struct RoomTimers;
struct Room;

namespace detail {
template <>
inline constexpr std::string_view model_name<RoomTimers> = "RoomTimers";
template <>
inline constexpr std::string_view model_name<Room> = "Room";
}  // namespace detail

/// When a room falls asleep. The store keeps these values; applying them is the application's work.
/// @ingroup rooms
struct RoomTimers {
    /// Seconds without activity after which the room counts as inactive, >= 0.
    std::optional<std::int64_t> inactive_after_seconds{};
    /// Seconds without activity after which the room is to be closed, >= 0.
    std::optional<std::int64_t> closed_after_seconds{};
    /// The latest `created_at` of the events stored so far: an append never moves it back.
    /// `update_room` replaces it, as it does the other timers.
    std::optional<Timestamp> last_activity_at{};
    /// Equal in every field.
    bool operator==(const RoomTimers&) const = default;
};

/// A conversation.
/// @ingroup rooms
struct Room {
    /// 1 to 255 bytes, unique in the store.
    std::string id{};
    /// Whose room it is, 1 to 255 bytes; absent: nobody's in particular.
    std::optional<std::string> organization_id{};
    /// What state it is in. The store keeps it and accepts events in any.
    RoomStatus status = RoomStatus::active;
    /// When it was opened, the present by default. Store-managed: set once, by `create_room`.
    Timestamp created_at = now();
    /// When it was last changed, as the caller says; `patch_room_metadata` sets the present.
    Timestamp updated_at = now();
    /// When it was closed, as the caller says.
    std::optional<Timestamp> closed_at{};
    /// When it falls asleep.
    RoomTimers timers{};
    /// Whom an agent's own output asks to answer.
    AgentResponsePolicy agent_response_policy = AgentResponsePolicy::agent_chain;
    /// A JSON object. Every store keeps its numbers as decimals, as PostgreSQL's jsonb does: equal
    /// in value, but `-0.0` comes back as `0.0`, and `1e17` as the integer 100000000000000000.
    Json metadata = Json::object();
    /// Running tally of events ever stored, 0 .. 2^62; deletions do not lower it. Store-managed.
    std::int64_t event_count = 0;
    /// Highest index ever given to an event, 0 .. 2^63 - 2; means nothing while `event_count` is 0.
    /// Store-managed.
    std::int64_t latest_index = 0;
    /// Highest index delivered in order, -1 before the first. Store-managed: see
    /// `ConversationStore::advance_delivered_index`.
    std::int64_t delivered_index = -1;
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const Room&) const = default;
};

}  // namespace roomstore
