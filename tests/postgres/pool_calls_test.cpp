// Calls on a real server: the executor they resume on, errors, cancellation.

#include <atomic>
#include <map>
#include <random>
#include <set>

#include <asio/detached.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <catch2/catch_test_macros.hpp>

#include "postgres/pool_fixture.hpp"
#include "support/pgbouncer.hpp"

using namespace roomstore;
using namespace roomstore::test;
using namespace asio::experimental::awaitable_operators;

namespace {

/// Stores a row; the transaction then sleeps for `seconds` before it is committed.
asio::awaitable<void> store(WorkerPool& pool, std::string id, double seconds = 0) {
    Operation operation{
        .name = "store", .mode = Mode::write, .rerun = Rerun::settles, .room_id = "lobby"};
    return pool.run<void>(std::move(operation), [id = std::move(id), seconds](Session& session) {
        session.exec({"test_store", "INSERT INTO public.kept VALUES ($1) ON CONFLICT DO NOTHING"},
                     Params().add(id));
        if (seconds > 0) {
            session.exec({"test_nap", "SELECT pg_sleep($1)"}, Params().add(seconds));
        }
    });
}

std::set<std::string> kept(Admin& admin) {
    std::set<std::string> ids;
    for (const auto& row : admin.query("SELECT id FROM kept")) ids.insert(row[0].value());
    return ids;
}

}  // namespace

TEST_CASE("A call resumes its caller on the caller's own executor") {
    auto& cluster = PrivateCluster::shared();
    WorkerPool pool(options_for(cluster.connection_string()));
    pool.open();
    Caller first;
    Caller second;
    for (Caller* caller : {&first, &second, &first}) {
        const auto ending = Task(caller->context(), answer(pool)).get();
        CHECK(ending.result == 42);
        CHECK(ending.thread == caller->thread());
    }
}

TEST_CASE("A call resumes inside the caller's strand") {
    auto& cluster = PrivateCluster::shared();
    WorkerPool pool(options_for(cluster.connection_string(), 4));
    pool.open();
    asio::io_context context;
    auto strand = asio::make_strand(context);
    int inside = 0;
    int finished = 0;
    const auto one = [&]() -> asio::awaitable<void> {
        for (int i = 0; i < 20; ++i) {
            co_await answer(pool);
            CHECK(strand.running_in_this_thread());
            CHECK(++inside == 1);
            --inside;
        }
        ++finished;
    };
    for (int i = 0; i < 8; ++i) asio::co_spawn(strand, one(), asio::detached);
    std::thread other([&] { context.run(); });
    context.run();
    other.join();
    CHECK(finished == 8);
}

TEST_CASE("A job's error is passed on unchanged; a server's error gets the operation and room") {
    auto& cluster = PrivateCluster::shared();
    OpenPool pool(options_for(cluster.connection_string()));
    Operation operation{.name = "try", .mode = Mode::write, .room_id = "lobby"};
    const auto refused = Task(pool.context(), pool.run<int>(operation, [](Session&) -> int {
                             throw Error(errc::not_found, "no room", "12345");
                         })).get();
    CHECK(refused.failed(errc::not_found));
    CHECK(refused.text == "no room");
    CHECK(refused.sqlstate == "12345");
    const auto failed = Task(pool.context(), pool.run<int>(operation, [](Session& session) {
                            session.exec({"test_nowhere", "SELECT FROM nowhere"}, Params());
                            return 0;
                        })).get();
    CHECK(failed.failed(errc::schema_mismatch));
    CHECK(failed.sqlstate == "42P01");
    CHECK(failed.text.starts_with("try in room 'lobby': ERROR:  relation \"nowhere\""));
    CHECK(Task(pool.context(), answer(pool)).get().result == 42);
}

TEST_CASE("A call that is cancelled in the queue never runs its job") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    OpenPool pool(options_for(cluster.connection_string()));
    Task occupant(pool.context(), sleep(pool));
    await([&] { return sleepers(admin) == "1"; });
    std::atomic<bool> ran = false;
    Operation operation{.name = "queued"};
    Task queued(pool.context(), pool.run<void>(operation, [&ran](Session&) { ran = true; }));
    await([&] { return pool.stats().queue_length == 1; });
    queued.cancel();
    CHECK(queued.get().aborted());
    CHECK(pool.stats().queue_length == 0);
    CHECK_FALSE(occupant.ended());
    occupant.cancel();
    CHECK(occupant.get().aborted());
    CHECK(Task(pool.context(), answer(pool)).get().result == 42);
    CHECK_FALSE(ran);
    CHECK(pool.stats().calls_aborted == 2);
}

