#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "postgres/child.hpp"
#include "postgres/fresh_schema.hpp"
#include "postgres/large_rooms.hpp"
#include "postgres/version_1.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"
#include "support/footprint.hpp"

namespace roomstore::test {

namespace {

// A description of a schema: its columns, indexes and relations, without the schema's name.
const char* const catalog = R"(
SELECT string_agg(line, E'\n' ORDER BY line) FROM (
    SELECT format('%s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                  a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) AS line
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind IN ('r', 'p')
    UNION ALL
    SELECT replace(indexdef, quote_ident(schemaname), '') FROM pg_indexes
    WHERE quote_ident(schemaname) = '{schema}'
    UNION ALL
    SELECT format('%s %s %s', relname, relkind, reloptions) FROM pg_class
    WHERE relnamespace = '{schema}'::regnamespace
) AS lines)";

void init_and_close(const PostgresOptions& options) {
    PostgresStore store(options);
    run(store.init());
    run(store.close());
}

/// Takes away what the migrations after the third have added.
void as_version_3(FreshSchema& schema) {
    schema.query(
        "ALTER TABLE {schema}.events DROP COLUMN token_count; "
        "DELETE FROM {schema}.schema_version WHERE version > 3");
}

/// Takes away what the migrations after the second have added.
void as_version_2(FreshSchema& schema) {
    as_version_3(schema);
    schema.query(
        "DROP TABLE {schema}.event_changes, {schema}.settings; ALTER TABLE {schema}.rooms "
        "DROP COLUMN generation, DROP COLUMN revision, DROP COLUMN row_revision, "
        "DROP COLUMN remembered, DROP COLUMN revision_floor; "
        "DELETE FROM {schema}.schema_version WHERE version > 2");
}

/// Takes away what the migrations after the first have added.
void as_version_1(FreshSchema& schema) {
    as_version_2(schema);
    schema.query(
        "DROP TABLE {schema}.removals; ALTER TABLE {schema}.rooms DROP COLUMN first_index, "
        "DROP COLUMN latest_created_at, DROP COLUMN time_disorder, DROP COLUMN timed_events; "
        "ALTER TABLE {schema}.events DROP COLUMN updated; "
        "DELETE FROM {schema}.schema_version WHERE version > 1");
}

void as_version(int version, FreshSchema& schema) {
    if (version == 1) as_version_1(schema);
    if (version == 2) as_version_2(schema);
    if (version == 3) as_version_3(schema);
}

/// Changes whenever a table is rewritten.
std::string files_of(FreshSchema& schema) {
    return schema.value(
        "SELECT string_agg(relname || ' ' || relfilenode, ', ' ORDER BY relname) FROM pg_class "
        "WHERE relnamespace = '{schema}'::regnamespace AND relkind IN ('r', 'i') "
        "AND relname ~ '^(rooms|events|bindings|participants)'");
}

/// Rows that were read from rooms and events, by sessions that have ended.
std::string rows_read(FreshSchema& schema) {
    return schema.value(
        "SELECT sum(coalesce(pg_stat_get_tuples_returned(oid), 0) "
        "+ coalesce(pg_stat_get_tuples_fetched(oid), 0)) FROM pg_class "
        "WHERE relnamespace = '{schema}'::regnamespace AND relname ~ '^(rooms|events)'");
}

}  // namespace

TEST_CASE("eight processes may call init() at once", "[F23]") {
    FreshSchema schema;
    for (int round = 0; round < 5; ++round) {
        schema.query("DROP SCHEMA IF EXISTS {schema} CASCADE");
        const auto log =
            std::filesystem::temp_directory_path() / ("roomstore-" + std::to_string(::getpid()));
        std::vector<Process> processes;
        for (int i = 0; i < 8; ++i) {
            processes.push_back(
                start_child({"init", schema.options().connection_string, schema.name()}, log));
        }
        std::vector<int> statuses;
        for (auto& process : processes) statuses.push_back(process.wait());
        const auto output = read_file(log);
        std::filesystem::remove(log);
        INFO(output);
        CHECK(statuses == std::vector<int>(8, 0));
        CHECK(schema.value("SELECT count(*) FROM {schema}.schema_version") == "4");
    }
}

TEST_CASE("eight processes may migrate a schema at once, while others write") {
    const int version = GENERATE(1, 2, 3);
    CAPTURE(version);
    FreshSchema schema;
    for (int round = 0; round < 3; ++round) {
        schema.query("DROP SCHEMA IF EXISTS {schema} CASCADE");
        init_and_close(schema.options());
        as_version(version, schema);
        schema.query(
            "INSERT INTO {schema}.rooms (id, status, created_at, updated_at, event_count, "
            "latest_index, delivered_index, agent_response_policy, metadata) "
            "VALUES ('room', 'active', now(), now(), 0, 0, -1, 'agent_chain', '{}')");
        const auto log =
            std::filesystem::temp_directory_path() / ("roomstore-" + std::to_string(::getpid()));
        std::atomic<bool> over = false;
        auto writing = std::async(std::launch::async, [&] {
            Admin writer(schema.options().connection_string);
            while (!over) {
                writer.query("UPDATE " + schema.quoted_name() + ".rooms SET delivered_index = 0");
            }
        });
        std::vector<Process> processes;
        for (int i = 0; i < 8; ++i) {
            processes.push_back(
                start_child({"init", schema.options().connection_string, schema.name()}, log));
        }
        std::vector<int> statuses;
        for (auto& process : processes) statuses.push_back(process.wait());
        over = true;
        writing.get();
        const auto output = read_file(log);
        std::filesystem::remove(log);
        INFO(output);
        CHECK(statuses == std::vector<int>(8, 0));
        CHECK(schema.value("SELECT string_agg(version::text, ' ' ORDER BY version) "
                           "FROM {schema}.schema_version") == "1 2 3 4");
        CHECK(schema.value("SELECT count(*) FROM {schema}.settings") == "2");
    }
}

TEST_CASE("schema_sql() creates the same schema as init()") {
    const int partitions = GENERATE(0, 3);
    CAPTURE(partitions);
    FreshSchema by_hand;
    FreshSchema by_init;
    auto options = by_hand.options();
    options.partitions = partitions;
    by_hand.query(PostgresStore::schema_sql(options));
    auto init_options = by_init.options();
    init_options.partitions = partitions;
    init_and_close(init_options);
    const auto columns = by_hand.value(catalog);
    CHECK(columns == by_init.value(catalog));
    CHECK(columns.find("events.idempotency_key text") != columns.npos);

    options.create_schema = false;
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(sample_room()));
    CHECK(run(store.room_exists("room")));
}

