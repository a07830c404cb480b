// Calls on a server that fails: lost connections, frozen processes, locks, refusals.

#include <csignal>

#include <catch2/catch_test_macros.hpp>

#include "postgres/hanging_commits.hpp"
#include "postgres/pool_fixture.hpp"

using namespace roomstore;
using namespace roomstore::test;

namespace {

constexpr Statement insert{"test_insert",
                           "INSERT INTO public.rows VALUES ($1) ON CONFLICT DO NOTHING"};
constexpr Statement find{"test_find", "SELECT FROM public.rows WHERE id = $1"};

/// Stores a row unless it is there: safe to run again, and says whether it was there.
asio::awaitable<bool> store(WorkerPool& pool, std::string id, Rerun rerun = Rerun::settles) {
    Operation operation{.name = "store", .mode = Mode::write, .rerun = rerun, .room_id = "lobby"};
    return pool.run<bool>(std::move(operation), [id = std::move(id)](Session& session) {
        const bool found = !session.exec(find, Params().add(id)).empty();
        if (found) {
            session.nothing_to_commit();
        } else {
            session.exec(insert, Params().add(id));
        }
        return found;
    });
}

std::string count(Admin& admin, const std::string& id) {
    return admin.value("SELECT count(*) FROM rows WHERE id = '" + id + "'");
}

/// The backend of the only connection that calls itself so.
pid_t backend_of(Admin& admin, const std::string& application_name) {
    return std::stoi(admin.value("SELECT pid FROM pg_stat_activity WHERE application_name = '" +
                                 application_name + "' AND query LIKE '%pg_sleep%'"));
}

/// A process that does nothing until the end of the scope.
class Frozen {
public:
    explicit Frozen(pid_t pid) : pid_(pid) { ::kill(pid_, SIGSTOP); }
    ~Frozen() { ::kill(pid_, SIGCONT); }
    Frozen(const Frozen&) = delete;
    Frozen& operator=(const Frozen&) = delete;

private:
    pid_t pid_;
};

}  // namespace

TEST_CASE("A connection that was lost while idle is replaced without anybody noticing") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    make_table(admin, "rows");
    WorkerPool pool(options_for(cluster.connection_string(), 2));
    pool.open();
    Caller caller;
    for (int i = 0; i < 3; ++i) {
        CHECK(Task(caller.context(), store(pool, std::to_string(i))).get().result == false);
        terminate_backends(admin);
    }
    CHECK(Task(caller.context(), answer(pool)).get().result == 42);
    CHECK(pool.stats().reconnects >= 1);
    CHECK(pool.stats().retries >= 1);
    CHECK(admin.value("SELECT count(*) FROM rows") == "3");
}

TEST_CASE("A connection that is lost in the middle of a call is replaced too") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    make_table(admin, "rows");
    WorkerPool pool(options_for(cluster.connection_string()));
    pool.open();
    Caller caller;
    // Terminates its own backend, the first time.
    Operation operation{.name = "suicide", .mode = Mode::write};
    auto runs = std::make_shared<std::atomic<int>>(0);
    auto job = [runs](Session& session) {
        session.exec(insert, Params().add("once"));
        if (++*runs == 1) {
            session.exec({"test_die", "SELECT pg_terminate_backend(pg_backend_pid())"}, Params());
        }
    };
    CHECK(Task(caller.context(), pool.run<void>(operation, std::move(job))).get().result);
    CHECK(*runs == 2);
    CHECK(count(admin, "once") == "1");
}

TEST_CASE("A commit whose answer is lost is settled by doing the work again") {
    HangingCommits server;
    auto admin = server.cluster.admin();
    WorkerPool pool(patient_options(server.cluster.connection_string()));
    pool.open();
    Caller caller;
    Task task(caller.context(), store(pool, "doubtful"));
    await([&] { return waits_for_standby(admin); });
    // Committed on this server; its client never hears of it.
    terminate_backends(admin);
    // Nor is it told before the standby has it.
    await([&] { return waits_for_standby(admin); });
    CHECK(count(admin, "doubtful") == "1");
    CHECK_FALSE(task.ended());
    server.release();
    CHECK(task.get().result == true);
    CHECK(count(admin, "doubtful") == "1");
    CHECK(pool.stats().doubts == 1);
    CHECK(pool.stats().doubts_settled == 1);
}

