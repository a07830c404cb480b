#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "roomstore/model/json.hpp"
#include "roomstore/query.hpp"

/// Field descriptions of every model: the names of the fields and the rules for their values.
/// Validation and JSON conversion both use them, so that a new field takes one line here and cannot
/// be forgotten in either.
///
/// `visit_fields(model, field)` calls `field(name, member, rule)` for each field in JSON order.
namespace roomstore::detail {

/// The highest index of an event. The next index can still be represented.
inline constexpr std::int64_t max_index = (std::numeric_limits<std::int64_t>::max)() - 1;

/// The highest `event_count` of an imported room; counting further events does not overflow.
inline constexpr std::int64_t max_event_count = std::int64_t{1} << 62;

/// Rules for values, in addition to those of their types: text is UTF-8 without NUL, open enums are
/// legal names, closed ones are in range, times lie in the years 1 to 9999, doubles are finite. The
/// rule of a list, map or optional applies to its elements.
namespace rule {

struct Any {};
inline constexpr Any any{};

/// Size of a text in bytes.
struct Bytes {
    std::size_t min;
    std::size_t max;
};
inline constexpr Bytes id{1, 255};
inline constexpr Bytes idempotency_key{0, 255};
inline constexpr Bytes address{1, 1024};

struct Integer {
    std::int64_t min;
    std::int64_t max = (std::numeric_limits<std::int64_t>::max)();
};
inline constexpr Integer not_negative{0};
inline constexpr Integer positive{1};
inline constexpr Integer index{0, max_index};

struct Range {
    double min;
    double max;
};
inline constexpr Range real_not_negative{0, (std::numeric_limits<double>::max)()};

/// A number greater than 0.
struct RealPositive {};
inline constexpr RealPositive real_positive{};

/// Begins with http://, https:// or data:.
struct Url {};
inline constexpr Url url{};

/// A JSON object.
struct Object {};
inline constexpr Object object{};

/// Lists of addresses by channel type, without duplicates within a list.
struct Addresses {};
inline constexpr Addresses addresses{};

/// The JSON members that are not fields, any number of them. Must be visited last.
struct Members {};
inline constexpr Members members{};

}  // namespace rule

/// The name of a field, and whether reading JSON without it fails.
struct FieldName {
    constexpr FieldName(const char* field_name, bool is_required = false)
        : name(field_name), required(is_required) {}
    const char* name;
    bool required;
};

template <typename T, typename... Types>
inline constexpr bool is_any_of = (std::same_as<T, Types> || ...);

constexpr FieldName required(const char* name) { return {name, true}; }

template <typename T, typename Model>
concept Is = std::same_as<std::remove_const_t<T>, Model>;

template <Is<RoomTimers> T, typename Field>
void visit_fields(T& timers, Field&& field) {
    field("inactive_after_seconds", timers.inactive_after_seconds, rule::not_negative);
    field("closed_after_seconds", timers.closed_after_seconds, rule::not_negative);
    field("last_activity_at", timers.last_activity_at, rule::any);
}

template <Is<Room> T, typename Field>
void visit_fields(T& room, Field&& field) {
    field(required("id"), room.id, rule::id);
    field("organization_id", room.organization_id, rule::id);
    field("status", room.status, rule::any);
    field("created_at", room.created_at, rule::any);
    field("updated_at", room.updated_at, rule::any);
    field("closed_at", room.closed_at, rule::any);
    field("timers", room.timers, rule::any);
    field("agent_response_policy", room.agent_response_policy, rule::any);
    field("metadata", room.metadata, rule::object);
    field("event_count", room.event_count, rule::Integer{0, max_event_count});
    field("latest_index", room.latest_index, rule::index);
    field("delivered_index", room.delivered_index, rule::Integer{-1, max_index});
}

template <Is<EventSource> T, typename Field>
void visit_fields(T& source, Field&& field) {
    field(required("channel_id"), source.channel_id, rule::id);
    field(required("channel_type"), source.channel_type, rule::any);
    field("direction", source.direction, rule::any);
    field("participant_id", source.participant_id, rule::id);
    field("external_id", source.external_id, rule::any);
    field("provider", source.provider, rule::any);
    field("raw_payload", source.raw_payload, rule::object);
    field("provider_message_id", source.provider_message_id, rule::any);
    field("unknown_members", source.unknown_members, rule::members);
}

template <Is<ChannelData> T, typename Field>
void visit_fields(T& data, Field&& field) {
    field("provider", data.provider, rule::any);
    field("external_id", data.external_id, rule::any);
    field("thread_id", data.thread_id, rule::any);
    field("extra", data.extra, rule::object);
    field("unknown_members", data.unknown_members, rule::members);
}

template <Is<RoomEvent> T, typename Field>
void visit_fields(T& event, Field&& field) {
    field("id", event.id, rule::id);
    field(required("room_id"), event.room_id, rule::id);
    field("type", event.type, rule::any);
    field(required("source"), event.source, rule::any);
    field(required("content"), event.content, rule::any);
    field("status", event.status, rule::any);
    field("blocked_by", event.blocked_by, rule::any);
    field("visibility", event.visibility, rule::any);
    field("addressed_to", event.addressed_to, rule::id);
    field("response_visibility", event.response_visibility, rule::any);
    field("index", event.index, rule::index);
    field("chain_depth", event.chain_depth, rule::not_negative);
    field("parent_event_id", event.parent_event_id, rule::id);
    field("correlation_id", event.correlation_id, rule::id);
    field("idempotency_key", event.idempotency_key, rule::idempotency_key);
    field("created_at", event.created_at, rule::any);
    field("metadata", event.metadata, rule::object);
    field("channel_data", event.channel_data, rule::any);
    field("delivery_results", event.delivery_results, rule::object);
    field("token_count", event.token_count, rule::not_negative);
    field("unknown_members", event.unknown_members, rule::members);
}

template <Is<ThreadSummary> T, typename Field>
void visit_fields(T& summary, Field&& field) {
    field(required("root_event_id"), summary.root_event_id, rule::id);
    field("reply_count", summary.reply_count, rule::not_negative);
    field("last_reply_at", summary.last_reply_at, rule::any);
}

template <Is<RateLimit> T, typename Field>
void visit_fields(T& limit, Field&& field) {
    field("max_per_second", limit.max_per_second, rule::real_positive);
    field("max_per_minute", limit.max_per_minute, rule::real_positive);
    field("max_per_hour", limit.max_per_hour, rule::real_positive);
    field("unknown_members", limit.unknown_members, rule::members);
}

template <Is<RetryPolicy> T, typename Field>
void visit_fields(T& policy, Field&& field) {
    field("max_retries", policy.max_retries, rule::not_negative);
    field("base_delay_seconds", policy.base_delay_seconds, rule::real_positive);
    field("max_delay_seconds", policy.max_delay_seconds, rule::real_positive);
    field("exponential_base", policy.exponential_base, rule::real_positive);
    field("retryable_errors", policy.retryable_errors, rule::any);
    field("unknown_members", policy.unknown_members, rule::members);
}

template <Is<ChannelCapabilities> T, typename Field>
void visit_fields(T& can, Field&& field) {
    field("media_types", can.media_types, rule::any);
    field("max_length", can.max_length, rule::positive);
    field("supports_threading", can.supports_threading, rule::any);
    field("supports_reactions", can.supports_reactions, rule::any);
    field("supports_edit", can.supports_edit, rule::any);
    field("supports_delete", can.supports_delete, rule::any);
    field("supports_read_receipts", can.supports_read_receipts, rule::any);
    field("supports_typing", can.supports_typing, rule::any);
    field("supports_templates", can.supports_templates, rule::any);
    field("supports_rich_text", can.supports_rich_text, rule::any);
    field("supports_buttons", can.supports_buttons, rule::any);
    field("max_buttons", can.max_buttons, rule::positive);
    field("supports_cards", can.supports_cards, rule::any);
    field("supports_quick_replies", can.supports_quick_replies, rule::any);
    field("supports_media", can.supports_media, rule::any);
    field("supported_media_types", can.supported_media_types, rule::any);
    field("max_media_size_bytes", can.max_media_size_bytes, rule::positive);
    field("supports_audio", can.supports_audio, rule::any);
    field("max_audio_duration_seconds", can.max_audio_duration_seconds, rule::positive);
    field("supported_audio_formats", can.supported_audio_formats, rule::any);
    field("supports_video", can.supports_video, rule::any);
    field("max_video_duration_seconds", can.max_video_duration_seconds, rule::positive);
    field("supported_video_formats", can.supported_video_formats, rule::any);
    field("delivery_mode", can.delivery_mode, rule::any);
    field("custom", can.custom, rule::object);
    field("unknown_members", can.unknown_members, rule::members);
}

template <Is<ChannelBinding> T, typename Field>
void visit_fields(T& binding, Field&& field) {
    field(required("channel_id"), binding.channel_id, rule::id);
    field(required("room_id"), binding.room_id, rule::id);
    field(required("channel_type"), binding.channel_type, rule::any);
    field("category", binding.category, rule::any);
    field("direction", binding.direction, rule::any);
    field("access", binding.access, rule::any);
    field("muted", binding.muted, rule::any);
    field("output_muted", binding.output_muted, rule::any);
    field("visibility", binding.visibility, rule::any);
    field("participant_id", binding.participant_id, rule::id);
    field("last_read_index", binding.last_read_index, rule::index);
    field("attached_at", binding.attached_at, rule::any);
    field("capabilities", binding.capabilities, rule::any);
    field("rate_limit", binding.rate_limit, rule::any);
    field("retry_policy", binding.retry_policy, rule::any);
    field("metadata", binding.metadata, rule::object);
}

template <Is<Participant> T, typename Field>
void visit_fields(T& participant, Field&& field) {
    field(required("id"), participant.id, rule::id);
    field(required("room_id"), participant.room_id, rule::id);
    field(required("channel_id"), participant.channel_id, rule::id);
    field("display_name", participant.display_name, rule::any);
    field("role", participant.role, rule::any);
    field("status", participant.status, rule::any);
    field("identification", participant.identification, rule::any);
    field("identity_id", participant.identity_id, rule::id);
    field("candidates", participant.candidates, rule::id);
    field("connected_via", participant.connected_via, rule::id);
    field("external_id", participant.external_id, rule::any);
    field("resolved_at", participant.resolved_at, rule::any);
    field("resolved_by", participant.resolved_by, rule::any);
    field("joined_at", participant.joined_at, rule::any);
    field("metadata", participant.metadata, rule::object);
}

template <Is<Identity> T, typename Field>
void visit_fields(T& identity, Field&& field) {
    field(required("id"), identity.id, rule::id);
    field("organization_id", identity.organization_id, rule::id);
    field("display_name", identity.display_name, rule::any);
    field("email", identity.email, rule::any);
    field("phone", identity.phone, rule::any);
    field("channel_addresses", identity.channel_addresses, rule::addresses);
    field("external_id", identity.external_id, rule::any);
    field("external_ids", identity.external_ids, rule::any);
    field("metadata", identity.metadata, rule::object);
}

template <Is<Task> T, typename Field>
void visit_fields(T& task, Field&& field) {
    field(required("id"), task.id, rule::id);
    field(required("room_id"), task.room_id, rule::id);
    field(required("title"), task.title, rule::any);
    field("description", task.description, rule::any);
    field("assigned_to", task.assigned_to, rule::any);
    field("status", task.status, rule::any);
    field("created_at", task.created_at, rule::any);
    field("metadata", task.metadata, rule::object);
}

template <Is<Observation> T, typename Field>
void visit_fields(T& observation, Field&& field) {
    field(required("id"), observation.id, rule::id);
    field(required("room_id"), observation.room_id, rule::id);
    field(required("channel_id"), observation.channel_id, rule::id);
    field(required("content"), observation.content, rule::any);
    field("category", observation.category, rule::any);
    field("confidence", observation.confidence, rule::Range{0, 1});
    field("created_at", observation.created_at, rule::any);
    field("metadata", observation.metadata, rule::object);
}

/// @name Arguments and answers
/// Only for JSON: the stores check arguments by functions of their own.
/// @{

template <Is<Page> T, typename Field>
void visit_fields(T& page, Field&& field) {
    field("offset", page.offset, rule::any);
    field("limit", page.limit, rule::any);
    field("after", page.after, rule::any);
}

template <Is<RoomFilter> T, typename Field>
void visit_fields(T& filter, Field&& field) {
    field("organization_id", filter.organization_id, rule::any);
    field("status", filter.status, rule::any);
    field("metadata", filter.metadata, rule::object);
    field("participant_id", filter.participant_id, rule::any);
}

template <Is<LatestRoomFilter> T, typename Field>
void visit_fields(T& filter, Field&& field) {
    field("channel_type", filter.channel_type, rule::any);
    field("status", filter.status, rule::any);
}

template <Is<ChannelLookup> T, typename Field>
void visit_fields(T& lookup, Field&& field) {
    field("status", lookup.status, rule::any);
    field("limit", lookup.limit, rule::any);
}

template <Is<EventFilter> T, typename Field>
void visit_fields(T& filter, Field&& field) {
    field("event_types", filter.event_types, rule::any);
    field("exclude_types", filter.exclude_types, rule::any);
    field("statuses", filter.statuses, rule::any);
    field("exclude_statuses", filter.exclude_statuses, rule::any);
    field("visibility", filter.visibility, rule::any);
    field("source_channel_id", filter.source_channel_id, rule::any);
    field("source_channel_type", filter.source_channel_type, rule::any);
    field("correlation_id", filter.correlation_id, rule::any);
    field("participant_id", filter.participant_id, rule::any);
    field("parent_event_id", filter.parent_event_id, rule::any);
    field("top_level_only", filter.top_level_only, rule::any);
    field("after_time", filter.after_time, rule::any);
    field("before_time", filter.before_time, rule::any);
}

template <Is<EventQuery> T, typename Field>
void visit_fields(T& query, Field&& field) {
    field("offset", query.offset, rule::any);
    field("limit", query.limit, rule::any);
    field("after_index", query.after_index, rule::any);
    field("before_index", query.before_index, rule::any);
    field("newest_first", query.newest_first, rule::any);
    field("filter", query.filter, rule::any);
}

template <Is<ConversationQuery> T, typename Field>
void visit_fields(T& query, Field&& field) {
    field("limit", query.limit, rule::any);
    field("after_index", query.after_index, rule::any);
    field("before_index", query.before_index, rule::any);
}

template <Is<TimelineQuery> T, typename Field>
void visit_fields(T& query, Field&& field) {
    field("filter", query.filter, rule::any);
    field("limit", query.limit, rule::any);
    field("after_index", query.after_index, rule::any);
    field("before_index", query.before_index, rule::any);
    field("newest_first", query.newest_first, rule::any);
}

template <Is<AppendOptions> T, typename Field>
void visit_fields(T& options, Field&& field) {
    field("expected_next_index", options.expected_next_index, rule::any);
}

template <Is<RoomContext> T, typename Field>
void visit_fields(T& context, Field&& field) {
    field("room", context.room, rule::any);
    field("bindings", context.bindings, rule::any);
    field("participants", context.participants, rule::any);
}

/// Whether unknown members are refused: a misspelled condition would otherwise match everything.
template <typename Model>
inline constexpr bool refuses_unknown_members = is_any_of<Model,
                                                          Page,
                                                          RoomFilter,
                                                          LatestRoomFilter,
                                                          ChannelLookup,
                                                          EventFilter,
                                                          EventQuery,
                                                          ConversationQuery,
                                                          TimelineQuery,
                                                          AppendOptions>;

/// @}

}  // namespace roomstore::detail
