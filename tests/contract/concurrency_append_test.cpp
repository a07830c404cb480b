#include <algorithm>
#include <set>
#include <thread>

#include "contract/fixture.hpp"

/// Concurrent appends. The tasks only record results; the checks run afterwards.
namespace roomstore::contract {

namespace {

constexpr int tasks = 64;
constexpr int threads = 4;

using Told = std::vector<RoomEvent>;

std::string name_of(int task, int number) {
    return std::to_string(task) + "." + std::to_string(number);
}

/// Runs `tasks` coroutines made by `make(task)` concurrently.
template <typename Make>
void race(Make make) {
    std::vector<asio::awaitable<void>> all;
    for (int task = 0; task < tasks; ++task) all.push_back(make(task));
    run_all(std::move(all), threads);
}

asio::awaitable<void> append_many(ConversationStore& store,
                                  std::string room_id,
                                  int task,
                                  int count,
                                  Told& told) {
    for (int number = 0; number < count; ++number) {
        auto event = make_event({.id = name_of(task, number), .room_id = room_id});
        told.push_back(co_await store.add_event_auto_index(room_id, std::move(event)));
    }
}

asio::awaitable<void> append_one(ConversationStore& store, RoomEvent event, Told& told) {
    told.push_back(co_await store.add_event_auto_index("room", std::move(event)));
}

std::vector<RoomEvent> everything(ConversationStore& store, std::string room_id = "room") {
    return run(store.list_events(std::move(room_id), {.limit = 10'000}));
}

void check_dense(const std::vector<RoomEvent>& events, std::size_t count) {
    REQUIRE(events.size() == count);
    for (std::size_t i = 0; i < count; ++i) {
        REQUIRE(events[i].index == static_cast<std::int64_t>(i));
    }
}

}  // namespace

TEST_CASE("appends of 64 coroutines on 4 threads to one room: dense indexes, nothing lost",
          "[concurrency][events]") {
    const auto store = store_with_room();
    constexpr int each = 20;
    std::vector<Told> told(tasks);
    race([&](int task) {
        return append_many(*store, "room", task, each, told[static_cast<std::size_t>(task)]);
    });
    const auto stored = everything(*store);
    check_dense(stored, tasks * each);
    std::set<std::string> ids;
    for (const auto& answers : told) {
        REQUIRE(answers.size() == each);
        for (std::size_t i = 0; i < answers.size(); ++i) {
            REQUIRE(stored[static_cast<std::size_t>(answers[i].index)] == answers[i]);
            ids.insert(answers[i].id);
            // An event stored before a call began has a smaller index.
            if (i > 0) REQUIRE(answers[i - 1].index < answers[i].index);
        }
    }
    CHECK(ids.size() == tasks * each);
    const auto room = run(store->get_room("room"));
    CHECK(room->event_count == tasks * each);
    CHECK(room->latest_index == tasks * each - 1);
    CHECK(run(store->get_event_count("room")) == tasks * each);
}

TEST_CASE("appends of 64 coroutines to 8 rooms: dense indexes in each room",
          "[concurrency][events]") {
    const auto store = fresh_store();
    for (int room = 0; room < 8; ++room) {
        run(store->create_room(sample_room({.id = std::to_string(room)})));
    }
    std::vector<Told> told(tasks);
    race([&](int task) {
        return append_many(
            *store, std::to_string(task % 8), task, 10, told[static_cast<std::size_t>(task)]);
    });
    for (int room = 0; room < 8; ++room) {
        check_dense(everything(*store, std::to_string(room)), tasks / 8 * 10);
    }
}

TEST_CASE("threads with separate execution contexts share one store", "[concurrency][events]") {
    const auto store = store_with_room();
    std::vector<Told> told(threads);
    {
        std::vector<std::jthread> workers;
        for (int task = 0; task < threads; ++task) {
            workers.emplace_back([&, task] {
                run(append_many(*store, "room", task, 50, told[static_cast<std::size_t>(task)]));
            });
        }
    }
    check_dense(everything(*store), threads * 50);
}

TEST_CASE("64 concurrent appends of the same event store it once, and all return it",
          "[concurrency][events]") {
    const auto store = store_with_room();
    std::vector<Told> told(tasks);
    race([&](int task) {
        return append_one(*store, make_event({.key = "key"}), told[static_cast<std::size_t>(task)]);
    });
    for (const auto& answers : told) CHECK(answers == std::vector{make_event({.key = "key"})});
    check_dense(everything(*store), 1);
    CHECK(run(store->get_room("room"))->event_count == 1);
}

TEST_CASE("concurrent appends with one idempotency key all return the stored event",
          "[concurrency][events]") {
    const auto store = store_with_room();
    std::vector<Told> told(tasks);
    race([&](int task) {
        const auto key = "key " + std::to_string(task % 8);
        return append_one(*store,
                          make_event({.id = std::to_string(task), .key = key}),
                          told[static_cast<std::size_t>(task)]);
    });
    const auto stored = everything(*store);
    check_dense(stored, 8);
    for (int task = 0; task < tasks; ++task) {
        const auto key = "key " + std::to_string(task % 8);
        const auto original = run(store->get_event_by_idempotency_key("room", key));
        REQUIRE(original);
        CHECK(told[static_cast<std::size_t>(task)] == std::vector{*original});
    }
    CHECK(run(store->get_room("room"))->event_count == 8);
}

TEST_CASE("concurrent imports at one index: one is stored, the others conflict",
          "[concurrency][events]") {
    const auto store = store_with_room();
    const auto import =
        [](ConversationStore& target, int task, std::error_code& told) -> asio::awaitable<void> {
        auto event = make_event({.id = std::to_string(task), .index = 5});
        try {
            co_await target.add_event(std::move(event));
        } catch (const Error& error) {
            told = error.code();
        }
    };
    std::vector<std::error_code> told(tasks);
    race([&](int task) { return import(*store, task, told[static_cast<std::size_t>(task)]); });
    CHECK(std::count(told.begin(), told.end(), std::error_code{}) == 1);
    CHECK(std::count(told.begin(), told.end(), errc::conflict) == tasks - 1);
    CHECK(everything(*store).size() == 1);
    CHECK(run(store->get_room("room"))->event_count == 1);
}

TEST_CASE("concurrent batches with one expected_next_index: one is stored completely",
          "[concurrency][events]") {
    const auto store = store_with_room();
    const auto append =
        [](ConversationStore& target, int task, std::error_code& told) -> asio::awaitable<void> {
        std::vector<RoomEvent> batch;
        for (int number = 0; number < 3; ++number) {
            batch.push_back(make_event({.id = name_of(task, number)}));
        }
        AppendOptions options;
        options.expected_next_index = 0;
        try {
            co_await target.append_events("room", std::move(batch), options);
        } catch (const Error& error) {
            told = error.code();
        }
    };
    std::vector<std::error_code> told(tasks);
    race([&](int task) { return append(*store, task, told[static_cast<std::size_t>(task)]); });
    CHECK(std::count(told.begin(), told.end(), std::error_code{}) == 1);
    CHECK(std::count(told.begin(), told.end(), errc::conflict) == tasks - 1);
    check_dense(everything(*store), 3);
}

TEST_CASE("concurrent batches stay contiguous", "[concurrency][events]") {
    const auto store = store_with_room();
    const auto append =
        [](ConversationStore& target, int task, Told& told) -> asio::awaitable<void> {
        for (int round = 0; round < 3; ++round) {
            std::vector<RoomEvent> batch;
            for (int number = 0; number < 5; ++number) {
                batch.push_back(make_event({.id = name_of(task, round * 5 + number)}));
            }
            const auto stored = co_await target.append_events("room", std::move(batch));
            told.insert(told.end(), stored.begin(), stored.end());
        }
    };
    std::vector<Told> told(tasks);
    race([&](int task) { return append(*store, task, told[static_cast<std::size_t>(task)]); });
    check_dense(everything(*store), tasks * 15);
    for (const auto& answers : told) {
        REQUIRE(answers.size() == 15);
        for (std::size_t i = 0; i < answers.size(); ++i) {
            if (i % 5 != 0) REQUIRE(answers[i].index == answers[i - 1].index + 1);
        }
    }
}

TEST_CASE("a reader that sees an index also sees every smaller one", "[concurrency][events]") {
    const auto store = store_with_room();
    const auto read = [](ConversationStore& target,
                         std::vector<std::vector<RoomEvent>>& pages) -> asio::awaitable<void> {
        EventQuery all;
        all.limit = 10'000;
        for (int i = 0; i < 20; ++i) pages.push_back(co_await target.list_events("room", all));
    };
    std::vector<Told> told(tasks);
    std::vector<std::vector<std::vector<RoomEvent>>> seen(tasks);
    race([&](int task) {
        const auto place = static_cast<std::size_t>(task);
        return task % 4 == 0 ? read(*store, seen[place])
                             : append_many(*store, "room", task, 10, told[place]);
    });
    const auto last = everything(*store);
    check_dense(last, tasks / 4 * 3 * 10);
    for (const auto& pages : seen) {
        std::size_t size = 0;
        for (const auto& page : pages) {
            REQUIRE(page.size() >= size);
            REQUIRE(std::equal(page.begin(), page.end(), last.begin()));
            size = page.size();
        }
    }
}

TEST_CASE("concurrent deletions and appends leave exact counts and no duplicate index",
          "[concurrency][events]") {
    const auto store = store_with_room();
    const auto churn = [](ConversationStore& target, int task) -> asio::awaitable<void> {
        for (int number = 0; number < 10; ++number) {
            const auto id = name_of(task, number);
            auto event = make_event({.id = id, .key = id});
            co_await target.add_event_auto_index("room", std::move(event));
            if (number % 2 == 0) co_await target.delete_event("room", id);
        }
    };
    race([&](int task) { return churn(*store, task); });
    const auto stored = everything(*store);
    std::set<std::int64_t> indexes;
    for (const auto& event : stored) indexes.insert(event.index);
    CHECK(stored.size() == tasks * 5);
    CHECK(indexes.size() == stored.size());
    CHECK(*indexes.rbegin() < tasks * 10);
    CHECK(run(store->get_event_count("room")) == tasks * 5);
    CHECK(run(store->get_room("room"))->event_count == tasks * 10);
    CHECK(run(store->get_room("room"))->latest_index == tasks * 10 - 1);
    CHECK(run(store->get_unread_count("room", "channel")) == tasks * 5);
}

}  // namespace roomstore::contract