TEST_CASE("A running call is cancelled and rolled back; its connection is kept") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    make_table(admin, "kept");
    OpenPool pool(options_for(cluster.connection_string()));
    const auto before = Task(pool.context(), backend(pool)).get().result;
    Task running(pool.context(), store(pool, "cancelled", 600));
    await([&] { return sleepers(admin) == "1"; });
    running.cancel();
    CHECK(running.get().aborted());
    CHECK(sleepers(admin) == "0");
    CHECK(backends(admin, "idle in transaction%", "%") == "0");
    CHECK(kept(admin).empty());
    CHECK(Task(pool.context(), backend(pool)).get().result == before);
    CHECK(pool.stats().reconnects == 0);
}

TEST_CASE("A call can be cancelled by a timer with operator ||") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    make_table(admin, "kept");
    OpenPool pool(options_for(cluster.connection_string()));
    const auto race = [&]() -> asio::awaitable<std::size_t> {
        asio::steady_timer timer(co_await asio::this_coro::executor, 50ms);
        const auto winner =
            co_await (store(pool, "late", 600) || timer.async_wait(asio::use_awaitable));
        co_return winner.index();
    };
    CHECK(Task(pool.context(), race()).get().result == 1U);
    CHECK(kept(admin).empty());
}

TEST_CASE("Behind a pooler calls are run and cancelled in the same way") {
    auto& pooler = PgBouncer::shared();
    auto admin = PrivateCluster::shared().admin();
    make_table(admin, "kept");
    auto options = options_for(pooler.connection_string(), 4);
    options.prepared_statements = false;
    OpenPool pool(options);
    std::vector<std::unique_ptr<Task<void>>> tasks;
    for (int i = 0; i < 100; ++i) {
        tasks.push_back(
            std::make_unique<Task<void>>(pool.context(), store(pool, std::to_string(i))));
    }
    for (auto& task : tasks) CHECK(task->get().result);
    CHECK(kept(admin).size() == 100);
    Task running(pool.context(), store(pool, "cancelled", 600));
    await([&] { return sleepers(admin) == "1"; });
    running.cancel();
    CHECK(running.get().aborted());
    CHECK_FALSE(kept(admin).contains("cancelled"));
}

TEST_CASE("A call is refused at once if the queue is full") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    auto options = options_for(cluster.connection_string());
    options.queue_capacity = 2;
    OpenPool pool(options);
    Task occupant(pool.context(), sleep(pool));
    await([&] { return sleepers(admin) == "1"; });
    Task first(pool.context(), answer(pool));
    Task second(pool.context(), answer(pool));
    await([&] { return pool.stats().queue_length == 2; });
    const auto refused = Task(pool.context(), answer(pool)).get();
    CHECK(refused.failed(errc::busy));
    CHECK(refused.text == "answer: the queue is full: 2 calls (PostgresOptions::queue_capacity)");
    CHECK(pool.stats().calls_refused == 1);
    occupant.cancel();
    CHECK(first.get().result == 42);
    CHECK(second.get().result == 42);
}

