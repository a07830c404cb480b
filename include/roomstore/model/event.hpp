#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

/// Origin of an event.
/// @ingroup events
struct EventSource {
    /// The channel it came through, 1 to 255 bytes. It need not be attached to the room.
    std::string channel_id{};
    /// Type of that channel. Required: the default, an empty name, is not legal.
    ChannelType channel_type{};
    /// Into the room (the default) or out of it.
    ChannelDirection direction = ChannelDirection::inbound;
    /// The participant that caused it, 1 to 255 bytes; absent: none.
    std::optional<std::string> participant_id{};
    /// Id of its originator in the channel.
    std::optional<std::string> external_id{};
    /// Service provider of the channel.
    std::optional<std::string> provider{};
    /// Payload received from the provider: a JSON object.
    Json raw_payload = Json::object();
    /// Id of the message at the provider.
    std::optional<std::string> provider_message_id{};
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const EventSource&) const = default;
};

/// Data of a channel's provider about an event.
/// @ingroup events
struct ChannelData {
    /// Service provider of the channel.
    std::optional<std::string> provider{};
    /// Id of the event at the provider.
    std::optional<std::string> external_id{};
    /// Id of the thread at the provider.
    std::optional<std::string> thread_id{};
    /// A JSON object.
    Json extra = Json::object();
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const ChannelData&) const = default;
};

/// One entry in a room's timeline. Immutable once stored: `id`, `room_id`, `index`, `created_at`,
/// `idempotency_key`.
/// @ingroup events
struct RoomEvent {
    /// 1 to 255 bytes, unique within its room and intended to be globally unique. By default 128
    /// random bits (`generate_id`).
    std::string id = generate_id();
    /// The room, 1 to 255 bytes. It must exist.
    std::string room_id{};
    /// Type of the event; `message` by default.
    EventType type = EventType::message;
    /// Origin. Required.
    EventSource source{};
    /// Content; empty text by default.
    EventContent content{};
    /// Delivery status.
    EventStatus status = EventStatus::pending;
    /// What blocked its delivery.
    std::optional<std::string> blocked_by{};
    /// Recipients: a constant of namespace `visibility`, a channel id, or several channel ids
    /// separated by commas. The store keeps it and can filter by it; the application applies it.
    std::string visibility = roomstore::visibility::all;
    /// Channels that are asked to act on the event, 1 to 255 bytes each. Absent: none given, the
    /// router decides; empty: explicitly none.
    std::optional<std::vector<std::string>> addressed_to{};
    /// Recipients of responses to it, in the form of `visibility`; absent: the router decides.
    std::optional<std::string> response_visibility{};
    /// Position in the room, 0 .. 2^63 - 2. Assigned by the store, except by `add_event`.
    std::int64_t index = 0;
    /// Number of agent responses in the chain that led to this event, >= 0.
    std::int64_t chain_depth = 0;
    /// The root of the thread this event replies to, 1 to 255 bytes. It need not exist.
    std::optional<std::string> parent_event_id{};
    /// Correlates it with events of other rooms or systems, 1 to 255 bytes.
    std::optional<std::string> correlation_id{};
    /// At most 255 bytes, unique within the room; a second append with the same key returns the
    /// first event. An empty key counts as absent.
    std::optional<std::string> idempotency_key{};
    /// Time of the event; the current time by default.
    Timestamp created_at = now();
    /// A JSON object.
    Json metadata = Json::object();
    /// Data of the channel's provider about it.
    ChannelData channel_data{};
    /// Results of its delivery, by channel: a JSON object.
    Json delivery_results = Json::object();
    /// Number of tokens of a language model that the event takes, as its author counts them, >= 0.
    /// `get_context_window` adds them up.
    std::optional<std::int64_t> token_count{};
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const RoomEvent&) const = default;
};

/// The origin of an event: a channel, its type, and the participant that acted, if any.
/// @ingroup events
inline EventSource source(std::string channel_id,
                          ChannelType channel_type,
                          std::optional<std::string> participant_id = std::nullopt) {
    EventSource made;
    made.channel_id = std::move(channel_id);
    made.channel_type = std::move(channel_type);
    made.participant_id = std::move(participant_id);
    return made;
}

/// A message to a room, with text as its content and otherwise the defaults.
/// @ingroup events
inline RoomEvent text_event(std::string room_id, EventSource origin, std::string body) {
    RoomEvent event;
    event.room_id = std::move(room_id);
    event.source = std::move(origin);
    event.content = TextContent{.body = std::move(body)};
    return event;
}

/// Summary of the replies in a thread.
/// @ingroup events
struct ThreadSummary {
    /// The event that the replies name as their `parent_event_id`.
    std::string root_event_id{};
    /// Number of live direct replies that match the filter of the call, >= 1.
    std::int64_t reply_count = 0;
    /// The latest `created_at` among them.
    std::optional<Timestamp> last_reply_at{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const ThreadSummary&) const = default;
};

}  // namespace roomstore
