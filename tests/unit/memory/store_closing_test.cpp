// Calls running while the store is closed return their result or fail with `closed`.

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <asio/awaitable.hpp>
#include <catch2/catch_test_macros.hpp>

#include "roomstore/memory/in_memory_store.hpp"
#include "support/builders.hpp"
#include "support/run.hpp"

using namespace roomstore;
using test::run;

namespace {

/// Repeats each of `calls` on its own thread until the store is closed. The store is closed after
/// every call has run once.
/// @returns the indexes of the calls that returned false or failed with another error.
std::vector<std::size_t> wrong_while_closing(ConversationStore& store,
                                             const std::vector<std::function<bool()>>& calls) {
    std::atomic<std::size_t> warm = 0;
    std::vector<std::atomic<int>> wrong(calls.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        threads.emplace_back([&, i] {
            for (std::size_t times = 0;; ++times) {
                bool closed = false;
                try {
                    if (!calls[i]()) ++wrong[i];
                } catch (const Error& error) {
                    closed = true;
                    if (error.code() != errc::closed) ++wrong[i];
                }
                if (times == 0) ++warm;
                if (closed) break;
            }
        });
    }
    const test::Watchdog watchdog;
    while (warm < calls.size()) std::this_thread::yield();
    run(store.close());
    for (auto& thread : threads) thread.join();
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (wrong[i] != 0) found.push_back(i);
    }
    return found;
}

}  // namespace

TEST_CASE("calls running while the store is closed succeed or fail with closed") {
    for (int round = 0; round < 20; ++round) {
        InMemoryStore store;
        run(store.init());
        for (const auto* room : {"r1", "r2", "r3"})
            run(store.create_room(test::sample_room({.id = room})));
        std::atomic<int> number = 0;
        const auto append = [&] {
            const int mine = ++number;
            const auto room = "r" + std::to_string(1 + mine % 3);
            auto event = test::make_event({.id = std::to_string(mine), .room_id = room});
            run(store.add_event_auto_index(room, std::move(event)));
            return run(store.list_rooms()).size() == 3;
        };
        CHECK(wrong_while_closing(store, {append, append, append}).empty());
    }
}

TEST_CASE("searches running while the store is closed are complete or fail with closed") {
    // Closing removes the rooms in its own order, which takes long enough for searches to run.
    constexpr int count = 1500;
    const auto name = [](int number) { return "r" + std::to_string(10'000 + number); };
    for (int round = 0; round < 10; ++round) {
        InMemoryStore store;
        run(store.init());
        for (int i = 0; i < count; ++i) {
            const auto room = name(i);
            run(store.create_room(test::sample_room(
                {.id = room, .created_at = test::at(i), .metadata = {{"k", 1}}})));
            run(store.add_event_auto_index(room,
                                           test::make_event({.id = "event", .room_id = room})));
            run(store.add_task({.id = "task", .room_id = room, .title = "do"}));
            run(store.add_binding({.channel_id = "channel",
                                   .room_id = room,
                                   .channel_type = "sms",
                                   .participant_id = "somebody"}));
        }
        const std::vector<std::function<bool()>> calls{
            [&] { return run(store.list_rooms({.limit = count})).size() == count; },
            [&] {
                const RoomFilter filter{.metadata = Json{{"k", 1}}};
                return run(store.find_rooms(filter, {.limit = count})).size() == count;
            },
            [&] {
                const auto room = run(store.find_latest_room("somebody"));
                return room && room->id == name(count - 1);
            },
            [&] { return run(store.find_room_id_by_channel("channel")) == name(0); },
            [&] {
                return run(store.find_room_ids_by_channel("channel", {.limit = count})).size() ==
                       count;
            },
            [&] {
                const auto event = run(store.get_event("event"));
                return event && event->room_id == name(0);
            },
            [&] {
                const auto task = run(store.get_task("task"));
                return task && task->room_id == name(0);
            },
        };
        CHECK(wrong_while_closing(store, calls) == std::vector<std::size_t>{});
    }
}
