#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "roomstore/model/enums.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/timestamp.hpp"

namespace roomstore {

/// When a room falls asleep. The store keeps these values; applying them is the application's work.
struct RoomTimers {
    /// Seconds without activity after which the room counts as inactive, >= 0.
    std::optional<std::int64_t> inactive_after_seconds{};
    /// Seconds without activity after which the room is to be closed, >= 0.
    std::optional<std::int64_t> closed_after_seconds{};
    /// The latest `created_at` of the events stored so far: an append never moves it back.
    std::optional<Timestamp> last_activity_at{};
    bool operator==(const RoomTimers&) const = default;
};

/// A conversation.
struct Room {
    /// 1 to 255 bytes.
    std::string id{};
    std::optional<std::string> organization_id{};
    RoomStatus status = RoomStatus::active;
    Timestamp created_at = now();
    Timestamp updated_at = now();
    std::optional<Timestamp> closed_at{};
    RoomTimers timers{};
    AgentResponsePolicy agent_response_policy = AgentResponsePolicy::agent_chain;
    /// A JSON object.
    Json metadata = Json::object();
    /// Running tally of events ever stored, >= 0; deletions do not lower it. Store-managed.
    std::int64_t event_count = 0;
    /// Highest index ever given to an event, >= 0; means nothing while `event_count` is 0.
    /// Store-managed.
    std::int64_t latest_index = 0;
    /// Highest index delivered in order, -1 before the first. Store-managed: see
    /// `ConversationStore::advance_delivered_index`.
    std::int64_t delivered_index = -1;
    bool operator==(const Room&) const = default;
};

}  // namespace roomstore
