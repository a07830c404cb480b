// Calls while the server fails: lost connections, frozen processes, locks, refusals.

#include <atomic>
#include <cstdio>
#include <fstream>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "postgres/hanging_commits.hpp"
#include "postgres/pool_fixture.hpp"

using namespace roomstore;
using namespace roomstore::test;

namespace {

constexpr Statement insert{"test_insert",
                           "INSERT INTO public.rows VALUES ($1) ON CONFLICT DO NOTHING"};
constexpr Statement find{"test_find", "SELECT FROM public.rows WHERE id = $1"};

/// Stores a row unless it exists, so a re-run is safe; the result is whether it existed.
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

/// The backend of the only sleeping connection with this application name.
pid_t backend_of(Admin& admin, const std::string& application_name) {
    return std::stoi(admin.value("SELECT pid FROM pg_stat_activity WHERE application_name = '" +
                                 application_name + "' AND query LIKE '%pg_sleep%'"));
}

}  // namespace

TEST_CASE("A connection that was lost while idle is replaced, and no call fails") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    make_table(admin, "rows");
    OpenPool pool(options_for(cluster.connection_string(), 2));
    for (int i = 0; i < 3; ++i) {
        CHECK(Task(pool.context(), store(pool, std::to_string(i))).get().result == false);
        terminate_backends(admin);
    }
    CHECK(Task(pool.context(), answer(pool)).get().result == 42);
    CHECK(pool.stats().reconnects >= 1);
    CHECK(pool.stats().retries >= 1);
    CHECK(admin.value("SELECT count(*) FROM rows") == "3");
}

TEST_CASE("A connection that is lost in the middle of a call is replaced too") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    make_table(admin, "rows");
    OpenPool pool(options_for(cluster.connection_string()));
    // The first run terminates its own backend.
    Operation operation{.name = "suicide", .mode = Mode::write};
    auto runs = std::make_shared<std::atomic<int>>(0);
    auto job = [runs](Session& session) {
        session.exec(insert, Params().add("once"));
        if (++*runs == 1) {
            session.exec({"test_die", "SELECT pg_terminate_backend(pg_backend_pid())"}, Params());
        }
    };
    CHECK(Task(pool.context(), pool.run<void>(operation, std::move(job))).get().result);
    CHECK(*runs == 2);
    CHECK(count(admin, "once") == "1");
}

TEST_CASE("A commit whose answer is lost is settled by a re-run") {
    HangingCommits server;
    auto admin = server.cluster.admin();
    OpenPool pool(patient_options(server.cluster.connection_string()));
    Task task(pool.context(), store(pool, "doubtful"));
    await([&] { return waits_for_standby(admin); });
    // Committed on this server, but the client gets no answer.
    terminate_backends(admin);
    // The re-run is not answered either before the standby has the row.
    await([&] { return waits_for_standby(admin); });
    CHECK(count(admin, "doubtful") == "1");
    CHECK_FALSE(task.ended());
    server.release();
    CHECK(task.get().result == true);
    CHECK(count(admin, "doubtful") == "1");
    CHECK(pool.stats().doubts == 1);
    CHECK(pool.stats().doubts_settled == 1);
}

TEST_CASE("A commit in doubt is reported if the call must not be re-run") {
    HangingCommits server;
    auto admin = server.cluster.admin();
    OpenPool pool(patient_options(server.cluster.connection_string()));
    Task task(pool.context(), store(pool, "doubtful", Rerun::unsafe));
    await([&] { return waits_for_standby(admin); });
    terminate_backends(admin);
    const auto ending = task.get();
    CHECK(ending.failed(errc::commit_unknown));
    CHECK(ending.text.starts_with("store in room 'lobby': "));
    CHECK(count(admin, "doubtful") == "1");
}

