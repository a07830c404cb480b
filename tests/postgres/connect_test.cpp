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

TEST_CASE("init() with a wrong password says so, and names the user", "[F21]") {
    PrivateCluster cluster;
    cluster.admin().query(
        "CREATE ROLE alice LOGIN PASSWORD 'right'; CREATE SCHEMA roomstore "
        "AUTHORIZATION alice");
    cluster.set_hba("local all all scram-sha-256");
    const auto alice = cluster.connection_string("postgres", "alice");
    PostgresStore wrong(options_for(alice + " password=wrong"));
    CHECK_FAILS(wrong.init(), errc::unavailable, "password authentication failed");
    CHECK_FAILS(wrong.init(), errc::unavailable, "alice");
    CHECK_FAILS(wrong.create_room(make_room()), errc::closed, "init()");
    PostgresStore none(options_for(alice));
    CHECK_FAILS(none.init(), errc::unavailable, "password");
    PostgresStore right(options_for(alice + " password=right"));
    run(right.init());
    run(right.create_room(make_room()));
}

TEST_CASE("init() on a database that does not exist says so, and names it", "[F21]") {
    PostgresStore store(
        options_for(PrivateCluster::shared().connection_string("nowhere_to_be_found")));
    CHECK_FAILS(store.init(), errc::unavailable, "\"nowhere_to_be_found\" does not exist");
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