TEST_CASE("Doubt about work that must not be done again is told") {
    HangingCommits server;
    auto admin = server.cluster.admin();
    WorkerPool pool(patient_options(server.cluster.connection_string()));
    pool.open();
    Caller caller;
    Task task(caller.context(), store(pool, "doubtful", Rerun::unsafe));
    await([&] { return waits_for_standby(admin); });
    terminate_backends(admin);
    const auto ending = task.get();
    CHECK(ending.failed(errc::commit_unknown));
    CHECK(ending.text.starts_with("store in room 'lobby': "));
    CHECK(count(admin, "doubtful") == "1");
}

TEST_CASE("An unknown commit is retryable where the second run of its call settles it") {
    HangingCommits server;
    auto options = options_for(server.cluster.connection_string());
    options.deadline = 500ms;
    WorkerPool pool(options);
    pool.open();
    for (const auto rerun : {Rerun::settles, Rerun::unsafe}) {
        const auto id = std::to_string(static_cast<int>(rerun));
        try {
            run(store(pool, id, rerun));
            FAIL("the commit ended");
        } catch (const Error& error) {
            CHECK(error.code() == errc::commit_unknown);
            CHECK(error.retryable() == (rerun == Rerun::settles));
            CHECK(is_retryable(error.code()));
        }
    }
    server.release();
}

TEST_CASE("A call that is cancelled during its commit is told how the commit ended") {
    HangingCommits server;
    auto admin = server.cluster.admin();
    WorkerPool pool(patient_options(server.cluster.connection_string()));
    pool.open();
    Caller caller;
    Task task(caller.context(), store(pool, "kept"));
    await([&] { return waits_for_standby(admin); });
    task.cancel();
    // The cancellation has been dealt with once a later call of the same thread has its answer.
    Task probe(caller.context(), [&]() -> asio::awaitable<bool> { co_return true; }());
    CHECK(probe.get().result == true);
    CHECK_FALSE(task.ended());
    server.release();
    CHECK(task.get().result == false);
    CHECK(count(admin, "kept") == "1");
}

TEST_CASE("A commit that does not end by the deadline is unknown, and asking again settles it") {
    HangingCommits server;
    auto admin = server.cluster.admin();
    auto options = options_for(server.cluster.connection_string());
    options.deadline = 1s;
    WorkerPool pool(options);
    pool.open();
    Caller caller;
    const auto ending = Task(caller.context(), store(pool, "unknown")).get();
    CHECK(ending.failed(errc::commit_unknown));
    server.release();
    const auto again = Task(caller.context(), store(pool, "unknown")).get();
    CHECK(again.result.has_value());
    CHECK(count(admin, "unknown") == "1");
}

TEST_CASE("A query that takes too long is stopped by the deadline") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    auto options = options_for(cluster.connection_string());
    options.deadline = 1s;
    WorkerPool pool(options);
    pool.open();
    Caller caller;
    const auto ending = Task(caller.context(), sleep(pool)).get();
    CHECK(ending.failed(errc::timeout));
    CHECK(ending.text.starts_with("sleep: "));
    CHECK(sleepers(admin) == "0");
    CHECK(Task(caller.context(), answer(pool)).get().result == 42);
}

TEST_CASE("A call that finds no connection in time is told so") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    auto options = options_for(cluster.connection_string());
    WorkerPool pool(options);
    pool.open();
    Caller caller;
    Task occupant(caller.context(), sleep(pool));
    await([&] { return sleepers(admin) == "1"; });
    Operation operation{.name = "hurried", .deadline = 100ms};
    const auto ending =
        Task(caller.context(), pool.run<int>(operation, [](Session&) { return 1; })).get();
    CHECK(ending.failed(errc::timeout));
    CHECK(ending.text.starts_with("hurried: no connection was free within 100 ms (server "));
    occupant.cancel();
    CHECK(occupant.get().aborted());
}

TEST_CASE("An append that waits for one before it is told so, where a connection is free") {
    class SleepingAppend final : public postgres::BatchableJob {
    public:
        Size size() const noexcept override { return {.events = 1, .bytes = 1}; }
        void run_batch(Session& session, std::span<BatchableJob* const>) override {
            session.exec({"test_sleep", "SELECT pg_sleep(600)"}, Params());
        }
        std::optional<Error> refusal() const override { return std::nullopt; }
        int take() const { return 0; }
    };
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    WorkerPool pool(options_for(cluster.connection_string(), 2));
    pool.open();
    Caller caller;
    const auto append = [&](std::chrono::milliseconds deadline) {
        Operation operation{
            .name = "append", .mode = Mode::write, .room_id = "lobby", .deadline = deadline};
        return pool.run(std::move(operation), std::make_shared<SleepingAppend>());
    };
    Task first(caller.context(), append(60s));
    await([&] { return sleepers(admin) == "1"; });
    const auto ending = Task(caller.context(), append(100ms)).get();
    CHECK(ending.failed(errc::timeout));
    CHECK(
        ending.text.starts_with("append in room 'lobby': an append to the room before it did "
                                "not end within 100 ms (server "));
    first.cancel();
    CHECK(first.get().aborted());
}

