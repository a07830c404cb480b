#include <algorithm>

#include "roomstore/detail/fields.hpp"
#include "sql/changes.hpp"
#include "sql/events/append.hpp"
#include "sql/events/append_steps.hpp"
#include "sql/events/columns.hpp"
#include "sql/mapping.hpp"
#include "sql/rooms.hpp"

namespace roomstore::postgres::sql {

namespace {

constexpr Statement index_taken{"add_event.index_taken", R"(
SELECT FROM {schema}.events WHERE room_id = $1 AND index = $2)"};

// The times of the events at lower and at higher indexes, beginning with the nearest.
#define ROOMSTORE_BELOW                                                                         \
    "SELECT created_at FROM {schema}.events WHERE room_id = $1 AND index < $16 ORDER BY index " \
    "DESC"
#define ROOMSTORE_ABOVE \
    "SELECT created_at FROM {schema}.events WHERE room_id = $1 AND index > $16 ORDER BY index"

// Nothing changes about the room's disorder if the time lies between those of the neighbours, so
// that a history whose times ascend can be imported in any order. Otherwise 64 events on that side
// are looked at; those beyond differ from the last of them by the disorder at most. To look at the
// neighbour only would be enough for a bound, but each event that comes too late or too early would
// then add to it. Any two times are less than 3 652 059 days apart.
constexpr Statement store{"add_event.store", R"(
WITH stored AS (
    INSERT INTO {schema}.events ()" ROOMSTORE_EVENT_COLUMNS R"()
    VALUES ($1, $16, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $14, $15::timestamptz, $12, $13,
            $19)
)
UPDATE {schema}.rooms
SET event_count = event_count + 1, live_count = live_count + 1, latest_index = $17,
    last_gap = $18, last_activity_at = greatest(last_activity_at, $15::timestamptz),
    time_disorder = least(interval '3652059 days', greatest(
        time_disorder,
        CASE WHEN ()" ROOMSTORE_BELOW R"( LIMIT 1) > $15 THEN least(
            latest_created_at - $15,
            greatest((SELECT max(created_at) FROM ()" ROOMSTORE_BELOW R"( LIMIT 64) AS near) - $15,
                     ()" ROOMSTORE_BELOW R"( OFFSET 63 LIMIT 1) - $15 + time_disorder)) END,
        CASE WHEN ()" ROOMSTORE_ABOVE R"( LIMIT 1) < $15 THEN
            greatest($15 - (SELECT min(created_at) FROM ()" ROOMSTORE_ABOVE R"( LIMIT 64) AS near),
                     $15 - ()" ROOMSTORE_ABOVE R"( OFFSET 63 LIMIT 1) + time_disorder) END)),
    latest_created_at = greatest(latest_created_at, $15::timestamptz),
    timed_events = timed_events + CASE WHEN timed_events = event_count THEN 1 ELSE 0 END
WHERE id = $1)"};

#undef ROOMSTORE_BELOW
#undef ROOMSTORE_ABOVE

void store_at_index(Session& session, const RoomEvent& event, const LockedRoom& room) {
    const auto next_index = room.next_index();
    const auto latest_index = std::max(next_index - 1, event.index);
    auto last_gap = room.last_gap;
    if (event.index > next_index) last_gap = std::max(last_gap, event.index - 1);
    // Importing a whole history, in any order, leaves no gap.
    if (room.live_count == latest_index - room.first_index) last_gap = room.first_index - 1;
    session.exec(
        store,
        add_params(event).add(event.index).add(latest_index).add(last_gap).add(event.token_count));
}

}  // namespace

RoomEvent add_event(Session& session, const detail::Validator& validator, const RoomEvent& event) {
    constexpr const char* operation = "add_event";
    const auto rooms = lock_rooms(session, {event.room_id});
    const auto room = rooms.find(event.room_id);
    if (room == rooms.end()) throw detail::no_room(operation, event.room_id);
    auto found = find_stored(session, {&event});
    if (auto stored = match_stored(operation, event, found.front())) return std::move(*stored);
    if (event.index < room->second.first_index) {
        throw detail::index_is_trimmed(
            operation, event.index, event.room_id, room->second.first_index);
    }
    const auto at_index = session.exec(index_taken, Params().add(event.room_id).add(event.index));
    if (!at_index.empty()) {
        throw detail::index_is_taken(operation, event.index, event.room_id);
    }
    store_at_index(session, event, room->second);
    // Readers that have seen the room's end do not look below it for new events.
    if (event.index < room->second.next_index()) {
        ChangedEvents changed;
        changed.add(event.room_id, event.index, event.id);
        note_changes(session, changed, validator.limits().change_history);
    }
    return event;
}

std::vector<Statement> add_event_statements() { return {index_taken, store}; }

}  // namespace roomstore::postgres::sql
