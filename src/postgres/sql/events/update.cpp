#include "sql/events/update.hpp"

#include <map>
#include <string_view>
#include <utility>

#include "sql/changes.hpp"
#include "sql/columns.hpp"
#include "sql/events/append_steps.hpp"
#include "sql/events/arrays.hpp"
#include "sql/events/columns.hpp"

namespace roomstore::postgres::sql {

namespace {

#define ROOMSTORE_UPDATE                                                             \
    "UPDATE {schema}.events\n"                                                       \
    "SET type = $3, status = $4, visibility = $5, source_channel_id = $6,\n"         \
    "    source_channel_type = $7, source_direction = $8, participant_id = $9,\n"    \
    "    correlation_id = $10, parent_event_id = $11, content = $12, extra = $13,\n" \
    "    token_count = $14, updated = true\n"                                        \
    "WHERE room_id = $1 AND id = $2 AND " ROOMSTORE_EVENT_IS_VISIBLE                 \
    "\nRETURNING index, idempotency_key, created_at"

// Many events, with their notes. Subqueries find them, and ON CONFLICT updates them: a join could
// be planned, while the tables are small, in a way that is slow once they have grown. If version
// 0.1, which does not lock the room, has deleted an event meanwhile, its row is inserted, and
// `updated` is false: the transaction must be rolled back.
constexpr Statement update_many{"update_event.in_batch", R"(
WITH found AS MATERIALIZED (
    SELECT room_id, )" ROOMSTORE_EVENT_FIELDS R"(, position,
           (SELECT e.index FROM {schema}.events e
            WHERE e.room_id = given.room_id AND e.id = given.id) AS index
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
                $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
                $13::text[], $14::timestamptz[], $15::json[], $16::json[], $17::bigint[])
         AS given (room_id, position, )" ROOMSTORE_EVENT_FIELDS R"()
), numbered AS MATERIALIZED (
    SELECT found.*, row_number() OVER (PARTITION BY room_id ORDER BY position) AS number,
           (SELECT c.revision FROM {schema}.event_changes c
            WHERE c.room_id = found.room_id AND c.index = found.index) IS NULL AS first_time
    FROM found
    WHERE index >= (SELECT first_index FROM {schema}.rooms WHERE rooms.id = found.room_id)
), counted AS (
    UPDATE {schema}.rooms
    SET revision = rooms.revision + changed.events,
        remembered = rooms.remembered + changed.first_times
    FROM (SELECT room_id, count(*) AS events, count(*) FILTER (WHERE first_time) AS first_times
          FROM numbered GROUP BY room_id) AS changed
    WHERE rooms.id = changed.room_id
    RETURNING rooms.id AS counted_id, rooms.revision - changed.events AS before,
              rooms.remembered AS now_remembered
), noted AS (
    INSERT INTO {schema}.event_changes (room_id, index, revision, id, deleted)
    SELECT room_id, index, before + number, id, false FROM numbered
    JOIN counted ON counted_id = room_id
    ON CONFLICT (room_id, index)
    DO UPDATE SET revision = excluded.revision, id = excluded.id, deleted = excluded.deleted
), changed AS (
    INSERT INTO {schema}.events ()" ROOMSTORE_EVENT_COLUMNS R"()
    SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM numbered
    ON CONFLICT (room_id, index)
    DO UPDATE SET type = excluded.type, status = excluded.status, visibility = excluded.visibility,
                  source_channel_id = excluded.source_channel_id,
                  source_channel_type = excluded.source_channel_type,
                  source_direction = excluded.source_direction,
                  participant_id = excluded.participant_id,
                  correlation_id = excluded.correlation_id,
                  parent_event_id = excluded.parent_event_id, content = excluded.content,
                  extra = excluded.extra, token_count = excluded.token_count, updated = true
    RETURNING index AS changed_index, idempotency_key, created_at, room_id, id, updated
)
SELECT changed_index, idempotency_key, created_at, room_id, id, updated, now_remembered
FROM changed JOIN counted ON counted_id = room_id)"};

// The same with its note in `event_changes`, for a single event.
constexpr Statement update_and_note{"update_event", R"(
WITH updated AS ()" ROOMSTORE_UPDATE R"(
), counted AS (
    UPDATE {schema}.rooms
    SET revision = revision + 1,
        remembered = remembered + CASE WHEN EXISTS (
            SELECT FROM {schema}.event_changes c WHERE c.room_id = $1 AND c.index = updated.index)
            THEN 0 ELSE 1 END
    FROM updated WHERE id = $1
    RETURNING revision, remembered
), noted AS (
    INSERT INTO {schema}.event_changes (room_id, index, revision, id, deleted)
    SELECT $1, updated.index, counted.revision, $2, false FROM updated, counted
    ON CONFLICT (room_id, index)
    DO UPDATE SET revision = excluded.revision, id = excluded.id, deleted = excluded.deleted
)
SELECT index, idempotency_key, created_at, remembered FROM updated, counted)"};

#undef ROOMSTORE_UPDATE

UpdatedEvent read_updated(const Row& row) {
    return UpdatedEvent{.index = row.int64(0),
                        .idempotency_key = row.optional_text(1),
                        .created_at = row.timestamp(2)};
}

Params update_many_params(const Session& session, const std::vector<const RoomEvent*>& events) {
    Array positions(ElementType::bigint);
    EventArrays columns;
    for (std::size_t i = 0; i < events.size(); ++i) {
        session.require_usable();
        positions.add(static_cast<std::int64_t>(i));
        columns.add(*events[i]);
    }
    Params params;
    std::move(columns).add_to(params, std::move(positions));
    return params;
}

}  // namespace

