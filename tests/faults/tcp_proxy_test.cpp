#include "support/tcp_proxy.hpp"

#include <future>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <libpq-fe.h>

#include "support/footprint.hpp"
#include "support/private_cluster.hpp"
#include "support/run.hpp"

namespace roomstore::test {

namespace {

using namespace std::chrono_literals;
using Action = TcpProxy::Action;
using Admission = TcpProxy::Admission;
using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

/// A private server, reached over TCP, with a table that shows what was committed.
class Server {
public:
    Server() { cluster_.admin().query("CREATE TABLE rows (id text PRIMARY KEY)"); }

    static Server& shared() {
        PrivateCluster::require();
        static Server server;
        return server;
    }

    int port() const { return cluster_.port(); }
    Admin admin() const { return cluster_.admin(); }
    bool holds(const std::string& id) const {
        return admin().value("SELECT count(*) FROM rows WHERE id = '" + id + "'") == "1";
    }
    /// Number of backends whose clients connected through a proxy.
    std::string clients() const {
        return admin().value("SELECT count(*) FROM pg_stat_activity WHERE client_addr IS NOT NULL");
    }

private:
    PrivateCluster cluster_{{.tcp = true}};
};

Connection connect(const TcpProxy& proxy, const std::string& more = "") {
    return {PQconnectdb((proxy.connection_string() + ' ' + more).c_str()), PQfinish};
}

/// Returns the command tag, "lost", or the SQLSTATE.
std::string run_sql(const Connection& connection, const std::string& sql) {
    const Result result(PQexec(connection.get(), sql.c_str()), PQclear);
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return PQcmdStatus(result.get());
    if (PQstatus(connection.get()) != CONNECTION_OK) return "lost";
    const char* const sqlstate = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    return sqlstate == nullptr ? "no code" : sqlstate;
}

void begin_insert(const Connection& connection, const std::string& id) {
    CHECK(run_sql(connection, "BEGIN") == "BEGIN");
    CHECK(run_sql(connection, "INSERT INTO rows VALUES ('" + id + "')") == "INSERT 0 1");
}

}  // namespace

TEST_CASE("a proxy without faults passes everything on") {
    auto& server = Server::shared();
    TcpProxy proxy(server.port());
    const auto connection = connect(proxy);
    begin_insert(connection, "passed");
    CHECK(run_sql(connection, "COMMIT") == "COMMIT");
    CHECK(server.holds("passed"));
    CHECK(run_sql(connection, "SELECT repeat('x', 3000000)") == "SELECT 1");
    CHECK(proxy.counts().accepted == 1);
    CHECK(proxy.counts().cut == 0);
}

TEST_CASE("the connection is cut before COMMIT, before its answer, or after it") {
    auto& server = Server::shared();
    TcpProxy proxy(server.port());
    const auto cut = [&](Action action, const std::string& id) {
        const auto fault = proxy.inject({.action = action});
        const auto connection = connect(proxy);
        begin_insert(connection, id);
        const auto answer = run_sql(connection, "COMMIT");
        CHECK(proxy.happened(fault) == 1);
        await([&] { return proxy.connections() == 0; });
        CHECK(run_sql(connection, "SELECT 1") == "lost");
        return answer;
    };
    CHECK(cut(Action::cut_before, "cut before") == "lost");
    await([&] { return server.clients() == "0"; });
    CHECK_FALSE(server.holds("cut before"));
    CHECK(cut(Action::cut_reply, "cut reply") == "lost");
    CHECK(server.holds("cut reply"));
    CHECK(cut(Action::cut_after, "cut after") == "COMMIT");
    CHECK(server.holds("cut after"));
    CHECK(proxy.counts().cut == 3);
}

TEST_CASE("data before a held statement in the same segment still reaches the server") {
    auto& server = Server::shared();
    TcpProxy proxy(server.port());
    const auto connection = connect(proxy);
    // Pipeline mode: everything up to the flush is sent together.
    REQUIRE(PQenterPipelineMode(connection.get()) == 1);
    const auto send = [&](const char* sql) {
        CHECK(PQsendQueryParams(connection.get(), sql, 0, nullptr, nullptr, nullptr, nullptr, 0) ==
              1);
    };
    const auto fault = proxy.inject({.action = Action::hold, .statement = "SELECT 'held'"});
    send("INSERT INTO rows VALUES ('before')");
    CHECK(PQpipelineSync(connection.get()) == 1);
    send("SELECT 'held'");
    send("INSERT INTO rows VALUES ('behind')");
    CHECK(PQpipelineSync(connection.get()) == 1);
    CHECK(PQflush(connection.get()) == 0);
    await([&] { return proxy.holding(fault) == 1 && server.holds("before"); });
    CHECK_FALSE(server.holds("behind"));
    proxy.release(fault);
    await([&] { return server.holds("behind"); });
    CHECK(proxy.happened(fault) == 1);
    CHECK(proxy.holding(fault) == 0);
}

TEST_CASE("swallowing a statement leaves the connection open") {
    auto& server = Server::shared();
    TcpProxy proxy(server.port());
    const auto fault = proxy.inject({.action = Action::swallow});
    const auto connection = connect(proxy);
    begin_insert(connection, "swallowed");
    REQUIRE(PQsendQuery(connection.get(), "COMMIT") == 1);
    await([&] { return proxy.happened(fault) == 1; });
    CHECK(proxy.connections() == 1);
    CHECK(PQconsumeInput(connection.get()) == 1);
    CHECK(PQisBusy(connection.get()) == 1);
    CHECK_FALSE(server.holds("swallowed"));
}

TEST_CASE("a swallowed answer is counted after the server has executed the statement") {
    auto& server = Server::shared();
    TcpProxy proxy(server.port());
    const auto fault = proxy.inject({.action = Action::swallow_reply});
    const auto connection = connect(proxy);
    begin_insert(connection, "done");
    REQUIRE(PQsendQuery(connection.get(), "COMMIT") == 1);
    await([&] { return proxy.happened(fault) == 1; });
    CHECK(server.holds("done"));
    CHECK(PQconsumeInput(connection.get()) == 1);
    CHECK(PQisBusy(connection.get()) == 1);
}

TEST_CASE("an answer is held until it is released, also that of a prepared statement") {
    auto& server = Server::shared();
    TcpProxy proxy(server.port());
    const auto connection = connect(proxy);
    const Result prepared(
        PQprepare(connection.get(), "insert_row", "INSERT INTO rows VALUES ('held reply')", 0, {}),
        PQclear);
    REQUIRE(PQresultStatus(prepared.get()) == PGRES_COMMAND_OK);
    const auto fault = proxy.inject({.action = Action::hold_reply, .statement = "insert_row"});
    auto answer = std::async(std::launch::async, [&] {
        const Result result(
            PQexecPrepared(connection.get(), "insert_row", 0, nullptr, nullptr, nullptr, 0),
            PQclear);
        return PQresultStatus(result.get());
    });
    await([&] { return proxy.holding(fault) == 1; });
    CHECK(server.holds("held reply"));
    CHECK(answer.wait_for(0s) == std::future_status::timeout);
    proxy.release(fault);
    CHECK(answer.get() == PGRES_COMMAND_OK);
    CHECK(proxy.happened(fault) == 1);
}

TEST_CASE("a fault skips and hits the configured numbers of statements") {
    TcpProxy proxy(Server::shared().port());
    const auto fault = proxy.inject(
        {.action = Action::hold, .statement = "SELECT 1", .times = 2, .skip = 1, .time = 1ms});
    const auto standing = proxy.inject(
        {.action = Action::hold, .statement = "SELECT 2", .times = std::nullopt, .time = 1ms});
    const auto connection = connect(proxy);
    for (int i = 0; i < 5; ++i) {
        CHECK(run_sql(connection, "SELECT 1") == "SELECT 1");
        CHECK(run_sql(connection, "SELECT 2") == "SELECT 1");
    }
    CHECK(proxy.happened(fault) == 2);
    CHECK(proxy.happened(standing) == 5);
    proxy.remove(standing);
    CHECK(run_sql(connection, "SELECT 2") == "SELECT 1");
    CHECK(proxy.happened(standing) == 5);
}

TEST_CASE("slices, delays and a limited bandwidth change no byte") {
    TcpProxy proxy(Server::shared().port());
    const auto check = [&](TcpProxy::Traffic traffic) {
        proxy.set_traffic(traffic);
        const auto connection = connect(proxy);
        const Result result(PQexec(connection.get(), "SELECT repeat('0123456789', 500)"), PQclear);
        REQUIRE(PQresultStatus(result.get()) == PGRES_TUPLES_OK);
        std::string expected;
        for (int i = 0; i < 500; ++i) expected += "0123456789";
        CHECK(PQgetvalue(result.get(), 0, 0) == expected);
    };
    check({.slice = 1});
    CHECK(proxy.counts().sliced > 5000);
    check({.delay = 5ms});
    CHECK(proxy.counts().delayed > 0);
    const auto began = std::chrono::steady_clock::now();
    check({.bytes_per_second = 50'000});
    // 5000 bytes take 100 ms at this rate; there is no upper limit.
    CHECK(std::chrono::steady_clock::now() - began > 80ms);
    CHECK(proxy.counts().throttled > 0);
}

TEST_CASE("connections are refused, reset or left hanging") {
    TcpProxy proxy(Server::shared().port());
    const auto status = [&] { return PQstatus(connect(proxy).get()); };
    proxy.set_admission(Admission::refuse);
    CHECK(status() == CONNECTION_BAD);
    CHECK(proxy.counts().accepted == 0);
    proxy.set_admission(Admission::reset);
    CHECK(status() == CONNECTION_BAD);
    CHECK(proxy.counts().reset == 1);
    proxy.set_admission(Admission::hang);
    const auto hanging =
        std::make_unique<Connection>(PQconnectStart(proxy.connection_string().c_str()), PQfinish);
    while (PQconnectPoll(hanging->get()) == PGRES_POLLING_WRITING) {
    }
    await([&] { return proxy.counts().hung == 1; });
    CHECK(proxy.connections() == 1);
    proxy.set_admission(Admission::pass);
    CHECK(status() == CONNECTION_OK);
    CHECK(proxy.cut_all() >= 1);
    CHECK(proxy.connections() == 0);
}

TEST_CASE("a frozen connection continues after thaw(), a cut one is closed") {
    TcpProxy proxy(Server::shared().port());
    const auto connection = connect(proxy);
    CHECK(run_sql(connection, "SELECT 1") == "SELECT 1");
    proxy.freeze();
    CHECK(proxy.counts().frozen == 1);
    auto answer = std::async(std::launch::async, [&] { return run_sql(connection, "SELECT 2"); });
    CHECK(answer.wait_for(50ms) == std::future_status::timeout);
    proxy.thaw();
    CHECK(answer.get() == "SELECT 1");
    CHECK(proxy.cut_all() == 1);
    CHECK(run_sql(connection, "SELECT 3") == "lost");
    CHECK(proxy.counts().cut == 1);
}

TEST_CASE("a cancel request is passed on and counted") {
    TcpProxy proxy(Server::shared().port());
    const auto connection = connect(proxy);
    REQUIRE(PQsendQuery(connection.get(), "SELECT pg_sleep(60)") == 1);
    auto admin = Server::shared().admin();
    await([&] {
        return admin.value(
                   "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' "
                   "AND pid <> pg_backend_pid()") == "1";
    });
    const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel(PQgetCancel(connection.get()),
                                                                    PQfreeCancel);
    char text[256];
    CHECK(PQcancel(cancel.get(), text, sizeof text) == 1);
    const Result result(PQgetResult(connection.get()), PQclear);
    CHECK(std::string(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE)) == "57014");
    CHECK(proxy.counts().cancel_requests == 1);
}

TEST_CASE("without a server, connections end and are counted") {
    TcpProxy reserved(1);  // reserves a port with no listener
    reserved.set_admission(Admission::refuse);
    TcpProxy proxy(reserved.port());
    CHECK(PQstatus(connect(proxy).get()) == CONNECTION_BAD);
    CHECK(proxy.counts().unreachable >= 1);
    proxy.set_server_port(Server::shared().port());
    CHECK(PQstatus(connect(proxy).get()) == CONNECTION_OK);
}

}  // namespace roomstore::test
