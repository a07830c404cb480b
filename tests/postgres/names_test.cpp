#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "postgres/fresh_schema.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"
#include "support/hostile_names.hpp"

namespace roomstore::test {

namespace {

/// A new database of the shared server.
std::string new_database(const std::string& name) {
    auto& cluster = PrivateCluster::shared();
    cluster.admin().query("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    cluster.admin().query("CREATE DATABASE " + name);
    return cluster.connection_string(name);
}

/// A database in which every role may create functions in `public`: the default before PostgreSQL
/// 15.
std::string open_database() {
    auto database = new_database("open_to_all");
    Admin(database).query("GRANT CREATE ON SCHEMA public TO PUBLIC");
    return database;
}

void call_what_reads_arrays(ConversationStore& store) {
    const std::vector<std::string> names{"room"};
    CHECK(run(store.get_unread_counts("channel", names)).at("room") == 1);
    CHECK(run(store.get_thread_summaries("room", names)).empty());
}

}  // namespace

TEST_CASE("A function that another role created in public is never run, even if it fits better") {
    const auto database = open_database();
    FreshSchema schema(database);
    auto options = schema.options();
    options.prepared_statements = GENERATE(true, false);
    CAPTURE(options.prepared_statements);
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(sample_room()));
    run(store.add_event_auto_index("room", make_event()));

    auto& cluster = PrivateCluster::shared();
    cluster.admin().query("DROP ROLE IF EXISTS intruder; CREATE ROLE intruder LOGIN");
    Admin intruder(cluster.connection_string("open_to_all", "intruder"));
    // A better match than the one in pg_catalog, which takes anyarray.
    intruder.query(
        "CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'run as %', current_user; END $$");
    Admin application(database);
    CHECK_THROWS_WITH(application.query("SELECT unnest('{a}'::text[])"),
                      Catch::Matchers::ContainsSubstring("run as postgres"));

    call_what_reads_arrays(store);
    run(store.close());
    intruder.query("DROP FUNCTION public.unnest(text[])");
    cluster.admin().query("DROP ROLE intruder");
}

TEST_CASE("A search_path in the connection string has no effect") {
    const auto database = new_database("with_path");
    Admin admin(database);
    admin.query(hostile_names_sql());
    FreshSchema schema(database);
    auto options = schema.options();
    options.connection_string += " options='-c search_path=hostile,pg_catalog'";
    options.prepared_statements = GENERATE(true, false);
    CAPTURE(options.prepared_statements);
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(sample_room()));
    run(store.add_event_auto_index("room", make_event()));
    call_what_reads_arrays(store);
}

TEST_CASE("schema_sql() resolves the same types under any search_path") {
    const auto database = new_database("by_hand");
    Admin admin(database);
    admin.query(hostile_names_sql());
    FreshSchema schema(database);
    Admin by_hand(database);
    by_hand.query("SET search_path = hostile, pg_catalog");
    by_hand.query(PostgresStore::schema_sql(schema.options()));
    CHECK(admin.value("SELECT count(*) FROM pg_attribute a "
                      "JOIN pg_type t ON t.oid = a.atttypid "
                      "LEFT JOIN pg_collation c ON c.oid = a.attcollation "
                      "WHERE 'hostile'::regnamespace IN (t.typnamespace, c.collnamespace)") == "0");
    auto options = schema.options();
    options.create_schema = false;
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(sample_room()));
}

}  // namespace roomstore::test