TEST_CASE("A frozen backend holds up its own call only, and only until the deadline") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    auto options = options_for(cluster.connection_string(), 2);
    options.deadline = 2s;
    options.application_name = "frozen until the deadline";
    WorkerPool pool(options);
    pool.open();
    Caller caller;
    Task stuck(caller.context(), sleep(pool));
    await([&] { return sleepers_of(admin, options.application_name) == "1"; });
    {
        const Frozen backend(backend_of(admin, options.application_name));
        CHECK(Task(caller.context(), answer(pool)).get().result == 42);
        CHECK(stuck.get().failed(errc::timeout));
        CHECK(Task(caller.context(), answer(pool)).get().result == 42);
        CHECK(Task(caller.context(), answer(pool)).get().result == 42);
    }
}

TEST_CASE("A call on a frozen backend is cancelled all the same") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    auto options = options_for(cluster.connection_string());
    options.application_name = "frozen and cancelled";
    options.deadline = 60s;
    WorkerPool pool(options);
    pool.open();
    Caller caller;
    Task stuck(caller.context(), sleep(pool));
    await([&] { return sleepers_of(admin, options.application_name) == "1"; });
    const Frozen backend(backend_of(admin, options.application_name));
    stuck.cancel();
    CHECK(stuck.get().aborted());
}

TEST_CASE("A frozen server is unavailable, and holds up neither cancellation nor shutdown") {
    PrivateCluster cluster;
    auto options = options_for(cluster.connection_string());
    options.deadline = 1500ms;
    options.connect_timeout = 200ms;
    {
        WorkerPool pool(options);
        pool.open();
        Caller caller;
        REQUIRE(Task(caller.context(), answer(pool)).get().result == 42);
        auto admin = cluster.admin();
        terminate_backends(admin);
        const Frozen postmaster(cluster.postmaster());
        const auto ending = Task(caller.context(), answer(pool)).get();
        CHECK(ending.failed(errc::unavailable));
        CHECK(ending.text.find(cluster.folder().string()) != std::string::npos);
        options.deadline = 60s;
        Task waiting(caller.context(), answer(pool));
        waiting.cancel();
        CHECK(waiting.get().aborted());
    }
    {
        // The request to cancel waits for the postmaster, which never takes it.
        WorkerPool pool(options);
        pool.open();
        Caller caller;
        auto admin = cluster.admin();
        Task stuck(caller.context(), sleep(pool));
        await([&] { return sleepers(admin) == "1"; });
        const Frozen postmaster(cluster.postmaster());
        stuck.cancel();
        CHECK(stuck.get().aborted());
    }
}

TEST_CASE("A server that restarts is waited for") {
    PrivateCluster cluster;
    WorkerPool pool(options_for(cluster.connection_string(), 2));
    pool.open();
    Caller caller;
    for (const auto how : {PrivateCluster::Stop::fast, PrivateCluster::Stop::immediate}) {
        CHECK(Task(caller.context(), answer(pool)).get().result == 42);
        cluster.stop(how);
        Task waiting(caller.context(), answer(pool));
        await([&] { return pool.stats().failed_connects > 0; });
        cluster.start();
        CHECK(waiting.get().result == 42);
    }
}

TEST_CASE("A pool that gets fewer connections than it asks for serves all calls with those") {
    PrivateCluster cluster;
    auto admin = cluster.admin();
    admin.query("CREATE ROLE few LOGIN CONNECTION LIMIT 2");
    auto options = options_for(cluster.connection_string("postgres", "few"), 4);
    options.deadline = 3s;
    WorkerPool pool(options);
    pool.open();
    Caller caller;
    const auto all_are_answered = [&](int calls) {
        for (int i = 0; i < calls; ++i) {
            const auto ending = Task(caller.context(), answer(pool)).get();
            INFO(ending.text);
            REQUIRE(ending.result == 42);
        }
    };
    await([&] {
        const auto stats = pool.stats();
        return stats.connections_open == 2 && stats.failed_connects >= 2;
    });
    all_are_answered(40);
    // Whoever loses a connection is as likely to find the server full as the others.
    admin.query(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'few' LIMIT "
        "1");
    all_are_answered(40);
    // More are used as soon as they are to be had.
    admin.query("ALTER ROLE few CONNECTION LIMIT 4");
    await([&] { return pool.stats().connections_open == 4; });
    all_are_answered(10);
}

