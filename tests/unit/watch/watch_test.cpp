// RoomWatch and WatchRegistry. Most tests run their execution context step by step on the thread of
// the test, so that the order of events is fixed.

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <asio/system_executor.hpp>
#include <asio/this_coro.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>

#include "roomstore/detail/watch_registry.hpp"
#include "support/errors.hpp"
#include "support/run.hpp"
#include "support/task.hpp"
#include "unit/watch/waiting.hpp"

using namespace roomstore;
using detail::WatchRegistry;
using test::reported;
using test::Rooms;
using test::Waiting;

namespace {

constexpr std::array cancellation_types{asio::cancellation_type::terminal,
                                        asio::cancellation_type::partial,
                                        asio::cancellation_type::total};

/// A registry, and an execution context that runs on the thread of the test.
struct Fixture {
    std::shared_ptr<WatchRegistry> registry = WatchRegistry::make();
    asio::io_context context;

    ~Fixture() { registry->close(); }

    /// Runs what can run now.
    void poll() {
        context.restart();
        context.poll();
    }

    /// A watch of `rooms`, which have been reported.
    std::shared_ptr<RoomWatch> settled(Rooms rooms) {
        auto watch = registry->watch(std::move(rooms));
        if (!watch->rooms().empty()) static_cast<void>(next(*watch));
        return watch;
    }

