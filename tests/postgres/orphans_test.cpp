#include <catch2/catch_test_macros.hpp>

#include "postgres/fresh_schema.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"
#include "support/run.hpp"

namespace roomstore::test {

namespace {

asio::awaitable<void> refused_or_done(asio::awaitable<void> call) {
    try {
        co_await std::move(call);
    } catch (const Error& error) {
        if (error.code() != errc::not_found && error.code() != errc::already_exists) throw;
    }
}

template <typename T>
asio::awaitable<void> without_result(asio::awaitable<T> call) {
    co_await std::move(call);
}

asio::awaitable<void> delete_and_create(ConversationStore& store, int times) {
    for (int i = 0; i < times; ++i) {
        co_await store.delete_room("room");
        auto room = make_room();
        co_await store.create_room(std::move(room));
    }
    co_await store.delete_room("room");
}

/// Adds one of everything to the room, again and again.
asio::awaitable<void> add_everything(ConversationStore& store, std::string name, int times) {
    for (int i = 0; i < times; ++i) {
        const auto id = name + "-" + std::to_string(i);
        auto event = make_event({.id = id});
        ChannelBinding binding{.channel_id = id, .room_id = "room", .channel_type = "sms"};
        Participant participant{.id = id, .room_id = "room", .channel_id = id};
        Task task{.id = id, .room_id = "room", .title = "title"};
        Observation observation{.id = id, .room_id = "room", .channel_id = id, .content = "seen"};
        co_await refused_or_done(without_result(store.add_binding(std::move(binding))));
        co_await refused_or_done(
            without_result(store.add_event_auto_index("room", std::move(event))));
        co_await refused_or_done(store.mark_read("room", id, id));
        co_await refused_or_done(store.mark_all_read("room", id + "+"));
        co_await refused_or_done(without_result(store.add_participant(std::move(participant))));
        co_await refused_or_done(without_result(store.add_task(std::move(task))));
        co_await refused_or_done(without_result(store.add_observation(std::move(observation))));
    }
}

}  // namespace

TEST_CASE("deleting a room leaves nothing behind, whoever adds to it at the same time") {
    FreshSchema schema;
    auto options = schema.options();
    options.connections = 8;
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(make_room()));
    std::vector<asio::awaitable<void>> tasks;
    tasks.push_back(delete_and_create(store, 200));
    for (int i = 0; i < 7; ++i) {
        tasks.push_back(add_everything(store, "writer-" + std::to_string(i), 40));
    }
    run_all(std::move(tasks), 2);
    for (const char* table :
         {"rooms", "events", "bindings", "participants", "tasks", "observations", "read_markers"}) {
        CAPTURE(table);
        // The writers may end after the last room is gone: what is left has no room.
        CHECK(schema.value(std::string("SELECT count(*) FROM {schema}.") + table) == "0");
    }
}

}  // namespace roomstore::test
