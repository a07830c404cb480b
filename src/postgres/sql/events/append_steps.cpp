#include "sql/events/append_steps.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include "roomstore/detail/same_event.hpp"
#include "sql/events/arrays.hpp"
#include "sql/events/columns.hpp"
#include "sql/mapping.hpp"

namespace roomstore::postgres::sql {

namespace {

constexpr std::string_view unique_violation = "23505";
constexpr const char* serialization_failure = "40001";

constexpr Statement lock_one{"append.lock_room", R"(
SELECT id, event_count, latest_index, last_gap, live_count, first_index
FROM {schema}.rooms WHERE id = $1 FOR UPDATE)"};

// Rooms are always locked in the order of their ids, which prevents deadlocks.
constexpr Statement lock_many{"append.lock_rooms", R"(
SELECT id, event_count, latest_index, last_gap, live_count, first_index
FROM {schema}.rooms WHERE id = ANY ($1::text[]) ORDER BY id FOR UPDATE)"};

// The statements that store run under the locks, and so see every event stored in these rooms. The
// lookups are subqueries, not joins: a join could be planned, while the tables are small, in a way
// that is slow once they have grown.
//
// All or nothing, which fits nearly every append: only the rows themselves and two lookups each.
// The caller has counted them by room, and found the two times, first the one at the lower index,
// that show how far the new events are from ascending. Rooms that are nearly full are left to the
// caller too.
constexpr Statement store_all{"append.store_all", R"(
WITH counted AS (
    UPDATE {schema}.rooms
    SET event_count = rooms.event_count + added.events,
        live_count = rooms.live_count + added.events,
        latest_index = CASE WHEN rooms.event_count = 0 THEN -1 ELSE rooms.latest_index END
                       + added.events,
        last_activity_at = greatest(rooms.last_activity_at, added.latest_at),
        time_disorder = greatest(rooms.time_disorder, rooms.latest_created_at - added.earliest_at,
                                 added.from_time - added.to_time),
        latest_created_at = greatest(rooms.latest_created_at, added.latest_at),
        timed_events = rooms.timed_events
                       + CASE WHEN rooms.timed_events = rooms.event_count THEN added.events ELSE 0 END
    FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $21::timestamptz[],
                $22::timestamptz[], $23::timestamptz[])
         AS added (room_id, events, latest_at, earliest_at, from_time, to_time)
    WHERE rooms.id = added.room_id AND rooms.latest_index < 9000000000000000000
      AND NOT EXISTS (
          SELECT FROM unnest($4::text[], $6::text[], $16::text[]) AS given (room_id, id, key)
          WHERE (SELECT e.index FROM {schema}.events e
                 WHERE e.room_id = given.room_id AND e.id = given.id) IS NOT NULL
             OR (SELECT e.index FROM {schema}.events e
                 WHERE e.room_id = given.room_id
                   AND e.idempotency_key = given.key) IS NOT NULL)
    RETURNING rooms.id AS counted_id, rooms.latest_index - added.events + 1 AS first_index
), stored AS (
    INSERT INTO {schema}.events ()" ROOMSTORE_EVENT_COLUMNS R"()
    SELECT room_id, first_index + place AS index, )" ROOMSTORE_EVENT_FIELDS R"(
    FROM unnest($4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],
                $16::text[], $17::timestamptz[], $18::json[], $19::json[], $20::bigint[])
         AS given (room_id, place, )" ROOMSTORE_EVENT_FIELDS R"()
    JOIN counted ON counted_id = room_id
)
SELECT counted_id, first_index FROM counted)"};

// The same for a single event, for which arrays would only be slower.
constexpr Statement store_one{"append.store_one", R"(
WITH counted AS (
    UPDATE {schema}.rooms
    SET event_count = event_count + 1,
        live_count = live_count + 1,
        latest_index = CASE WHEN event_count = 0 THEN 0 ELSE latest_index + 1 END,
        last_activity_at = greatest(last_activity_at, $15::timestamptz),
        time_disorder = greatest(time_disorder, latest_created_at - $15::timestamptz),
        latest_created_at = greatest(latest_created_at, $15::timestamptz),
        timed_events = timed_events + CASE WHEN timed_events = event_count THEN 1 ELSE 0 END
    WHERE id = $1 AND latest_index < 9000000000000000000
      AND NOT EXISTS (SELECT FROM {schema}.events e WHERE e.room_id = $1 AND e.id = $2)
      AND NOT EXISTS (SELECT FROM {schema}.events e
                      WHERE e.room_id = $1 AND e.idempotency_key = $14)
    RETURNING id AS counted_id, latest_index AS first_index
), stored AS (
    INSERT INTO {schema}.events ()" ROOMSTORE_EVENT_COLUMNS R"()
    SELECT counted_id, first_index, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $14,
           $15::timestamptz, $12::json, $13::json, $16::bigint
    FROM counted
)
SELECT counted_id, first_index FROM counted)"};