TEST_CASE("commit_unknown is retryable only if a second run of the call settles it") {
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

TEST_CASE("A call that is cancelled during its commit returns the outcome of the commit") {
    HangingCommits server;
    auto admin = server.cluster.admin();
    OpenPool pool(patient_options(server.cluster.connection_string()));
    Task task(pool.context(), store(pool, "kept"));
    await([&] { return waits_for_standby(admin); });
    task.cancel();
    // The cancellation has been processed once a later coroutine on the same thread has completed.
    Task probe(pool.context(), [&]() -> asio::awaitable<bool> { co_return true; }());
    CHECK(probe.get().result == true);
    CHECK_FALSE(task.ended());
    server.release();
    CHECK(task.get().result == false);
    CHECK(count(admin, "kept") == "1");
}

TEST_CASE("A commit that does not end by the deadline is unknown; calling again settles it") {
    HangingCommits server;
    auto admin = server.cluster.admin();
    auto options = options_for(server.cluster.connection_string());
    options.deadline = 1s;
    OpenPool pool(options);
    const auto ending = Task(pool.context(), store(pool, "unknown")).get();
    CHECK(ending.failed(errc::commit_unknown));
    server.release();
    const auto again = Task(pool.context(), store(pool, "unknown")).get();
    CHECK(again.result.has_value());
    CHECK(count(admin, "unknown") == "1");
}

TEST_CASE("A query that takes too long is cancelled at the deadline") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    auto options = options_for(cluster.connection_string());
    options.deadline = 1s;
    OpenPool pool(options);
    const auto ending = Task(pool.context(), sleep(pool)).get();
    CHECK(ending.failed(errc::timeout));
    CHECK(ending.text.starts_with("sleep: "));
    CHECK(sleepers(admin) == "0");
    CHECK(Task(pool.context(), answer(pool)).get().result == 42);
}

TEST_CASE("A call that gets no connection before its deadline says so in its error") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    auto options = options_for(cluster.connection_string());
    OpenPool pool(options);
    Task occupant(pool.context(), sleep(pool));
    await([&] { return sleepers(admin) == "1"; });
    Operation operation{.name = "hurried", .deadline = 100ms};
    const auto ending =
        Task(pool.context(), pool.run<int>(operation, [](Session&) { return 1; })).get();
    CHECK(ending.failed(errc::timeout));
    CHECK(ending.text.starts_with("hurried: no connection was free within 100 ms (server "));
    occupant.cancel();
    CHECK(occupant.get().aborted());
}

TEST_CASE("An append that times out behind another append to its room says so in its error") {
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
    OpenPool pool(options_for(cluster.connection_string(), 2));
    const auto append = [&](std::chrono::milliseconds deadline) {
        Operation operation{
            .name = "append", .mode = Mode::write, .room_id = "lobby", .deadline = deadline};
        return pool.run(std::move(operation), std::make_shared<SleepingAppend>());
    };
    Task first(pool.context(), append(60s));
    await([&] { return sleepers(admin) == "1"; });
    const auto ending = Task(pool.context(), append(100ms)).get();
    CHECK(ending.failed(errc::timeout));
    CHECK(
        ending.text.starts_with("append in room 'lobby': an earlier write to the room did "
                                "not finish within 100 ms (server "));
    first.cancel();
    CHECK(first.get().aborted());
}

TEST_CASE("A frozen backend delays only its own call, and only until the deadline") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    auto options = options_for(cluster.connection_string(), 2);
    options.deadline = 2s;
    options.application_name = "frozen until the deadline";
    OpenPool pool(options);
    Task stuck(pool.context(), sleep(pool));
    await([&] { return sleepers_of(admin, options.application_name) == "1"; });
    {
        const Frozen backend(backend_of(admin, options.application_name));
        CHECK(Task(pool.context(), answer(pool)).get().result == 42);
        CHECK(stuck.get().failed(errc::timeout));
        CHECK(Task(pool.context(), answer(pool)).get().result == 42);
        CHECK(Task(pool.context(), answer(pool)).get().result == 42);
    }
}

TEST_CASE("A call on a frozen backend can be cancelled") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    auto options = options_for(cluster.connection_string());
    options.application_name = "frozen and cancelled";
    options.deadline = 60s;
    OpenPool pool(options);
    Task stuck(pool.context(), sleep(pool));
    await([&] { return sleepers_of(admin, options.application_name) == "1"; });
    const Frozen backend(backend_of(admin, options.application_name));
    stuck.cancel();
    CHECK(stuck.get().aborted());
}

namespace {

/// Whether a TCP connection to this port of the machine has bytes that the server has not read.
bool bytes_wait_at(int port) {
    std::ifstream connections("/proc/net/tcp");
    std::string line;
    std::getline(connections, line);
    while (std::getline(connections, line)) {
        unsigned local_port = 0;
        unsigned state = 0;
        unsigned unread = 0;
        const int fields = std::sscanf(
            line.c_str(), " %*u: %*x:%x %*x:%*x %x %*x:%x", &local_port, &state, &unread);
        constexpr unsigned established = 1;
        if (fields == 3 && static_cast<int>(local_port) == port && state == established &&
            unread > 0) {
            return true;
        }
    }
    return false;
}

}  // namespace

