#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roomstore/model/await_guard.hpp"
#include "roomstore/model/content.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/id.hpp"
#include "roomstore/model/json_conversions.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/open_enum.hpp"
#include "roomstore/model/timestamp.hpp"
#include "roomstore/model/unknown_members.hpp"

namespace roomstore {

struct EventSource;
struct ChannelData;
struct RoomEvent;
struct ThreadSummary;

namespace detail {
template <>
inline constexpr std::string_view model_name<EventSource> = "EventSource";
template <>
inline constexpr std::string_view model_name<ChannelData> = "ChannelData";
template <>
inline constexpr std::string_view model_name<RoomEvent> = "RoomEvent";
template <>
inline constexpr std::string_view model_name<ThreadSummary> = "ThreadSummary";
}  // namespace detail

/// Where an event came from.
/// @ingroup events
struct EventSource {
    /// The channel it came through, 1 to 255 bytes. It need not be attached to the room.
    std::string channel_id{};
    /// What kind of channel that is. Required: no default is a legal name.
    ChannelType channel_type{};
    /// Into the room (the default) or out of it.
    ChannelDirection direction = ChannelDirection::inbound;
    /// Who caused it, 1 to 255 bytes; absent: nobody in particular.
    std::optional<std::string> participant_id{};
    /// Who caused it, as the channel calls them.
    std::optional<std::string> external_id{};
    /// The service behind the channel.
    std::optional<std::string> provider{};
    /// What the provider sent: a JSON object.
    Json raw_payload = Json::object();
    /// What the provider calls the message.
    std::optional<std::string> provider_message_id{};
    /// Members of its JSON that this build has no field for.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const EventSource&) const = default;
};

/// What the provider of a channel knows about an event.
/// @ingroup events
struct ChannelData {
    /// The service behind the channel.
    std::optional<std::string> provider{};
    /// What the provider calls the event.
    std::optional<std::string> external_id{};
    /// What the provider calls the thread.
    std::optional<std::string> thread_id{};
    /// A JSON object.
    Json extra = Json::object();
    /// Members of its JSON that this build has no field for.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const ChannelData&) const = default;
};

/// One entry in a room's timeline. Immutable once stored: `id`, `room_id`, `index`, `created_at`,
/// `idempotency_key`.
/// @ingroup events
struct RoomEvent {
    /// 1 to 255 bytes, unique inside its room and meant to be unique everywhere. By default 128
    /// random bits (`generate_id`).
    std::string id = generate_id();
    /// The room, 1 to 255 bytes. It must exist.
    std::string room_id{};
    /// What happened; `message` by default.
    EventType type = EventType::message;
    /// Where it came from. Required.
    EventSource source{};
    /// What it says; empty text by default.
    EventContent content{};
    /// How far it got.
    EventStatus status = EventStatus::pending;
    /// What kept it from being delivered.
    std::optional<std::string> blocked_by{};
    /// Whom it reaches: a constant of namespace `visibility`, a channel id, or several separated by
    /// commas. The store keeps it and filters by it; applying it is the work of the application.
    std::string visibility = roomstore::visibility::all;
    /// Channels asked to act on the event, 1 to 255 bytes each. Absent: nobody was addressed, the
    /// router decides; empty: explicitly nobody.
    std::optional<std::vector<std::string>> addressed_to{};
    /// Whom answers to it reach, as `visibility`; absent: as the router decides.
    std::optional<std::string> response_visibility{};
    /// Position in the room, 0 .. 2^63 - 2. Given by the store, except in `add_event`.
    std::int64_t index = 0;
    /// How many agent answers led here, >= 0.
    std::int64_t chain_depth = 0;
    /// The root of the thread this event replies to, 1 to 255 bytes. It need not exist.
    std::optional<std::string> parent_event_id{};
    /// What ties it to events of other rooms or systems, 1 to 255 bytes.
    std::optional<std::string> correlation_id{};
    /// At most 255 bytes, unique inside the room; a second append with the same key gets the first
    /// event. The empty key is no key.
    std::optional<std::string> idempotency_key{};
    /// When it happened; the present by default.
    Timestamp created_at = now();
    /// A JSON object.
    Json metadata = Json::object();
    /// What the provider knows about it.
    ChannelData channel_data{};
    /// What became of its delivery, by channel: a JSON object.
    Json delivery_results = Json::object();
    /// Members of its JSON that this build has no field for.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const RoomEvent&) const = default;
};

/// What became of a thread.
/// @ingroup events
struct ThreadSummary {
    /// The event that the replies name as their `parent_event_id`.
    std::string root_event_id{};
    /// Live direct replies, >= 1.
    std::int64_t reply_count = 0;
    /// The latest `created_at` among them.
    std::optional<Timestamp> last_reply_at{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const ThreadSummary&) const = default;
};

}  // namespace roomstore
