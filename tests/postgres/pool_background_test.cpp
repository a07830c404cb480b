// The job that a pool runs by itself, for no caller.

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>

#include <catch2/catch_test_macros.hpp>

#include "postgres/pool_fixture.hpp"
#include "support/errors.hpp"

using namespace roomstore;
using namespace roomstore::test;
using postgres::Failure;

namespace {

const Operation background{.name = "background", .mode = Mode::write, .rerun = Rerun::settles};

/// A call after which the background job runs.
asio::awaitable<void> wake(WorkerPool& pool) {
    Operation operation{.name = "wake"};
    return pool.run<void>(std::move(operation), [](Session& session) {
        session.exec({"test_wake", "SELECT 1"}, Params());
        session.wake_background_job();
    });
}

}  // namespace

TEST_CASE("The background job runs when a job asks for it, one at a time") {
    std::atomic<int> runs = 0;
    std::atomic<int> running = 0;
    std::atomic<int> most = 0;
    WorkerPool pool(patient_options(PrivateCluster::shared().connection_string(), 4));
    pool.set_background_job(background, [&](Session& session) {
        most = std::max<int>(most, ++running);
        session.exec({"test_background", "SELECT pg_sleep(0.01)"}, Params());
        --running;
        // Each waking leads to one run at least, and this one to two more.
        if (++runs % 3 != 0) session.wake_background_job();
    });
    pool.open();
    CHECK(run(answer(pool)) == 42);
    CHECK(runs == 0);
    run(wake(pool));
    await([&] { return runs == 3; });
    std::vector<asio::awaitable<void>> tasks;
    for (int i = 0; i < 4; ++i) tasks.push_back(wake(pool));
    run_all(std::move(tasks), 4);
    await([&] { return runs >= 6 && runs % 3 == 0 && running == 0; });
    CHECK(most == 1);
    run(pool.close());
    // Only callers' calls are counted.
    CHECK(pool.stats().calls_answered == 6);
    CHECK(pool.stats().queue_length == 0);
}

TEST_CASE("A background job that is asked for while it runs runs once more") {
    std::atomic<int> runs = 0;
    std::promise<void> asked;
    auto was_asked = asked.get_future().share();
    WorkerPool pool(patient_options(PrivateCluster::shared().connection_string(), 2));
    pool.set_background_job(background, [&](Session& session) {
        session.exec({"test_background", "SELECT 1"}, Params());
        if (++runs == 1) was_asked.wait();
    });
    pool.open();
    run(wake(pool));
    await([&] { return runs == 1; });
    run(wake(pool));
    run(wake(pool));
    asked.set_value();
    await([&] { return runs == 2; });
    CHECK(run(answer(pool)) == 42);
    run(pool.close());
    CHECK(runs == 2);
}

TEST_CASE("A background job that fails is logged, and runs again after a call that succeeds") {
    std::mutex mutex;
    std::vector<std::string> lines;
    auto options = patient_options(PrivateCluster::shared().connection_string());
    options.log = [&](LogLevel level, std::string_view text) {
        const std::lock_guard lock(mutex);
        if (level == LogLevel::warning) lines.emplace_back(text);
    };
    std::atomic<int> runs = 0;
    WorkerPool pool(options);
    pool.set_background_job(background, [&](Session& session) {
        ++runs;
        session.exec({"test_wrong", "SELECT FROM no_such_table"}, Params());
    });
    pool.open();
    run(wake(pool));
    for (int round = 1; round <= 3; ++round) {
        await([&] {
            const std::lock_guard lock(mutex);
            return static_cast<int>(lines.size()) == round;
        });
        CHECK(runs == round);
        // It does not ask for the job.
        CHECK(run(answer(pool)) == 42);
    }
    CHECK(lines.front().starts_with("background: "));
    CHECK(lines.front().find("no_such_table") != std::string::npos);
    CHECK(pool.stats().calls_failed == 0);
}

TEST_CASE("Closing a pool cancels its background job") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    std::mutex mutex;
    std::string sqlstate;
    WorkerPool pool(patient_options(cluster.connection_string()));
    pool.set_background_job(background, [&](Session& session) {
        try {
            session.exec({"test_sleep", "SELECT pg_sleep(600)"}, Params());
        } catch (const Failure& failure) {
            const std::lock_guard lock(mutex);
            sqlstate = failure.sqlstate;
            throw;
        }
    });
    pool.open();
    run(wake(pool));
    await([&] { return sleepers(admin) == "1"; });
    run(pool.close());
    // The connection was not cut, as it is when a call does not end within the time for closing.
    CHECK(sqlstate == "57014");
    CHECK(sleepers(admin) == "0");
}
