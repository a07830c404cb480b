#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>

#include "roomstore/memory/in_memory_store.hpp"
#include "roomstore/testing.hpp"
#include "roomstore/within.hpp"

using namespace roomstore;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    std::shared_ptr<InMemoryStore> inner = std::make_shared<InMemoryStore>();
    FailingStore store{inner};

    Fixture() {
        run(store.init());
        Room room;
        room.id = "lobby";
        run(store.create_room(std::move(room)));
    }
};

/// The code with which `call` fails; none if it succeeds.
template <typename T>
std::optional<std::error_code> failure(asio::awaitable<T> call) {
    try {
        run(std::move(call));
    } catch (const std::system_error& error) {
        return error.code();
    }
    return std::nullopt;
}

/// Runs calls beside each other, in the thread of the test.
class Calls {
public:
    /// What a call has come to.
    struct Ended {
        bool ended = false;
        std::error_code error{};
        asio::cancellation_signal cancel{};
    };

    template <typename T>
    std::shared_ptr<Ended> start(asio::awaitable<T> call) {
        auto state = std::make_shared<Ended>();
        const auto note = [state](const std::exception_ptr& error, auto&&...) {
            state->ended = true;
            try {
                if (error) std::rethrow_exception(error);
            } catch (const std::system_error& caught) {
                state->error = caught.code();
            }
        };
        asio::co_spawn(
            context_, std::move(call), asio::bind_cancellation_slot(state->cancel.slot(), note));
        return state;
    }

    /// Runs until nothing is left to do but to wait.
    void poll() {
        context_.restart();
        context_.poll();
    }
    void run_to_end() {
        context_.restart();
        context_.run();
    }

private:
    asio::io_context context_;
};

/// Cannot be cancelled, as a call whose COMMIT has been sent.
asio::awaitable<std::string> committing(FailingStore& store) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    const bool exists = co_await store.room_exists("lobby");
    co_return exists ? "stored" : "lost";
}

}  // namespace

TEST_CASE("planned calls fail, before or after they reach the other store") {
    Fixture fixture;
    auto& store = fixture.store;
    store.fail("room_exists", {.code = errc::timeout, .nth = 2, .count = 2});
    CHECK_FALSE(failure(store.room_exists("lobby")));
    CHECK(failure(store.room_exists("lobby")) == errc::timeout);
    CHECK(failure(store.room_exists("lobby")) == errc::timeout);
    CHECK_FALSE(failure(store.room_exists("lobby")));
    CHECK(store.calls("room_exists") == 4);
    CHECK(store.calls("get_room") == 0);

    store.fail("delete_room");
    CHECK(failure(store.delete_room("lobby")) == errc::unavailable);
    CHECK(run(fixture.inner->room_exists("lobby")));
    store.fail("delete_room", {.code = errc::commit_unknown, .after = true});
    CHECK(failure(store.delete_room("lobby")) == errc::commit_unknown);
    CHECK_FALSE(run(fixture.inner->room_exists("lobby")));

    store.fail("close", {.code = errc::internal});
    CHECK(failure(store.close()) == errc::internal);
    CHECK_FALSE(failure(store.close()));
}

TEST_CASE("a call that is held goes on once it is released, or ends if it is cancelled") {
    Fixture fixture;
    auto& store = fixture.store;
    Calls calls;
    store.hold("delete_room");
    const auto held = calls.start(store.delete_room("lobby"));
    const auto other = calls.start(store.room_exists("lobby"));
    calls.poll();
    CHECK_FALSE(held->ended);
    CHECK(other->ended);
    CHECK(store.waiting("delete_room") == 1);
    CHECK(run(fixture.inner->room_exists("lobby")));

    held->cancel.emit(asio::cancellation_type::terminal);
    calls.poll();
    CHECK(held->ended);
    CHECK(held->error == asio::error::operation_aborted);
    CHECK(store.waiting("delete_room") == 0);
    CHECK(run(fixture.inner->room_exists("lobby")));

    store.hold("delete_room", 2);
    CHECK_FALSE(run(store.delete_room("nowhere")));
    const auto second = calls.start(store.delete_room("lobby"));
    calls.poll();
    CHECK_FALSE(second->ended);
    store.release("delete_room");
    calls.run_to_end();
    CHECK(second->ended);
    CHECK_FALSE(second->error);
    CHECK_FALSE(run(fixture.inner->room_exists("lobby")));

    store.hold("room_exists");
    store.release("room_exists");
    CHECK_FALSE(run(store.room_exists("lobby")));
}

