#include <catch2/catch_test_macros.hpp>

#include "postgres/fresh_schema.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"

namespace roomstore::test {

namespace {

/// Answers soon, also where an attempt is repeated until the deadline.
PostgresOptions options_for(std::string connection_string) {
    PostgresOptions options;
    options.connection_string = std::move(connection_string);
    options.deadline = std::chrono::milliseconds{1500};
    return options;
}

}  // namespace

TEST_CASE("init() with a wrong password says so, and is not repeated", "[F21]") {
    PrivateCluster cluster;
    cluster.admin().query(
        "CREATE ROLE alice LOGIN PASSWORD 'right'; CREATE SCHEMA roomstore "
        "AUTHORIZATION alice");
    cluster.set_hba("local all all scram-sha-256");
    const auto alice = cluster.connection_string("postgres", "alice");
    const auto wrong_options = options_for(alice + " password=wrong");
    PostgresStore wrong(wrong_options);
    CHECK_FAILS(wrong.init(), errc::access_denied, "password authentication failed");
    CHECK_FAILS(wrong.init(), errc::access_denied, cluster.folder().string());
    // Each connection tries ahead of the calls, and then for each of the two.
    CHECK(wrong.stats().failed_connects <= wrong_options.connections + 2);
    CHECK_FAILS(wrong.create_room(make_room()), errc::closed, "init()");
    PostgresStore none(options_for(alice));
    CHECK_FAILS(none.init(), errc::access_denied, "password");
    PostgresStore right(options_for(alice + " password=right"));
    run(right.init());
    run(right.create_room(make_room()));
}

TEST_CASE("init() with a database or a role that does not exist says so, and is not repeated",
          "[F21]") {
    auto& cluster = PrivateCluster::shared();
    PostgresStore database(options_for(cluster.connection_string("nowhere_to_be_found")));
    CHECK_FAILS(database.init(), errc::access_denied, "the database does not exist");
    PostgresStore role(options_for(cluster.connection_string("postgres", "nobody_of_that_name")));
    CHECK_FAILS(role.init(), errc::access_denied, "the server does not let this role in");
}

TEST_CASE("a role that may not connect any more is told so, by a store that was connected",
          "[F21]") {
    PrivateCluster cluster;
    cluster.admin().query("CREATE ROLE alice LOGIN; CREATE SCHEMA roomstore AUTHORIZATION alice");
    PostgresStore store(options_for(cluster.connection_string("postgres", "alice")));
    run(store.init());
    auto admin = cluster.admin();
    admin.query("ALTER ROLE alice NOLOGIN");
    admin.query(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE usename = 'alice'");
    try {
        run(store.room_exists("room"));
        FAIL("a role without LOGIN was let in");
    } catch (const Error& error) {
        INFO(error.what());
        CHECK(error.code() == errc::access_denied);
        CHECK_FALSE(error.retryable());
        // By now the server may be quoted.
        CHECK(error.detail().find("\"alice\"") != std::string::npos);
    }
}

TEST_CASE("init() while the server is down says so; once it is up, the same store works", "[F21]") {
    PrivateCluster cluster;
    cluster.stop();
    PostgresStore store(options_for(cluster.connection_string()));
    CHECK_FAILS(store.init(), errc::unavailable, "init");
    CHECK_FAILS(store.init(), errc::unavailable, cluster.folder().string());
    CHECK_FAILS(store.get_room("room"), errc::closed, "init()");
    cluster.start();
    run(store.init());
    run(store.create_room(make_room()));
    CHECK(run(store.room_exists("room")));
}

}  // namespace roomstore::test