// Stores the events of every part that is entirely new.
constexpr Statement store_new{"append.store_new",
                              R"(
WITH given AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],
                         $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                         $12::text[], $13::text[], $14::text[], $15::timestamptz[], $16::json[],
                         $17::json[], $18::bigint[])
         WITH ORDINALITY AS given (part, room_id, next_index, )" ROOMSTORE_EVENT_FIELDS
                              R"(, position)
), judged AS (
    SELECT given.*,
           bool_or(
               (SELECT e.index FROM {schema}.events e
                WHERE e.room_id = given.room_id AND e.id = given.id) IS NOT NULL
               OR (SELECT e.index FROM {schema}.events e
                   WHERE e.room_id = given.room_id
                     AND e.idempotency_key = given.idempotency_key) IS NOT NULL
           ) OVER (PARTITION BY part) AS refused
    FROM given
), fresh AS MATERIALIZED (
    SELECT judged.*,
           next_index - 1 + row_number() OVER in_room AS index,
           max(created_at) OVER in_room - created_at AS disorder
    FROM judged WHERE NOT refused
    WINDOW in_room AS (PARTITION BY room_id ORDER BY position)
), stored AS (
    INSERT INTO {schema}.events ()" ROOMSTORE_EVENT_COLUMNS R"()
    SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM fresh
), counted AS (
    UPDATE {schema}.rooms
    SET event_count = rooms.event_count + added.events,
        live_count = rooms.live_count + added.events,
        latest_index = added.latest_index,
        last_activity_at = greatest(rooms.last_activity_at, added.latest_at),
        time_disorder = greatest(rooms.time_disorder, rooms.latest_created_at - added.earliest_at,
                                 added.disorder),
        latest_created_at = greatest(rooms.latest_created_at, added.latest_at),
        timed_events = rooms.timed_events
                       + CASE WHEN rooms.timed_events = rooms.event_count THEN added.events ELSE 0 END
    FROM (SELECT room_id, count(*) AS events, max(index) AS latest_index,
                 max(created_at) AS latest_at, min(created_at) AS earliest_at,
                 max(disorder) AS disorder
          FROM fresh GROUP BY room_id) AS added
    WHERE rooms.id = added.room_id
)
SELECT position, index FROM fresh)"};

constexpr Statement find{"append.find_stored", R"(
SELECT g.position, stored.*
FROM unnest($1::text[], $2::text[], $3::text[])
     WITH ORDINALITY AS g (room_id, id, key, position)
CROSS JOIN LATERAL (
    SELECT updated, )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events e
    WHERE e.room_id = g.room_id AND e.id = g.id
    UNION ALL
    SELECT updated, )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events e
    WHERE e.room_id = g.room_id AND e.idempotency_key = g.key AND e.id <> g.id
) AS stored)"};

/// The events that a room gets, in the order of their indexes.
struct Added {
    void add(Timestamp time) {
        if (events++ == 0) {
            latest_at = earliest_at = from_time = to_time = time;
            return;
        }
        latest_at = std::max(latest_at, time);
        earliest_at = std::min(earliest_at, time);
        if (latest_at - time > from_time - to_time) {
            from_time = latest_at;
            to_time = time;
        }
    }

    std::int64_t events = 0;
    Timestamp latest_at;
    Timestamp earliest_at;
    /// The greatest difference of an event's time from that of an event at a lower index, or 0, is
    /// that of these two.
    Timestamp from_time;
    Timestamp to_time;
};

// Texts of tens of megabytes take up to seconds to write.
Params store_all_params(const Session& session, const std::vector<const RoomEvent*>& events) {
    std::map<std::string_view, Added> rooms;
    EventArrays columns;
    Array places(ElementType::bigint);
    for (const RoomEvent* event : events) {
        session.require_usable();
        Added& added = rooms[event->room_id];
        places.add(added.events);
        added.add(event->created_at);
        columns.add(*event);
    }
    Array ids(ElementType::text), counts(ElementType::bigint), latest(ElementType::timestamptz),
        earliest(ElementType::timestamptz), from(ElementType::timestamptz),
        to(ElementType::timestamptz);
    for (const auto& [id, added] : rooms) {
        ids.add(id);
        counts.add(added.events);
        latest.add(added.latest_at);
        earliest.add(added.earliest_at);
        from.add(added.from_time);
        to.add(added.to_time);
    }
    Params params;
    params.add(std::move(ids)).add(std::move(counts)).add(std::move(latest));
    std::move(columns).add_to(params, std::move(places));
    params.add(std::move(earliest)).add(std::move(from)).add(std::move(to));
    return params;
}

