#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "roomstore/model/content.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/id.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/open_enum.hpp"
#include "roomstore/model/timestamp.hpp"

namespace roomstore {

/// Where an event came from.
struct EventSource {
    /// 1 to 255 bytes.
    std::string channel_id{};
    ChannelType channel_type{};
    ChannelDirection direction = ChannelDirection::inbound;
    std::optional<std::string> participant_id{};
    std::optional<std::string> external_id{};
    std::optional<std::string> provider{};
    /// A JSON object.
    Json raw_payload = Json::object();
    std::optional<std::string> provider_message_id{};
    bool operator==(const EventSource&) const = default;
};

/// What the provider of a channel knows about an event.
struct ChannelData {
    std::optional<std::string> provider{};
    std::optional<std::string> external_id{};
    std::optional<std::string> thread_id{};
    /// A JSON object.
    Json extra = Json::object();
    bool operator==(const ChannelData&) const = default;
};

/// One entry in a room's timeline. Immutable once stored: `id`, `room_id`, `index`, `created_at`,
/// `idempotency_key`.
struct RoomEvent {
    /// 1 to 255 bytes, unique inside its room and meant to be unique everywhere.
    std::string id = generate_id();
    std::string room_id{};
    EventType type = EventType::message;
    EventSource source{};
    EventContent content{};
    EventStatus status = EventStatus::pending;
    std::optional<std::string> blocked_by{};
    /// A constant of namespace `visibility`, a channel id, or several separated by commas.
    std::string visibility = roomstore::visibility::all;
    /// Channels asked to act on the event. Absent: nobody was addressed, the router decides;
    /// empty: explicitly nobody.
    std::optional<std::vector<std::string>> addressed_to{};
    std::optional<std::string> response_visibility{};
    /// Position in the room, from 0. Given by the store, except in `add_event`.
    std::int64_t index = 0;
    /// How many agent answers led here, >= 0.
    std::int64_t chain_depth = 0;
    /// The root of the thread this event replies to.
    std::optional<std::string> parent_event_id{};
    std::optional<std::string> correlation_id{};
    /// Unique inside the room; a second append with the same key gets the first event. The empty
    /// key is no key.
    std::optional<std::string> idempotency_key{};
    Timestamp created_at = now();
    /// A JSON object.
    Json metadata = Json::object();
    ChannelData channel_data{};
    /// A JSON object.
    Json delivery_results = Json::object();
    bool operator==(const RoomEvent&) const = default;
};

/// What became of a thread.
struct ThreadSummary {
    std::string root_event_id{};
    /// Live direct replies.
    std::int64_t reply_count = 0;
    /// The latest `created_at` among them.
    std::optional<Timestamp> last_reply_at{};
    bool operator==(const ThreadSummary&) const = default;
};

}  // namespace roomstore
