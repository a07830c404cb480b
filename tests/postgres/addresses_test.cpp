// Servers with several addresses, and servers from the environment or a service file: the store
// connects to and refuses the same servers as psql.

#include <atomic>
#include <fstream>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include "postgres/environment.hpp"
#include "postgres/fake_names.hpp"
#include "postgres/silent_listener.hpp"
#include "roomstore/postgres/postgres_store.hpp"
#include "support/errors.hpp"
#include "support/private_cluster.hpp"

namespace roomstore::test {

namespace {

using namespace std::chrono_literals;

/// Listens on 127.0.0.1 only.
PrivateCluster& server() {
    PrivateCluster::require();
    static PrivateCluster only({.tcp = true});
    return only;
}

PostgresOptions options_for(const std::string& connection_string) {
    PostgresOptions options;
    options.connection_string = connection_string + " user=postgres dbname=postgres";
    options.connections = 1;
    return options;
}

std::string port() { return std::to_string(server().port()); }

void check_serves(const PostgresOptions& options) {
    CAPTURE(options.connection_string);
    PostgresStore store(options);
    run(store.init());
    CHECK_FALSE(run(store.room_exists("room")));
}

/// init() fails with timeout or unavailable: the connection attempt starts slightly before the call
/// and may give up before or after the call's deadline.
void check_not_served(PostgresStore& store) {
    try {
        run(store.init());
        FAIL("init() succeeded");
    } catch (const Error& error) {
        INFO(error.what());
        CHECK((error.code() == errc::timeout || error.code() == errc::unavailable));
        CHECK(error.detail().find("no connection was free") == std::string::npos);
        CHECK(error.detail().find("server \"") != std::string::npos);
    }
}

}  // namespace

TEST_CASE("the first address of a host name that answers is used") {
    const SilentListener silent("127.0.0.2", server().port());
    const FakeNames names{{"two.test", {"127.0.0.2", "127.0.0.1"}},
                          {"down.test", {"127.0.0.3", "127.0.0.1"}}};
    check_serves(options_for("host=two.test connect_timeout=1 port=" + port()));
    check_serves(options_for("host=down.test port=" + port()));
}

TEST_CASE("each address of a name gets its full timeout, even if the call ends earlier") {
    const SilentListener second("127.0.0.2", server().port());
    const SilentListener third("127.0.0.3", server().port());
    const FakeNames names{{"three.test", {"127.0.0.2", "127.0.0.3", "127.0.0.1"}}};
    auto options = options_for("host=three.test port=" + port());
    options.deadline = 500ms;
    options.connect_timeout = 400ms;
    PostgresStore store(options);
    check_not_served(store);
    // Continues with the address that the previous call had reached.
    run(store.init());
    CHECK_FALSE(run(store.room_exists("room")));
}

TEST_CASE("hosts from the environment are tried one after the other") {
    const SilentListener silent("127.0.0.2", server().port());
    const Environment hosts("PGHOST", "127.0.0.2,127.0.0.1");
    const Environment ports("PGPORT", port());
    auto options = options_for("");
    options.connect_timeout = 300ms;
    check_serves(options);
    const Environment timeout("PGCONNECT_TIMEOUT", "1");
    options.connect_timeout = 1h;
    check_serves(options);
}

TEST_CASE("hosts from a service file are tried one after the other") {
    const SilentListener silent("127.0.0.2", server().port());
    const auto file = server().folder() / "two.services";
    std::ofstream(file) << "[two]\nhost=127.0.0.2,127.0.0.1\nport=" << port()
                        << "\nconnect_timeout=1\n";
    const Environment services("PGSERVICEFILE", file.string());
    check_serves(options_for("service=two"));
    const Environment service("PGSERVICE", "two");
    check_serves(options_for(""));
}

TEST_CASE("an empty entry in a list of hosts is libpq's default, whatever the environment") {
    const Environment host("PGHOST", "127.0.0.1");
    auto options = options_for("host=, port=" + port());
    options.deadline = 300ms;
    PostgresStore store(options);
    // The default socket directory, where this server does not listen.
    CHECK_FAILS(store.init(), errc::unavailable);
}

TEST_CASE("a server that does not match PGTARGETSESSIONATTRS is refused") {
    const Environment attributes("PGTARGETSESSIONATTRS", "standby");
    auto options = options_for("host=127.0.0.1 port=" + port());
    options.deadline = 2s;
    {
        PostgresStore store(options);
        CHECK_FAILS(store.init(), errc::unavailable, "not in hot standby mode");
    }
    const Environment prefer("PGTARGETSESSIONATTRS", "prefer-standby");
    options.deadline = 5s;
    check_serves(options);
}

TEST_CASE("a server without SSL is refused if PGSSLMODE requires it") {
    const Environment mode("PGSSLMODE", "require");
    auto options = options_for("host=127.0.0.1 port=" + port());
    options.deadline = 2s;
    PostgresStore store(options);
    CHECK_FAILS(store.init(), errc::unavailable, "SSL");
}

TEST_CASE("an unknown host name is unavailable, and resolved again by the next call") {
    auto options = options_for("host=late.test port=" + port());
    options.deadline = 300ms;
    PostgresStore store(options);
    CHECK_FAILS(store.init(), errc::unavailable, "init");
    const FakeNames names{{"late.test", {"127.0.0.1"}}};
    run(store.init());
}

TEST_CASE("after a rejected login neither this server nor another one is tried") {
    PrivateCluster::require();
    PrivateCluster strict({.tcp = true});
    strict.admin().query("CREATE ROLE alice LOGIN PASSWORD 'right'");
    strict.set_hba("host all all 127.0.0.1/32 scram-sha-256");
    PostgresOptions options;
    options.connection_string = "host=127.0.0.1,127.0.0.1 port=" + std::to_string(strict.port()) +
                                ',' + port() + " user=alice password=wrong dbname=postgres";
    PostgresStore store(options);
    CHECK_FAILS(store.init(), errc::access_denied, "password authentication failed");
    CHECK_FAILS(store.init(), errc::access_denied, "password authentication failed");
}

TEST_CASE("connecting to a silent address ends at the deadline, and does not delay close()") {
    const SilentListener silent("127.0.0.2", server().port());
    const FakeNames names{{"silent.test", {"127.0.0.2"}}};
    auto options = options_for("host=silent.test connect_timeout=0 port=" + port());
    options.deadline = 300ms;
    PostgresStore store(options);
    check_not_served(store);
    run(store.close());
}

TEST_CASE("silent addresses are logged once, in whatever order they are tried") {
    const SilentListener first("127.0.0.2", server().port());
    const SilentListener second("127.0.0.3", server().port());
    auto options = options_for("host=127.0.0.2,127.0.0.3 port=" + port());
    options.connections = 3;
    options.connect_timeout = 100ms;
    options.deadline = 4s;
    std::atomic<int> warnings = 0;
    options.log = [&](LogLevel level, std::string_view) { warnings += level == LogLevel::warning; };
    PostgresStore store(options);
    check_not_served(store);
    CHECK(store.stats().failed_connects >= 5);
    run(store.close());
    // close() has delivered the queued lines.
    CHECK(warnings == 1);
}

}  // namespace roomstore::test