Params store_new_params(const Session& session, const std::vector<NewEvent>& events) {
    Array parts(ElementType::bigint), next_indexes(ElementType::bigint);
    EventArrays columns;
    for (const NewEvent& each : events) {
        session.require_usable();
        parts.add(each.part);
        next_indexes.add(each.next_index);
        columns.add(*each.event);
    }
    Params params;
    params.add(std::move(parts));
    std::move(columns).add_to(params, std::move(next_indexes));
    return params;
}

std::vector<std::int64_t> indexes_from(const Result& first_indexes,
                                       const std::vector<const RoomEvent*>& events) {
    std::map<std::string, std::int64_t, std::less<>> next;
    for (std::size_t i = 0; i < first_indexes.size(); ++i) {
        next.emplace(first_indexes[i].text(0), first_indexes[i].int64(1));
    }
    std::vector<std::int64_t> indexes;
    indexes.reserve(events.size());
    for (const RoomEvent* event : events) {
        const auto room = next.find(event->room_id);
        indexes.push_back(room == next.end() ? -1 : room->second++);
    }
    return indexes;
}

}  // namespace

Request lock_request(const std::vector<std::string>& ids) {
    if (ids.size() == 1) return {lock_one, Params().add(ids.front())};
    return {lock_many, Params().add_array(ids)};
}

LockedRooms locked_rooms(const Result& rows) {
    LockedRooms rooms;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row row = rows[i];
        rooms.emplace(row.text(0),
                      LockedRoom{.event_count = row.int64(1),
                                 .latest_index = row.int64(2),
                                 .last_gap = row.int64(3),
                                 .live_count = row.int64(4),
                                 .first_index = row.int64(5)});
    }
    return rooms;
}

Failure created_meanwhile(const std::string& room_id) {
    return classify(serialization_failure, named("room", room_id) + " was just created", false);
}

Failure removed_meanwhile(const std::string& room_id) {
    return classify(serialization_failure,
                    "an event of " + named("room", room_id) + " was just removed",
                    false);
}

LockedRooms lock_rooms(Session& session, const std::vector<std::string>& ids) {
    const auto request = lock_request(ids);
    return locked_rooms(session.exec(request.statement, request.params));
}

std::vector<std::int64_t> store_new_events(Session& session, const std::vector<NewEvent>& events) {
    std::vector<std::int64_t> indexes(events.size(), -1);
    if (events.empty()) return indexes;
    const auto rows = session.exec(store_new, store_new_params(session, events));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        indexes.at(static_cast<std::size_t>(rows[i].int64(0) - 1)) = rows[i].int64(1);
    }
    return indexes;
}

LockedAndStored lock_and_store_all(Session& session,
                                   const std::vector<std::string>& ids,
                                   const std::vector<const RoomEvent*>& events) {
    std::vector<Request> requests;
    requests.push_back(lock_request(ids));
    if (events.size() == 1) {
        const RoomEvent& event = *events.front();
        requests.push_back({store_one, add_params(event).add(event.token_count)});
    } else {
        requests.push_back({store_all, store_all_params(session, events)});
    }
    std::vector<Result> results;
    try {
        session.exec_all(requests, results);
    } catch (Failure& failure) {
        // Under the locks, no other transaction stores what the lookups did not find. A room that
        // did not exist when the locks were taken is not locked.
        const bool locked_all = !results.empty() && results.front().size() == ids.size();
        if (failure.sqlstate == unique_violation && !locked_all) failure.remedy = Remedy::rerun;
        throw;
    }
    auto rooms = locked_rooms(results.at(0));
    return {std::move(rooms), indexes_from(results.at(1), events)};
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
        session.require_usable();
        const auto position = static_cast<std::size_t>(rows[i].int64(0) - 1);
        StoredEvent& of_event = found.at(position);
        try {
            RoomEvent stored = read_event_alone(rows[i], 2);
            const bool same_id = stored.id == events[position]->id;
            (same_id ? of_event.by_id : of_event.by_key) = std::move(stored);
            if (same_id) of_event.updated = rows[i].is_null(1) || rows[i].boolean(1);
        } catch (const Error& error) {
            of_event.unreadable = error;
        }
    }
    return found;
}

std::optional<RoomEvent> match_stored(const char* operation,
                                      const RoomEvent& event,
                                      StoredEvent& found) {
    if (found.unreadable) throw Error(*found.unreadable);
    if (!found.by_id) return std::move(found.by_key);
    if (!detail::repeats_append(*found.by_id, event, found.updated)) {
        throw detail::names_another_event(operation, event.id, event.room_id);
    }
    return std::move(found.by_id);
}

std::vector<Statement> append_statements() {
    return {lock_one, lock_many, store_one, store_all, store_new, find};
}

}  // namespace roomstore::postgres::sql
