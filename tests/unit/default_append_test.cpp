#include <algorithm>
#include <random>
#include <set>

#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "differential/reference_store.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"
#include "support/printers.hpp"
#include "support/run.hpp"

/// The default `add_event_auto_index` of `ConversationStore`, for backends that do not override it:
/// it reads and writes in separate steps, so that other calls can run in between.
namespace roomstore::test {

namespace {

/// A third backend, with linear scans of vectors, that uses the default append. Every step suspends
/// a random number of times, so that coroutines interleave between reading and writing.
class TwoStepStore final : public differential::ReferenceStore {
public:
    using ReferenceStore::get_event;

    asio::awaitable<RoomEvent> add_event_auto_index(std::string room_id, RoomEvent event) override {
        return ConversationStore::add_event_auto_index(std::move(room_id), std::move(event));
    }

    asio::awaitable<std::optional<Room>> get_room(std::string room_id) override {
        co_await let_others_pass();
        co_return co_await ReferenceStore::get_room(std::move(room_id));
    }

    asio::awaitable<std::optional<RoomEvent>> get_event(std::string room_id,
                                                        std::string event_id) override {
        co_await let_others_pass();
        co_return co_await ReferenceStore::get_event(std::move(room_id), std::move(event_id));
    }

    asio::awaitable<std::vector<RoomEvent>> list_events(std::string room_id,
                                                        EventQuery query) override {
        co_await let_others_pass();
        co_return co_await ReferenceStore::list_events(std::move(room_id), std::move(query));
    }

    asio::awaitable<RoomEvent> add_event(RoomEvent event) override {
        co_await let_others_pass();
        ++writes;
        if (failure) throw *failure;
        if (rivals > 0) {
            --rivals;
            auto rival = make_event({.id = generate_id(), .room_id = event.room_id});
            rival.index = event.index;
            co_await ReferenceStore::add_event(std::move(rival));
        }
        co_return co_await ReferenceStore::add_event(std::move(event));
    }

    /// Number of the next writes that find their index already used by another event.
    int rivals = 0;
    /// If set, the error with which every write fails.
    std::optional<Error> failure{};
    /// Number of attempted writes.
    int writes = 0;

private:
    asio::awaitable<void> let_others_pass() {
        const auto executor = co_await asio::this_coro::executor;
        for (auto times = 1 + random_() % 3; times > 0; --times) {
            co_await asio::post(executor, asio::use_awaitable);
        }
    }

