#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <catch2/catch_test_macros.hpp>

#include "postgres/fresh_schema.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"

/// Checks that the thread that calls the store never waits for the server: otherwise a timer on
/// that thread would be late. This is the only test with a limit in milliseconds; waiting for a
/// query would exceed it. The time that the thread was ready to run but had no processor is
/// subtracted, as measured by the kernel; it does not know when a virtual machine has none.
namespace roomstore::test {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds period{5};
constexpr milliseconds limit{80};

/// Total time that this thread has waited for a processor (proc(5), schedstat).
nanoseconds waited_for_processor() {
    std::ifstream file("/proc/thread-self/schedstat");
    std::int64_t running = 0;
    std::int64_t waiting = 0;
    if (!(file >> running >> waiting)) return nanoseconds{0};
    return nanoseconds{waiting};
}

struct Heartbeat {
    bool stop = false;
    std::size_t beats = 0;
    std::size_t late = 0;
    nanoseconds worst{0};

    void note(nanoseconds lateness) {
        ++beats;
        if (lateness > limit) ++late;
        worst = std::max(worst, lateness);
    }
};

asio::awaitable<void> beat(Heartbeat& heart) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (!heart.stop) {
        const auto waited_before = waited_for_processor();
        const auto due = Clock::now() + period;
        timer.expires_at(due);
        co_await timer.async_wait(asio::use_awaitable);
        const auto starved = waited_for_processor() - waited_before;
        heart.note(Clock::now() - due - starved);
    }
}

asio::awaitable<void> query(ConversationStore& store, int& left, Heartbeat& heart) {
    const auto rooms = co_await store.list_rooms();
    if (rooms.size() != 1) throw std::logic_error("the query found another thing");
    if (--left == 0) heart.stop = true;
}

/// Starts queries one by one, and lets other handlers run in between.
asio::awaitable<void> start_queries(ConversationStore& store,
                                    int count,
                                    int& left,
                                    Heartbeat& heart) {
    const auto executor = co_await asio::this_coro::executor;
    for (int i = 0; i < count; ++i) {
        asio::co_spawn(executor, query(store, left, heart), [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
        co_await asio::post(executor, asio::use_awaitable);
    }
}

}  // namespace

TEST_CASE("the caller's thread never waits while 500 slow queries run") {
    constexpr int queries = 500;
    constexpr milliseconds query_time{100};
    static_assert(query_time > limit + period);
    FreshSchema schema;
    auto options = schema.options();
    options.deadline = std::chrono::seconds{120};
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(sample_room()));
    // Makes queries slow without using a processor.
    schema.query(
        "ALTER TABLE {schema}.rooms RENAME TO stored_rooms;"
        "CREATE VIEW {schema}.rooms AS SELECT stored.* FROM {schema}.stored_rooms stored, "
        "LATERAL (SELECT pg_sleep(" +
        std::to_string(static_cast<double>(query_time.count()) / 1000) + ")) AS slept");

    const Watchdog watchdog;
    asio::io_context context(1);
    Heartbeat heart;
    int left = queries;
    asio::co_spawn(context, beat(heart), asio::detached);
    asio::co_spawn(context, start_queries(store, queries, left, heart), asio::detached);
    const auto began = Clock::now();
    context.run();
    CHECK(left == 0);
    // Checks that the queries were slow: if they are not, waiting for one is not detected. Four run
    // at a time.
    CHECK(Clock::now() - began >= queries * query_time / 4);

    const auto worst = std::chrono::duration<double, std::milli>(heart.worst).count();
    INFO(heart.beats << " beats, " << heart.late << " too late, the worst by " << worst << " ms");
    WARN(heart.beats << " beats, the latest by " << worst << " ms");
    CHECK(heart.beats > 1000);
    CHECK(heart.late == 0);
}

TEST_CASE("the timer detects a thread that waits") {
    asio::io_context context(1);
    Heartbeat heart;
    asio::co_spawn(context, beat(heart), asio::detached);
    asio::steady_timer later(context, period);
    later.async_wait([&](std::error_code) {
        std::this_thread::sleep_for(2 * limit);  // the fault to be detected
        heart.stop = true;
    });
    context.run();
    CHECK(heart.late == 1);
}

}  // namespace roomstore::test
