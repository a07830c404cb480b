#pragma once

#include <optional>
#include <string>

#include "driver/params.hpp"
#include "driver/row.hpp"
#include "roomstore/model/event.hpp"

/// The columns of an event, in the order in which `read_event` reads them and EventArrays
/// (sql/events/arrays.hpp) writes them.
namespace roomstore::postgres::sql {

#define ROOMSTORE_EVENT_COLUMNS "room_id, index, " ROOMSTORE_EVENT_FIELDS
#define ROOMSTORE_EVENT_FIELDS                                                             \
    "id, type, status, visibility, source_channel_id, source_channel_type, "               \
    "source_direction, participant_id, correlation_id, parent_event_id, idempotency_key, " \
    "created_at, content, extra, token_count"

inline constexpr int event_column_count = 17;

/// @throws ColumnError
RoomEvent read_event(const Row& row, int first = 0);

/// @throws Error corrupt_data
RoomEvent read_event_alone(const Row& row, int first = 0);

/// The parameters of an update: the room, the id, and every field that may change but
/// `token_count`, in the order of the columns.
Params update_params(const RoomEvent& event);

/// The same, followed by the idempotency key and `created_at`, for statements that add an event.
Params add_params(const RoomEvent& event);

/// The value of the column `extra`: the fields that have no column of their own, those at their
/// defaults left out.
std::optional<std::string> extra_text(const RoomEvent& event);

}  // namespace roomstore::postgres::sql