    std::mt19937 random_{20260203};
};

TwoStepStore& with_room(TwoStepStore& store) {
    run(store.init());
    run(store.create_room(sample_room()));
    return store;
}

asio::awaitable<void> append(TwoStepStore& store,
                             std::string id,
                             std::optional<std::string> key,
                             std::vector<RoomEvent>& told) {
    auto event = make_event({.id = std::move(id), .key = std::move(key)});
    told.push_back(co_await store.add_event_auto_index("room", std::move(event)));
}

std::vector<RoomEvent> stored_in(TwoStepStore& store) {
    return run(store.list_events("room", {.limit = 10'000}));
}

}  // namespace

TEST_CASE("the default append gives dense indexes to concurrent coroutines", "[default_append]") {
    TwoStepStore store;
    with_room(store);
    std::vector<std::vector<RoomEvent>> told(32);
    std::vector<asio::awaitable<void>> tasks;
    for (std::size_t task = 0; task < told.size(); ++task) {
        tasks.push_back(append(store, "event " + std::to_string(task), {}, told[task]));
    }
    run_all(std::move(tasks), 1);
    const auto stored = stored_in(store);
    REQUIRE(stored.size() == told.size());
    for (std::size_t i = 0; i < stored.size(); ++i) {
        CHECK(stored[i].index == static_cast<std::int64_t>(i));
    }
    for (const auto& answers : told) {
        REQUIRE(answers.size() == 1);
        CHECK(stored[static_cast<std::size_t>(answers.front().index)] == answers.front());
    }
    // More writes than appends: there were conflicts.
    CHECK(store.writes > static_cast<int>(told.size()));
    CHECK(run(store.get_room("room"))->event_count == 32);
}

TEST_CASE("the default append stores an event once when it is appended concurrently",
          "[default_append]") {
    TwoStepStore store;
    with_room(store);
    std::vector<std::vector<RoomEvent>> told(16);
    std::vector<asio::awaitable<void>> tasks;
    for (auto& answers : told) tasks.push_back(append(store, "event", "key", answers));
    run_all(std::move(tasks), 1);
    for (const auto& answers : told) CHECK(answers == std::vector{make_event({.key = "key"})});
    CHECK(stored_in(store) == std::vector{make_event({.key = "key"})});
}

TEST_CASE("the default append stores one event for concurrent appends with one key",
          "[default_append]") {
    TwoStepStore store;
    with_room(store);
    std::vector<std::vector<RoomEvent>> told(16);
    std::vector<asio::awaitable<void>> tasks;
    for (std::size_t task = 0; task < told.size(); ++task) {
        tasks.push_back(append(store, std::to_string(task), "key", told[task]));
    }
    run_all(std::move(tasks), 1);
    const auto stored = stored_in(store);
    REQUIRE(stored.size() == 1);
    for (const auto& answers : told) CHECK(answers == stored);
}

TEST_CASE("the default append retries after an index conflict", "[default_append]") {
    TwoStepStore store;
    with_room(store).rivals = 20;
    CHECK(run(store.add_event_auto_index("room", make_event())) == make_event({.index = 20}));
    CHECK(store.writes == 21);
    CHECK(stored_in(store).size() == 21);
}

TEST_CASE("the default append gives up after a bounded number of conflicts", "[default_append]") {
    TwoStepStore store;
    with_room(store).rivals = 10'000;
    CHECK_FAILS(store.add_event_auto_index("room", make_event()), errc::conflict, "room");
    CHECK(store.writes < 1000);
    CHECK(run(store.get_event("room", "event")) == std::nullopt);
    store.rivals = 0;
    CHECK(run(store.add_event_auto_index("room", make_event())).id == "event");
}

TEST_CASE("the default append does not retry other errors", "[default_append]") {
    TwoStepStore store;
    with_room(store).failure = Error(errc::unavailable, "the server is gone");
    CHECK_FAILS(store.add_event_auto_index("room", make_event()), errc::unavailable);
    CHECK(store.writes == 1);
}

TEST_CASE("the default append never reuses an index", "[default_append]") {
    TwoStepStore store;
    with_room(store);
    for (const auto* id : {"a", "b", "c"}) {
        run(store.add_event_auto_index("room", make_event({.id = id})));
    }
    for (const auto* id : {"b", "c"}) run(store.delete_event("room", id, Replies::keep));
    CHECK(run(store.add_event_auto_index("room", make_event({.id = "d"}))).index == 3);
    for (const auto* id : {"a", "d"}) run(store.delete_event("room", id, Replies::keep));
    CHECK(run(store.add_event_auto_index("room", make_event({.id = "e"}))).index == 4);
}

TEST_CASE("the default append continues after imported events and counters", "[default_append]") {
    TwoStepStore store;
    auto room = sample_room();
    room.event_count = 2;
    room.latest_index = 9;
    run(store.init());
    run(store.create_room(room));
    CHECK(run(store.add_event_auto_index("room", make_event({.id = "a"}))).index == 10);
    run(store.add_event(make_event({.id = "b", .index = 20})));
    CHECK(run(store.add_event_auto_index("room", make_event({.id = "c"}))).index == 21);
    room = sample_room({.id = "uncounted"});
    room.latest_index = 9;
    run(store.create_room(room));
    const auto first = make_event({.room_id = "uncounted"});
    CHECK(run(store.add_event_auto_index("uncounted", first)).index == 0);
}

TEST_CASE("the default append refuses the same calls as every append", "[default_append]") {
    TwoStepStore store;
    with_room(store);
    CHECK_FAILS(store.add_event_auto_index("room", make_event({.room_id = "other"})),
                errc::invalid_argument,
                "RoomEvent.room_id");
    CHECK_FAILS(store.add_event_auto_index("unknown", make_event({.room_id = "unknown"})),
                errc::not_found,
                "unknown");
    CHECK_FAILS(store.add_event_auto_index("room", make_event({.body = "\xFF"})),
                errc::invalid_argument,
                "RoomEvent.content.body");
    run(store.add_event_auto_index("room", make_event()));
    CHECK_FAILS(store.add_event_auto_index("room", make_event({.created_at = at(1)})),
                errc::already_exists);
    CHECK(stored_in(store) == std::vector{make_event()});
}

TEST_CASE("the default append treats an empty key as no key", "[default_append]") {
    TwoStepStore store;
    with_room(store);
    CHECK(run(store.add_event_auto_index("room", make_event({.key = ""}))) == make_event());
    CHECK(run(store.add_event_auto_index("room", make_event({.key = ""}))) == make_event());
    CHECK(run(store.add_event_auto_index("room", make_event({.id = "b", .key = ""}))).index == 1);
}

TEST_CASE("the default append reports storage_full if a room has no index left",
          "[default_append]") {
    TwoStepStore store;
    with_room(store);
    constexpr auto last = std::numeric_limits<std::int64_t>::max() - 1;
    run(store.add_event(make_event({.id = "a", .index = last})));
    CHECK_FAILS(store.add_event_auto_index("room", make_event()), errc::storage_full);
    // A repeated append needs no new index.
    CHECK(run(store.add_event_auto_index("room", make_event({.id = "a"}))).index == last);
}

TEST_CASE("the default append fails with closed if its store is not open", "[default_append]") {
    TwoStepStore store;
    CHECK_FAILS(store.add_event_auto_index("room", make_event()), errc::closed, "init()");
}

}  // namespace roomstore::test
