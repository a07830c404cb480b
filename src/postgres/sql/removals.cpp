#include "sql/removals.hpp"

namespace roomstore::postgres::sql {

namespace {

// A transaction removes at most 1000 rows of each table: the literals in the statements.

constexpr Statement lock{"remove_rows.lock", R"(
SELECT FROM {schema}.removals WHERE room_id = $1 FOR UPDATE)"};

constexpr Statement lock_any{"remove_rows.lock_any", R"(
SELECT room_id FROM {schema}.removals ORDER BY room_id LIMIT 1 FOR UPDATE SKIP LOCKED)"};

// From next_index on, since every search from the first index would find all index entries that
// were removed before. Without the room's row, all events go. Rows are chosen up to 32 MiB, but at
// least one. What is chosen decides whether more is left: other transactions may have removed some
// of the rows when this one has waited for their locks.
constexpr Statement remove_events{"remove_rows.events", R"(
WITH range AS (
    SELECT coalesce((SELECT next_index FROM {schema}.removals WHERE room_id = $1), 0) AS lowest,
           coalesce((SELECT first_index FROM {schema}.rooms WHERE id = $1),
                    9223372036854775807) AS above
), first AS MATERIALIZED (
    SELECT index, row_number() OVER (ORDER BY index) AS number,
           sum(pg_column_size(content) + coalesce(pg_column_size(extra), 0))
               OVER (ORDER BY index) AS bytes
    FROM (SELECT index, content, extra FROM {schema}.events
          WHERE room_id = $1 AND index >= (SELECT lowest FROM range)
            AND index < (SELECT above FROM range)
          ORDER BY index LIMIT 1000) AS found
), chosen AS (
    SELECT max(index) AS last, count(*) AS events FROM first WHERE number = 1 OR bytes <= 33554432
), gone AS (
    DELETE FROM {schema}.events
    WHERE room_id = $1 AND index >= (SELECT lowest FROM range) AND index <= (SELECT last FROM chosen)
)
SELECT events = 1000 OR events < (SELECT count(*) FROM first),
       coalesce(last + 1, (SELECT lowest FROM range))
FROM chosen)"};

constexpr Statement remove_contents{"remove_rows.contents", R"(
WITH room AS (
    SELECT WHERE NOT EXISTS (SELECT FROM {schema}.rooms WHERE id = $1)
), first_bindings AS MATERIALIZED (
    SELECT channel_id FROM {schema}.bindings WHERE room_id = $1 AND EXISTS (SELECT FROM room)
    ORDER BY channel_id LIMIT 1000
), first_participants AS MATERIALIZED (
    SELECT id FROM {schema}.participants WHERE room_id = $1 AND EXISTS (SELECT FROM room)
    ORDER BY id LIMIT 1000
), first_tasks AS MATERIALIZED (
    SELECT created_at, id FROM {schema}.tasks WHERE room_id = $1 AND EXISTS (SELECT FROM room)
    ORDER BY created_at, id LIMIT 1000
), first_observations AS MATERIALIZED (
    SELECT id FROM {schema}.observations WHERE room_id = $1 AND EXISTS (SELECT FROM room)
    ORDER BY id LIMIT 1000
), first_markers AS MATERIALIZED (
    SELECT channel_id FROM {schema}.read_markers WHERE room_id = $1 AND EXISTS (SELECT FROM room)
    ORDER BY channel_id LIMIT 1000
), first_changes AS MATERIALIZED (
    SELECT index FROM {schema}.event_changes WHERE room_id = $1 AND EXISTS (SELECT FROM room)
    ORDER BY index LIMIT 1000
), gone_bindings AS (
    DELETE FROM {schema}.bindings
    WHERE room_id = $1 AND channel_id <= (SELECT max(channel_id) FROM first_bindings)
), gone_participants AS (
    DELETE FROM {schema}.participants
    WHERE room_id = $1 AND id <= (SELECT max(id) FROM first_participants)
), gone_tasks AS (
    DELETE FROM {schema}.tasks
    WHERE room_id = $1 AND (created_at, id) <= (
        SELECT created_at, id FROM first_tasks ORDER BY created_at DESC, id DESC LIMIT 1)
), gone_observations AS (
    DELETE FROM {schema}.observations
    WHERE room_id = $1 AND id <= (SELECT max(id) FROM first_observations)
), gone_markers AS (
    DELETE FROM {schema}.read_markers
    WHERE room_id = $1 AND channel_id <= (SELECT max(channel_id) FROM first_markers)
), gone_changes AS (
    DELETE FROM {schema}.event_changes
    WHERE room_id = $1 AND index <= (SELECT max(index) FROM first_changes)
)
SELECT 1000 IN ((SELECT count(*) FROM first_bindings), (SELECT count(*) FROM first_participants),
                (SELECT count(*) FROM first_tasks), (SELECT count(*) FROM first_observations),
                (SELECT count(*) FROM first_markers), (SELECT count(*) FROM first_changes)))"};

// Waits for a transaction that is at the removal, and so cannot be missed when that ends it.
constexpr Statement record{"remove_rows.record", R"(
INSERT INTO {schema}.removals (room_id, next_index) VALUES ($1, $2::bigint)
ON CONFLICT (room_id) DO UPDATE SET next_index = excluded.next_index)"};

constexpr Statement forget{"remove_rows.forget", R"(
DELETE FROM {schema}.removals WHERE room_id = $1)"};

constexpr Statement any{"remove_rows.any", R"(
SELECT FROM {schema}.removals ORDER BY room_id LIMIT 1)"};

/// Removes the next rows. A removal that was recorded is locked; the lock of one that is not
/// recorded has no effect.
void remove_some(Session& session, const std::string& room_id, bool recorded) {
    std::vector<Request> requests;
    requests.push_back({remove_events, Params().add(room_id)});
    requests.push_back({remove_contents, Params().add(room_id)});
    requests.push_back({any, Params()});
    const auto results = session.exec_all(requests);
    const bool more = results[0][0].boolean(0) || results[1][0].boolean(0);
    if (more) {
        session.exec(record, Params().add(room_id).add(results[0][0].int64(1)));
    } else if (recorded) {
        session.exec(forget, Params().add(room_id));
    }
    if (more || !results[2].empty()) session.wake_background_job();
}

}  // namespace

constexpr Statement removal_is_pending{"remove_rows.pending", R"(
SELECT FROM {schema}.removals WHERE room_id = $1)"};

void begin_removal(Session& session, const std::string& room_id) {
    const bool recorded = !session.exec(lock, Params().add(room_id)).empty();
    remove_some(session, room_id, recorded);
}

bool continue_removal(Session& session, const std::string& room_id) {
    if (session.exec(lock, Params().add(room_id)).empty()) return false;
    remove_some(session, room_id, true);
    return true;
}

void continue_any_removal(Session& session) {
    const auto found = session.exec(lock_any, Params());
    if (found.empty()) return;
    remove_some(session, found[0].text(0), true);
}

void look_for_removals(Session& session) {
    if (!session.exec(any, Params()).empty()) session.wake_background_job();
}

std::vector<Statement> removal_statements() {
    return {
        lock, lock_any, remove_events, remove_contents, record, forget, any, removal_is_pending};
}

}  // namespace roomstore::postgres::sql
