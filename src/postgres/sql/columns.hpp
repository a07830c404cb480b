#pragma once

#include "driver/row.hpp"
#include "roomstore/model/binding.hpp"
#include "roomstore/model/participant.hpp"
#include "roomstore/model/room.hpp"

/// The columns of rows that several statements read. The function below each list reads them in
/// this order, from column `first` on. Macros, because statements are literals.
///
/// The functions throw ColumnError.
namespace roomstore::postgres::sql {

#define ROOMSTORE_ROOM_COLUMNS                                                                 \
    "id, organization_id, status, created_at, updated_at, closed_at, inactive_after_seconds, " \
    "closed_after_seconds, last_activity_at, agent_response_policy, metadata, event_count, "   \
    "latest_index, delivered_index"
inline constexpr int room_column_count = 14;
Room read_room(const Row& row, int first = 0);

#define ROOMSTORE_BINDING_COLUMNS                                                           \
    "room_id, channel_id, channel_type, category, direction, access, muted, output_muted, " \
    "visibility, participant_id, last_read_index, attached_at, capabilities, rate_limit, "  \
    "retry_policy, metadata"
inline constexpr int binding_column_count = 16;
ChannelBinding read_binding(const Row& row, int first = 0);

#define ROOMSTORE_PARTICIPANT_COLUMNS                                                    \
    "room_id, id, channel_id, display_name, role, status, identification, identity_id, " \
    "candidates, connected_via, external_id, resolved_at, resolved_by, joined_at, metadata"
inline constexpr int participant_column_count = 15;
Participant read_participant(const Row& row, int first = 0);

/// Rows of a deleted room, and events below the first index of their room, may still be there for a
/// while (sql/removals.hpp): every statement that reads or changes rows of a room excludes them, by
/// one of these conditions on the room $1. Each is evaluated once in a statement.
#define ROOMSTORE_ROOM_EXISTS "EXISTS (SELECT FROM {schema}.rooms WHERE id = $1)"
#define ROOMSTORE_EVENT_IS_VISIBLE "index >= (SELECT first_index FROM {schema}.rooms WHERE id = $1)"

}  // namespace roomstore::postgres::sql
