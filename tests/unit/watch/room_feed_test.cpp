// RoomFeed on a store whose answers and notices are scripted.

#include "roomstore/room_feed.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <catch2/catch_test_macros.hpp>

#include "roomstore/decorators/forwarding_store.hpp"
#include "roomstore/detail/watch_registry.hpp"
#include "roomstore/memory/in_memory_store.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"
#include "unit/watch/waiting.hpp"

using namespace roomstore;
using test::Ids;
using test::Waiting;

namespace {

/// A read of the script: gives these changes, or fails, or waits until it is cancelled.
struct Read {
    RoomChanges changes{};
    std::optional<errc> failure{};
    bool waits = false;
    /// Runs before the answer is given.
    std::function<void()> meanwhile{};
};

class ScriptedStore final : public ForwardingStore {
public:
    ScriptedStore() : ForwardingStore(std::make_shared<InMemoryStore>()) {}

    std::shared_ptr<RoomWatch> watch_rooms(WatchOptions options) override {
        return registry->watch(std::move(options.rooms));
    }

    /// The next read of the script; after its end nothing has changed.
    asio::awaitable<RoomChanges> list_changes(std::string room_id, ChangesQuery query) override {
        rooms.push_back(std::move(room_id));
        asked.push_back(query);
        Read read = next_read(query);
        if (read.meanwhile) read.meanwhile();
        if (read.waits) {
            asio::steady_timer never(co_await asio::this_coro::executor,
                                     asio::steady_timer::time_point::max());
            co_await never.async_wait(asio::use_awaitable);
        }
        if (read.failure) throw Error(*read.failure, "scripted");
        co_return read.changes;
    }

    const std::shared_ptr<detail::WatchRegistry> registry = detail::WatchRegistry::make();
    std::deque<Read> script;
    std::vector<std::string> rooms;
    std::vector<ChangesQuery> asked;

private:
    Read next_read(const ChangesQuery& query) {
        Read read;
        if (!script.empty()) {
            read = std::move(script.front());
            script.pop_front();
        } else {
            read.changes.exists = true;
            read.changes.cursor = query.since.value_or(RoomCursor{});
            read.changes.first_index = first_index;
        }
        first_index = read.changes.first_index;
        return read;
    }

    std::int64_t first_index = 0;
};

/// The cursor after `events` events and `revision` other changes.
RoomCursor cursor_at(std::int64_t events, std::int64_t revision = 0) {
    return {.room = 7, .next_index = events, .revision = revision};
}

/// The events from `first` on that the cursor has seen.
RoomChanges added(std::int64_t first, const RoomCursor& cursor) {
    RoomChanges changes;
    changes.exists = true;
    changes.cursor = cursor;
    for (auto i = first; i < cursor.next_index; ++i) {
        changes.added.push_back(test::make_event({.id = std::to_string(i), .index = i}));
    }
    return changes;
}

RoomChanges unchanged(const RoomCursor& cursor) { return added(cursor.next_index, cursor); }

Read answer(RoomChanges changes) {
    Read read;
    read.changes = std::move(changes);
    return read;
}

struct Fixture {
    ScriptedStore store;
    asio::io_context context;

    void poll() {
        context.restart();
        context.poll();
    }

    Waiting<RoomChanges> start(RoomFeed& feed) {
        Waiting<RoomChanges> call(context.get_executor(), feed.next());
        poll();
        return call;
    }

    /// Ends a call that must be waiting for a notice, and says whether it was.
    bool waits(RoomFeed& feed) {
        auto call = start(feed);
        if (call.ended()) return false;
        call.cancel();
        poll();
        return call.aborted();
    }
};

Ids added_by(const Waiting<RoomChanges>& call) {
    if (!call.ended()) return {"waits"};
    if (!call.result()) return {"fails"};
    return test::ids_of(call.result()->added);
}

}  // namespace

TEST_CASE_METHOD(Fixture, "the first call without a cursor returns at once", "[feed]") {
    RoomFeed feed(store, "room");
    CHECK(feed.cursor() == std::nullopt);
    // An unknown room.
    store.script.push_back(answer({}));
    const auto call = start(feed);
    REQUIRE(call.result());
    CHECK_FALSE(call.result()->exists);
    CHECK(feed.cursor() == RoomCursor{});
    CHECK(store.rooms == std::vector<std::string>{"room"});
    CHECK_FALSE(store.asked.at(0).since);

    store.script.push_back(answer({}));
    CHECK(waits(feed));
    CHECK(store.asked.at(1).since == RoomCursor{});
}

