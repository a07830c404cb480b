// Servers that refuse connections, writes or rows.

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "faults/fault_fixture.hpp"
#include "support/errors.hpp"
#include "support/pgbouncer.hpp"
#include "support/tcp_proxy.hpp"

namespace roomstore::test {

namespace {

using Moment = StoreUnderFault::Moment;
using Often = StoreUnderFault::Often;

/// An error of the server, and how the store reports it.
struct Condition {
    std::string sqlstate;
    errc code;
    /// Number of re-runs: 4 for transient errors, 1 (on a new connection) for errors that the state
    /// of the connection may cause.
    std::uint64_t retries = 0;
};

const std::vector<Condition> conditions{
    {"08006", errc::unavailable, 4},    // connection_failure
    {"57P01", errc::unavailable, 4},    // admin_shutdown
    {"53300", errc::unavailable, 4},    // too_many_connections
    {"40001", errc::busy, 4},           // serialization_failure
    {"40P01", errc::busy, 4},           // deadlock_detected
    {"55P03", errc::busy, 4},           // lock_not_available
    {"57014", errc::timeout},           // query_canceled, not by the store
    {"25006", errc::read_only, 4},      // read_only_sql_transaction
    {"26000", errc::internal, 1},       // invalid_sql_statement_name
    {"42P05", errc::internal, 1},       // duplicate_prepared_statement
    {"0A000", errc::internal, 1},       // feature_not_supported: "cached plan must not change"
    {"53100", errc::storage_full},      // disk_full
    {"53200", errc::storage_full},      // out_of_memory
    {"22003", errc::invalid_argument},  // numeric_value_out_of_range
    {"54000", errc::invalid_argument},  // program_limit_exceeded
    {"42501", errc::access_denied},     // insufficient_privilege
    {"23514", errc::internal},          // check_violation
    {"P0001", errc::internal},          // raise_exception
    {"XX000", errc::internal},          // internal_error
};

/// Creates a role that may use every table and open this number of connections; returns its
/// connection string.
std::string role_of(const std::string& name, int connections) {
    shared_server().admin().query("CREATE ROLE " + name + " LOGIN CONNECTION LIMIT " +
                                  std::to_string(connections) +
                                  "; GRANT pg_read_all_data, pg_write_all_data TO " + name);
    return shared_server().connection_string("postgres", name);
}

}  // namespace

TEST_CASE("each error of the server is reported with its code, text and SQLSTATE", "[errors]") {
    auto& server = shared_server();
    StoreUnderFault fault(server);
    for (const auto& condition : conditions) {
        CAPTURE(condition.sqlstate);
        const auto before = fault.store().stats();
        fault.install_trigger(
            Moment::insert,
            "RAISE EXCEPTION 'no luck' USING ERRCODE = '" + condition.sqlstate + "'",
            Often::always);
        const auto ending = fault.append("a", "victim").get();
        check_failure(ending, condition.code, "a", server.folder().string(), condition.sqlstate);
        CHECK(ending.text.find("no luck") != std::string::npos);
        const auto after = fault.store().stats();
        CHECK(after.retries - before.retries == condition.retries);
        CHECK(after.doubts == 0);
        fault.remove_trigger();
    }
    CHECK(fault.times_stored("victim") == "0");
    fault.recover();
}

TEST_CASE("a class 08 error from a live backend fails only its append and keeps the connection",
          "[errors]") {
    auto& server = shared_server();
    StoreUnderFault fault(server, patient_options(GENERATE(256, 1)));
    fault.install_trigger(
        Moment::insert, "RAISE EXCEPTION 'lost a worker' USING ERRCODE = '08006'", Often::always);
    const auto endings = append_together(
        server, fault, {{"a", "victim"}, {"b", "event"}, {"b", "another"}, {"a", "victim too"}});
    CHECK_FALSE(endings[0].result);
    CHECK_FALSE(endings[3].result);
    REQUIRE(endings[1].result);
    REQUIRE(endings[2].result);
    CHECK(endings[1].result->index == 0);
    CHECK(endings[2].result->index == 1);
    CHECK(fault.indexes("b") == "0 1");
    CHECK(fault.store().stats().reconnects == 0);
    CHECK(fault.store().stats().failed_connects == 0);
    fault.remove_trigger();
    CHECK(fault.append("a", "victim").get().result->index == 0);
    fault.recover();
}

TEST_CASE("a COMMIT that the server refuses stores nothing, and the error says why", "[errors]") {
    auto& server = shared_server();
    StoreUnderFault fault(server, patient_options(GENERATE(256, 1)));
    fault.install_trigger(
        Moment::commit, "RAISE EXCEPTION 'no luck' USING ERRCODE = '53100'", Often::always);
    check_failure(fault.append("a", "victim").get(),
                  errc::storage_full,
                  "a",
                  server.folder().string(),
                  "53100");
    CHECK(fault.times_stored("victim") == "0");
    CHECK(fault.store().stats().doubts == 0);
    CHECK(fault.append("a", "event").get().result->index == 0);
    fault.remove_trigger();
    fault.recover();
}

TEST_CASE("appends fail as read_only while the server accepts no writes; reads work", "[F16]") {
    PrivateCluster::require();
    PrivateCluster server;
    StoreUnderFault fault(server, patient_options(GENERATE(256, 1)));
    CHECK(fault.append("a", "before").get().result->index == 0);
    fault.query("ALTER SYSTEM SET default_transaction_read_only = on");
    server.reload();
    // Each backend applies the new setting only when it next reads its configuration.
    int accepted = 0;
    auto refused = fault.append("a", "meanwhile-0").get();
    while (refused.result) {
        refused = fault.append("a", "meanwhile-" + std::to_string(++accepted)).get();
    }
    check_failure(refused, errc::read_only, "a", server.folder().string(), "25006");
    // If the server were a standby, a pool that kept these connections would fail for ever.
    CHECK(fault.store().stats().reconnects >= 1);
    CHECK(run(fault.store().get_event_count("a")) == 1 + accepted);
    fault.query("ALTER SYSTEM RESET default_transaction_read_only");
    server.reload();
    await([&] { return fault.append("a", "after").get().result.has_value(); });
    CHECK(fault.times_stored("meanwhile-" + std::to_string(accepted)) == "0");
    fault.recover();
}

TEST_CASE("a server that is not running is unavailable, and not retried in a tight loop", "[F21]") {
    PostgresOptions options;
    {
        const TcpProxy gone(1);
        options.connection_string = gone.connection_string();
    }
    options.deadline = 1s;
    PostgresStore store(options);
    try {
        run(store.init());
        FAIL("a connection to nowhere");
    } catch (const Error& error) {
        INFO(error.what());
        CHECK(error.code() == errc::unavailable);
        CHECK(error.detail().starts_with("init: "));
        CHECK(error.detail().find("Connection refused") != std::string::npos);
        CHECK(error.detail().find("127.0.0.1") != std::string::npos);
    }
    // One unlimited attempt per connection, then ten per second for the whole process.
    CHECK(store.stats().failed_connects <= options.connections + 10 * 3);
}

TEST_CASE("the error for a connection that is lost during setup names the server", "[F21]") {
    TcpProxy proxy(shared_server().port());
    auto options = patient_options();
    options.connection_string = proxy.connection_string();
    options.deadline = 700ms;
    StoreUnderFault fault(shared_server(), options);
    const auto lost =
        proxy.inject({.action = TcpProxy::Action::cut_before, .statement = "SET ", .times = {}});
    fault.terminate();
    check_failure(fault.append("a", "early").get(),
                  errc::unavailable,
                  "a",
                  "port " + std::to_string(proxy.port()));
    CHECK(proxy.happened(lost) >= 1);
    proxy.remove(lost);
    CHECK(fault.append("a", "late").get().result->index == 0);
    fault.recover();
}

TEST_CASE("too many connections are reported as unavailable, with the server's text", "[F21]") {
    auto options = patient_options(GENERATE(256, 1));
    static int roles = 0;
    const auto role = "full_" + std::to_string(++roles);
    options.connection_string = role_of(role, 1);
    options.create_schema = false;
    options.deadline = 1s;
    StoreUnderFault fault(shared_server(), options);
    CHECK(fault.append("a", "first").get().result);
    fault.query("ALTER ROLE " + role + " CONNECTION LIMIT 0");
    fault.terminate();
    const auto before = fault.store().stats().failed_connects;
    const auto ending = fault.append("a", "refused").get();
    check_failure(ending, errc::unavailable, "a", shared_server().folder().string(), "53300");
    CHECK(ending.text.find("too many connections for role \"" + role + "\"") != std::string::npos);
    CHECK(fault.store().stats().failed_connects - before <= 10 * 3);
    fault.query("ALTER ROLE " + role + " CONNECTION LIMIT 1");
    await([&] { return fault.append("a", "second").get().result.has_value(); });
    CHECK(fault.indexes("a") == "0 1");
    fault.recover();
}

TEST_CASE("a server in recovery is unavailable, and used afterwards", "[F21]") {
    PrivateCluster::require();
    PrivateCluster server;
    auto options = patient_options(GENERATE(256, 1));
    options.deadline = 1s;
    StoreUnderFault fault(server, options);
    fault.forget_admin();
    server.stop();
    server.start_recovering();
    const auto ending = fault.append("a", "early").get();
    check_failure(ending, errc::unavailable, "a", server.folder().string(), "57P03");
    CHECK(ending.text.find("the database system is") != std::string::npos);
    server.promote();
    await([&] { return fault.append("a", "late").get().result.has_value(); });
    CHECK(fault.times_stored("early") == "0");
    fault.recover();
}

TEST_CASE("behind PgBouncer in transaction mode lost connections fail no append", "[F24]") {
    PgBouncer::require();
    auto& server = shared_server();
    auto options = patient_options(GENERATE(256, 1));
    auto pooler = std::make_unique<PgBouncer>(server);
    options.connection_string = pooler->connection_string();
    options.prepared_statements = false;
    options.connections = 4;
    StoreUnderFault fault(server, options);
    {
        Load load(fault.store(), fault.caller(), {"a", "b", "c"}, 6);
        for (int i = 0; i < 3; ++i) {
            load.await_more(50);
            // Terminates one of the pooler's two server connections.
            fault.terminate("true LIMIT 1");
        }
        load.await_more(50);
        load.stop();
        INFO(load.last_error());
        CHECK(load.failed() == 0);
        CHECK(load.violations(fault.store()) == std::vector<std::string>{});
    }
    CHECK(fault.store().stats().reconnects >= 1);
    // The pooler keeps its server connections until it is stopped.
    fault.recover([&] { pooler.reset(); });
}

}  // namespace roomstore::test