std::optional<UpdatedEvent> lock_and_update(Session& session,
                                            const RoomEvent& event,
                                            std::int64_t history) {
    std::vector<Request> requests;
    requests.push_back(lock_request({event.room_id}));
    requests.push_back({update_and_note, update_params(event).add(event.token_count)});
    const auto results = session.exec_all(requests);
    if (results[1].empty()) return std::nullopt;
    if (results[0].empty()) throw created_meanwhile(event.room_id);
    forget_changes(session, event.room_id, results[1][0].int64(3), history);
    return read_updated(results[1][0]);
}

std::vector<std::optional<UpdatedEvent>> update_events(Session& session,
                                                       const std::vector<const RoomEvent*>& events,
                                                       const std::set<std::string>& to_lock,
                                                       LockedRooms& locked,
                                                       std::int64_t history) {
    std::vector<Request> requests;
    if (!to_lock.empty()) requests.push_back(lock_request({to_lock.begin(), to_lock.end()}));
    requests.push_back({update_many, update_many_params(session, events)});
    const auto results = session.exec_all(requests);
    if (!to_lock.empty()) locked.merge(locked_rooms(results.front()));
    const Result& rows = results.back();
    std::map<std::pair<std::string_view, std::string_view>, std::size_t> places;
    for (std::size_t i = 0; i < events.size(); ++i) {
        places.try_emplace({events[i]->room_id, events[i]->id}, i);
    }
    std::vector<std::optional<UpdatedEvent>> updated(events.size());
    std::map<std::string, std::int64_t> remembered;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row row = rows[i];
        const auto room_id = row.text(3);
        if (!locked.contains(room_id)) throw created_meanwhile(room_id);
        if (!row.boolean(5)) throw removed_meanwhile(room_id);
        updated[places.at({row.view(3), row.view(4)})] = read_updated(row);
        remembered[room_id] = row.int64(6);
    }
    for (const auto& [room_id, changes] : remembered) {
        forget_changes(session, room_id, changes, history);
    }
    return updated;
}

std::vector<Statement> update_statements() { return {update_many, update_and_note}; }

}  // namespace roomstore::postgres::sql