    /// What a call of `next()` reports without waiting.
    Rooms next(RoomWatch& watch) {
        Waiting call(context.get_executor(), watch.next());
        poll();
        auto rooms = reported(call);
        if (!call.ended()) call.cancel();
        poll();
        return rooms;
    }
};

std::error_code failure_of_add(RoomWatch& watch, std::string room_id) {
    try {
        watch.add(std::move(room_id));
    } catch (const std::system_error& error) {
        return error.code();
    }
    return {};
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a room is reported once right after it was added", "[watch]") {
    const auto watch = registry->watch({"b", "a"});
    CHECK(next(*watch) == Rooms{"a", "b"});
    CHECK(next(*watch) == Rooms{"waits"});
    watch->add("c");
    CHECK(next(*watch) == Rooms{"c"});
    watch->add("c");
    CHECK(next(*watch) == Rooms{"waits"});
}

TEST_CASE_METHOD(Fixture, "adding a room wakes a waiter", "[watch]") {
    const auto watch = settled({"a"});
    const Waiting call(context.get_executor(), watch->next());
    poll();
    watch->add("b");
    poll();
    CHECK(reported(call) == Rooms{"b"});
}

TEST_CASE_METHOD(Fixture, "rooms are reported once each, ordered by id", "[watch]") {
    const auto watch = settled({"a", "b", "c", "d"});
    for (const auto* room : {"d", "b", "d", "c", "b"}) registry->tell(room);
    CHECK(next(*watch) == Rooms{"b", "c", "d"});
    CHECK(next(*watch) == Rooms{"waits"});
}

TEST_CASE_METHOD(Fixture, "a room that is told while nobody waits is reported later", "[watch]") {
    const auto watch = settled({"a"});
    registry->tell("a");
    CHECK(next(*watch) == Rooms{"a"});
    registry->tell("a");
    CHECK(next(*watch) == Rooms{"a"});
}

TEST_CASE_METHOD(Fixture, "a waiter is resumed by its execution context only", "[watch]") {
    const auto watch = settled({"a"});
    const Waiting call(context.get_executor(), watch->next());
    poll();
    CHECK_FALSE(call.ended());
    CHECK_FALSE(context.stopped());  // waiting is work
    registry->tell("a");
    CHECK_FALSE(call.ended());
    poll();
    CHECK(reported(call) == Rooms{"a"});
    CHECK(context.stopped());
}

TEST_CASE_METHOD(Fixture, "rooms told after the waiter was woken are reported with it", "[watch]") {
    const auto watch = settled({"a", "b"});
    const Waiting call(context.get_executor(), watch->next());
    poll();
    registry->tell("b");
    registry->tell("a");
    poll();
    CHECK(reported(call) == Rooms{"a", "b"});
    CHECK(next(*watch) == Rooms{"waits"});
}

TEST_CASE_METHOD(Fixture, "rooms that are not watched are not reported", "[watch]") {
    const auto watch = settled({"a"});
    const Waiting call(context.get_executor(), watch->next());
    poll();
    registry->tell("b");
    watch->mark("b");
    poll();
    CHECK_FALSE(call.ended());
    watch->close();
    poll();
}

TEST_CASE_METHOD(Fixture, "a removed room is not reported", "[watch]") {
    const auto watch = settled({"a", "b"});
    registry->tell("a");
    watch->remove("a");
    watch->remove("a");
    watch->remove("never watched");
    CHECK(watch->rooms() == Rooms{"b"});
    CHECK(next(*watch) == Rooms{"waits"});
    registry->tell("a");
    CHECK(next(*watch) == Rooms{"waits"});
    watch->add("a");
    CHECK(next(*watch) == Rooms{"a"});
}

TEST_CASE_METHOD(Fixture, "a waiter woken for a room that is removed goes on waiting", "[watch]") {
    const auto watch = settled({"a", "b"});
    const Waiting call(context.get_executor(), watch->next());
    poll();
    registry->tell("a");
    watch->remove("a");
    poll();
    CHECK_FALSE(call.ended());
    registry->tell("b");
    poll();
    CHECK(reported(call) == Rooms{"b"});
}

TEST_CASE_METHOD(Fixture, "a marked room is reported again", "[watch]") {
    const auto watch = settled({"a", "b"});
    watch->mark("a");
    CHECK(next(*watch) == Rooms{"a"});
    const Waiting call(context.get_executor(), watch->next());
    poll();
    watch->mark("b");
    poll();
    CHECK(reported(call) == Rooms{"b"});
}

TEST_CASE_METHOD(Fixture, "every watch of a room is told", "[watch]") {
    std::vector<std::shared_ptr<RoomWatch>> watches;
    for (int i = 0; i < 4; ++i) watches.push_back(settled({"a"}));
    CHECK(registry->rooms_watched() == 1);
    registry->tell("a");
    for (const auto& watch : watches) CHECK(next(*watch) == Rooms{"a"});

    // One in the middle, the newest and the oldest.
    watches[1]->remove("a");
    watches[3].reset();
    watches[0]->close();
    registry->tell("a");
    CHECK(next(*watches[1]) == Rooms{"waits"});
    CHECK(next(*watches[2]) == Rooms{"a"});
    CHECK(registry->rooms_watched() == 1);
    watches[2]->remove("a");
    CHECK(registry->rooms_watched() == 0);
}

TEST_CASE_METHOD(Fixture, "the registry lists each watched room once", "[watch]") {
    const auto one = registry->watch({"a", "b"});
    auto other = registry->watch({"c", "b"});
    auto rooms = registry->rooms();
    std::sort(rooms.begin(), rooms.end());
    CHECK(rooms == Rooms{"a", "b", "c"});
    CHECK(registry->rooms_watched() == 3);
    other.reset();
    CHECK(registry->rooms_watched() == 2);
    one->remove("a");
    CHECK(registry->rooms() == Rooms{"b"});
    CHECK(one->rooms() == Rooms{"b"});
}

TEST_CASE_METHOD(Fixture, "a bad room id is refused and not watched", "[watch]") {
    const auto watch = settled({});
    for (const std::string& room : {std::string(), std::string(256, 'x'), std::string("\xFF")}) {
        CHECK(failure_of_add(*watch, room) == errc::invalid_argument);
        CHECK_THROWS_AS(registry->watch({"good", room}), Error);
    }
    CHECK(watch->rooms().empty());
    CHECK(registry->rooms_watched() == 0);
    CHECK(next(*watch) == Rooms{"waits"});
}

TEST_CASE_METHOD(Fixture, "a waiting call can be cancelled, and nothing is lost", "[watch]") {
    const auto watch = settled({"a"});
    for (const auto type : cancellation_types) {
        Waiting call(context.get_executor(), watch->next());
        poll();
        call.cancel(type);
        CHECK_FALSE(call.ended());
        registry->tell("a");
        poll();
        CHECK(call.aborted());
        CHECK(next(*watch) == Rooms{"a"});
    }
}

TEST_CASE_METHOD(Fixture, "a call cancelled after it was woken loses nothing", "[watch]") {
    const auto watch = settled({"a"});
    for (const auto type : cancellation_types) {
        Waiting call(context.get_executor(), watch->next());
        poll();
        registry->tell("a");
        call.cancel(type);
        poll();
        CHECK(call.aborted());
        CHECK(next(*watch) == Rooms{"a"});
        CHECK(next(*watch) == Rooms{"waits"});
    }
}

TEST_CASE_METHOD(Fixture, "a call cancelled before it begins loses nothing", "[watch]") {
    const auto watch = settled({"a"});
    registry->tell("a");
    Waiting call(context.get_executor(), watch->next());
    call.cancel();
    poll();
    CHECK(call.aborted());
    CHECK(next(*watch) == Rooms{"a"});
}

TEST_CASE_METHOD(Fixture, "a call that has ended can be cancelled", "[watch]") {
    const auto watch = settled({"a"});
    Waiting call(context.get_executor(), watch->next());
    poll();
    registry->tell("a");
    poll();
    call.cancel();
    const Waiting later(context.get_executor(), watch->next());
    poll();
    call.cancel();
    poll();
    CHECK_FALSE(later.ended());
    registry->tell("a");
    poll();
    CHECK(reported(later) == Rooms{"a"});
}

TEST_CASE_METHOD(Fixture, "a coroutine that was cancelled before does not wait", "[watch]") {
    const auto watch = settled({"a"});
    const auto task = [](RoomWatch& of,
                         asio::cancellation_signal& mine) -> asio::awaitable<std::error_code> {
        co_await asio::this_coro::throw_if_cancelled(false);
        mine.emit(asio::cancellation_type::terminal);
        std::error_code code;
        try {
            co_await of.next();
        } catch (const std::system_error& error) {
            code = error.code();
        }
        co_return code;
    };
    for (const bool dirty : {false, true}) {
        if (dirty) registry->tell("a");
        asio::cancellation_signal signal;
        std::error_code code;
        asio::co_spawn(context,
                       task(*watch, signal),
                       asio::bind_cancellation_slot(
                           signal.slot(),
                           [&](const std::exception_ptr&, std::error_code told) { code = told; }));
        poll();
        CHECK(code == asio::error::operation_aborted);
    }
    CHECK(next(*watch) == Rooms{"a"});
}

TEST_CASE_METHOD(Fixture, "cancelling frees the place at once", "[watch]") {
    const auto watch = settled({"a"});
    Waiting first(context.get_executor(), watch->next());
    poll();
    first.cancel();
    // The first coroutine does not run until the second one waits.
    asio::io_context other;
    Waiting second(other.get_executor(), watch->next());
    other.poll();
    CHECK_FALSE(second.ended());
    poll();
    CHECK(first.aborted());
    registry->tell("a");
    other.restart();
    other.poll();
    CHECK(reported(second) == Rooms{"a"});
}

TEST_CASE_METHOD(Fixture, "a call cancelled twice does not disturb the next one", "[watch]") {
    const auto watch = settled({"a"});
    Waiting first(context.get_executor(), watch->next());
    poll();
    registry->tell("a");
    first.cancel();
    asio::io_context other;
    Waiting second(other.get_executor(), watch->next());
    other.poll();
    CHECK(reported(second) == Rooms{"a"});
    Waiting third(other.get_executor(), watch->next());
    other.restart();
    other.poll();
    first.cancel();
    poll();
    CHECK(first.aborted());
    registry->tell("a");
    other.restart();
    other.poll();
    CHECK(reported(third) == Rooms{"a"});
}

TEST_CASE_METHOD(Fixture, "a second call fails while the first one waits", "[watch]") {
    const auto watch = settled({"a"});
    const Waiting first(context.get_executor(), watch->next());
    const Waiting second(context.get_executor(), watch->next());
    poll();
    CHECK(second.failed(errc::invalid_argument));
    CHECK_FALSE(first.ended());
    registry->tell("a");
    const Waiting third(context.get_executor(), watch->next());
    poll();
    CHECK(reported(first) == Rooms{"a"});
}

TEST_CASE_METHOD(Fixture, "closing a watch aborts its calls", "[watch]") {
    const auto watch = settled({"a"});
    const Waiting call(context.get_executor(), watch->next());
    poll();
    watch->close();
    CHECK_FALSE(call.ended());
    poll();
    CHECK(call.aborted());
    registry->tell("a");
    watch->mark("a");
    watch->remove("a");
    watch->close();
    const Waiting later(context.get_executor(), watch->next());
    poll();
    CHECK(later.aborted());
    CHECK(failure_of_add(*watch, "b") == errc::closed);
    CHECK(watch->rooms().empty());
    CHECK(registry->rooms_watched() == 0);
}

TEST_CASE_METHOD(Fixture, "closing a watch discards what was not reported", "[watch]") {
    const auto watch = registry->watch({"a", "b"});
    const auto kept = registry->watch({"b"});
    watch->close();
    const Waiting call(context.get_executor(), watch->next());
    poll();
    CHECK(call.aborted());
    CHECK(registry->rooms() == Rooms{"b"});
    CHECK(next(*kept) == Rooms{"b"});
}

TEST_CASE_METHOD(Fixture, "destroying a watch aborts its calls", "[watch]") {
    auto watch = settled({"a"});
    const Waiting call(context.get_executor(), watch->next());
    poll();
    watch.reset();
    poll();
    CHECK(call.aborted());
}

TEST_CASE_METHOD(Fixture, "a call may begin after its watch was destroyed", "[watch]") {
    auto watch = settled({"a"});
    auto call = watch->next();
    watch.reset();
    // A forgotten call keeps no room watched.
    CHECK(registry->rooms_watched() == 0);
    const Waiting later(context.get_executor(), std::move(call));
    poll();
    CHECK(later.aborted());
}

TEST_CASE_METHOD(Fixture, "a call that is never awaited does nothing", "[watch]") {
    const auto watch = settled({"a"});
    registry->tell("a");
    static_cast<void>(watch->next());
    auto forgotten = watch->next();
    CHECK(next(*watch) == Rooms{"a"});
    registry->tell("a");
    CHECK(next(*watch) == Rooms{"a"});
}

TEST_CASE_METHOD(Fixture, "closing the registry ends all watches with closed", "[watch]") {
    const auto waits = settled({"a"});
    const auto idle = settled({"a", "b"});
    const auto closed_before = settled({"c"});
    closed_before->close();
    const Waiting call(context.get_executor(), waits->next());
    poll();
    registry->close();
    CHECK_FALSE(call.ended());
    registry->close();
    poll();
    CHECK(call.failed(errc::closed));
    CHECK(registry->rooms_watched() == 0);
    for (const auto& watch : {waits, idle}) {
        CHECK(failure_of_add(*watch, "d") == errc::closed);
        watch->close();
        const Waiting later(context.get_executor(), watch->next());
        poll();
        CHECK(later.failed(errc::closed));
    }
    const Waiting aborted(context.get_executor(), closed_before->next());
    poll();
    CHECK(aborted.aborted());
    CHECK_THROWS_MATCHES(registry->watch({}), Error, test::fails_with(errc::closed));
}

TEST_CASE_METHOD(Fixture, "watches and calls may outlive the registry's owner", "[watch]") {
    auto watch = settled({"a"});
    const Waiting call(context.get_executor(), watch->next());
    poll();
    registry->close();
    std::exchange(registry, WatchRegistry::make()).reset();
    poll();
    CHECK(call.failed(errc::closed));
    watch->remove("a");
    watch->mark("a");
    watch.reset();
}

TEST_CASE_METHOD(Fixture, "an execution context may be destroyed while a call waits", "[watch]") {
    const auto watch = settled({"a"});
    const auto wait = [](RoomWatch& of, int& counted) -> asio::awaitable<void> {
        const test::FrameCounter counter(counted);
        co_await of.next();
    };
    for (const bool woken : {false, true}) {
        int frames = 0;
        {
            asio::io_context gone;
            asio::co_spawn(gone, wait(*watch, frames), [](const std::exception_ptr&) {});
            gone.poll();
            if (woken) registry->tell("a");
            CHECK(frames == 1);
        }
        CHECK(frames == 0);
        registry->tell("a");
        CHECK(next(*watch) == Rooms{"a"});
    }
}

TEST_CASE_METHOD(Fixture, "a signal may outlive the execution context of its call", "[watch]") {
    const auto watch = settled({"a"});
    auto gone = std::make_unique<asio::io_context>();
    Waiting call(gone->get_executor(), watch->next());
    gone->poll();
    gone.reset();
    call.cancel();
    registry->tell("a");
    CHECK(next(*watch) == Rooms{"a"});
}

TEST_CASE_METHOD(Fixture, "a call resumes on the strand of its caller", "[watch]") {
    const auto watch = settled({"a"});
    const auto strand = asio::make_strand(context.get_executor());
    bool on_strand = false;
    const auto task = [](RoomWatch& of, auto on, bool& told) -> asio::awaitable<void> {
        co_await of.next();
        told = on.running_in_this_thread();
    };
    asio::co_spawn(strand, task(*watch, strand, on_strand), [](const std::exception_ptr&) {});
    poll();
    registry->tell("a");
    poll();
    CHECK(on_strand);
}

TEST_CASE("calls of one watch may use different executors, one after the other", "[watch]") {
    const test::Watchdog watchdog;
    const auto registry = WatchRegistry::make();
    const auto watch = registry->watch({"a"});
    test::Caller caller;
    asio::thread_pool pool(2);
    const std::vector<asio::any_io_executor> executors{
        caller.context().get_executor(),
        asio::make_strand(caller.context()),
        pool.get_executor(),
        asio::make_strand(pool),
        asio::system_executor(),
    };
    for (int round = 0; round < 20; ++round) {
        for (const auto& executor : executors) {
            auto rooms = asio::co_spawn(executor, watch->next(), asio::use_future);
            if (round != 0 || executor != executors.front()) registry->tell("a");
            CHECK(test::rooms_of(rooms.get()) == Rooms{"a"});
        }
    }
    registry->close();
    pool.join();
}