TEST_CASE_METHOD(Fixture, "the options reach the reads", "[feed]") {
    RoomFeed feed(store, "room", {}, {.start = Start::newest, .limit = 3});
    store.script.push_back(answer(added(0, cursor_at(1))));
    CHECK(added_by(start(feed)) == Ids{"0"});
    CHECK(store.asked.at(0).limit == 3);
    CHECK(store.asked.at(0).start == Start::newest);
}

TEST_CASE_METHOD(Fixture, "a feed waits while nothing has changed", "[feed]") {
    RoomFeed feed(store, "room");
    store.script.push_back(answer(added(0, cursor_at(2))));
    CHECK(added_by(start(feed)) == Ids{"0", "1"});

    const auto call = start(feed);
    CHECK_FALSE(call.ended());
    store.script.push_back(answer(added(2, cursor_at(3))));
    store.registry->tell("room");
    poll();
    CHECK(added_by(call) == Ids{"2"});
    CHECK(feed.cursor() == cursor_at(3));
}

TEST_CASE_METHOD(Fixture, "a notice without a change is not told", "[feed]") {
    RoomFeed feed(store, "room", cursor_at(2));
    const auto call = start(feed);
    for (int i = 0; i < 3; ++i) {
        store.registry->tell("room");
        poll();
        CHECK_FALSE(call.ended());
    }
    CHECK(store.asked.size() >= 4);
    store.script.push_back(answer(added(2, cursor_at(3))));
    store.registry->tell("room");
    poll();
    CHECK(added_by(call) == Ids{"2"});
}

TEST_CASE_METHOD(Fixture, "changes that concern no event of the reader are not told", "[feed]") {
    RoomFeed feed(store, "room", cursor_at(2));
    // An event was appended and deleted.
    store.script.push_back(answer(unchanged(cursor_at(3, 1))));
    CHECK(waits(feed));
    CHECK(feed.cursor() == cursor_at(3, 1));
}

TEST_CASE_METHOD(Fixture, "an answer with more is continued without waiting", "[feed]") {
    RoomFeed feed(store, "room");
    auto first = added(0, cursor_at(2));
    first.more = true;
    store.script.push_back(answer(first));
    // A page of changes of which none concerns the reader.
    auto nothing = unchanged(cursor_at(2, 5));
    nothing.more = true;
    store.script.push_back(answer(nothing));
    store.script.push_back(answer(added(2, cursor_at(4, 5))));
    CHECK(added_by(start(feed)) == Ids{"0", "1"});
    CHECK(added_by(start(feed)) == Ids{"2", "3"});
    CHECK(waits(feed));
    REQUIRE(store.asked.size() >= 3);
    CHECK(store.asked[1].since == cursor_at(2));
    CHECK(store.asked[2].since == cursor_at(2, 5));
}

TEST_CASE_METHOD(Fixture, "a read that fails loses nothing", "[feed]") {
    RoomFeed feed(store, "room", cursor_at(2));
    CHECK(waits(feed));
    // The first read after the notice fails, the second one gives what it would have given.
    Read failing;
    failing.failure = errc::unavailable;
    store.script.push_back(failing);
    store.script.push_back(answer(added(2, cursor_at(3))));
    store.registry->tell("room");
    CHECK(start(feed).failed(errc::unavailable));
    CHECK(feed.cursor() == cursor_at(2));
    CHECK(added_by(start(feed)) == Ids{"2"});
    CHECK(store.asked.back().since == cursor_at(2));
}

TEST_CASE_METHOD(Fixture, "a read that is cancelled loses nothing", "[feed]") {
    RoomFeed feed(store, "room", cursor_at(2));
    CHECK(waits(feed));
    Read waiting;
    waiting.waits = true;
    store.script.push_back(waiting);
    store.script.push_back(answer(added(2, cursor_at(3))));
    store.registry->tell("room");
    auto call = start(feed);
    CHECK_FALSE(call.ended());
    CHECK(store.script.size() == 1);
    call.cancel();
    poll();
    CHECK(call.aborted());
    CHECK(added_by(start(feed)) == Ids{"2"});
}

TEST_CASE_METHOD(Fixture, "a call cancelled after it was woken loses nothing", "[feed]") {
    RoomFeed feed(store, "room", cursor_at(2));
    auto call = start(feed);
    store.script.push_back(answer(added(2, cursor_at(3))));
    store.registry->tell("room");
    call.cancel();
    poll();
    CHECK(call.aborted());
    CHECK(added_by(start(feed)) == Ids{"2"});
}