TEST_CASE("A call that is cancelled while its statement is being sent ends at once") {
    // Through libpq's pipeline, except for a prepared statement without BEGIN.
    const auto [mode, custom_plan] = GENERATE(
        table<Mode, bool>({{Mode::read, false}, {Mode::read, true}, {Mode::write, false}}));
    CAPTURE(custom_plan, mode);
    const PrivateCluster cluster({.tcp = true});
    const auto options = patient_options(cluster.tcp_connection_string());
    // What would end the call otherwise.
    constexpr std::chrono::milliseconds cut = 20s;
    WorkerPool pool(options, postgres::make_session_factory(options), {.after_cancellation = cut});
    pool.open();
    Caller caller;
    const auto measure = [&, how = mode, custom = custom_plan](std::size_t bytes) {
        Operation operation{.name = "measure", .mode = how};
        return pool.run<std::int64_t>(operation, [how, custom, bytes](Session& session) {
            const Statement statement{"test_length", "SELECT length($1::text)", custom};
            const std::vector<postgres::Request> requests{
                {statement, Params().add(std::string(bytes, 'x'))}};
            if (how == Mode::write) return session.exec_all(requests)[0][0].int64(0);
            return session.exec(statement, requests[0].params)[0].int64(0);
        });
    };
    const auto pid = Task(caller.context(), backend(pool)).get().result;
    REQUIRE(pid);
    // Prepares the statement.
    REQUIRE(Task(caller.context(), measure(3)).get().result == 3);
    {
        const Frozen frozen(std::stoi(*pid));
        // More than the sockets hold.
        Task call(caller.context(), measure(std::size_t{32} << 20));
        await([&] { return bytes_wait_at(cluster.port()); });
        const auto cancelled = std::chrono::steady_clock::now();
        call.cancel();
        CHECK(call.get().aborted());
        CHECK(std::chrono::steady_clock::now() - cancelled < cut / 2);
    }
    CHECK(Task(caller.context(), measure(5)).get().result == 5);
}

TEST_CASE("A frozen server is unavailable, and delays neither cancellation nor shutdown") {
    PrivateCluster cluster;
    auto options = options_for(cluster.connection_string());
    options.deadline = 1500ms;
    options.connect_timeout = 200ms;
    {
        OpenPool pool(options);
        REQUIRE(Task(pool.context(), answer(pool)).get().result == 42);
        auto admin = cluster.admin();
        terminate_backends(admin);
        const Frozen postmaster(cluster.postmaster());
        const auto ending = Task(pool.context(), answer(pool)).get();
        CHECK(ending.failed(errc::unavailable));
        CHECK(ending.text.find(cluster.folder().string()) != std::string::npos);
        options.deadline = 60s;
        Task waiting(pool.context(), answer(pool));
        waiting.cancel();
        CHECK(waiting.get().aborted());
    }
    {
        // The cancel request waits for the postmaster, which never accepts it.
        OpenPool pool(options);
        auto admin = cluster.admin();
        Task stuck(pool.context(), sleep(pool));
        await([&] { return sleepers(admin) == "1"; });
        const Frozen postmaster(cluster.postmaster());
        stuck.cancel();
        CHECK(stuck.get().aborted());
    }
}

TEST_CASE("A call waits for a server that restarts") {
    PrivateCluster cluster;
    OpenPool pool(options_for(cluster.connection_string(), 2));
    for (const auto how : {PrivateCluster::Stop::fast, PrivateCluster::Stop::immediate}) {
        CHECK(Task(pool.context(), answer(pool)).get().result == 42);
        cluster.stop(how);
        Task waiting(pool.context(), answer(pool));
        await([&] { return pool.stats().failed_connects > 0; });
        cluster.start();
        CHECK(waiting.get().result == 42);
    }
}

TEST_CASE("A pool that gets fewer connections than configured serves all calls with those") {
    PrivateCluster cluster;
    auto admin = cluster.admin();
    admin.query("CREATE ROLE few LOGIN CONNECTION LIMIT 2");
    auto options = options_for(cluster.connection_string("postgres", "few"), 4);
    options.deadline = 3s;
    OpenPool pool(options);
    const auto all_are_answered = [&](int calls) {
        for (int i = 0; i < calls; ++i) {
            const auto ending = Task(pool.context(), answer(pool)).get();
            INFO(ending.text);
            REQUIRE(ending.result == 42);
        }
    };
    await([&] {
        const auto stats = pool.stats();
        return stats.connections_open == 2 && stats.failed_connects >= 2;
    });
    all_are_answered(40);
    // The worker that lost its connection competes with the others for the free one.
    admin.query(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'few' LIMIT "
        "1");
    all_are_answered(40);
    // More connections are used as soon as the server permits them.
    admin.query("ALTER ROLE few CONNECTION LIMIT 4");
    await([&] { return pool.stats().connections_open == 4; });
    all_are_answered(10);
}

