#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>

#include "roomstore/memory/in_memory_store.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"
#include "support/run.hpp"

using namespace roomstore;
using test::make_event;
using test::run;
using test::sample_room;

namespace {

std::string closed_text(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        REQUIRE(error.code() == errc::closed);
        return error.detail();
    }
    FAIL("not refused");
    return {};
}

}  // namespace

TEST_CASE("limits out of range are refused when the store is made") {
    for (const std::size_t bytes : {std::size_t{0}, Limits::highest_max_event_bytes + 1}) {
        const InMemoryOptions options{.limits = {.max_event_bytes = bytes}};
        try {
            InMemoryStore store(options);
            FAIL("accepted " << bytes);
        } catch (const Error& error) {
            CHECK(error.code() == errc::invalid_argument);
            CHECK(error.detail().find("Limits.max_event_bytes") != std::string::npos);
        }
    }
}

TEST_CASE("a change history out of range is refused when the store is made") {
    for (const std::int64_t history : {std::int64_t{-1}, std::int64_t{1'000'000'001}}) {
        const InMemoryOptions options{.limits = {.change_history = history}};
        try {
            InMemoryStore store(options);
            FAIL("accepted " << history);
        } catch (const Error& error) {
            CHECK(error.code() == errc::invalid_argument);
            CHECK(error.detail() == "Limits.change_history: " + std::to_string(history) +
                                        ", must be 0 to 1000000000");
        }
    }
    for (const std::int64_t history : {std::int64_t{0}, std::int64_t{1'000'000'000}}) {
        const InMemoryOptions options{.limits = {.change_history = history}};
        CHECK_NOTHROW(InMemoryStore(options));
    }
}

TEST_CASE("the closed error names init() or close(), and precedes argument validation") {
    InMemoryStore store;
    const auto get = [&] { run(store.get_room("")); };
    CHECK(closed_text(get) == "InMemoryStore: init() has not been called");
    run(store.init());
    run(store.init());
    run(store.create_room(sample_room()));
    run(store.close());
    run(store.close());
    CHECK(closed_text(get) == "InMemoryStore: closed by close()");
    CHECK(closed_text([&] { run(store.init()); }) == "InMemoryStore: closed by close()");
}

TEST_CASE("a store closed before init() stays closed") {
    InMemoryStore store;
    run(store.close());
    CHECK(closed_text([&] { run(store.init()); }) == "InMemoryStore: closed by close()");
}

TEST_CASE("calls through InMemoryStore have the default arguments of the interface") {
    InMemoryStore store;
    run(store.init());
    run(store.create_room(sample_room()));
    run(store.add_event_auto_index("room", make_event()));
    CHECK(run(store.list_rooms()).size() == 1);
    CHECK(run(store.find_rooms({})).size() == 1);
    CHECK(run(store.list_events("room")).size() == 1);
    CHECK(run(store.get_conversation("room")).size() == 1);
    CHECK(run(store.get_timeline("room")).size() == 1);
    CHECK(run(store.patch_room_metadata("room", {{"a", 1}})).has_value());
    CHECK(run(store.advance_delivered_index("room", 0)));
    CHECK(run(store.delete_event("room", "event")).size() == 1);
    CHECK(run(store.append_events("room", {})).empty());
    CHECK(run(store.list_bindings("room")).empty());
    CHECK(run(store.list_participants("room")).empty());
    CHECK(run(store.list_tasks("room")).empty());
    CHECK(run(store.list_observations("room")).empty());
    CHECK(run(store.get_event_count("room")) == 0);
    CHECK(run(store.get_thread_summaries("room", {"event"})).empty());
    CHECK_FALSE(run(store.find_latest_room("p")).has_value());
    CHECK_FALSE(run(store.find_room_id_by_channel("c")).has_value());
    CHECK(run(store.find_room_ids_by_channel("c")).empty());
    CHECK_FALSE(run(store.resolve_identity("sms", "a")).has_value());
    CHECK(run(store.list_changes("room")).exists);
    CHECK(store.watch_rooms()->rooms().empty());
}

TEST_CASE("no call suspends") {
    InMemoryStore store;
    asio::io_context context;
    bool ended = false;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            co_await store.init();
            co_await store.create_room(sample_room());
            co_await store.add_event_auto_index("room", make_event());
            co_await store.list_events("room");
            co_await store.close();
            ended = true;
        },
        asio::detached);
    // One handler runs the whole coroutine; if a call suspended, a second would have to resume it.
    CHECK(context.run_one() == 1);
    CHECK(ended);
}

TEST_CASE("a long list of rooms is complete, although it is read in batches") {
    InMemoryStore store;
    run(store.init());
    constexpr int count = 3000;
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) {
        // Ids with five digits, so that byte order is numeric order.
        ids.push_back("r" + std::to_string(10'000 + i));
        run(store.create_room(
            sample_room({.id = ids.back(), .metadata = {{"third", i % 3 == 0}}})));
    }
    const auto ids_of = [](const std::vector<Room>& rooms) {
        std::vector<std::string> found;
        for (const auto& room : rooms) found.push_back(room.id);
        return found;
    };
    CHECK(ids_of(run(store.list_rooms({.limit = count + 1}))) == ids);
    CHECK(ids_of(run(store.list_rooms({.offset = 2990, .limit = 5}))) ==
          std::vector(ids.begin() + 2990, ids.begin() + 2995));
    std::vector<std::string> thirds;
    for (std::size_t i = 0; i < ids.size(); i += 3) thirds.push_back(ids[i]);
    const RoomFilter filter{.metadata = Json{{"third", true}}};
    CHECK(ids_of(run(store.find_rooms(filter, {.limit = count}))) == thirds);
    CHECK(ids_of(run(store.find_rooms(filter, {.offset = 500, .limit = 300}))) ==
          std::vector(thirds.begin() + 500, thirds.begin() + 800));
    CHECK(run(store.find_rooms(filter, {.offset = 1000, .limit = 1})).empty());
}

namespace {

/// Appends the events `0` to `<count - 1>`, all of which reply to `0`.
void append_many(InMemoryStore& store, int count) {
    for (int first = 0; first < count; first += 1000) {
        std::vector<RoomEvent> events;
        for (int i = first; i < first + 1000; ++i) {
            const auto id = std::to_string(i);
            events.push_back(make_event({.id = id, .key = "key " + id, .parent = "0"}));
        }
        run(store.append_events("room", events));
    }
}

}  // namespace

TEST_CASE("a hidden event that is still there holds its id and key, and nothing else") {
    InMemoryStore store;
    run(store.init());
    run(store.create_room(sample_room()));
    append_many(store, 10'000);
    CHECK(run(store.trim_room("room", 9000)) == 9000);
    // Events are removed from the first on, a bounded number by each call.
    const auto hidden = make_event({.id = "8999", .key = "key 8999", .parent = "0"});
    CHECK(run(store.append(hidden)).index == 8999);
    auto other = hidden;
    other.content = TextContent{.body = "another text"};
    CHECK_FAILS(store.append(other), errc::already_exists);
    CHECK(run(store.append(make_event({.id = "new", .key = "key 8998"}))).id == "8998");
    CHECK_FAILS(store.append_events("room", {hidden, make_event({.id = "new"})}),
                errc::already_exists);
    CHECK(run(store.get_event("8999")) == std::nullopt);
    CHECK_FALSE(run(store.check_idempotency("room", "key 8999")));
    CHECK(run(store.get_event_count("room")) == 1000);
    CHECK(run(store.get_thread_summaries("room", {"0"})).at("0").reply_count == 1000);
    EventFilter filter{.after_time = test::at(-1)};
    CHECK(run(store.get_event_count("room", filter)) == 1000);
    CHECK(run(store.list_events("room", {.offset = 999, .filter = filter})).at(0).id == "9999");
    // In the end none is left.
    for (int i = 0; i < 100; ++i) run(store.room_exists("room"));
    CHECK(run(store.append(hidden)).index == 10'000);
}

TEST_CASE("a room that is created again is another, while the events of the first are removed") {
    InMemoryStore store;
    run(store.init());
    for (int round = 0; round < 3; ++round) {
        run(store.create_room(sample_room()));
        append_many(store, 5000);
        if (round == 1) run(store.trim_room("room", 3000));
        CHECK(run(store.get_event("4999"))->index == 4999);
        CHECK(run(store.get_event("4999"))->room_id == "room");
        CHECK(run(store.delete_room("room")));
        CHECK(run(store.get_event("4999")) == std::nullopt);
    }
    run(store.create_room(sample_room()));
    CHECK(run(store.append(make_event({.id = "4999", .key = "key 4999"}))).index == 0);
    for (int i = 0; i < 200; ++i) CHECK(run(store.get_event("4999"))->index == 0);
    CHECK(run(store.get_event_by_idempotency_key("room", "key 4999"))->id == "4999");
    run(store.close());
}

namespace {

RoomChanges changes_since(InMemoryStore& store, const RoomCursor& since) {
    return run(store.list_changes("room", {.since = since}));
}

void update(InMemoryStore& store, int number) {
    run(store.update_event(make_event({.id = std::to_string(number), .body = "edited"})));
}

}  // namespace

TEST_CASE("a room remembers the last changes, as many as change_history says") {
    const InMemoryOptions options{.limits = {.change_history = 3}};
    InMemoryStore store(options);
    run(store.init());
    run(store.create_room(sample_room()));
    append_many(store, 1000);
    const auto start = run(store.list_changes("room", {.limit = 1000})).cursor;
    REQUIRE(start.revision == 0);
    for (int i = 0; i < 3; ++i) update(store, i);
    CHECK(test::ids_of(changes_since(store, start).updated) == test::Ids{"0", "1", "2"});
    // Changes of the same event count once, and those of the room do not count.
    update(store, 0);
    run(store.patch_room_metadata("room", {{"a", 1}}));
    CHECK(test::ids_of(changes_since(store, start).updated) == test::Ids{"1", "2", "0"});

    // A fourth one: the change of `1`, revision 2, is forgotten.
    run(store.delete_event("room", "7"));
    auto since = start;
    for (; since.revision < 2; ++since.revision) {
        const auto answer = changes_since(store, since);
        CHECK(answer.reset);
        CHECK(answer.added.front().id == "0");
        CHECK(answer.room);
    }
    const auto answer = changes_since(store, since);
    CHECK_FALSE(answer.reset);
    CHECK(test::ids_of(answer.updated) == test::Ids{"2", "0"});
    CHECK(test::ids_of(answer.deleted) == test::Ids{"7"});
    CHECK(answer.cursor.revision == 6);

    // A deletion with more replies than are remembered: all but those that were updated or deleted.
    CHECK(run(store.delete_event("room", "0")).size() == 997);
    CHECK(changes_since(store, answer.cursor).reset);
    const auto now = run(store.list_changes("room")).cursor;
    CHECK(now.revision == 6 + 997);
    since = now;
    since.revision -= 3;
    CHECK(test::ids_of(changes_since(store, since).deleted) == test::Ids{"997", "998", "999"});
    --since.revision;
    CHECK(changes_since(store, since).reset);
    CHECK_FALSE(changes_since(store, now).reset);
}

TEST_CASE("without a bound a room remembers all changes") {
    const InMemoryOptions options{.limits = {.change_history = 0}};
    InMemoryStore store(options);
    run(store.init());
    run(store.create_room(sample_room()));
    append_many(store, 11'000);
    const auto start = run(store.list_changes("room", {.start = Start::newest})).cursor;
    const auto all = start.extended_to(0);
    CHECK(run(store.delete_event("room", "0")).size() == 11'000);
    const auto answer = run(store.list_changes("room", {.since = all, .limit = 10'000}));
    CHECK(answer.deleted.size() == 10'000);
    CHECK(answer.more);
    CHECK(changes_since(store, answer.cursor).deleted.size() == 100);
    // By default a room forgets.
    InMemoryStore other;
    run(other.init());
    run(other.create_room(sample_room()));
    append_many(other, 11'000);
    const auto there = run(other.list_changes("room", {.start = Start::newest})).cursor;
    CHECK(run(other.delete_event("room", "0")).size() == 11'000);
    auto since = there.extended_to(0);
    since.revision = 999;
    CHECK(changes_since(other, since).reset);
    since.revision = 1000;
    CHECK_FALSE(changes_since(other, since).reset);
}

TEST_CASE("hidden changes are never told, and forgetting none of them is a reset") {
    InMemoryStore store;
    run(store.init());
    run(store.create_room(sample_room()));
    append_many(store, 6000);
    const auto start = run(store.list_changes("room", {.start = Start::newest})).cursor;
    for (int i = 0; i < 5900; ++i) update(store, i);
    run(store.trim_room("room", 5800));
    for (int i = 0; i < 100; ++i) {
        // Meanwhile the changes are removed, some by each call.
        const auto answer = changes_since(store, start.extended_to(0));
        CHECK_FALSE(answer.reset);
        CHECK(answer.first_index == 5800);
        CHECK(answer.updated.size() == 100);
        CHECK(answer.updated.front().id == "5800");
        CHECK(answer.deleted.empty());
    }
    // Not those of an earlier room with this id, either.
    run(store.delete_room("room"));
    run(store.create_room(sample_room()));
    append_many(store, 1000);
    const auto fresh = run(store.list_changes("room", {.limit = 1000})).cursor;
    for (int i = 0; i < 60; ++i) CHECK(changes_since(store, fresh).updated.empty());
    run(store.close());
}

TEST_CASE("every call that changes a room tells the watches, and no other call does") {
    InMemoryStore store;
    run(store.init());
    const auto watch = store.watch_rooms({.rooms = {"room"}});
    const auto told = [&] {
        // A second room is always reported, so that next() never waits.
        watch->add("other");
        watch->mark("other");
        std::vector<std::string> ids;
        for (const auto& notice : run(watch->next())) ids.push_back(notice.room_id);
        REQUIRE((ids == test::Ids{"other"} || ids == test::Ids{"other", "room"}));
        return ids.size() == 2;
    };
    CHECK(told());
    CHECK_FALSE(told());
    run(store.create_room(sample_room()));
    CHECK(told());
    const auto event = make_event({.id = "a"});
    for (int i = 0; i < 2; ++i) {
        run(store.append(event));
        CHECK(told());
    }
    for (int i = 0; i < 2; ++i) {
        run(store.append_events("room", {make_event({.id = "b"})}));
        CHECK(told());
    }
    for (int i = 0; i < 2; ++i) {
        run(store.add_event(make_event({.id = "c", .index = 5})));
        CHECK(told());
    }
    run(store.update_event(event));
    CHECK(told());
    run(store.delete_event("room", "b"));
    CHECK(told());
    run(store.trim_room("room", 1));
    CHECK(told());
    run(store.update_room(sample_room()));
    CHECK(told());
    run(store.patch_room_metadata("room", {{"a", 1}}));
    CHECK(told());

    run(store.delete_event("room", "b"));
    run(store.trim_room("room", 1));
    CHECK_FAILS(store.update_event(make_event({.id = "unknown"})), errc::not_found);
    CHECK_FAILS(store.create_room(sample_room()), errc::already_exists);
    run(store.mark_all_read("room", "channel"));
    run(store.advance_delivered_index("room", 0));
    run(store.add_binding({.channel_id = "channel", .room_id = "room", .channel_type = "sms"}));
    run(store.add_participant({.id = "p", .room_id = "room", .channel_id = "channel"}));
    run(store.add_task({.id = "task", .room_id = "room"}));
    run(store.add_observation({.id = "o", .room_id = "room", .channel_id = "channel"}));
    run(store.list_changes("room"));
    run(store.reset_cursors());
    CHECK_FALSE(told());

    run(store.delete_room("room"));
    CHECK(told());
    run(store.delete_room("room"));
    CHECK_FALSE(told());
}
