#include "sql/append_steps.hpp"

#include <utility>

#include "roomstore/detail/same_event.hpp"
#include "sql/content_text.hpp"
#include "sql/event_columns.hpp"
#include "sql/mapping.hpp"

namespace roomstore::postgres::sql {

namespace {

constexpr Statement lock_one{"append.lock_room", R"(
SELECT id, event_count, latest_index, last_gap, live_count FROM {schema}.rooms WHERE id = $1 FOR UPDATE)"};

// Whoever locks several rooms does so in the order of their ids: no deadlocks.
constexpr Statement lock_many{"append.lock_rooms", R"(
SELECT id, event_count, latest_index, last_gap, live_count FROM {schema}.rooms WHERE id = ANY ($1::text[])
ORDER BY id FOR UPDATE)"};

// Runs under the locks, and so sees every event stored in these rooms, and what their rows say. The
// lookups are scalar subqueries because a join could be planned, while the tables are small, in a
// way that is slow once they are not. Of a room that is nearly full only the caller can judge.
constexpr Statement store{"append.store", R"(
WITH given AS MATERIALIZED (
    SELECT g.*,
           coalesce(g.known_index,
                    (SELECT CASE WHEN r.event_count = 0 THEN 0
                                 WHEN r.latest_index < 9000000000000000000 THEN r.latest_index + 1
                            END
                     FROM {schema}.rooms r WHERE r.id = g.room_id)) AS next_index
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
                $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
                $13::text[], $14::text[], $15::timestamptz[], $16::json[], $17::json[])
         WITH ORDINALITY AS g (part, known_index, room_id, id, type, status, visibility,
                               source_channel_id, source_channel_type, source_direction,
                               participant_id, correlation_id, parent_event_id, idempotency_key,
                               created_at, content, extra, position)
), judged AS (
    SELECT given.*,
           bool_or(
               next_index IS NULL
               OR (SELECT e.index FROM {schema}.events e
                   WHERE e.room_id = given.room_id AND e.id = given.id) IS NOT NULL
               OR (SELECT e.index FROM {schema}.events e
                   WHERE e.room_id = given.room_id
                     AND e.idempotency_key = given.idempotency_key) IS NOT NULL
           ) OVER (PARTITION BY part) AS refused
    FROM given
), fresh AS MATERIALIZED (
    SELECT judged.*,
           next_index - 1 + row_number() OVER (PARTITION BY room_id ORDER BY position) AS index
    FROM judged WHERE NOT refused
), stored AS (
    INSERT INTO {schema}.events ()" ROOMSTORE_EVENT_COLUMNS R"()
    SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM fresh
), counted AS (
    UPDATE {schema}.rooms
    SET event_count = rooms.event_count + added.events,
        live_count = rooms.live_count + added.events,
        latest_index = added.latest_index,
        last_activity_at = greatest(rooms.last_activity_at, added.latest_at)
    FROM (SELECT room_id, count(*) AS events, max(index) AS latest_index,
                 max(created_at) AS latest_at
          FROM fresh GROUP BY room_id) AS added
    WHERE rooms.id = added.room_id
)
SELECT position, index FROM fresh)"};

constexpr Statement find{"append.find_stored", R"(
SELECT g.position, stored.*
FROM unnest($1::text[], $2::text[], $3::text[])
     WITH ORDINALITY AS g (room_id, id, key, position)
CROSS JOIN LATERAL (
    SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events e
    WHERE e.room_id = g.room_id AND e.id = g.id
    UNION ALL
    SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events e
    WHERE e.room_id = g.room_id AND e.idempotency_key = g.key AND e.id <> g.id
) AS stored)"};

Params store_params(const std::vector<NewEvent>& given) {
    ArrayText parts, next_indexes, rooms, ids, types, statuses, visibilities, channels,
        channel_types, directions, participants, correlations, parents, keys, times, contents,
        extras;
    for (const NewEvent& each : given) {
        const RoomEvent& event = *each.event;
        parts.add(each.part);
        next_indexes.add(each.next_index);
        rooms.add(event.room_id);
        ids.add(event.id);
        types.add(event.type.name());
        statuses.add(to_string(event.status));
        visibilities.add(event.visibility);
        channels.add(event.source.channel_id);
        channel_types.add(event.source.channel_type.name());
        directions.add(to_string(event.source.direction));
        participants.add(event.source.participant_id);
        correlations.add(event.correlation_id);
        parents.add(event.parent_event_id);
        keys.add(event.idempotency_key);
        times.add(to_iso8601(event.created_at));
        contents.add(content_text(event.content));
        extras.add(extra_text(event));
    }
    Params params;
    for (ArrayText* column : {&parts,
                              &next_indexes,
                              &rooms,
                              &ids,
                              &types,
                              &statuses,
                              &visibilities,
                              &channels,
                              &channel_types,
                              &directions,
                              &participants,
                              &correlations,
                              &parents,
                              &keys,
                              &times,
                              &contents,
                              &extras}) {
        params.add(std::move(*column));
    }
    return params;
}

Request lock_request(const std::vector<std::string>& ids) {
    if (ids.size() == 1) return {lock_one, Params().add(ids.front())};
    return {lock_many, Params().add_array(ids)};
}

LockedRooms locked_rooms(const Result& rows) {
    LockedRooms rooms;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row row = rows[i];
        rooms.emplace(row.text(0),
                      LockedRoom{row.int64(1), row.int64(2), row.int64(3), row.int64(4)});
    }
    return rooms;
}