TEST_CASE("A call is refused at once if the arguments of the waiting calls are too large") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    auto options = patient_options(cluster.connection_string());
    options.queue_bytes = 1000;
    OpenPool pool(options);
    const auto call = [&](std::size_t bytes) {
        Operation operation{.name = "sized", .bytes = bytes};
        return pool.run<int>(std::move(operation), [](Session&) { return 1; });
    };
    const auto refused = [&](std::size_t bytes) {
        const auto ending = Task(pool.context(), call(bytes)).get();
        CHECK(ending.failed(errc::busy));
        CHECK(ending.text == "sized: the queue is full: 1000 bytes (PostgresOptions::queue_bytes)");
    };
    const auto await_queue = [&](std::size_t length) {
        await([&] { return pool.stats().queue_length == length; });
    };
    // A running call does not count.
    Operation running{.name = "sleep", .bytes = 1'000'000};
    Task occupant(pool.context(), pool.run<void>(running, [](Session& session) {
        session.exec({"test_sleep", "SELECT pg_sleep(600)"}, Params());
    }));
    await([&] { return sleepers(admin) == "1"; });
    SECTION("up to the bound") {
        Task first(pool.context(), call(600));
        await_queue(1);
        refused(401);
        Task second(pool.context(), call(400));
        await_queue(2);
        refused(1);
        Task small(pool.context(), call(0));
        await_queue(3);
        // A cancelled call leaves its place.
        first.cancel();
        CHECK(first.get().aborted());
        refused(601);
        Task third(pool.context(), call(600));
        await_queue(3);
        occupant.cancel();
        for (Task<int>* each : {&second, &small, &third}) CHECK(each->get().result == 1);
        CHECK(pool.stats().calls_refused == 3);
    }
    SECTION("a call that waits alone is never too large") {
        Task large(pool.context(), call(1'000'000'000));
        await_queue(1);
        refused(1);
        occupant.cancel();
        CHECK(large.get().result == 1);
    }
    SECTION("a call that times out leaves its place") {
        Operation hurried{.name = "hurried", .deadline = 100ms, .bytes = 1000};
        Task late(pool.context(), pool.run<int>(hurried, [](Session&) { return 1; }));
        CHECK(late.get().failed(errc::timeout));
        Task next(pool.context(), call(1000));
        await_queue(1);
        occupant.cancel();
        CHECK(next.get().result == 1);
    }
    CHECK(occupant.get().aborted());
    // Nothing is left of what waited before.
    Task again(pool.context(), sleep(pool));
    await([&] { return sleepers(admin) == "1"; });
    Task whole(pool.context(), call(1));
    await_queue(1);
    Task rest(pool.context(), call(999));
    await_queue(2);
    refused(1);
    again.cancel();
    CHECK(whole.get().result == 1);
    CHECK(rest.get().result == 1);
}

TEST_CASE("The time of a call counts from its beginning, not from its arrival in the queue") {
    auto& cluster = PrivateCluster::shared();
    OpenPool pool(patient_options(cluster.connection_string()));
    std::atomic<bool> ran = false;
    Operation late{.name = "late", .began = std::chrono::steady_clock::now() - 1h};
    const auto ending =
        Task(pool.context(), pool.run<void>(late, [&ran](Session&) { ran = true; })).get();
    CHECK(ending.failed(errc::timeout));
    CHECK(ending.text == "late: its arguments were not ready within 60000 ms");
    CHECK_FALSE(ran);
    CHECK(pool.stats().calls_failed == 1);
    Operation timely{.name = "timely", .began = std::chrono::steady_clock::now() - 1s};
    CHECK(Task(pool.context(), pool.run<int>(timely, [](Session&) { return 1; })).get().result);
}

TEST_CASE("A job that works without statements finds out that its call was stopped") {
    auto& cluster = PrivateCluster::shared();
    OpenPool pool(patient_options(cluster.connection_string()));
    std::atomic<bool> running = false;
    const auto work = [&](std::chrono::milliseconds deadline) {
        Operation operation{.name = "work", .mode = Mode::write, .deadline = deadline};
        return pool.run<void>(operation, [&running](Session& session) {
            running = true;
            for (;;) session.require_usable();
        });
    };
    Task cancelled(pool.context(), work(60s));
    await([&] { return running.load(); });
    cancelled.cancel();
    CHECK(cancelled.get().aborted());
    CHECK(Task(pool.context(), work(100ms)).get().failed(errc::timeout));
    CHECK(Task(pool.context(), answer(pool)).get().result == 42);
    CHECK(pool.stats().reconnects == 0);
}

TEST_CASE("Queued calls run in the order in which they were made") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    OpenPool pool(options_for(cluster.connection_string()));
    Task occupant(pool.context(), sleep(pool));
    await([&] { return sleepers(admin) == "1"; });
    std::vector<int> order;
    std::vector<std::unique_ptr<Task<void>>> tasks;
    for (int i = 0; i < 50; ++i) {
        Operation operation{.name = "in_order"};
        auto job = [&order, i](Session&) { order.push_back(i); };
        tasks.push_back(std::make_unique<Task<void>>(pool.context(),
                                                     pool.run<void>(operation, std::move(job))));
    }
    await([&] { return pool.stats().queue_length == 50; });
    occupant.cancel();
    for (auto& task : tasks) CHECK(task->get().result);
    CHECK(std::ranges::is_sorted(order));
    CHECK(order.size() == 50);
}

TEST_CASE("A call cancelled at any instant is aborted and not stored, or answered and stored") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    make_table(admin, "kept");
    OpenPool pool(patient_options(cluster.connection_string(), 3));
    constexpr int calls = 600;
    constexpr int at_once = 20;
    // Both are written only by the thread of the context.
    std::set<std::string> stored;
    std::set<std::string> aborted;
    std::minstd_rand random(20261123);
    const auto one = [&](int first) -> asio::awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        for (int i = first; i < calls; i += at_once) {
            const auto id = std::to_string(i);
            const std::chrono::microseconds stop_timeouts(random() % 4000);
            asio::steady_timer timer(executor, stop_timeouts);
            auto attempt = store(pool, id);
            const auto winner =
                co_await (std::move(attempt) || timer.async_wait(asio::use_awaitable));
            (winner.index() == 0 ? stored : aborted).insert(id);
        }
    };
    std::vector<std::unique_ptr<Task<void>>> tasks;
    for (int i = 0; i < at_once; ++i) {
        tasks.push_back(std::make_unique<Task<void>>(pool.context(), one(i)));
    }
    for (auto& task : tasks) CHECK(task->get().result);
    CHECK(stored.size() + aborted.size() == calls);
    // `||` returns the operation that completed first: a call that was committing when the timer
    // fired is stored, but counted here as aborted.
    const auto present = kept(admin);
    for (const auto& id : stored) CHECK(present.contains(id));
    const auto stats = pool.stats();
    CHECK(stats.calls_failed == 0);
    CHECK(stats.calls_aborted + present.size() == calls);
    CAPTURE(stored.size(), aborted.size(), present.size());
    CHECK(stats.calls_aborted > 0);
    CHECK_FALSE(stored.empty());
}