TEST_CASE_METHOD(Fixture, "a change during a read is told by the next call", "[feed]") {
    RoomFeed feed(store, "room", cursor_at(2));
    CHECK(waits(feed));
    auto read = answer(added(2, cursor_at(3)));
    read.meanwhile = [this] {
        store.script.push_back(answer(added(3, cursor_at(4))));
        store.registry->tell("room");
    };
    store.script.push_back(std::move(read));
    store.registry->tell("room");
    CHECK(added_by(start(feed)) == Ids{"2"});
    CHECK(added_by(start(feed)) == Ids{"3"});
}

TEST_CASE_METHOD(Fixture, "a reset is told", "[feed]") {
    RoomFeed feed(store, "room", cursor_at(2));
    RoomChanges gone;
    gone.reset = true;
    store.script.push_back(answer(gone));
    const auto call = start(feed);
    REQUIRE(call.result());
    CHECK(call.result()->reset);
    CHECK(feed.cursor() == RoomCursor{});
}

TEST_CASE_METHOD(Fixture, "a change of the room is told", "[feed]") {
    RoomFeed feed(store, "room", cursor_at(2));
    auto changes = unchanged(cursor_at(2, 1));
    changes.room = test::sample_room();
    store.script.push_back(answer(changes));
    const auto call = start(feed);
    REQUIRE(call.result());
    CHECK(call.result()->room);
}

TEST_CASE_METHOD(Fixture, "updates and deletions are told", "[feed]") {
    RoomFeed feed(store, "room", cursor_at(2));
    auto updated = unchanged(cursor_at(2, 1));
    updated.updated.push_back(test::make_event());
    auto deleted = unchanged(cursor_at(2, 2));
    deleted.deleted.push_back({.id = "event", .index = 0});
    store.script.push_back(answer(updated));
    const auto first = start(feed);
    REQUIRE(first.result());
    CHECK(first.result()->updated.size() == 1);
    store.script.push_back(answer(deleted));
    store.registry->tell("room");
    const auto second = start(feed);
    REQUIRE(second.result());
    CHECK(second.result()->deleted.size() == 1);
}

TEST_CASE_METHOD(Fixture, "a trim of the room is told once", "[feed]") {
    RoomFeed feed(store, "room", cursor_at(5));
    CHECK(waits(feed));
    auto trimmed = unchanged(cursor_at(5, 1));
    trimmed.first_index = 3;
    store.script.push_back(answer(trimmed));
    store.registry->tell("room");
    const auto call = start(feed);
    REQUIRE(call.result());
    CHECK(call.result()->first_index == 3);
    CHECK(waits(feed));
    store.registry->tell("room");
    CHECK(waits(feed));
}

TEST_CASE_METHOD(Fixture, "a trim while nobody followed is told to the next feed", "[feed]") {
    auto trimmed = unchanged(cursor_at(5, 2));
    trimmed.first_index = 3;
    {
        RoomFeed feed(store, "room", cursor_at(5, 1));
        store.script.push_back(answer(trimmed));
        const auto call = start(feed);
        REQUIRE(call.result());
        CHECK(call.result()->first_index == 3);
        CHECK(feed.cursor() == cursor_at(5, 2));
    }
    // Who has the cursor after the trim is not told of it again.
    RoomFeed later(store, "room", cursor_at(5, 2));
    store.script.push_back(answer(trimmed));
    CHECK(waits(later));
}

TEST_CASE_METHOD(Fixture, "another feed goes on from the cursor", "[feed]") {
    std::optional<RoomCursor> cursor;
    {
        RoomFeed feed(store, "room");
        store.script.push_back(answer(added(0, cursor_at(2, 3))));
        CHECK(added_by(start(feed)) == Ids{"0", "1"});
        cursor = feed.cursor();
    }
    RoomFeed feed(store, "room", cursor);
    CHECK(feed.cursor() == cursor_at(2, 3));
    store.script.push_back(answer(added(2, cursor_at(3, 3))));
    CHECK(added_by(start(feed)) == Ids{"2"});
    CHECK(store.asked.back().since == cursor_at(2, 3));
    // A feed that was moved goes on as well.
    RoomFeed moved(std::move(feed));
    store.script.push_back(answer(added(3, cursor_at(4, 3))));
    store.registry->tell("room");
    CHECK(added_by(start(moved)) == Ids{"3"});
}

TEST_CASE_METHOD(Fixture, "a feed fails when its store is closed", "[feed]") {
    RoomFeed feed(store, "room", cursor_at(2));
    const auto call = start(feed);
    store.registry->close();
    poll();
    CHECK(call.failed(errc::closed));
    CHECK_THROWS_MATCHES(RoomFeed(store, "room"), Error, test::fails_with(errc::closed));
}