TEST_CASE("A missing server is unavailable, and gets at most ten connection attempts per second") {
    auto options = options_for("host=/nonexistent dbname=chat", 3);
    options.deadline = 1500ms;
    const auto began = Session::Clock::now();
    OpenPool pool(options);
    std::vector<std::unique_ptr<Task<std::int64_t>>> tasks;
    for (int i = 0; i < 6; ++i) {
        tasks.push_back(std::make_unique<Task<std::int64_t>>(pool.context(), answer(pool)));
    }
    for (auto& task : tasks) {
        const auto ending = task->get();
        CHECK(ending.failed(errc::unavailable));
        CHECK(ending.text.find("server 1 of the connection string") != std::string::npos);
        CHECK(ending.text.find("No such file or directory") != std::string::npos);
    }
    // One unlimited attempt per worker, then ten for each second that has begun.
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(Session::Clock::now() - began);
    CHECK(pool.stats().failed_connects <=
          3 + 10 * (static_cast<std::uint64_t>(seconds.count()) + 1));
}

TEST_CASE("A database that does not exist is reported at once") {
    OpenPool pool(patient_options(PrivateCluster::shared().connection_string("nowhere")));
    const auto ending = Task(pool.context(), answer(pool)).get();
    CHECK(ending.failed(errc::access_denied));
    CHECK(ending.sqlstate == "3D000");
    CHECK(ending.text.find("the database does not exist") != std::string::npos);
    CHECK(pool.stats().failed_connects <= 2);
}

TEST_CASE("A call fails as busy if another client holds a lock too long") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    make_table(admin, "rows");
    auto other = cluster.admin();
    other.query("BEGIN; LOCK TABLE rows");
    auto options = options_for(cluster.connection_string());
    options.lock_timeout = 20ms;
    OpenPool pool(options);
    const auto ending = Task(pool.context(), store(pool, "locked")).get();
    CHECK(ending.failed(errc::busy));
    CHECK(ending.sqlstate == "55P03");
    CHECK(pool.stats().retries == 4);
    other.query("COMMIT");
    CHECK(Task(pool.context(), store(pool, "locked")).get().result == false);
}

TEST_CASE("A write fails as read_only until the server accepts writes again") {
    PrivateCluster cluster;
    auto admin = cluster.admin();
    admin.query("CREATE TABLE rows (id text PRIMARY KEY)");
    OpenPool pool(options_for(cluster.connection_string()));
    CHECK(Task(pool.context(), store(pool, "before")).get().result == false);
    admin.query("ALTER SYSTEM SET default_transaction_read_only = on");
    cluster.reload();
    // Each backend applies the new setting only when it next reads its configuration.
    const auto setting = [](Session& session) {
        return session.exec({"test_read_only", "SHOW default_transaction_read_only"}, Params())[0]
            .text(0);
    };
    await([&] {
        Operation operation{.name = "setting"};
        return Task(pool.context(), pool.run<std::string>(operation, setting)).get().result == "on";
    });
    const auto ending = Task(pool.context(), store(pool, "meanwhile")).get();
    CHECK(ending.failed(errc::read_only));
    CHECK(ending.sqlstate == "25006");
    CHECK(Task(pool.context(), answer(pool)).get().result == 42);
    admin.query("SET default_transaction_read_only = off");
    admin.query("ALTER SYSTEM RESET default_transaction_read_only");
    cluster.reload();
    CHECK(Task(pool.context(), store(pool, "meanwhile")).get().result == false);
}

TEST_CASE("A transaction whose COMMIT became a rollback is not reported as successful") {
    auto& cluster = PrivateCluster::shared();
    auto admin = cluster.admin();
    make_table(admin, "rows");
    OpenPool pool(options_for(cluster.connection_string()));
    Operation operation{.name = "swallow", .mode = Mode::write};
    auto job = [](Session& session) {
        session.exec(insert, Params().add("lost"));
        try {
            session.exec({"test_zero", "SELECT 1 / 0"}, Params());
        } catch (const postgres::Failure&) {
        }
    };
    const auto ending = Task(pool.context(), pool.run<void>(operation, std::move(job))).get();
    CHECK(ending.failed(errc::internal));
    CHECK(count(admin, "lost") == "0");
}
