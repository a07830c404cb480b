// Schemas that are missing, newer, or created by several processes at once while a store is open.

#include <filesystem>

#include <catch2/catch_test_macros.hpp>

#include "faults/fault_fixture.hpp"
#include "postgres/child.hpp"
#include "support/errors.hpp"

namespace roomstore::test {

TEST_CASE("a missing schema is reported, and used again when it is back", "[F23]") {
    auto& server = shared_server();
    StoreUnderFault fault(server);
    CHECK(fault.append("a", "before").get().result);
    fault.query("ALTER SCHEMA {schema} RENAME TO {schema}_elsewhere");
    const auto ending = fault.append("a", "meanwhile").get();
    check_failure(ending, errc::schema_mismatch, "a", server.folder().string(), "42P01");
    fault.query("ALTER SCHEMA {schema}_elsewhere RENAME TO {schema}");
    CHECK(fault.append("a", "after").get().result->index == 1);
    fault.recover();
}

TEST_CASE("init() refuses a schema newer than the build; open stores still work", "[F23]") {
    auto& server = shared_server();
    StoreUnderFault fault(server);
    fault.query("UPDATE {schema}.schema_version SET version = 1000 WHERE version = 3");
    const auto options = fault.options();
    {
        PostgresStore late(options);
        CHECK_FAILS(late.init(), errc::schema_mismatch, "newer");
    }
    CHECK(fault.append("a", "event").get().result);
    fault.query("UPDATE {schema}.schema_version SET version = 3 WHERE version = 1000");
    run(PostgresStore(options).init());
    fault.recover();
}

TEST_CASE("processes that create the schema at once create it once, and an open store can use it",
          "[F23]") {
    auto& server = shared_server();
    StoreUnderFault fault(server);
    fault.query("DROP SCHEMA {schema} CASCADE");
    const auto log = server.folder() / "children.log";
    std::vector<Process> processes;
    for (int i = 0; i < 8; ++i) {
        processes.push_back(
            start_child({"init", fault.options().connection_string, fault.options().schema}, log));
    }
    std::vector<int> statuses;
    for (auto& process : processes) statuses.push_back(process.wait());
    INFO(read_file(log));
    CHECK(statuses == std::vector<int>(8, 0));
    CHECK(fault.value("SELECT count(*) FROM {schema}.schema_version") == "4");
    run(fault.store().create_room(sample_room({.id = "recovered"})));
    fault.recover();
}

}  // namespace roomstore::test
