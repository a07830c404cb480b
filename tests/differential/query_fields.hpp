#pragma once

#include <string_view>

#include "roomstore/changes.hpp"
#include "roomstore/detail/fields.hpp"
#include "roomstore/inbox.hpp"
#include "roomstore/query.hpp"

/// Describes the fields of argument structs, as `roomstore::detail::visit_fields` does for models.
namespace roomstore::differential {

template <typename Query>
inline constexpr std::string_view query_type{};

using roomstore::detail::Is;

// Names a struct and all its fields. clang-format would write one field per line.
// clang-format off
#define ROOMSTORE_FIELD(name) field(#name, query.name);
#define ROOMSTORE_QUERY(type, fields)                                \
    template <>                                                      \
    inline constexpr std::string_view query_type<type> = #type;      \
    template <Is<type> T, typename Field>                            \
    void describe_query(T& query, Field&& field) { fields }

ROOMSTORE_QUERY(Page,
    ROOMSTORE_FIELD(offset) ROOMSTORE_FIELD(limit) ROOMSTORE_FIELD(after))
ROOMSTORE_QUERY(RoomFilter,
    ROOMSTORE_FIELD(organization_id) ROOMSTORE_FIELD(status) ROOMSTORE_FIELD(metadata)
    ROOMSTORE_FIELD(participant_id))
ROOMSTORE_QUERY(LatestRoomFilter,
    ROOMSTORE_FIELD(channel_type) ROOMSTORE_FIELD(status))
ROOMSTORE_QUERY(ChannelLookup,
    ROOMSTORE_FIELD(status) ROOMSTORE_FIELD(limit))
ROOMSTORE_QUERY(EventFilter,
    ROOMSTORE_FIELD(event_types) ROOMSTORE_FIELD(exclude_types) ROOMSTORE_FIELD(statuses)
    ROOMSTORE_FIELD(exclude_statuses) ROOMSTORE_FIELD(visibility)
    ROOMSTORE_FIELD(source_channel_id) ROOMSTORE_FIELD(source_channel_type)
    ROOMSTORE_FIELD(correlation_id) ROOMSTORE_FIELD(participant_id)
    ROOMSTORE_FIELD(parent_event_id) ROOMSTORE_FIELD(top_level_only) ROOMSTORE_FIELD(after_time)
    ROOMSTORE_FIELD(before_time))
ROOMSTORE_QUERY(EventQuery,
    ROOMSTORE_FIELD(offset) ROOMSTORE_FIELD(limit) ROOMSTORE_FIELD(after_index)
    ROOMSTORE_FIELD(before_index) ROOMSTORE_FIELD(newest_first) ROOMSTORE_FIELD(filter))
ROOMSTORE_QUERY(ConversationQuery,
    ROOMSTORE_FIELD(limit) ROOMSTORE_FIELD(after_index) ROOMSTORE_FIELD(before_index))
ROOMSTORE_QUERY(TimelineQuery,
    ROOMSTORE_FIELD(filter) ROOMSTORE_FIELD(limit) ROOMSTORE_FIELD(after_index)
    ROOMSTORE_FIELD(newest_first) ROOMSTORE_FIELD(before_index))
ROOMSTORE_QUERY(ContextQuery,
    ROOMSTORE_FIELD(max_events) ROOMSTORE_FIELD(max_tokens) ROOMSTORE_FIELD(default_tokens)
    ROOMSTORE_FIELD(filter))
ROOMSTORE_QUERY(AppendOptions,
    ROOMSTORE_FIELD(expected_next_index))

ROOMSTORE_QUERY(RoomCursor,
    ROOMSTORE_FIELD(room) ROOMSTORE_FIELD(next_index) ROOMSTORE_FIELD(revision)
    ROOMSTORE_FIELD(from_index))
ROOMSTORE_QUERY(ChangesQuery,
    ROOMSTORE_FIELD(since) ROOMSTORE_FIELD(limit) ROOMSTORE_FIELD(start))
ROOMSTORE_QUERY(InboxCursor,
    ROOMSTORE_FIELD(last_activity_at) ROOMSTORE_FIELD(room_id))
ROOMSTORE_QUERY(InboxCount,
    ROOMSTORE_FIELD(event_types) ROOMSTORE_FIELD(exclude_types) ROOMSTORE_FIELD(visibility)
    ROOMSTORE_FIELD(exclude_statuses) ROOMSTORE_FIELD(own))
ROOMSTORE_QUERY(InboxPreview,
    ROOMSTORE_FIELD(event_types) ROOMSTORE_FIELD(exclude_types) ROOMSTORE_FIELD(visibility)
    ROOMSTORE_FIELD(exclude_statuses))
ROOMSTORE_QUERY(InboxQuery,
    ROOMSTORE_FIELD(participant_id) ROOMSTORE_FIELD(organization_id) ROOMSTORE_FIELD(status)
    ROOMSTORE_FIELD(include_left) ROOMSTORE_FIELD(before) ROOMSTORE_FIELD(limit)
    ROOMSTORE_FIELD(unread_cap) ROOMSTORE_FIELD(count) ROOMSTORE_FIELD(preview))
ROOMSTORE_QUERY(UnreadQuery,
    ROOMSTORE_FIELD(cap) ROOMSTORE_FIELD(event_types) ROOMSTORE_FIELD(exclude_types)
    ROOMSTORE_FIELD(exclude_participant))
ROOMSTORE_QUERY(UnreadTotalQuery,
    ROOMSTORE_FIELD(cap))
// Results, to be written in tests.
ROOMSTORE_QUERY(DeletedEvent,
    ROOMSTORE_FIELD(id) ROOMSTORE_FIELD(index))
ROOMSTORE_QUERY(RoomChanges,
    ROOMSTORE_FIELD(exists) ROOMSTORE_FIELD(reset) ROOMSTORE_FIELD(more)
    ROOMSTORE_FIELD(first_index) ROOMSTORE_FIELD(room) ROOMSTORE_FIELD(added)
    ROOMSTORE_FIELD(updated) ROOMSTORE_FIELD(deleted) ROOMSTORE_FIELD(cursor))
ROOMSTORE_QUERY(InboxEntry,
    ROOMSTORE_FIELD(room) ROOMSTORE_FIELD(participant) ROOMSTORE_FIELD(channel_id)
    ROOMSTORE_FIELD(last_read_index) ROOMSTORE_FIELD(unread) ROOMSTORE_FIELD(unread_capped)
    ROOMSTORE_FIELD(last_event))
ROOMSTORE_QUERY(InboxPage,
    ROOMSTORE_FIELD(entries) ROOMSTORE_FIELD(next))
ROOMSTORE_QUERY(ContextWindow,
    ROOMSTORE_FIELD(events) ROOMSTORE_FIELD(omitted_before))

#undef ROOMSTORE_QUERY
#undef ROOMSTORE_FIELD
// clang-format on

}  // namespace roomstore::differential
