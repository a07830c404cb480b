#include "sql/changes.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sql/columns.hpp"
#include "sql/events/columns.hpp"
#include "sql/lists.hpp"
#include "sql/mapping.hpp"

namespace roomstore::postgres::sql {

namespace {

constexpr Statement note{"note_changes", R"(
WITH given AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])
         WITH ORDINALITY AS given (room_id, index, id, position)
), numbered AS MATERIALIZED (
    SELECT given.*, row_number() OVER (PARTITION BY room_id ORDER BY position) AS number,
           (SELECT c.revision FROM {schema}.event_changes c
            WHERE c.room_id = given.room_id AND c.index = given.index) IS NULL AS first_time
    FROM given
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
    SELECT room_id, index, before + number, id, $4 FROM numbered
    JOIN counted ON counted_id = room_id
    ON CONFLICT (room_id, index)
    DO UPDATE SET revision = excluded.revision, id = excluded.id, deleted = excluded.deleted
)
SELECT counted_id, now_remembered FROM counted)"};

constexpr Statement forget{"forget_changes", R"(
WITH last AS MATERIALIZED (
    SELECT revision FROM {schema}.event_changes WHERE room_id = $1
    ORDER BY revision OFFSET $2::bigint - 1 LIMIT 1
), gone AS (
    DELETE FROM {schema}.event_changes
    WHERE room_id = $1 AND revision <= (SELECT revision FROM last)
    RETURNING revision
)
UPDATE {schema}.rooms
SET remembered = remembered - (SELECT count(*) FROM gone),
    revision_floor = greatest(revision_floor, (SELECT revision FROM last))
WHERE id = $1)"};

// Three lists side by side: the room, the changes of events with these events, and the new events.
// The hash of the cursor is $2, its fields are $3 to $5; $6 is the limit, $7 whether to begin with
// the newest events. One row more than the limit tells whether that was all.
//
// A new event has one bound on its index, and an event that changed is looked up by itself: with
// two bounds or a join, the planner may read whole rooms as long as they are small.
//
// Changes above the room's revision are those of an earlier room, which version 0.1 has deleted.
constexpr Statement list{"list_changes",
                         R"(
WITH room AS MATERIALIZED (
    SELECT *,
           CASE WHEN event_count = 0 THEN 0 ELSE latest_index + 1 END AS next_index,
           encode(substr(sha256(convert_to(
               coalesce((SELECT value FROM {schema}.settings WHERE name = 'epoch')::text, '')
               || ' ' || generation::text || ' ' || id, 'UTF8')), 1, 8), 'hex') AS hash
    FROM {schema}.rooms WHERE id = $1
), checked AS MATERIALIZED (
    SELECT coalesce(CASE WHEN $2::text = '0000000000000000'
                         THEN $3::bigint = 0 AND $4::bigint = 0 AND $5::bigint = 0
                         ELSE hash = $2 AND $3 <= next_index
                              AND $4 BETWEEN revision_floor AND revision END, false) AS valid
    FROM room
), older AS MATERIALIZED (
    SELECT index + 1 AS next FROM {schema}.events
    WHERE room_id = $1 AND index >= (SELECT first_index FROM room)
      AND $7::boolean AND NOT (SELECT valid FROM checked)
    ORDER BY index DESC OFFSET $6::bigint LIMIT 1
), reader AS MATERIALIZED (
    SELECT valid,
           CASE WHEN valid THEN $3 ELSE coalesce((SELECT next FROM older), 0) END AS next_index,
           CASE WHEN valid THEN $4 ELSE revision END AS revision,
           CASE WHEN valid THEN $5 ELSE 0 END AS from_index
    FROM checked, room
), changed AS MATERIALIZED (
    SELECT index, revision, id, deleted FROM {schema}.event_changes
    WHERE room_id = $1 AND revision > (SELECT revision FROM reader)
      AND revision <= (SELECT revision FROM room)
      AND index >= (SELECT greatest(reader.from_index, first_index) FROM reader, room)
      AND index < (SELECT next_index FROM reader)
    ORDER BY revision LIMIT $6 + 1
)
SELECT *
FROM (SELECT )" ROOMSTORE_ROOM_COLUMNS R"(, hash, first_index, room.next_index, room.revision,
             room.row_revision, valid, (SELECT next FROM older) IS NOT NULL
      FROM room, checked) AS of_room
FULL JOIN (
    SELECT changed.revision AS changed_revision, changed.index AS changed_index, changed.id,
           changed.deleted, event.*
    FROM changed
    LEFT JOIN LATERAL (
        SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events AS event
        WHERE event.room_id = $1 AND event.index = changed.index LIMIT 1
    ) AS event ON true
) AS of_changes ON false
FULL JOIN (
    SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events
    WHERE room_id = $1
      AND index >= (SELECT greatest(reader.next_index, first_index) FROM reader, room)
      AND (SELECT count(*) FROM changed) <= $6
    ORDER BY index LIMIT $6 + 1
) AS of_events ON false
ORDER BY changed_revision, of_events.index)"};

constexpr Statement renew_epoch{"reset_cursors", R"(
INSERT INTO {schema}.settings (name, value) VALUES ('epoch', gen_random_uuid())
ON CONFLICT (name) DO UPDATE SET value = excluded.value)"};

constexpr int room_facts = room_column_count;
constexpr int change_columns = room_facts + 7;
constexpr int changed_event = change_columns + 4;
constexpr int new_event = changed_event + event_column_count;

std::string hash_text(std::uint64_t hash) { return fmt::format("{:016x}", hash); }

