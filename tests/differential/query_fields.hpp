#pragma once

#include <string_view>

#include "roomstore/detail/fields.hpp"
#include "roomstore/query.hpp"

/// Describes the fields of argument structs, as `roomstore::detail::visit_fields` does for models.
namespace roomstore::differential {

template <typename Query>
inline constexpr std::string_view query_type{};
template <>
inline constexpr std::string_view query_type<Page> = "Page";
template <>
inline constexpr std::string_view query_type<RoomFilter> = "RoomFilter";
template <>
inline constexpr std::string_view query_type<LatestRoomFilter> = "LatestRoomFilter";
template <>
inline constexpr std::string_view query_type<ChannelLookup> = "ChannelLookup";
template <>
inline constexpr std::string_view query_type<EventFilter> = "EventFilter";
template <>
inline constexpr std::string_view query_type<EventQuery> = "EventQuery";
template <>
inline constexpr std::string_view query_type<ConversationQuery> = "ConversationQuery";
template <>
inline constexpr std::string_view query_type<TimelineQuery> = "TimelineQuery";
template <>
inline constexpr std::string_view query_type<AppendOptions> = "AppendOptions";

using roomstore::detail::Is;

template <Is<Page> T, typename Field>
void describe_query(T& page, Field&& field) {
    field("offset", page.offset);
    field("limit", page.limit);
}

template <Is<RoomFilter> T, typename Field>
void describe_query(T& filter, Field&& field) {
    field("organization_id", filter.organization_id);
    field("status", filter.status);
    field("metadata", filter.metadata);
}

template <Is<LatestRoomFilter> T, typename Field>
void describe_query(T& filter, Field&& field) {
    field("channel_type", filter.channel_type);
    field("status", filter.status);
}

template <Is<ChannelLookup> T, typename Field>
void describe_query(T& lookup, Field&& field) {
    field("status", lookup.status);
    field("limit", lookup.limit);
}

template <Is<EventFilter> T, typename Field>
void describe_query(T& filter, Field&& field) {
    field("event_types", filter.event_types);
    field("exclude_types", filter.exclude_types);
    field("visibility", filter.visibility);
    field("source_channel_id", filter.source_channel_id);
    field("source_channel_type", filter.source_channel_type);
    field("correlation_id", filter.correlation_id);
    field("participant_id", filter.participant_id);
    field("parent_event_id", filter.parent_event_id);
    field("top_level_only", filter.top_level_only);
    field("after_time", filter.after_time);
    field("before_time", filter.before_time);
}

template <Is<EventQuery> T, typename Field>
void describe_query(T& query, Field&& field) {
    field("offset", query.offset);
    field("limit", query.limit);
    field("after_index", query.after_index);
    field("before_index", query.before_index);
    field("newest_first", query.newest_first);
    field("filter", query.filter);
}

template <Is<ConversationQuery> T, typename Field>
void describe_query(T& query, Field&& field) {
    field("limit", query.limit);
    field("after_index", query.after_index);
}

template <Is<TimelineQuery> T, typename Field>
void describe_query(T& query, Field&& field) {
    field("filter", query.filter);
    field("limit", query.limit);
    field("after_index", query.after_index);
    field("newest_first", query.newest_first);
}

template <Is<AppendOptions> T, typename Field>
void describe_query(T& options, Field&& field) {
    field("expected_next_index", options.expected_next_index);
}

}  // namespace roomstore::differential