TEST_CASE("calls are held and released from any thread") {
    Fixture fixture;
    auto& store = fixture.store;
    asio::thread_pool pool(2);
    for (int i = 0; i < 200; ++i) {
        store.hold("room_exists");
        auto ended = asio::co_spawn(pool, store.room_exists("lobby"), asio::use_future);
        if (i % 2 == 0) {
            while (store.waiting("room_exists") == 0) std::this_thread::yield();
        }
        store.release("room_exists");
        CHECK(ended.get());
    }
    CHECK(store.waiting("room_exists") == 0);
}

TEST_CASE("plans for what does not exist are refused") {
    Fixture fixture;
    auto& store = fixture.store;
    const auto refused = [](const auto& plan) {
        try {
            plan();
        } catch (const Error& error) {
            CHECK(error.code() == errc::invalid_argument);
            return error.detail();
        }
        return std::string();
    };
    CHECK(refused([&] { store.fail("get_rom"); }) ==
          "FailingStore.operation: there is no operation 'get_rom'");
    CHECK(refused([&] { store.hold(""); }) == "FailingStore.operation: there is no operation ''");
    CHECK(refused([&] { static_cast<void>(store.calls("x")); }) ==
          "FailingStore.operation: there is no operation 'x'");
    CHECK(refused([&] { store.fail("get_room", {.nth = 0}); }) ==
          "PlannedFailure.nth: must be > 0");
    CHECK(refused([&] { store.fail("get_room", {.count = 0}); }) ==
          "PlannedFailure.count: must be > 0");
    CHECK(refused([&] { store.hold("get_room", 0); }) == "FailingStore::hold.nth: must be > 0");
    CHECK(refused([] { FailingStore(nullptr); }) == "FailingStore.inner: null");
}

TEST_CASE("run() returns the result of a call, or throws what it throws") {
    Fixture fixture;
    CHECK(run(fixture.store.room_exists("lobby")));
    CHECK(run(fixture.store.get_room("lobby"))->id == "lobby");
    fixture.store.fail("room_exists", {.code = errc::busy});
    CHECK(failure(fixture.store.room_exists("lobby")) == errc::busy);
    fixture.store.hold("room_exists");
    std::thread other([&] {
        while (fixture.store.waiting("room_exists") == 0) std::this_thread::yield();
        fixture.store.release("room_exists");
    });
    CHECK(run(fixture.store.room_exists("lobby")));
    other.join();
}

TEST_CASE("within() returns what the call returns") {
    Fixture fixture;
    auto& store = fixture.store;
    CHECK(run(within(1h, store.room_exists("lobby"))));
    CHECK(run(within(1h, store.get_room("lobby")))->id == "lobby");
    run(within(1h, store.reset_cursors()));
    store.fail("room_exists", {.code = errc::busy});
    CHECK(failure(within(1h, store.room_exists("lobby"))) == errc::busy);
}

TEST_CASE("within() cancels a call that takes too long") {
    Fixture fixture;
    auto& store = fixture.store;
    Calls calls;
    for (const auto limit : {1ms, 0ms, -1ms}) {
        store.hold("delete_room");
        const auto held = calls.start(within(limit, store.delete_room("lobby")));
        calls.run_to_end();
        CHECK(held->ended);
        CHECK(held->error == errc::timeout);
    }
    CHECK(run(fixture.inner->room_exists("lobby")));
}

TEST_CASE("within() gives the result of a call that can no longer be cancelled") {
    Fixture fixture;
    auto& store = fixture.store;
    Calls calls;
    std::shared_ptr<Calls::Ended> held;
    do {
        // The time is over at once. That may be noticed before the call has begun.
        store.hold("room_exists");
        held = calls.start(within(0ms, committing(store)));
        calls.poll();
    } while (held->ended);
    calls.poll();
    CHECK_FALSE(held->ended);
    CHECK(store.waiting("room_exists") == 1);
    store.release("room_exists");
    calls.run_to_end();
    CHECK(held->ended);
    CHECK_FALSE(held->error);
}

TEST_CASE("whoever cancels a call within() cancels the call") {
    Fixture fixture;
    auto& store = fixture.store;
    Calls calls;
    store.hold("delete_room");
    const auto held = calls.start(within(1h, store.delete_room("lobby")));
    calls.poll();
    CHECK_FALSE(held->ended);
    held->cancel.emit(asio::cancellation_type::terminal);
    calls.run_to_end();
    CHECK(held->error == asio::error::operation_aborted);
    CHECK(run(fixture.inner->room_exists("lobby")));
}
