#include <future>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "postgres/fresh_schema.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"

/// Rows that are added to a room while it is being deleted must not remain without the room.
namespace roomstore::test {

namespace {

const std::vector<std::string> tables{"events",
                                      "bindings",
                                      "participants",
                                      "tasks",
                                      "observations",
                                      "read_markers",
                                      "event_changes"};

template <typename T>
asio::awaitable<void> without_result(asio::awaitable<T> call) {
    co_await std::move(call);
}

struct Writer {
    std::string name;
    asio::awaitable<void> (*call)(ConversationStore& store);
};

const std::vector<Writer> writers{
    {"add_event_auto_index",
     [](ConversationStore& store) {
         return without_result(store.add_event_auto_index("room", make_event({.id = "new"})));
     }},
    {"append_events",
     [](ConversationStore& store) {
         return without_result(store.append_events("room", {make_event({.id = "new"})}));
     }},
    {"add_event",
     [](ConversationStore& store) {
         return without_result(store.add_event(make_event({.id = "new", .index = 7})));
     }},
    {"add_binding",
     [](ConversationStore& store) {
         ChannelBinding binding{.channel_id = "new", .room_id = "room", .channel_type = "sms"};
         return without_result(store.add_binding(std::move(binding)));
     }},
    {"add_participant",
     [](ConversationStore& store) {
         Participant participant{.id = "new", .room_id = "room", .channel_id = "channel"};
         return without_result(store.add_participant(std::move(participant)));
     }},
    {"add_task",
     [](ConversationStore& store) {
         Task task{.id = "new", .room_id = "room", .title = "title"};
         return without_result(store.add_task(std::move(task)));
     }},
    {"add_observation",
     [](ConversationStore& store) {
         Observation observation{
             .id = "new", .room_id = "room", .channel_id = "channel", .content = "seen"};
         return without_result(store.add_observation(std::move(observation)));
     }},
    {"update_event",
     [](ConversationStore& store) {
         return without_result(store.update_event(make_event({.body = "edited"})));
     }},
    {"delete_event",
     [](ConversationStore& store) { return without_result(store.delete_event("room", "event")); }},
    {"trim_room",
     [](ConversationStore& store) { return without_result(store.trim_room("room", 1)); }},
    {"mark_read", [](ConversationStore& store) { return store.mark_read("room", "new", "event"); }},
    {"mark_read of a channel that has a marker",
     [](ConversationStore& store) { return store.mark_read("room", "marked", "later"); }},
    {"mark_all_read", [](ConversationStore& store) { return store.mark_all_read("room", "new"); }},
};

/// A room with two events and a marker.
void prepare(ConversationStore& store) {
    run(store.create_room(sample_room()));
    run(store.add_event_auto_index("room", make_event()));
    run(store.mark_all_read("room", "marked"));
    run(store.add_event_auto_index("room", make_event({.id = "later"})));
}

/// Waits until a statement of the store waits for a lock, or until `call` has ended.
void wait_for_lock(Admin& watcher, std::future<void>& call) {
    const Watchdog watchdog;
    while (call.wait_for(std::chrono::seconds{0}) != std::future_status::ready &&
           watcher.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                         "AND application_name = 'orphans'") == "0") {
        std::this_thread::yield();
    }
}

PostgresOptions options_of(const FreshSchema& schema) {
    auto options = schema.options();
    options.application_name = "orphans";
    // Longer than any wait in these tests.
    options.deadline = std::chrono::seconds{60};
    options.lock_timeout = std::chrono::seconds{60};
    return options;
}

}  // namespace

TEST_CASE("a call that adds to a room that is being deleted waits, and leaves no rows") {
    FreshSchema schema;
    PostgresStore store(options_of(schema));
    run(store.init());
    Admin watcher(schema.options().connection_string);
    for (const auto& writer : writers) {
        CAPTURE(writer.name);
        prepare(store);
        // The statements of delete_room up to its COMMIT.
        schema.query("BEGIN");
        schema.query("DELETE FROM {schema}.rooms WHERE id = 'room'");
        for (const auto& table : tables) {
            schema.query("DELETE FROM {schema}." + table + " WHERE room_id = 'room'");
        }
        auto call = std::async(std::launch::async, [&] { run(writer.call(store)); });
        wait_for_lock(watcher, call);
        schema.query("COMMIT");
        try {
            call.get();
        } catch (const Error& error) {
            CHECK(error.code() == errc::not_found);
        }
        for (const auto& table : tables) {
            CAPTURE(table);
            CHECK(schema.value("SELECT count(*) FROM {schema}." + table) == "0");
        }
        CHECK_FALSE(run(store.room_exists("room")));
    }
}

TEST_CASE("deleting a room waits for a call that adds to it, and deletes the added row") {
    FreshSchema schema;
    PostgresStore store(options_of(schema));
    run(store.init());
    Admin watcher(schema.options().connection_string);
    prepare(store);
    // The statements of add_task up to its COMMIT.
    schema.query("BEGIN");
    schema.query("SELECT FROM {schema}.rooms WHERE id = 'room' FOR KEY SHARE");
    schema.query(
        "INSERT INTO {schema}.tasks (created_at, room_id, id, title, status) "
        "VALUES (now(), 'room', 'task', 'title', 'pending')");
    bool deleted = false;
    auto call = std::async(std::launch::async, [&] { deleted = run(store.delete_room("room")); });
    wait_for_lock(watcher, call);
    schema.query("COMMIT");
    call.get();
    CHECK(deleted);
    for (const auto& table : tables) {
        CAPTURE(table);
        CHECK(schema.value("SELECT count(*) FROM {schema}." + table) == "0");
    }
}

}  // namespace roomstore::test