TEST_CASE("only the tables with rows of rooms are partitioned") {
    FreshSchema schema;
    auto options = schema.options();
    options.partitions = 5;
    init_and_close(options);
    const auto rows = schema.query(
        "SELECT p.relname, count(*), min(pg_get_partkeydef(p.oid)) FROM pg_inherits i "
        "JOIN pg_class p ON p.oid = i.inhparent AND p.relkind = 'p' "
        "WHERE p.relnamespace = '{schema}'::regnamespace GROUP BY 1 ORDER BY 1");
    std::vector<std::string> tables;
    for (const auto& row : rows) {
        tables.push_back(*row.at(0));
        CHECK(row.at(1) == "5");
        CHECK(row.at(2) == (row.at(0) == "rooms" ? "HASH (id)" : "HASH (room_id)"));
    }
    CHECK(tables == std::vector<std::string>{"bindings",
                                             "event_changes",
                                             "events",
                                             "observations",
                                             "participants",
                                             "read_markers",
                                             "rooms",
                                             "tasks"});
}

TEST_CASE("init() migrates an earlier schema, with its rows and rights") {
    const int partitions = GENERATE(0, 3);
    const int version = GENERATE(1, 2, 3);
    CAPTURE(partitions, version);
    FreshSchema schema(PrivateCluster::shared().connection_string());
    auto options = schema.options();
    options.partitions = partitions;
    init_and_close(options);
    const auto current = schema.value(catalog);
    schema.query(
        "DROP ROLE IF EXISTS upgraded; CREATE ROLE upgraded LOGIN; "
        "GRANT USAGE ON SCHEMA {schema} TO upgraded; "
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO upgraded");
    as_version(version, schema);
    schema.query(
        "INSERT INTO {schema}.rooms (id, status, created_at, updated_at, event_count, latest_index,"
        " delivered_index, live_count, agent_response_policy, metadata) "
        "VALUES ('room', 'active', now(), now(), 2, 1, -1, 2, 'agent_chain', '{}')");
    insert_events(schema, 0, 2);
    const auto files = files_of(schema);
    CHECK(files.find("events") != files.npos);
    const auto read = rows_read(schema);

    options.application_name = "migrating";
    init_and_close(options);
    await([&] {
        return schema.value(
                   "SELECT count(*) FROM pg_stat_activity "
                   "WHERE application_name = 'migrating'") == "0";
    });
    CHECK(schema.value(catalog) == current);
    // The cost does not depend on the number of rows: no table is written again, none is read.
    CHECK(files_of(schema) == files);
    CHECK(rows_read(schema) == read);
    options.connection_string += " user=upgraded";
    options.create_schema = false;
    {
        PostgresStore store(options);
        run(store.init());
        CHECK(ids_of(run(store.list_events("room"))) == Ids{"e0", "e1"});
        // Whether an older event was updated is not known.
        auto repeated = make_event({.id = "e0", .body = "edited"});
        repeated.created_at = run(store.get_event("e0"))->created_at;
        if (version == 1) CHECK(run(store.add_event_auto_index("room", repeated)).id == "e0");
        const auto all = run(store.list_changes("room", {}));
        CHECK(ids_of(all.added) == Ids{"e0", "e1"});
        run(store.update_event(make_event({.id = "e1", .body = "edited"})));
        ChangesQuery query;
        query.since = all.cursor;
        const auto changes = run(store.list_changes("room", query));
        CHECK_FALSE(changes.reset);
        CHECK(ids_of(changes.updated) == Ids{"e1"});
        CHECK(changes.added.empty());
        run(store.reset_cursors());
        CHECK(run(store.list_changes("room", query)).reset);
        auto watch = store.watch_rooms({.rooms = {"room"}});
        await([&] { return store.stats().watch_polls > 0; });
        watch->close();
        CHECK(run(store.trim_room("room", 1)) == 1);
        CHECK_FALSE(all.added.front().token_count);
        auto counted = make_event({.id = "new"});
        counted.token_count = 7;
        CHECK(run(store.add_event_auto_index("room", counted)).index == 2);
        CHECK(run(store.get_context_window("room")).events.back().token_count == 7);
        CHECK(run(store.delete_room("room")));
        run(store.close());
    }
    schema.query("DROP OWNED BY upgraded; DROP ROLE upgraded");
}

TEST_CASE("the owner of the tables may use those that another role has added") {
    FreshSchema schema(PrivateCluster::shared().connection_string());
    schema.query(
        "DROP ROLE IF EXISTS table_owner; CREATE ROLE table_owner LOGIN; "
        "GRANT CREATE ON DATABASE postgres TO table_owner");
    auto owned = schema.options();
    owned.connection_string += " user=table_owner";
    init_and_close(owned);
    as_version_1(schema);
    owned.create_schema = false;
    PostgresStore store(owned);
    CHECK_FAILS(store.init(), errc::schema_mismatch, "has version 1, this build needs version 4");
    CHECK_FAILS(store.init(), errc::schema_mismatch, "the role that owns the tables");
    init_and_close(schema.options());
    run(store.init());
    run(store.create_room(sample_room()));
    run(store.add_event_auto_index("room", make_event()));
    run(store.update_event(make_event({.body = "edited"})));
    CHECK(run(store.list_changes("room", {})).added.size() == 1);
    run(store.reset_cursors());
    CHECK(run(store.delete_room("room")));
    run(store.close());
    schema.query("DROP OWNED BY table_owner CASCADE; DROP ROLE table_owner");
}

TEST_CASE("a migration gives way to who uses the tables, and is repeated") {
    FreshSchema schema;
    init_and_close(schema.options());
    as_version_1(schema);
    auto options = schema.options();
    options.deadline = std::chrono::seconds{60};
    // More often than a call is repeated for other reasons.
    std::atomic<int> retries = 0;
    options.log = [&](LogLevel, std::string_view text) {
        if (text.find("is retried") != text.npos) ++retries;
    };
    schema.query(
        "INSERT INTO {schema}.rooms (id, status, created_at, updated_at, event_count, latest_index,"
        " delivered_index, agent_response_policy, metadata) "
        "VALUES ('room', 'active', now(), now(), 0, 0, -1, 'agent_chain', '{}')");
    // As pg_dump does.
    schema.query("BEGIN; LOCK TABLE {schema}.rooms IN ACCESS SHARE MODE");
    auto migration = std::async(std::launch::async, [&] { init_and_close(options); });
    await([&] { return retries >= 8; });
    // Meanwhile others write: the migration does not keep a place in the queue of the table's lock.
    Admin writer(schema.options().connection_string);
    writer.query("UPDATE " + schema.quoted_name() + ".rooms SET event_count = 0");
    schema.query("COMMIT");
    migration.get();
    CHECK(schema.value("SELECT max(version) FROM {schema}.schema_version") == "4");
}

// pg_dump holds its locks until the end, so who waits for a migration that waits for them fails. To
// measure on a machine that does nothing else: ROOMSTORE_MIGRATION_EVENTS is the number of events,
// of which the times that are printed should not depend, and ROOMSTORE_MIGRATION_WAIT the longest
// time that an append may wait for a lock.
TEST_CASE("appends of version 0.1 go on beside pg_dump and a migration") {
    const auto setting = [](const char* name, const char* usual) {
        const char* const given = std::getenv(name);
        return std::string(given == nullptr ? usual : given);
    };
    const int events = std::stoi(setting("ROOMSTORE_MIGRATION_EVENTS", "1000"));
    const std::string longest_wait = setting("ROOMSTORE_MIGRATION_WAIT", "5s");
    constexpr std::size_t writers = 16;
    const int version = GENERATE(1, 2);
    CAPTURE(version);
    FreshSchema schema(PrivateCluster::shared().connection_string());
    init_and_close(schema.options());
    as_version(version, schema);
    schema.query(
        "INSERT INTO {schema}.rooms (id, status, created_at, updated_at, event_count, latest_index,"
        " delivered_index, agent_response_policy, metadata) "
        "SELECT 'room-' || i, 'active', now(), now(), 0, 0, -1, 'agent_chain', '{}' "
        "FROM generate_series(1, " +
        std::to_string(writers) +
        ") AS i; DROP ROLE IF EXISTS old_writer; CREATE ROLE old_writer LOGIN; "
        "GRANT USAGE ON SCHEMA {schema} TO old_writer; "
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO old_writer");
    insert_events(schema, 0, events);

    struct Writer {
        std::atomic<int> appended{0};
        std::chrono::steady_clock::duration longest{};
        std::string failure{};
    };
    std::array<Writer, writers> all;
    std::atomic<bool> over = false;
    std::vector<std::future<void>> writing;
    for (std::size_t i = 0; i < writers; ++i) {
        writing.push_back(std::async(std::launch::async, [&, i] {
            Writer& writer = all.at(i);
            try {
                Version1 process(schema, schema.options().connection_string + " user=old_writer");
                process.query("SET lock_timeout = '" + longest_wait + "'");
                while (!over) {
                    const auto began = std::chrono::steady_clock::now();
                    process.append("room-" + std::to_string(i + 1),
                                   "new-" + std::to_string(writer.appended));
                    writer.longest =
                        std::max(writer.longest, std::chrono::steady_clock::now() - began);
                    ++writer.appended;
                }
            } catch (const std::exception& error) {
                writer.failure = error.what();
            }
        }));
    }
    // Also if the test fails before its end: futures wait for their threads.
    const std::shared_ptr<void> stop(nullptr, [&](void*) { over = true; });
    const auto await_more = [&] {
        for (auto& writer : all) {
            const int before = writer.appended;
            CHECK(comes_within(std::chrono::seconds{20},
                               [&] { return writer.appended > before + 5; }));
        }
    };
    // What pg_dump does first. It holds these locks until it ends.
    Admin dump(schema.options().connection_string);
    dump.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    for (const auto& table : schema.query(
             "SELECT oid::regclass FROM pg_class WHERE relnamespace = '{schema}'::regnamespace "
             "AND relkind IN ('r', 'p')")) {
        dump.query("LOCK TABLE " + *table.front() + " IN ACCESS SHARE MODE");
    }
    await_more();
    auto options = schema.options();
    options.deadline = std::chrono::minutes{5};
    std::atomic<int> gave_way = 0;
    options.log = [&](LogLevel, std::string_view text) {
        if (text.find("lock timeout") != text.npos) ++gave_way;
    };
    std::chrono::steady_clock::duration took{};
    auto migration = std::async(std::launch::async, [&] {
        init_and_close(options);
        took = std::chrono::steady_clock::now().time_since_epoch();
    });
    await([&] { return gave_way >= 5; });
    await_more();
    const auto released = std::chrono::steady_clock::now().time_since_epoch();
    dump.query("COMMIT");
    migration.get();
    await_more();
    over = true;
    for (auto& writer : writing) writer.get();

    using Milliseconds = std::chrono::duration<double, std::milli>;
    auto longest = std::chrono::steady_clock::duration{};
    int appended = 0;
    for (const auto& writer : all) {
        CHECK(writer.failure == "");
        longest = std::max(longest, writer.longest);
        appended += writer.appended;
    }
    std::printf(
        "migration from version %d beside %d events: gave way %d times, done %.0f ms after "
        "pg_dump; %d appends, the longest took %.0f ms\n",
        version,
        events,
        gave_way.load(),
        Milliseconds(took - released).count(),
        appended,
        Milliseconds(longest).count());
    CHECK(schema.value("SELECT max(version) FROM {schema}.schema_version") == "4");
    CHECK(schema.value("SELECT sum(event_count) FROM {schema}.rooms") == std::to_string(appended));
    CHECK(schema.value("SELECT count(*) FROM {schema}.events WHERE room_id <> 'room'") ==
          std::to_string(appended));
    schema.query("DROP OWNED BY old_writer; DROP ROLE old_writer");
}

// The columns of rooms and events that version 0.1 knows.
TEST_CASE("a room that version 0.1 has deleted and created again can be changed") {
    FreshSchema schema;
    PostgresStore store(schema.options());
    run(store.init());
    const auto by_version_1 = GENERATE(true, false);
    CAPTURE(by_version_1);
    run(store.create_room(sample_room()));
    for (int i = 0; i < 5; ++i) {
        const auto id = "old-" + std::to_string(i);
        run(store.add_event_auto_index("room", make_event({.id = id})));
        run(store.update_event(make_event({.id = id, .body = "edited"})));
    }
    const auto before = run(store.list_changes("room", {}));
    // It knows nothing of event_changes.
    schema.query(
        "DELETE FROM {schema}.rooms WHERE id = 'room'; "
        "DELETE FROM {schema}.events WHERE room_id = 'room'");
    if (by_version_1) {
        schema.query(
            "INSERT INTO {schema}.rooms (id, status, created_at, updated_at, event_count, "
            "latest_index, delivered_index, agent_response_policy, metadata, live_count, last_gap) "
            "VALUES ('room', 'active', now(), now(), 0, 0, -1, 'agent_chain', '{}', 0, -1)");
    } else {
        run(store.create_room(sample_room()));
    }
    ChangesQuery query;
    query.since = before.cursor;
    query.limit = 2;
    std::map<std::int64_t, std::string> replica;
    const auto read = [&] {
        for (int pages = 0; pages < 20; ++pages) {
            const auto changes = run(store.list_changes("room", query));
            if (changes.reset) replica.clear();
            for (const auto& event : changes.deleted) replica.erase(event.index);
            for (const auto* list : {&changes.updated, &changes.added}) {
                for (const auto& event : *list) replica[event.index] = event.id;
            }
            query.since = changes.cursor;
            if (!changes.more) return true;
        }
        return false;
    };
    CHECK(read());
    for (int i = 0; i < 3; ++i) {
        const auto id = "new-" + std::to_string(i);
        run(store.add_event_auto_index("room", make_event({.id = id})));
    }
    CHECK(read());
    run(store.update_event(make_event({.id = "new-2", .body = "edited"})));
    run(store.update_event(make_event({.id = "new-0", .body = "edited"})));
    CHECK(read());
    CHECK(ids_of(run(store.list_events("room"))) == Ids{"new-0", "new-1", "new-2"});
    CHECK(replica == std::map<std::int64_t, std::string>{{0, "new-0"}, {1, "new-1"}, {2, "new-2"}});
    run(store.delete_event("room", "new-1"));
    CHECK(read());
    CHECK(replica == std::map<std::int64_t, std::string>{{0, "new-0"}, {2, "new-2"}});
    run(store.close());
}

TEST_CASE("init() on a current schema only checks its version and the table privileges") {
    FreshSchema schema;
    init_and_close(schema.options());
    PostgresStore store(schema.options());
    run(store.init());
    run(store.init());
    std::vector<std::string> statements;
    for (const auto& statement : store.stats().statements) statements.push_back(statement.name);
    CHECK(statements ==
          std::vector<std::string>{
              "init.look", "init.read_version", "init.table_rights", "remove_rows.any"});
}

TEST_CASE("two schemas in one database share nothing") {
    FreshSchema one;
    FreshSchema other;
    PostgresStore first(one.options());
    PostgresStore second(other.options());
    run(first.init());
    run(second.init());
    run(first.create_room(sample_room()));
    run(first.add_event_auto_index("room", make_event()));
    CHECK_FALSE(run(second.room_exists("room")));
    CHECK_FALSE(run(second.get_event("event")));
    run(second.create_room(sample_room()));
    CHECK(run(second.get_event_count("room")) == 0);
    CHECK(run(second.delete_room("room")));
    CHECK(run(first.get_event_count("room")) == 1);
}

TEST_CASE("a schema newer than the build is refused, and left as it is", "[F23]") {
    FreshSchema schema;
    init_and_close(schema.options());
    schema.query("INSERT INTO {schema}.schema_version VALUES (7, 'of the future')");
    const bool create_schema = GENERATE(true, false);
    auto options = schema.options();
    options.create_schema = create_schema;
    PostgresStore store(options);
    CHECK_FAILS(store.init(), errc::schema_mismatch, "version 7");
    CHECK_FAILS(store.init(), errc::schema_mismatch, "version 4 of this build");
    CHECK_FAILS(store.init(), errc::schema_mismatch, schema.name());
    CHECK_FAILS(store.get_room("room"), errc::closed, "init()");
    CHECK(schema.value("SELECT max(version) FROM {schema}.schema_version") == "7");
}

TEST_CASE("without create_schema the error for a missing schema says what to do", "[F23]") {
    FreshSchema schema;
    auto options = schema.options();
    options.create_schema = false;
    PostgresStore store(options);
    CHECK_FAILS(store.init(), errc::schema_mismatch, "there is no schema '" + schema.name() + "'");
    CHECK_FAILS(store.init(), errc::schema_mismatch, "schema_sql()");
    CHECK(schema.value(
              "SELECT count(*) FROM pg_namespace WHERE quote_ident(nspname) = '{schema}'") == "0");
    schema.query("CREATE SCHEMA {schema}");
    CHECK_FAILS(store.init(), errc::schema_mismatch, "holds no tables of roomstore");
    // The same store works once the schema was created.
    init_and_close(schema.options());
    run(store.init());
    CHECK_FALSE(run(store.room_exists("room")));
}

TEST_CASE("a schema that holds other tables of the same names is refused, and left as it is",
          "[F23]") {
    FreshSchema schema;
    schema.query("CREATE SCHEMA {schema}; CREATE TABLE {schema}.tasks (mine int)");
    PostgresStore store(schema.options());
    CHECK_FAILS(store.init(), errc::schema_mismatch, "tasks");
    CHECK_FAILS(store.init(), errc::schema_mismatch, "choose another schema");
    CHECK(schema.value(
              "SELECT count(*) FROM pg_class WHERE relnamespace = '{schema}'::regnamespace") ==
          "1");
}

TEST_CASE("each DDL command of init() is sent as a separate message") {
    PrivateCluster cluster({.settings = {"log_statement=ddl"}});
    FreshSchema schema(cluster.connection_string());
    auto options = schema.options();
    options.partitions = 2;
    init_and_close(options);
    std::istringstream log(cluster.log());
    int messages = 0;
    int commands = 0;
    for (std::string line; std::getline(log, line);) {
        if (line.find("LOG:  statement: ") != line.npos) ++messages;
        // With comments before it, the command is on a later line than the prefix.
        if (line.find("CREATE TABLE ") != line.npos || line.find("CREATE INDEX ") != line.npos ||
            line.find("CREATE UNIQUE INDEX ") != line.npos ||
            line.find("ALTER TABLE ") != line.npos || line.find("CREATE SCHEMA ") != line.npos) {
            ++commands;
        }
    }
    CHECK(messages > 20);
    CHECK(commands == messages);
}

TEST_CASE("init() needs no right to create schemas if the role owns the schema") {
    FreshSchema schema(PrivateCluster::shared().connection_string());
    schema.query(
        "CREATE ROLE schema_owner LOGIN; CREATE SCHEMA {schema} AUTHORIZATION schema_owner");
    auto options = schema.options();
    options.connection_string =
        PrivateCluster::shared().connection_string("postgres", "schema_owner");
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(sample_room()));
    CHECK(run(store.room_exists("room")));
}

TEST_CASE("init() names the privileges that the role lacks") {
    FreshSchema schema(PrivateCluster::shared().connection_string());
    schema.query("DROP ROLE IF EXISTS nobody; CREATE ROLE nobody LOGIN");
    auto options = schema.options();
    options.connection_string = PrivateCluster::shared().connection_string("postgres", "nobody");
    PostgresStore store(options);
    CHECK_FAILS(store.init(), errc::access_denied, "GRANT CREATE ON DATABASE postgres TO nobody");
    schema.query("CREATE SCHEMA {schema}; GRANT USAGE ON SCHEMA {schema} TO nobody");
    CHECK_FAILS(store.init(), errc::access_denied, "GRANT CREATE ON SCHEMA ");
    schema.query("DROP SCHEMA {schema}");
    init_and_close(schema.options());
    CHECK_FAILS(store.init(), errc::access_denied, "GRANT USAGE ON SCHEMA");
    schema.query("GRANT USAGE ON SCHEMA {schema} TO nobody");
    CHECK_FAILS(store.init(), errc::access_denied, "GRANT SELECT, INSERT, UPDATE, DELETE");
    schema.query("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO nobody");
    CHECK_FAILS(store.init(), errc::access_denied, "GRANT INSERT, UPDATE, DELETE ON ALL TABLES");
    CHECK_FAILS(store.init(), errc::access_denied, "TO nobody");
    schema.query("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO nobody");
    schema.query("REVOKE DELETE ON {schema}.read_markers FROM nobody");
    CHECK_FAILS(store.init(), errc::access_denied, "GRANT DELETE ON ALL TABLES");
    schema.query("GRANT DELETE ON {schema}.read_markers TO nobody");
    run(store.init());
    run(store.create_room(sample_room()));
    // A privilege that is revoked later is reported by the call that needs it.
    schema.query("REVOKE INSERT ON {schema}.rooms FROM nobody");
    CHECK_FAILS(store.create_room(sample_room()), errc::access_denied, "lacks a GRANT");
}

TEST_CASE("a database with an encoding other than UTF8 is refused") {
    auto& cluster = PrivateCluster::shared();
    cluster.admin().query("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    PostgresOptions options;
    options.connection_string = cluster.connection_string("latin");
    PostgresStore store(options);
    CHECK_FAILS(store.init(), errc::schema_mismatch, "LATIN1");
    CHECK_FAILS(store.init(), errc::schema_mismatch, "UTF8");
}

}  // namespace roomstore::test