TEST_CASE("A server that is not there is unavailable, and asked ten times a second at most") {
    auto options = options_for("host=/nonexistent dbname=chat", 3);
    options.deadline = 1500ms;
    const auto began = Session::Clock::now();
    WorkerPool pool(options);
    pool.open();
    Caller caller;
    std::vector<std::unique_ptr<Task<std::int64_t>>> tasks;
    for (int i = 0; i < 6; ++i) {
        tasks.push_back(std::make_unique<Task<std::int64_t>>(caller.context(), answer(pool)));
    }
    for (auto& task : tasks) {
        const auto ending = task->get();
        CHECK(ending.failed(errc::unavailable));
        CHECK(ending.text.find("server 1 of the connection string") != std::string::npos);
        CHECK(ending.text.find("No such file or directory") != std::string::npos);
    }
    // One free attempt of each worker, then those of each second that has begun.
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(Session::Clock::now() - began);
    CHECK(pool.stats().failed_connects <=
          3 + 10 * (static_cast<std::uint64_t>(seconds.count()) + 1));
}

TEST_CASE("A database that does not exist is reported at once") {
    auto options = options_for(PrivateCluster::shared().connection_string("nowhere"));
    options.deadline = 60s;
    WorkerPool pool(options);
    pool.open();
    Caller caller;
    const auto ending = Task(caller.context(), answer(pool)).get();
    CHECK(ending.failed(errc::access_denied));
    CHECK(ending.sqlstate == "3D000");
    CHECK(ending.text.find("the database does not exist") != std::string::npos);
    CHECK(pool.stats().failed_connects <= 2);
}

TEST_CASE("A lock that somebody else keeps makes a call busy") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    make_table(admin, "rows");
    auto other = cluster.admin();
    other.query("BEGIN; LOCK TABLE rows");
    auto options = options_for(cluster.connection_string());
    options.lock_timeout = 20ms;
    WorkerPool pool(options);
    pool.open();
    Caller caller;
    const auto ending = Task(caller.context(), store(pool, "locked")).get();
    CHECK(ending.failed(errc::busy));
    CHECK(ending.sqlstate == "55P03");
    CHECK(pool.stats().retries == 4);
    other.query("COMMIT");
    CHECK(Task(caller.context(), store(pool, "locked")).get().result == false);
}

TEST_CASE("A server that accepts no writes is read_only, until it does again") {
    PrivateCluster cluster;
    auto admin = cluster.admin();
    admin.query("CREATE TABLE rows (id text PRIMARY KEY)");
    WorkerPool pool(options_for(cluster.connection_string()));
    pool.open();
    Caller caller;
    CHECK(Task(caller.context(), store(pool, "before")).get().result == false);
    admin.query("ALTER SYSTEM SET default_transaction_read_only = on");
    cluster.reload();
    // The server passes it on to its backends, each of which takes it up when it gets to it.
    const auto setting = [](Session& session) {
        return session.exec({"test_read_only", "SHOW default_transaction_read_only"}, Params())[0]
            .text(0);
    };
    await([&] {
        Operation operation{.name = "setting"};
        return Task(caller.context(), pool.run<std::string>(operation, setting)).get().result ==
               "on";
    });
    const auto ending = Task(caller.context(), store(pool, "meanwhile")).get();
    CHECK(ending.failed(errc::read_only));
    CHECK(ending.sqlstate == "25006");
    CHECK(Task(caller.context(), answer(pool)).get().result == 42);
    admin.query("SET default_transaction_read_only = off");
    admin.query("ALTER SYSTEM RESET default_transaction_read_only");
    cluster.reload();
    CHECK(Task(caller.context(), store(pool, "meanwhile")).get().result == false);
}

TEST_CASE("A transaction that the server rolled back in secret is not reported as done") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    make_table(admin, "rows");
    WorkerPool pool(options_for(cluster.connection_string()));
    pool.open();
    Caller caller;
    Operation operation{.name = "swallow", .mode = Mode::write};
    auto job = [](Session& session) {
        session.exec(insert, Params().add("lost"));
        try {
            session.exec({"test_zero", "SELECT 1 / 0"}, Params());
        } catch (const postgres::Failure&) {
        }
    };
    const auto ending = Task(caller.context(), pool.run<void>(operation, std::move(job))).get();
    CHECK(ending.failed(errc::internal));
    CHECK(count(admin, "lost") == "0");
}
