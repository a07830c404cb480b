// Several statements that a session sends together with exec_all().

#include <thread>

#include <catch2/generators/catch_generators.hpp>

#include "postgres/session_fixture.hpp"
#include "support/pgbouncer.hpp"

using namespace roomstore;
using namespace roomstore::test;

namespace {

constexpr Statement add{"test_add", "INSERT INTO t VALUES ($1::int) RETURNING n"};
constexpr Statement count{"test_count", "SELECT count(*), NULL, '' FROM t"};
constexpr Statement divide{"test_divide", "SELECT 1 / $1::int"};

std::unique_ptr<Session> session_with_table(PostgresOptions options) {
    auto session = connect(options);
    session->run_command("CREATE TEMP TABLE t (n int)");
    return session;
}

std::string rows(Session& session) { return session.exec(count, Params())[0].text(0); }

std::vector<std::string> prepared_by(Session& session) {
    const auto result = session.exec(
        {"test_prepared", "SELECT name FROM pg_prepared_statements ORDER BY name"}, Params());
    std::vector<std::string> names;
    for (std::size_t i = 0; i < result.size(); ++i) names.push_back(result[i].text(0));
    return names;
}

}  // namespace

TEST_CASE("exec_all() returns the results in the order of the statements") {
    auto options = options_for(test_database());
    options.prepared_statements = GENERATE(true, false);
    const auto session = session_with_table(options);
    session->begin();
    const auto results = session->exec_all(
        {{add, Params().add(std::int64_t{7})}, {add, Params().add_null()}, {count, Params()}});
    REQUIRE(results.size() == 3);
    CHECK(results[0][0].int64(0) == 7);
    CHECK(results[0].affected_rows() == 1);
    CHECK(results[1][0].is_null(0));
    CHECK(results[2][0].int64(0) == 2);
    CHECK(results[2][0].is_null(1));
    CHECK(results[2][0].view(2).empty());
    CHECK_FALSE(results[2][0].is_null(2));
    CHECK(session->transaction_status() == TransactionStatus::open);
    session->rollback();
    CHECK(rows(*session) == "0");
}

TEST_CASE("exec_all() fails as a whole with the first statement that fails") {
    const auto session = session_with_table(options_for(test_database()));
    const bool in_transaction = GENERATE(true, false);
    if (in_transaction) session->begin();
    const auto failure = failure_of([&] {
        session->exec_all({{add, Params().add(std::int64_t{1})},
                           {divide, Params().add(std::int64_t{0})},
                           {add, Params().add(std::int64_t{2})}});
    });
    CHECK(failure.sqlstate == "22012");
    CHECK(failure.text.find("division by zero") != std::string::npos);
    CHECK_FALSE(failure.broken);
    CHECK_FALSE(failure.discard);
    CHECK(session->connected());
    CHECK(session->transaction_status() ==
          (in_transaction ? TransactionStatus::failed : TransactionStatus::idle));
    if (in_transaction) session->rollback();
    CHECK(rows(*session) == "0");
}

TEST_CASE("exec_all() does not deadlock on a large result before a large statement") {
    const auto session = session_with_table(options_for(test_database()));
    const Statement chatter{"test_chatter",
                            "SELECT repeat('x', 1000) FROM generate_series(1, 20000)"};
    const Statement listener{"test_listener", "SELECT length($1)"};
    const std::string large(20'000'000, 'y');
    const auto results = session->exec_all({{chatter, Params()}, {listener, Params().add(large)}});
    CHECK(results[0].size() == 20'000);
    CHECK(results[1][0].int64(0) == 20'000'000);
}

TEST_CASE("A transaction without statements is not sent to the server") {
    const auto session = session_with_table(options_for(test_database()));
    const auto idle = [&] { return session->transaction_status() == TransactionStatus::idle; };
    session->begin();
    CHECK(session->transaction_status() == TransactionStatus::open);
    session->rollback();
    CHECK(idle());
    session->begin();
    session->commit();
    CHECK(idle());
    session->begin();
    session->run_command("INSERT INTO t VALUES (1)");
    CHECK(session->transaction_status() == TransactionStatus::open);
    session->rollback();
    CHECK(rows(*session) == "0");
}

TEST_CASE("exec_all() reports the server's last message if the server disconnects") {
    auto& cluster = PrivateCluster::shared();
    const auto session = connect(options_for(cluster.connection_string()));
    const Statement die{"test_die", "SELECT pg_terminate_backend(pg_backend_pid())"};
    session->begin();
    session->exec(pid, Params());
    const auto failure = failure_of([&] { session->exec_all({{pid, Params()}, {die, Params()}}); });
    CHECK(failure.broken);
    CHECK(failure.code == errc::unavailable);
    CHECK(failure.remedy == Remedy::reconnect);
    CHECK(failure.sqlstate == "57P01");
    CHECK(failure.text.find("terminating connection") != std::string::npos);
    CHECK_FALSE(session->connected());

    session->connect(Session::Clock::now() + 5s);
    CHECK(session->exec_all({{pid, Params()}, {pid, Params()}}).size() == 2);
    const auto backend = session->exec(pid, Params())[0].text(0);
    cluster.admin().query("SELECT pg_terminate_backend(" + backend + ", 10000)");
    session->begin();
    const auto idle = failure_of([&] { session->exec(pid, Params()); });
    CHECK(idle.broken);
    CHECK(idle.sqlstate == "57P01");
}

TEST_CASE("exec_all() can be cancelled and cut like a single statement") {
    const bool cuts = GENERATE(true, false);
    const auto session = session_with_table(options_for(test_database()));
    session->control()->reset();
    session->begin();
    std::thread stopper([&, control = session->control()] {
        await_sleepers("SELECT pg_sleep(63)", "1");
        cuts ? control->cut() : control->cancel();
    });
    const Statement sleep{"test_sleep", "SELECT pg_sleep(63)"};
    const auto failure = failure_of(
        [&] { session->exec_all({{sleep, Params()}, {add, Params().add(std::int64_t{1})}}); });
    stopper.join();
    CHECK(failure.broken == cuts);
    CHECK(session->connected() != cuts);
    // Other tests count sleeping backends.
    await_sleepers("SELECT pg_sleep(63)", "0");
    if (cuts) return;
    CHECK(failure.sqlstate == "57014");
    session->control()->reset();
    session->rollback();
    CHECK(rows(*session) == "0");
}

TEST_CASE("A statement that requests a custom plan is not prepared") {
    const auto session = session_with_table(options_for(test_database()));
    const Statement planned{"test_planned", "SELECT count(*) FROM t WHERE n = $1::int", true};
    session->exec(count, Params());
    session->begin();
    CHECK(session->exec(planned, Params().add(std::int64_t{1}))[0].int64(0) == 0);
    session->exec_all({{planned, Params().add(std::int64_t{1})}, {count, Params()}});
    session->commit();
    CHECK(prepared_by(*session) == std::vector<std::string>{"test_count", "test_prepared"});
}