std::uint64_t hash_from(std::string_view text) {
    std::uint64_t hash = 0;
    std::from_chars(text.data(), text.data() + text.size(), hash, 16);
    return hash;
}

/// Reads the rows of the statement `list`.
class ChangesReader {
public:
    ChangesReader(const std::string& room_id, const ChangesQuery& query, LeftOut& left_out)
        : room_id_(room_id), query_(query), left_out_(left_out) {}

    void read(const Row& row) {
        if (!row.is_null(0)) {
            read_room_facts(row);
        } else if (!row.is_null(change_columns)) {
            read_change(row);
        } else {
            read_new_event(row);
        }
    }

    RoomChanges take() {
        if (!changes_.exists) {
            changes_.reset = query_.since && query_.since->room != 0;
            return std::move(changes_);
        }
        RoomCursor& cursor = changes_.cursor;
        cursor.from_index = valid_ ? query_.since->from_index : 0;
        if (more_changes_) {
            cursor.next_index = query_.since->next_index;
            cursor.revision = last_revision_;
        } else {
            if (skips_ && first_given_) cursor.from_index = *first_given_;
            cursor.next_index = more_events_ ? last_given_ + 1 : next_index_;
            cursor.revision = revision_;
        }
        changes_.more = more_changes_ || more_events_;
        return std::move(changes_);
    }

private:
    void read_room_facts(const Row& row) {
        changes_.exists = true;
        changes_.cursor.room = hash_from(row.view(room_facts));
        changes_.first_index = row.int64(room_facts + 1);
        next_index_ = row.int64(room_facts + 2);
        revision_ = row.int64(room_facts + 3);
        const auto row_revision = row.int64(room_facts + 4);
        valid_ = row.boolean(room_facts + 5);
        skips_ = row.boolean(room_facts + 6);
        changes_.reset = query_.since && !valid_;
        if (!valid_ || query_.since->room == 0 || row_revision > query_.since->revision) {
            changes_.room =
                read_alone("rooms", named("room", room_id_), [&] { return read_room(row); });
        }
    }

    void read_change(const Row& row) {
        if (changes_given_ == query_.limit) {
            more_changes_ = true;
            return;
        }
        ++changes_given_;
        last_revision_ = row.int64(change_columns);
        // Version 0.1 deletes events without a note.
        if (row.boolean(change_columns + 3) || row.is_null(changed_event)) {
            DeletedEvent deleted;
            deleted.id = row.text(change_columns + 2);
            deleted.index = row.int64(change_columns + 1);
            changes_.deleted.push_back(std::move(deleted));
        } else {
            read_event_into(changes_.updated, row, changed_event);
        }
    }

    void read_new_event(const Row& row) {
        if (events_given_ == query_.limit) {
            more_events_ = true;
            return;
        }
        ++events_given_;
        last_given_ = row.int64(new_event + 1);
        if (!first_given_) first_given_ = last_given_;
        read_event_into(changes_.added, row, new_event);
    }

    void read_event_into(std::vector<RoomEvent>& events, const Row& row, int first) {
        try {
            events.push_back(read_event(row, first));
        } catch (const ColumnError& error) {
            left_out_.add(error);
        }
    }

    const std::string& room_id_;
    const ChangesQuery& query_;
    LeftOut& left_out_;
    RoomChanges changes_;
    bool valid_ = false;
    bool skips_ = false;
    std::int64_t next_index_ = 0;
    std::int64_t revision_ = 0;
    std::int64_t changes_given_ = 0;
    std::int64_t last_revision_ = 0;
    bool more_changes_ = false;
    std::int64_t events_given_ = 0;
    std::optional<std::int64_t> first_given_;
    std::int64_t last_given_ = 0;
    bool more_events_ = false;
};

}  // namespace

void note_changes(Session& session, const ChangedEvents& events, std::int64_t history) {
    if (events.rooms.empty()) return;
    const auto rooms = session.exec(note,
                                    Params()
                                        .add_array(events.rooms)
                                        .add_array(events.indexes)
                                        .add_array(events.ids)
                                        .add(events.deleted));
    for (std::size_t i = 0; i < rooms.size(); ++i) {
        forget_changes(session, rooms[i].text(0), rooms[i].int64(1), history);
    }
}

void forget_changes(Session& session,
                    const std::string& room_id,
                    std::int64_t remembered,
                    std::int64_t history) {
    // An eighth at a time, so that few changes pay for it.
    if (history == 0 || remembered <= history + history / 8) return;
    session.exec(forget, Params().add(room_id).add(remembered - history));
}

RoomChanges list_changes(Session& session,
                         UnreadableRows& unreadable,
                         const std::string& room_id,
                         const ChangesQuery& query) {
    Params params;
    params.add(room_id);
    if (query.since) {
        params.add(hash_text(query.since->room))
            .add(query.since->next_index)
            .add(query.since->revision)
            .add(query.since->from_index);
    } else {
        const std::optional<std::int64_t> none;
        params.add(std::optional<std::string>()).add(none).add(none).add(none);
    }
    params.add(query.limit).add(query.start == Start::newest);
    const auto rows = session.exec(list, params);
    LeftOut left_out(unreadable, Table::events, room_id);
    ChangesReader reader(room_id, query, left_out);
    for (std::size_t i = 0; i < rows.size(); ++i) reader.read(rows[i]);
    left_out.report();
    return reader.take();
}

void reset_cursors(Session& session) { session.exec(renew_epoch, Params()); }

std::vector<Statement> change_statements() { return {note, forget, list, renew_epoch}; }

}  // namespace roomstore::postgres::sql
