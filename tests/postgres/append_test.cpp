#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "postgres/child.hpp"
#include "postgres/fresh_schema.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"
#include "support/run.hpp"
#include "support/task.hpp"

namespace roomstore::test {

namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
    Lines lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// Waits until a backend waits for a lock that matches the condition `lock`.
void await_waiter(FreshSchema& schema, const std::string& lock) {
    const Watchdog watchdog;
    while (schema.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND " + lock) != "1") {
    }
}

/// A store that appends to the room `late`. The room is created between the statement that locks it
/// and the statement that stores the event.
struct LateRoom {
    LateRoom() {
        run(store.init());
        run(beside.init());
        run(store.create_room(sample_room({.id = "other"})));
        // From here on every statement of an append is prepared.
        run(store.add_event_auto_index("other", make_event({.id = "0", .room_id = "other"})));
    }

    /// When it returns, the append is in progress and the room exists.
    std::unique_ptr<test::Task<RoomEvent>> append() {
        // The storing statement needs this table, the locking statement does not.
        schema.query("BEGIN; LOCK TABLE {schema}.events IN ACCESS EXCLUSIVE MODE");
        auto task = std::make_unique<test::Task<RoomEvent>>(
            caller.context(),
            store.add_event_auto_index("late", make_event({.id = "1", .room_id = "late"})));
        await_waiter(schema, "relation = '{schema}.events'::regclass");
        run(beside.create_room(sample_room({.id = "late"})));
        schema.query("ROLLBACK");
        return task;
    }

    PostgresOptions options() const {
        auto options = schema.options();
        options.connections = 1;
        return options;
    }

    FreshSchema schema;
    PostgresStore store{options()};
    PostgresStore beside{options()};
    Caller caller;
};

/// The statements that a server logged for one connection, without the log line prefix.
Lines statements_of(const std::string& log, const std::string& pid) {
    Lines statements;
    for (const auto& line : lines_of(log)) {
        if (line.starts_with("[" + pid + "] LOG:")) {
            const auto at = line.find_first_of(':', pid.size() + 10);
            statements.push_back(at == line.npos ? line : line.substr(at + 2));
        } else if (line.starts_with('\t') && !statements.empty()) {
            statements.back() += ' ' + line.substr(1);
        }
    }
    return statements;
}

}  // namespace

TEST_CASE("an append is SELECT ... FOR UPDATE and one storing statement in a transaction") {
    const bool prepared = GENERATE(true, false);
    CAPTURE(prepared);
    PrivateCluster cluster({.settings = {"log_statement=all", "log_line_prefix='[%p] '"}});
    PostgresOptions options;
    options.connection_string = cluster.connection_string();
    options.connections = 1;
    options.prepared_statements = prepared;
    options.notify = false;  // by a session of its own
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(sample_room()));
    const auto before = cluster.log().size();
    run(store.add_event_auto_index("room", make_event()));
    run(store.close());
    const auto log = cluster.log().substr(before);
    INFO(log);
    const auto pid = log.substr(1, log.find(']') - 1);
    auto statements = statements_of(log, pid);
    // Not part of the append.
    std::erase_if(statements, [](const auto& text) { return text.starts_with("DISCARD PLANS"); });
    REQUIRE(statements.size() == 4);
    CHECK(statements[0].starts_with("BEGIN"));
    CHECK(statements[1].find("SELECT id, event_count, latest_index") != std::string::npos);
    CHECK(statements[1].find("FOR UPDATE") != std::string::npos);
    CHECK(statements[2].find("INSERT INTO \"roomstore\".events") != std::string::npos);
    CHECK(statements[2].find("UPDATE \"roomstore\".rooms") != std::string::npos);
    CHECK(statements[3].starts_with("COMMIT"));
}

TEST_CASE("an append stores its event in a room that is created while it runs") {
    LateRoom late;
    auto append = late.append();
    const auto ending = append->get();
    INFO(ending.text);
    REQUIRE(ending.result);
    CHECK(ending.result->index == 0);
    CHECK(run(late.store.get_room("late"))->event_count == 1);
}

