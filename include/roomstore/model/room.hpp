#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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

/// Inactivity timers of a room. The store only keeps these values; the application applies them.
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
    /// The organization that owns the room, 1 to 255 bytes; absent: none.
    std::optional<std::string> organization_id{};
    /// Status of the room. The store only keeps it: events are accepted in every status.
    RoomStatus status = RoomStatus::active;
    /// Creation time, the current time by default. Store-managed: set once, by `create_room`.
    Timestamp created_at = now();
    /// Time of the last change, as given by the caller; `patch_room_metadata` sets the current
    /// time.
    Timestamp updated_at = now();
    /// Time at which the room was closed, as given by the caller.
    std::optional<Timestamp> closed_at{};
    /// Inactivity timers.
    RoomTimers timers{};
    /// Who may respond to the output of an agent.
    AgentResponsePolicy agent_response_policy = AgentResponsePolicy::agent_chain;
    /// A JSON object. Every backend stores its numbers as decimals, as PostgreSQL's jsonb does:
    /// their values are preserved, but `-0.0` is returned as `0.0`, and `1e17` as an integer with
    /// the digits written out.
    Json metadata = Json::object();
    /// Number of events ever stored, 0 .. 2^62; deletions do not decrease it. Store-managed.
    std::int64_t event_count = 0;
    /// Highest index ever assigned to an event, 0 .. 2^63 - 2; meaningless while `event_count` is
    /// 0. Store-managed.
    std::int64_t latest_index = 0;
    /// Highest index delivered in order, -1 before the first. Store-managed: see
    /// `ConversationStore::advance_delivered_index`.
    std::int64_t delivered_index = -1;
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const Room&) const = default;
};

/// A room with this id and otherwise the defaults.
/// @ingroup rooms
inline Room make_room(std::string id) {
    Room room;
    room.id = std::move(id);
    return room;
}

}  // namespace roomstore
