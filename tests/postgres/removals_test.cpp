#include <csignal>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "postgres/child.hpp"
#include "postgres/fresh_schema.hpp"
#include "postgres/large_rooms.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"
#include "support/footprint.hpp"
#include "support/populated.hpp"

/// The rows of deleted rooms, and hidden events, are removed by and by; until then no call sees
/// them.
namespace roomstore::test {

namespace {

const std::vector<std::string> tables{"events",
                                      "bindings",
                                      "participants",
                                      "tasks",
                                      "observations",
                                      "read_markers",
                                      "event_changes"};

/// Adds 2 999 copies of a row of the room, whose `key` gets a number appended.
void multiply(FreshSchema& schema, const std::string& table, const std::string& key) {
    const auto columns = schema.value("SELECT string_agg(CASE WHEN attname = '" + key +
                                      "' THEN attname || ' || i' " +
                                      "ELSE attname END, ', ' ORDER BY attnum) FROM pg_attribute "
                                      "WHERE attrelid = '{schema}." +
                                      table + "'::regclass AND attnum > 0 AND NOT attisdropped");
    schema.query("INSERT INTO {schema}." + table + " SELECT " + columns + " FROM {schema}." +
                 table + ", generate_series(1, 2999) AS i WHERE room_id = 'room'");
}

/// A room with 3 000 rows in every table.
void make_large_room(FreshSchema& schema, ConversationStore& store) {
    run(store.create_room(sample_room()));
    fill_room(schema, 3000);
    run(store.add_binding(full_binding()));
    run(store.add_participant(full_participant()));
    run(store.add_task(full_task()));
    run(store.add_observation(full_observation()));
    run(store.mark_all_read("room", "channel"));
    multiply(schema, "bindings", "channel_id");
    multiply(schema, "participants", "id");
    multiply(schema, "tasks", "id");
    multiply(schema, "observations", "id");
    multiply(schema, "read_markers", "channel_id");
    schema.query(
        "INSERT INTO {schema}.event_changes (room_id, index, revision, id, deleted) "
        "SELECT room_id, index, index + 1, id, false FROM {schema}.events WHERE room_id = 'room'; "
        "UPDATE {schema}.rooms SET revision = 3000, remembered = 3000 WHERE id = 'room'");
}

std::string rows_in(FreshSchema& schema, const std::string& table) {
    return schema.value("SELECT count(*) FROM {schema}." + table + " WHERE room_id = 'room'");
}

/// While this lives, the removal of the room cannot go on when it comes to an event.
class BlockedRemoval {
public:
    explicit BlockedRemoval(FreshSchema& schema, const std::string& event = "e1500")
        : schema_(schema) {
        schema_.query("BEGIN");
        schema_.query("SELECT FROM {schema}.events WHERE id = '" + event + "' FOR UPDATE");
    }
    ~BlockedRemoval() { schema_.query("COMMIT"); }
    BlockedRemoval(const BlockedRemoval&) = delete;
    BlockedRemoval& operator=(const BlockedRemoval&) = delete;

private:
    FreshSchema& schema_;
};

void await_removal(FreshSchema& schema) {
    await([&] { return schema.value("SELECT count(*) FROM {schema}.removals") == "0"; });
}

void check_nothing_is_visible(ConversationStore& store) {
    CHECK_FALSE(run(store.room_exists("room")));
    CHECK(run(store.find_latest_room("participant")) == std::nullopt);
    CHECK(run(store.find_latest_room("participant", {.status = RoomStatus::active})) ==
          std::nullopt);
    CHECK(run(store.find_room_ids_by_channel("channel", {.limit = 10})).empty());
    CHECK(run(store.find_room_id_by_channel("channel", RoomStatus::active)) == std::nullopt);
    const auto context = run(store.load_room_context("room"));
    CHECK_FALSE(context.room);
    CHECK(context.bindings.empty());
    CHECK(context.participants.empty());
    CHECK(run(store.get_event("e2000")) == std::nullopt);
    CHECK(run(store.get_event("room", "e2000")) == std::nullopt);
    CHECK(run(store.list_events("room")).empty());
    CHECK(run(store.list_events("room", {.offset = 1})).empty());
    CHECK(run(store.list_events("room", {.offset = 1, .newest_first = true})).empty());
    EventFilter messages;
    messages.event_types = {EventType::message};
    EventQuery query;
    query.filter = messages;
    CHECK(run(store.list_events("room", query)).empty());
    CHECK(run(store.get_event_count("room")) == 0);
    CHECK(run(store.get_event_count("room", messages)) == 0);
    CHECK(run(store.get_thread_summaries("room", {"e0"})).empty());
    CHECK(run(store.get_binding("room", "channel2500")) == std::nullopt);
    CHECK_FALSE(run(store.binding_exists("room", "channel2500")));
    CHECK(run(store.list_bindings("room")).empty());
    CHECK(run(store.get_participant("room", "participant2500")) == std::nullopt);
    CHECK(run(store.list_participants("room")).empty());
    CHECK(run(store.get_task("task2500")) == std::nullopt);
    CHECK(run(store.list_tasks("room")).empty());
    CHECK(run(store.list_tasks("room", full_task().status)).empty());
    CHECK(run(store.list_observations("room")).empty());
    CHECK(run(store.list_read_markers("room")).empty());
    CHECK(run(store.get_unread_count("room", "channel2500")) == 0);
    const auto changes = run(store.list_changes("room", {}));
    CHECK_FALSE(changes.exists);
    CHECK(changes.added.empty());
    CHECK(changes.updated.empty());
    CHECK(changes.deleted.empty());

    CHECK_FAILS(store.update_event(make_event({.id = "e2000"})), errc::not_found);
    CHECK(run(store.delete_event("room", "e2000")).empty());
    CHECK_FAILS(store.mark_read("room", "channel2500", "e2000"), errc::not_found);
    CHECK_FAILS(store.mark_read("room", "new", "e2000"), errc::not_found);
    CHECK_FAILS(store.mark_all_read("room", "channel2500"), errc::not_found);
    auto binding = full_binding();
    binding.channel_id = "channel2500";
    CHECK_FAILS(store.update_binding(binding), errc::not_found);
    CHECK_FALSE(run(store.remove_binding("room", "channel2500")));
    auto participant = full_participant();
    participant.id = "participant2500";
    CHECK_FAILS(store.update_participant(participant), errc::not_found);
    CHECK_FALSE(run(store.remove_participant("room", "participant2500")));
    auto task = full_task();
    task.id = "task2500";
    CHECK_FAILS(store.update_task(task), errc::not_found);
    CHECK_FALSE(run(store.delete_room("room")));
}

}  // namespace

TEST_CASE("no call sees the rows of a deleted room that are still there") {
    FreshSchema schema;
    auto options = schema.options();
    options.deadline = std::chrono::seconds{60};
    options.lock_timeout = std::chrono::seconds{60};
    PostgresStore store(options);
    run(store.init());
    make_large_room(schema, store);
    {
        const BlockedRemoval blocked(schema);
        REQUIRE(run(store.delete_room("room")));
        for (const auto& table : tables) {
            CAPTURE(table);
            CHECK(rows_in(schema, table) == "2000");
        }
        check_nothing_is_visible(store);
        CHECK(schema.value("SELECT count(*) FROM {schema}.removals") == "1");
    }
    await_removal(schema);
    for (const auto& table : tables) {
        CAPTURE(table);
        CHECK(rows_in(schema, table) == "0");
    }
}

TEST_CASE("the next process goes on with a removal whose process has died") {
    FreshSchema schema;
    {
        PostgresStore store(schema.options());
        run(store.init());
        make_large_room(schema, store);
        run(store.close());
    }
    const auto log =
        std::filesystem::temp_directory_path() / ("roomstore-" + std::to_string(::getpid()));
    {
        const BlockedRemoval blocked(schema);
        auto process =
            start_child({"delete", schema.options().connection_string, schema.name(), "room"}, log);
        await([&] { return read_file(log).find("deleted\n") != std::string::npos; });
        process.signal(SIGKILL);
        process.wait();
        std::filesystem::remove(log);
        // Its sessions end when the server notices.
        schema.query(
            "SELECT pg_terminate_backend(pid) FROM pg_locks l JOIN pg_class c "
            "ON c.oid = l.relation AND c.relnamespace = '{schema}'::regnamespace "
            "WHERE pid <> pg_backend_pid()");
        PostgresStore store(schema.options());
        run(store.init());
        check_nothing_is_visible(store);
    }
    PostgresStore store(schema.options());
    run(store.init());
    await_removal(schema);
    for (const auto& table : tables) CHECK(rows_in(schema, table) == "0");
}

TEST_CASE("creating a room takes part in the removal of its predecessor's rows") {
    FreshSchema schema;
    auto options = schema.options();
    // Far shorter than the removal.
    options.deadline = std::chrono::milliseconds{100};
    PostgresStore store(options);
    PostgresStore patient(schema.options());
    run(patient.init());
    run(patient.create_room(sample_room()));
    await([&] {
        try {
            run(store.init());
            return true;
        } catch (const Error&) {
            return false;  // on a busy machine it may exceed the short deadline
        }
    });
    constexpr int events = 200'000;
    fill_room(schema, events);
    // As a process leaves it that dies right after delete_room.
    schema.query("DELETE FROM {schema}.rooms; INSERT INTO {schema}.removals VALUES ('room', 0)");
    int refusals = 0;
    for (bool created = false; !created;) {
        try {
            const auto room = run(store.create_room(sample_room({.status = RoomStatus::paused})));
            CHECK(room.status == RoomStatus::paused);
            created = true;
        } catch (const Error& error) {
            CAPTURE(std::string(error.what()));
            REQUIRE((error.code() == errc::busy || error.code() == errc::timeout));
            CHECK(schema.value("SELECT count(*) FROM {schema}.rooms") == "0");
            // On a busy machine, not even the first part may end in time.
            if (error.code() == errc::timeout) continue;
            CHECK(error.detail() ==
                  "create_room in room 'room': the rows of the deleted room with this id are still "
                  "being removed");
            CHECK(error.retryable());
            ++refusals;
        }
    }
    CHECK(refusals > 0);
    CHECK(rows_in(schema, "events") == "0");
    CHECK(schema.value("SELECT count(*) FROM {schema}.removals") == "0");
    CHECK_FAILS(patient.create_room(sample_room()), errc::already_exists, "room");
    CHECK(run(patient.add_event_auto_index("room", make_event())).index == 0);
}

TEST_CASE("a removal is not taken for complete because others have removed a row meanwhile") {
    FreshSchema schema;
    auto options = schema.options();
    options.deadline = options.lock_timeout = std::chrono::seconds{60};
    options.application_name = "removal";
    PostgresStore store(options);
    run(store.init());
    make_large_room(schema, store);
    // The statement of remove_binding, which takes no lock on the room, and of delete_event.
    schema.query("BEGIN");
    schema.query(
        "DELETE FROM {schema}.bindings WHERE room_id = 'room' AND channel_id = 'channel 10'");
    schema.query("DELETE FROM {schema}.events WHERE room_id = 'room' AND index = 500");
    auto deletion = std::async(std::launch::async, [&] { return run(store.delete_room("room")); });
    Admin watcher(schema.options().connection_string);
    await([&] {
        return watcher.value(
                   "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                   "AND application_name = 'removal'") != "0";
    });
    schema.query("COMMIT");
    CHECK(deletion.get());
    await_removal(schema);
    for (const auto& table : tables) {
        CAPTURE(table);
        CHECK(rows_in(schema, table) == "0");
    }
}

TEST_CASE("large events are removed in smaller steps") {
    FreshSchema schema;
    auto options = schema.options();
    options.deadline = options.lock_timeout = std::chrono::seconds{60};
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(sample_room()));
    fill_room(schema, 100);
    // Random, so that it is not compressed: 100 times 1 MB.
    schema.query(
        "ALTER TABLE {schema}.events ALTER COLUMN content SET STORAGE EXTERNAL; "
        "UPDATE {schema}.events SET content = json_build_object('type', 'text', 'body', "
        "repeat('x', 1000000))");
    {
        const BlockedRemoval blocked(schema, "e90");
        CHECK(run(store.delete_room("room")));
        await([&] { return schema.value("SELECT next_index FROM {schema}.removals") == "66"; });
        CHECK(rows_in(schema, "events") == "34");
    }
    await_removal(schema);
    CHECK(rows_in(schema, "events") == "0");
}

TEST_CASE("hidden events are removed, and the others stay") {
    FreshSchema schema;
    auto options = schema.options();
    options.deadline = options.lock_timeout = std::chrono::seconds{60};
    PostgresStore store(options);
    run(store.init());
    make_large_room(schema, store);
    SECTION("in a room that stays") {
        CHECK(run(store.trim_room("room", 2500)) == 2500);
        await_removal(schema);
        CHECK(rows_in(schema, "events") == "500");
        CHECK(rows_in(schema, "participants") == "3000");
        CHECK(run(store.trim_room("room", 2600)) == 2600);
        CHECK(rows_in(schema, "events") == "400");
        CHECK(schema.value("SELECT count(*) FROM {schema}.removals") == "0");
    }
    SECTION("while they are still there, an append with the id of one is answered by it") {
        const BlockedRemoval blocked(schema);
        CHECK(run(store.trim_room("room", 2500)) == 2500);
        CHECK_FAILS(store.add_event_auto_index("room", make_event({.id = "e2000"})),
                    errc::already_exists);
        CHECK(run(store.get_event("e2000")) == std::nullopt);
        CHECK(run(store.get_event_count("room")) == 500);
    }
    SECTION("in a room that is deleted meanwhile, and created again") {
        CHECK(run(store.trim_room("room", 2500)) == 2500);
        CHECK(run(store.delete_room("room")));
        run(store.create_room(sample_room()));
        CHECK(rows_in(schema, "events") == "0");
        CHECK(rows_in(schema, "participants") == "0");
        run(store.add_event_auto_index("room", make_event({.id = "e2000"})));
        await_removal(schema);
        CHECK(ids_of(run(store.list_events("room"))) == Ids{"e2000"});
    }
}

TEST_CASE("an event with 100 000 replies is deleted with all of them") {
    FreshSchema schema;
    auto options = schema.options();
    // The default, also for what builds this test slowly.
    options.deadline = std::chrono::seconds{60};
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(sample_room()));
    fill_room(schema, 100'001);
    const auto gone = run(store.delete_event("room", "e0"));
    CHECK(gone.size() == 100'001);
    CHECK(gone.front() == "e0");
    CHECK(gone.back() == "e100000");
    CHECK(run(store.get_event_count("room")) == 0);
    CHECK(rows_in(schema, "events") == "0");
}

}  // namespace roomstore::test