TEST_CASE("an append that could not lock its room is re-run if its event was stored meanwhile") {
    LateRoom late;
    FreshSchema& schema = late.schema;
    // The storing statement waits after it has looked for the event and before it stores it.
    schema.query(R"(
        CREATE FUNCTION {schema}.stop() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock(1);
            RETURN NEW;
        END $$;
        CREATE TRIGGER stop BEFORE UPDATE ON {schema}.rooms
        FOR EACH ROW EXECUTE FUNCTION {schema}.stop();
        SELECT pg_advisory_lock(1))");
    auto append = late.append();
    await_waiter(schema, "locktype = 'advisory'");
    schema.query(R"(
        INSERT INTO {schema}.events
            (index, created_at, room_id, id, type, status, visibility, source_channel_id,
             source_channel_type, source_direction, content)
        SELECT 7, created_at, 'late', '1', type, status, visibility, source_channel_id,
               source_channel_type, source_direction, content
        FROM {schema}.events WHERE room_id = 'other';
        SELECT pg_advisory_unlock(1))");
    const auto ending = append->get();
    INFO(ending.text);
    REQUIRE(ending.result);
    CHECK(ending.result->index == 7);
    CHECK(late.store.stats().retries == 1);
}

TEST_CASE("a unique_violation under the room's lock is reported, not retried") {
    FreshSchema schema;
    PostgresStore store(schema.options());
    run(store.init());
    run(store.create_room(sample_room()));
    schema.query(R"(
        CREATE FUNCTION {schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE unique_violation;
        END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON {schema}.events
        FOR EACH ROW EXECUTE FUNCTION {schema}.refuse())");
    Caller caller;
    test::Task append(caller.context(), store.add_event_auto_index("room", make_event()));
    CHECK(append.get().failed(errc::internal));
    CHECK(store.stats().retries == 0);
}

TEST_CASE("four processes append to the same rooms: no gaps, no lost or duplicate events") {
    constexpr int processes = 4;
    constexpr int rooms = 8;
    constexpr int events = 250;  // by each process in each room
    FreshSchema schema;
    PostgresStore store(schema.options());
    run(store.init());
    for (int i = 0; i < rooms; ++i) {
        run(store.create_room(sample_room({.id = "room-" + std::to_string(i)})));
    }
    const auto folder = std::filesystem::temp_directory_path();
    std::vector<std::filesystem::path> logs;
    std::vector<Process> children;
    for (int i = 0; i < processes; ++i) {
        logs.push_back(
            folder / ("roomstore-append-" + std::to_string(::getpid()) + "-" + std::to_string(i)));
        children.push_back(start_child({"append",
                                        schema.options().connection_string,
                                        schema.name(),
                                        "process-" + std::to_string(i),
                                        std::to_string(rooms),
                                        std::to_string(events)},
                                       logs.back()));
    }
    for (auto& child : children) CHECK(child.wait() == 0);

    // The results that the processes got: event id by room and index.
    std::map<std::string, std::map<std::int64_t, std::string>> told;
    for (const auto& log : logs) {
        for (const auto& line : lines_of(read_file(log))) {
            std::istringstream words(line);
            std::string room;
            std::string id;
            std::int64_t index = -1;
            REQUIRE((words >> room >> id >> index));
            const bool first = told[room].emplace(index, id).second;
            CHECK(first);
        }
        std::filesystem::remove(log);
    }
    REQUIRE(told.size() == rooms);
    for (const auto& [room, ids] : told) {
        CAPTURE(room);
        REQUIRE(ids.size() == processes * events);
        CHECK(ids.begin()->first == 0);
        CHECK(ids.rbegin()->first == processes * events - 1);
        const auto stored = run(store.list_events(room, {.limit = 2 * processes * events}));
        REQUIRE(stored.size() == ids.size());
        for (const auto& event : stored) {
            if (ids.at(event.index) != event.id) FAIL("event " << event.id << " moved");
        }
        const auto row = run(store.get_room(room));
        CHECK(row->event_count == processes * events);
        CHECK(row->latest_index == processes * events - 1);
        CHECK(run(store.get_event_count(room)) == processes * events);
    }
}

}  // namespace roomstore::test
