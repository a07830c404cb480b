#include <algorithm>
#include <set>

#include <catch2/catch_test_macros.hpp>

#include "postgres/plan_checker.hpp"
#include "support/errors.hpp"

namespace roomstore::test {

namespace {

// 100 000 rooms and 1 000 000 events, of which 100 000 are in `big` and the others spread over all
// rooms; organizations and channels of all sizes; a participant and a channel in every room. Rows
// are inserted in order of time, as in production.
const char* const data = R"(
INSERT INTO {schema}.rooms (id, organization_id, status, created_at, updated_at,
                            agent_response_policy, metadata, event_count, latest_index,
                            delivered_index, live_count, last_gap, timed_events,
                            latest_created_at, time_disorder)
SELECT CASE WHEN i = 0 THEN 'big' ELSE 'room-' || i END,
       CASE WHEN i % 10 < 3 THEN 'org-large' WHEN i % 10 < 9 THEN 'org-' || i % 5000 END,
       (ARRAY['active', 'closed', 'closed', 'closed', 'archived'])[1 + i % 5],
       timestamptz '2026-01-01' + i * interval '1 minute', timestamptz '2026-06-01',
       'agent_chain',
       jsonb_build_object('kind', CASE WHEN i % 1000 = 0 THEN 'rare' ELSE 'common' END, 'number', i),
       CASE WHEN i = 0 THEN 100000 ELSE 9 END, CASE WHEN i = 0 THEN 99999 ELSE 8 END, -1,
       CASE WHEN i = 0 THEN 100000 ELSE 9 END, -1,
       CASE WHEN i = 0 THEN 100000 ELSE 9 END, timestamptz '2026-06-01', interval '5 minutes'
FROM generate_series(0, 99999) AS i;

INSERT INTO {schema}.events (room_id, index, id, type, status, visibility, source_channel_id,
                             source_channel_type, source_direction, participant_id, correlation_id,
                             parent_event_id, idempotency_key, created_at, content)
SELECT r.room_id, r.index, md5(i::text), CASE WHEN i % 10 = 0 THEN 'reaction' ELSE 'message' END,
       'delivered', 'all', 'channel-' || i % 300, (ARRAY['sms', 'email'])[1 + i % 2], 'inbound',
       'user-' || i % 20000, CASE WHEN i % 4 = 0 THEN md5((i / 8)::text) END,
       CASE WHEN i % 5 = 0 THEN md5((i - i % 50)::text) END,
       CASE WHEN i % 2 = 0 THEN md5('key' || i) END,
       timestamptz '2026-01-01' + i * interval '6 seconds', '{"type":"text","body":"hello there"}'
FROM generate_series(0, 999999) AS i
CROSS JOIN LATERAL (
    SELECT CASE WHEN i % 10 = 0 THEN 'big' ELSE 'room-' || 1 + (i % 99999) END AS room_id,
           CASE WHEN i % 10 = 0 THEN i / 10 ELSE i END AS index
) AS r;

INSERT INTO {schema}.bindings (room_id, channel_id, channel_type, category, direction, access,
                               muted, output_muted, visibility, participant_id, attached_at,
                               room_created_at, room_status)
SELECT r.id, c.channel_id, 'sms', 'transport', 'bidirectional', 'read_write', false, false, 'all',
       'user-' || abs(hashtext(r.id)) % 20000, r.created_at, r.created_at, r.status
FROM {schema}.rooms r
CROSS JOIN LATERAL (VALUES ('channel-everywhere'), ('channel-of-' || r.id)) AS c (channel_id);

INSERT INTO {schema}.participants (room_id, id, channel_id, role, status, identification,
                                   joined_at, room_created_at, room_status)
SELECT r.id, p.id, 'channel-everywhere', 'member', 'active', 'pending', r.created_at, r.created_at,
       r.status
FROM {schema}.rooms r
CROSS JOIN LATERAL (VALUES ('bot'), ('user-' || abs(hashtext(r.id)) % 20000)) AS p (id);

INSERT INTO {schema}.identities (id, organization_id)
SELECT 'identity-' || i, 'org-' || i % 5000 FROM generate_series(1, 100000) AS i;

INSERT INTO {schema}.identity_addresses (channel_type, address, organization_id, identity_id)
SELECT (ARRAY['sms', 'email'])[1 + i % 2], 'address-' || i % 60000, 'org-' || i % 5000,
       'identity-' || i
FROM generate_series(1, 100000) AS i ON CONFLICT DO NOTHING;

INSERT INTO {schema}.tasks (room_id, id, title, status, created_at)
SELECT id, 'task-' || id, 'title', 'pending', created_at FROM {schema}.rooms;

INSERT INTO {schema}.observations (room_id, id, channel_id, content, confidence, created_at)
SELECT id, 'observation-' || id, 'channel', 'content', 1, created_at FROM {schema}.rooms;

INSERT INTO {schema}.read_markers (room_id, channel_id, index)
SELECT id, 'channel-everywhere', 5 FROM {schema}.rooms;

INSERT INTO {schema}.removals (room_id, next_index)
SELECT 'gone-' || i, 0 FROM generate_series(1, 10000) AS i;

INSERT INTO {schema}.event_changes (room_id, index, revision, id, deleted)
SELECT room_id, index, CASE WHEN room_id = 'big' THEN 1 + index / 10 ELSE 1 END, id, false
FROM {schema}.events WHERE CASE WHEN room_id = 'big' THEN index % 10 = 0 ELSE index < 50000 END;

UPDATE {schema}.rooms SET generation = 5, remembered = 10000, revision = 10000 WHERE id = 'big';

UPDATE {schema}.settings SET value = 'e0000000-0000-0000-0000-000000000000' WHERE name = 'epoch';

INSERT INTO {schema}.settings (name, value)
SELECT 'setting-' || i, gen_random_uuid() FROM generate_series(1, 10000) AS i;
)";

// The hash that a cursor of the big room has.
#define ROOMSTORE_HASH                                                               \
    "encode(substr(sha256(convert_to('e0000000-0000-0000-0000-000000000000 5 big', " \
    "'UTF8')), 1, 8), 'hex')"

// The participant of the big room, who is in a few others, and the parameters of list_inbox up to
// the first conditions.
#define ROOMSTORE_READER "'user-' || abs(hashtext('big')) % 20000"
#define ROOMSTORE_ROOMS ", NULL, NULL, false, NULL, NULL, 51, 100"
#define ROOMSTORE_ALL ", NULL, NULL, NULL, NULL"

/// A query on large tables that finds nothing, or one page of many rows.
struct Search {
    std::string_view statement;
    const char* arguments;
    double most_rows = 200;
};

// Conditions of events by number: 128 is a correlation id, 512 the event that is replied to, 2048
// the earliest time and 4096 the latest. The big room has an event a minute; its times are said to
// be off by up to five minutes.
const std::vector<Search> searches{
    {"list_rooms", "(0, 20, 20)"},
    {"list_rooms", "(100, 20, 120)", 500},
    {"list_rooms.after", "(0, 20, 20, '2026-03-01', 'room-77')"},
    {"find_rooms.organization.after", "(0, 20, 20, 'org-large', '2026-03-01', 'room-77')"},
    {"find_rooms.status.after", "(0, 20, 20, 'closed', '2026-03-01', 'room-77')"},
    {"find_rooms.participant", "(0, 20, 20, 'bot')", 600},
    {"find_rooms.participant", "(0, 20, 20, 'user-7')"},
    {"find_rooms.participant.after", "(0, 20, 20, 'bot', '2026-03-01', 'room-77')", 600},
    {"find_rooms.participant.status.after", "(0, 20, 20, 'bot', 'active', '2026-03-01', 'x')"},
    {"find_rooms.organization", "(0, 20, 20, 'org-large')"},
    {"find_rooms.organization", "(0, 20, 20, 'org-77')"},
    {"find_rooms.metadata", R"((0, 100, 100, '{"kind":"rare"}'))", 500},
    {"find_rooms.metadata", R"((0, 100, 100, '{"kind":"common"}'))", 1000},
    {"find_rooms.metadata", R"((0, 100, 100, '{"number":4711}'))"},
    {"find_rooms.organization.status", "(0, 20, 20, 'org-large', 'paused')"},
    {"find_rooms.status", "(0, 20, 20, 'paused')"},
    {"find_room_ids_by_channel", "('channel-everywhere', 2)"},
    {"find_room_ids_by_channel.status", "('channel-everywhere', 2, 'active')"},
    {"find_room_ids_by_channel.status", "('channel-everywhere', 2, 'paused')"},
    {"find_latest_room", "('bot')"},
    {"find_latest_room.status", "('bot', 'active')"},
    {"find_latest_room.status", "('bot', 'paused')"},
    {"find_latest_room.channel_type.status", "('user-7', 'sms', 'paused')"},
    {"get_event_by_idempotency_key", "('big', 'none')"},
    {"check_idempotency", "('big', 'none')"},
    {"get_thread_summaries", "('big', '{none}')"},
    {"get_thread_summaries.8", "('big', '{none}', '{blocked}')"},
    {"list_events.newest.near.512", "('big', 9e15, 20, 0, 'none')"},
    {"list_events.oldest.near.128", "('big', -1, 20, 0, 'none')"},
    {"list_events.newest.near.0", "('big', 9e15, 50, 0)"},
    {"list_events.oldest.near.0", "('big', 50000, 50, 0)"},
    {"list_events.newest.offset", "('big', 50000, 50)"},
    {"list_events.oldest.offset", "('big', 50000, 50)"},
    {"list_events.oldest.near.2048", "('big', -1, 50, 0, '2026-03-01')"},
    {"list_events.oldest.2048", "('big', -1, 50, 200, '2026-03-01')", 400},
    {"list_events.newest.near.2048", "('big', 9e15, 50, 0, '2026-07-01')"},
    {"list_events.oldest.near.4096", "('big', -1, 50, 0, '2025-12-31')"},
    {"list_events.newest.near.4096", "('big', 9e15, 50, 0, '2026-02-01')"},
    {"list_events.newest.4096", "('big', 9e15, 50, 200, '2026-02-01')", 400},
    {"list_events.oldest.near.6144", "('big', -1, 50, 0, '2026-02-01', '2026-02-01 00:20')"},
    {"list_events.newest.near.6144", "('big', 50000, 50, 0, '2026-03-01', '2026-03-02')"},
    {"list_events.oldest.near.2176", "('big', -1, 50, 0, 'none', '2026-01-01')"},
    {"get_event_count.2048", "('big', '2026-07-01')"},
    {"get_event_count.4096", "('big', '2025-12-01')"},
    {"get_event_count.6144", "('big', '2026-02-01', '2026-02-01 00:50')"},
    {"get_event_count.2176", "('big', 'none', '2026-01-01')"},
    {"get_event_count", "('big')", 1},
    {"get_event_count.128", "('big', 'none')"},
    {"get_event_count.512", "('big', 'none')"},
    {"get_unread_counts", "('channel-everywhere', '{big}')", 2},
    {"get_unread_count.matching", "('big', 'channel-everywhere', NULL, NULL, 'none', 100)", 102},
    {"get_unread_count.matching", "('big', 'none', '{reaction}', '{edit}', NULL, 100)", 102},
    {"get_unread_total", "(" ROOMSTORE_READER ")", 60},
    // With the big room among a few: all events, those of others, none, and a last event that is
    // not there.
    {"list_inbox",
     "(" ROOMSTORE_READER ROOMSTORE_ROOMS ROOMSTORE_ALL ", true, true" ROOMSTORE_ALL ")",
     120},
    {"list_inbox",
     "(" ROOMSTORE_READER ROOMSTORE_ROOMS ROOMSTORE_ALL ", false, false" ROOMSTORE_ALL ")",
     350},
    {"list_inbox",
     "(" ROOMSTORE_READER ROOMSTORE_ROOMS ", '{none}', NULL, NULL, NULL, false, false" ROOMSTORE_ALL
     ")",
     2400},
    {"list_inbox",
     "(" ROOMSTORE_READER ROOMSTORE_ROOMS ROOMSTORE_ALL ", true, true, '{none}', NULL, NULL, NULL)",
     420},
    {"get_context_window.0", "('big', 50, NULL, 0, 9e15)", 101},
    {"get_context_window.0", "('big', 10000, 500, 5, 9e15)", 202},
    {"get_context_window.0", "('none', 50, NULL, 0, 9e15)", 1},
    {"get_context_window.1", "('big', 50, NULL, 0, 9e15, '{reaction}')", 101},
    {"get_context_window.128", "('big', 50, NULL, 0, 9e15, 'none')"},
    {"get_context_window.512", "('big', 50, NULL, 0, 9e15, 'none')"},
    {"get_context_window.4096", "('big', 50, NULL, 0, 9e15, '2026-02-01')", 250},
    // From the beginning, with the newest, at the end, behind by events, behind by changes, behind
    // by more changes than fit, behind by changes that the reader does not hold.
    {"list_changes", "('big', NULL, NULL, NULL, NULL, 50, false)", 60},
    {"list_changes", "('big', NULL, NULL, NULL, NULL, 50, true)", 110},
    {"list_changes", "('none', NULL, NULL, NULL, NULL, 50, true)", 10},
    {"list_changes", "('big', " ROOMSTORE_HASH ", 100000, 10000, 0, 50, false)", 10},
    {"list_changes", "('big', " ROOMSTORE_HASH ", 99970, 10000, 0, 50, false)", 40},
    {"list_changes", "('big', " ROOMSTORE_HASH ", 50000, 10000, 0, 50, false)", 60},
    {"list_changes", "('big', " ROOMSTORE_HASH ", 100000, 9970, 0, 50, false)", 70},
    {"list_changes", "('big', " ROOMSTORE_HASH ", 100000, 0, 0, 50, false)", 110},
    {"list_changes", "('big', " ROOMSTORE_HASH ", 100000, 9970, 99990, 50, false)", 50},
    {"list_changes", "('big', 'of another room', 100000, 9970, 0, 50, false)", 60},
    {"watch.states", "('{big, room-77, none}')", 3},
    {"watch.hint_key", "", 1},
};

#undef ROOMSTORE_HASH
#undef ROOMSTORE_READER
#undef ROOMSTORE_ROOMS
#undef ROOMSTORE_ALL

struct Loaded {
    Loaded() {
        const auto options = schema.options();
        {
            PostgresStore store(options);
            run(store.init());
            run(store.close());
        }
        schema.query(data);
        for (const char* table : {"rooms",
                                  "events",
                                  "bindings",
                                  "participants",
                                  "identities",
                                  "identity_addresses",
                                  "tasks",
                                  "observations",
                                  "read_markers",
                                  "removals",
                                  "event_changes",
                                  "settings"}) {
            schema.query(std::string("VACUUM ANALYZE {schema}.") + table);
        }
    }

