// Closing and destroying a pool, with calls and execution contexts still active.

#include <future>
#include <memory>

#include <asio/detached.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "postgres/pool_fixture.hpp"
#include "support/fake_session.hpp"

using namespace roomstore;
using namespace roomstore::test;

namespace {

asio::awaitable<void> wait_for_ever(WorkerPool& pool, int& residents, int& resumed) {
    const FrameCounter resident(residents);
    co_await sleep(pool);
    ++resumed;
}

/// With an application name that distinguishes its connections from those that a pooler keeps open
/// for other tests.
PostgresOptions leaving(std::string connection_string, std::size_t connections = 1) {
    auto options = options_for(std::move(connection_string), connections);
    options.application_name = "leaving";
    return options;
}

/// Waits, since a backend ends some time after its client has disconnected.
void await_no_backends(Admin& admin) {
    await([&] {
        return admin.value(
                   "SELECT count(*) FROM pg_stat_activity "
                   "WHERE application_name = 'leaving'") == "0";
    });
}

}  // namespace

TEST_CASE("A pool refuses calls as closed before open() and after close()") {
    WorkerPool pool(options_for(PrivateCluster::shared().connection_string()));
    Caller caller;
    const auto early = Task(caller.context(), answer(pool)).get();
    CHECK(early.failed(errc::closed));
    CHECK(early.text.find("init()") != std::string::npos);
    pool.open();
    pool.open();
    CHECK(Task(caller.context(), answer(pool)).get().result == 42);
    CHECK(Task(caller.context(), pool.close()).get().result);
    CHECK(Task(caller.context(), pool.close()).get().result);
    CHECK(Task(caller.context(), answer(pool)).get().failed(errc::closed));
    CHECK_THROWS_AS(pool.open(), Error);
}

TEST_CASE("A pool that was never opened can be closed") {
    WorkerPool pool(options_for("host=/nonexistent"));
    run(pool.close());
    CHECK_THROWS_AS(pool.open(), Error);
}

TEST_CASE("close() waits for running and queued calls, and refuses new ones") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    auto options = leaving(cluster.connection_string());
    options.lock_timeout = 60s;
    options.deadline = 60s;
    OpenPool pool(options);
    auto other = cluster.admin();
    other.query("SELECT pg_advisory_lock(7)");
    Operation operation{.name = "wait"};
    Task running(pool.context(), pool.run<void>(operation, [](Session& session) {
        session.exec({"test_lock", "SELECT pg_advisory_lock(7)"}, Params());
    }));
    await([&] { return backends(admin, "active", "%pg_advisory_lock%") == "1"; });
    Task queued(pool.context(), answer(pool));
    await([&] { return pool.stats().queue_length == 1; });
    Task closing(pool.context(), pool.close());
    Task second(pool.context(), pool.close());
    CHECK(Task(pool.context(), answer(pool)).get().failed(errc::closed));
    CHECK_FALSE(running.ended());
    CHECK_FALSE(closing.ended());
    other.query("SELECT pg_advisory_unlock(7)");
    CHECK(running.get().result);
    CHECK(queued.get().result == 42);
    CHECK(closing.get().result);
    CHECK(second.get().result);
    await_no_backends(admin);
}

TEST_CASE("close() ends calls that take too long with the error closed") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    OpenPool pool(patient_options(cluster.connection_string()));
    Task running(pool.context(), sleep(pool));
    await([&] { return sleepers(admin) == "1"; });
    Task queued(pool.context(), answer(pool));
    await([&] { return pool.stats().queue_length == 1; });
    CHECK(Task(pool.context(), pool.close()).get().result);
    CHECK(running.get().failed(errc::closed));
    CHECK(queued.get().failed(errc::closed));
}

TEST_CASE("A destroyed pool answers its calls, and leaks no threads, descriptors or backends") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    await_no_backends(admin);
    Caller caller;
    const auto threads_before = threads();
    const auto descriptors_before = descriptors();
    auto options = leaving(cluster.connection_string(), 3);
    options.deadline = 2s;
    for (int i = 0; i < 3; ++i) {
        auto pool = std::make_unique<WorkerPool>(options);
        pool->open();
        await([&] { return pool->stats().connections_open == 3; });
        std::vector<std::unique_ptr<Task<void>>> tasks;
        for (int j = 0; j < 6; ++j) {
            tasks.push_back(std::make_unique<Task<void>>(caller.context(), sleep(*pool)));
        }
        await([&] { return sleepers(admin) == "3" && pool->stats().queue_length == 3; });
        pool.reset();
        int closed = 0;
        int timeout = 0;
        for (auto& task : tasks) {
            const auto ending = task->get();
            closed += ending.failed(errc::closed) ? 1 : 0;
            timeout += ending.failed(errc::timeout) ? 1 : 0;
        }
        CHECK(closed == 3);
        CHECK(timeout == 3);
        CHECK(threads() == threads_before);
        CHECK(descriptors() == descriptors_before);
    }
    await_no_backends(admin);
}