std::vector<std::int64_t> stored_indexes(const Result& rows, std::size_t events) {
    std::vector<std::int64_t> indexes(events, -1);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        indexes.at(static_cast<std::size_t>(rows[i].int64(0) - 1)) = rows[i].int64(1);
    }
    return indexes;
}

}  // namespace

LockedRooms lock_rooms(Session& session, const std::vector<std::string>& ids) {
    const auto request = lock_request(ids);
    return locked_rooms(session.exec(request.statement, request.params));
}

std::vector<std::int64_t> store_events(Session& session, const std::vector<NewEvent>& events) {
    if (events.empty()) return {};
    return stored_indexes(session.exec(store, store_params(events)), events.size());
}

LockedAndStored lock_and_store(Session& session,
                               const std::vector<std::string>& ids,
                               const std::vector<NewEvent>& events) {
    std::vector<Request> requests;
    requests.push_back(lock_request(ids));
    requests.push_back({store, store_params(events)});
    const auto results = session.exec_all(requests);
    return {locked_rooms(results.at(0)), stored_indexes(results.at(1), events.size())};
}

std::vector<StoredEvent> find_stored(Session& session,
                                     const std::vector<const RoomEvent*>& events) {
    std::vector<std::string> rooms, ids;
    std::vector<std::optional<std::string>> keys;
    for (const RoomEvent* event : events) {
        rooms.push_back(event->room_id);
        ids.push_back(event->id);
        keys.push_back(event->idempotency_key);
    }
    const auto rows = session.exec(find, Params().add_array(rooms).add_array(ids).add_array(keys));
    std::vector<StoredEvent> found(events.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto position = static_cast<std::size_t>(rows[i].int64(0) - 1);
        StoredEvent& of_event = found.at(position);
        try {
            RoomEvent stored = read_event_alone(rows[i], 1);
            const bool same_id = stored.id == events[position]->id;
            (same_id ? of_event.by_id : of_event.by_key) = std::move(stored);
        } catch (const Error& error) {
            of_event.unreadable = error;
        }
    }
    return found;
}

std::optional<RoomEvent> settle(const char* operation, const RoomEvent& event, StoredEvent& found) {
    if (found.unreadable) throw Error(*found.unreadable);
    if (!found.by_id) return std::move(found.by_key);
    if (!detail::repeats_append(*found.by_id, event)) {
        throw Error(errc::already_exists,
                    std::string(operation) + ": " + named("room", event.room_id) +
                        " holds another event with the id of " + named("event", event.id));
    }
    return std::move(found.by_id);
}

Error no_index_left(const char* operation, const std::string& room_id) {
    return Error(errc::storage_full,
                 std::string(operation) + ": " + named("room", room_id) + " has no index left");
}

std::vector<Statement> append_statements() { return {lock_one, lock_many, store, find}; }

}  // namespace roomstore::postgres::sql