    /// The problems of all statements, or only of the first statement that has any.
    std::vector<std::string> problems(bool of_all) {
        PlanChecker checker(schema);
        std::vector<std::string> found;
        for (const auto& statement : all_statements()) {
            for (const char* room : {"big", "room-77"}) {
                for (auto& problem : checker.problems(statement, room)) {
                    found.push_back(std::move(problem));
                }
            }
            for (const auto& search : searches) {
                if (search.statement != statement.name) continue;
                const auto rows = checker.rows_read(statement, search.arguments);
                if (rows <= search.most_rows) continue;
                found.push_back(std::string(statement.name) + search.arguments + " reads " +
                                std::to_string(rows) + " rows");
            }
            if (!of_all && !found.empty()) break;
        }
        return found;
    }

    FreshSchema schema;
};

}  // namespace

TEST_CASE("no statement reads or sorts a whole table, and every index is needed") {
    Watchdog watchdog(std::chrono::seconds{900});
    Loaded loaded;
    REQUIRE(loaded.schema.value("SELECT count(*) FROM {schema}.rooms") == "100000");
    REQUIRE(loaded.schema.value("SELECT count(*) FROM {schema}.events") == "1000000");

    std::set<std::string_view> names;
    for (const auto& statement : all_statements()) {
        CHECK(names.insert(statement.name).second);
        // The server truncates longer names, and two of them could become equal.
        CHECK(statement.name.size() < 64);
    }
    CHECK(names.size() > 100);

    for (const auto& search : searches) {
        CAPTURE(search.statement);
        CHECK(names.contains(search.statement));
    }

    const auto problems = loaded.problems(true);
    std::string text;
    for (const auto& problem : problems) text += problem + '\n';
    INFO(text);
    CHECK(problems.empty());

    // Dropping any one of the indexes gives some statement a problem.
    for (const auto& row : loaded.schema.query(
             "SELECT c.relname, o.conname, t.relname FROM pg_index i "
             "JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid "
             "LEFT JOIN pg_constraint o ON o.conindid = i.indexrelid "
             "WHERE c.relnamespace = '{schema}'::regnamespace AND t.relname <> 'schema_version'")) {
        const auto& index = *row.at(0);
        CAPTURE(index);
        loaded.schema.query("BEGIN; " + (row.at(1) ? "ALTER TABLE {schema}." + *row.at(2) +
                                                         " DROP CONSTRAINT " + *row.at(1)
                                                   : "DROP INDEX {schema}." + index));
        std::vector<std::string> found;
        try {
            found = loaded.problems(false);
        } catch (const std::exception& error) {
            // ON CONFLICT is an error without the index that it refers to.
            found.emplace_back(error.what());
        }
        loaded.schema.query("ROLLBACK; DEALLOCATE ALL");
        CHECK_FALSE(found.empty());
    }

    // No events after the last gap are read, only those between the marker and the gap.
    PlanChecker checker(loaded.schema);
    for (const auto& statement : all_statements()) {
        if (statement.name != "get_unread_counts") continue;
        loaded.schema.query("BEGIN; UPDATE {schema}.rooms SET last_gap = 1005 WHERE id = 'big'");
        const auto rows = checker.rows_read(statement, "('channel-everywhere', '{big}')");
        loaded.schema.query("ROLLBACK");
        CHECK(rows == 1002);
    }
}

}  // namespace roomstore::test
