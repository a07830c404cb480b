#pragma once

#include <string>

#include "postgres/fresh_schema.hpp"

namespace roomstore::test {

/// Inserts the events `e<first>` to `e<end - 1>` of the room `room` at the indexes of their
/// numbers, but does not count them. Faster than the store, by far.
inline void insert_events(FreshSchema& schema, int first, int end) {
    schema.query(
        "INSERT INTO {schema}.events (index, created_at, room_id, id, type, status, visibility, "
        "source_channel_id, source_channel_type, source_direction, parent_event_id, content) "
        "SELECT i, '2020-01-01 UTC'::timestamptz + i * interval '1 s', 'room', 'e' || i, "
        "'message', "
        "'pending', 'all', 'channel', 'sms', 'inbound', CASE WHEN i > 0 THEN 'e0' END, "
        "'{\"type\": \"text\", \"body\": \"hello\"}' FROM generate_series(" +
        std::to_string(first) + ", " + std::to_string(end) + " - 1) AS i");
}

/// Gives the room `room`, which has no events yet, the events `e0`, `e1` ... The others reply to
/// the first.
inline void fill_room(FreshSchema& schema, int events) {
    insert_events(schema, 0, events);
    const auto count = std::to_string(events);
    schema.query("UPDATE {schema}.rooms SET event_count = " + count + ", live_count = " + count +
                 ", latest_index = " + count + " - 1 WHERE id = 'room'");
}

}  // namespace roomstore::test