TEST_CASE("Destroying an execution context with calls in progress destroys their coroutines") {
    const bool stop_first = GENERATE(false, true);
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    auto options = options_for(cluster.connection_string());
    options.deadline = 2s;
    int residents = 0;
    int resumed = 0;
    auto pool = std::make_unique<WorkerPool>(options);
    pool->open();
    {
        asio::io_context context;
        // One runs, one is queued.
        asio::co_spawn(context, wait_for_ever(*pool, residents, resumed), asio::detached);
        asio::co_spawn(context, wait_for_ever(*pool, residents, resumed), asio::detached);
        while (residents < 2) context.run_one();
        context.poll();
        await([&] { return sleepers(admin) == "1" && pool->stats().queue_length == 1; });
        if (stop_first) context.stop();
    }
    CHECK(residents == 0);
    CHECK(resumed == 0);
    // The pool still works.
    Caller caller;
    await([&] { return Task(caller.context(), answer(*pool)).get().result == 42; });
}

TEST_CASE("Results that arrive after the context's last run are destroyed with the context") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    auto options = options_for(cluster.connection_string());
    options.deadline = 1s;
    int residents = 0;
    int resumed = 0;
    {
        asio::io_context context;
        {
            WorkerPool pool(options);
            pool.open();
            asio::co_spawn(context, wait_for_ever(pool, residents, resumed), asio::detached);
            context.poll();
            await([&] { return sleepers(admin) == "1"; });
        }
        // The pool has posted its answer, but the context is not run again.
        CHECK(residents == 1);
    }
    CHECK(residents == 0);
    CHECK(resumed == 0);
}

TEST_CASE("A pool may be destroyed while the execution context of its callers runs") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    auto options = options_for(cluster.connection_string());
    options.deadline = 1s;
    Caller caller;
    auto pool = std::make_unique<WorkerPool>(options);
    pool->open();
    Task running(caller.context(), sleep(*pool));
    await([&] { return sleepers(admin) == "1"; });
    pool.reset();
    CHECK(running.get().failed(errc::timeout));
    running.cancel();  // no effect, the cancellation slot has been cleared
    Task probe(caller.context(), []() -> asio::awaitable<bool> { co_return true; }());
    CHECK(probe.get().result == true);
}

TEST_CASE("close() of a pool that cannot connect returns at once") {
    PrivateCluster cluster;
    cluster.stop();
    OpenPool pool(patient_options(cluster.connection_string(), 4));
    Task waiting(pool.context(), answer(pool));
    await([&] { return pool.stats().failed_connects >= 4; });
    waiting.cancel();
    CHECK(waiting.get().aborted());
    CHECK(Task(pool.context(), pool.close()).get().result);
}

TEST_CASE("A pool may be closed while it is being opened") {
    for (int round = 0; round < 50; ++round) {
        WorkerPool pool(leaving(PrivateCluster::shared().connection_string(), 4));
        std::thread opener([&] {
            try {
                pool.open();
            } catch (const Error& error) {
                if (error.code() != errc::closed) std::terminate();
            }
        });
        if (round % 2 == 1) std::this_thread::yield();
        run(pool.close());
        opener.join();
        CHECK_THROWS_AS(pool.open(), Error);
    }
    auto admin = PrivateCluster::shared().admin();
    await_no_backends(admin);
}

TEST_CASE("An uninterruptible connection attempt blocks neither close() nor the destructor") {
    struct Gate {
        std::promise<void> entered;
        std::promise<void> open;
    };
    class Stuck final : public postgres::SessionFactory {
    public:
        std::shared_ptr<Gate> gate = std::make_shared<Gate>();

        std::unique_ptr<Session> make() override {
            auto session = std::make_unique<FakeSession>();
            session->script = [gate = gate](const std::string& step) {
                if (step != "connect") return;
                gate->entered.set_value();
                gate->open.get_future().wait();
                throw postgres::classify({}, "no such host", true);
            };
            return session;
        }
        std::string where() const override { return "a name that nobody resolves"; }
        std::vector<postgres::StatementReading> read_metrics() const override { return {}; }
    };
    const auto factory = std::make_shared<Stuck>();
    const auto gate = factory->gate;
    const Watchdog watchdog;  // its thread must exist before threads are counted
    const auto threads_before = threads();
    {
        auto options = options_for("");
        options.deadline = 60s;
        WorkerPool pool(options, factory);
        pool.open();
        gate->entered.get_future().wait();
        Caller caller;
        Task<std::int64_t> call(caller.context(), answer(pool));
        run(pool.close());
        const auto ending = call.get();
        CHECK(ending.failed(errc::closed));
    }
    // The blocked thread keeps what it uses alive, and releases it when it ends.
    CHECK(factory.use_count() > 1);
    gate->open.set_value();
    await([&] { return factory.use_count() == 1 && threads() == threads_before; });
}
