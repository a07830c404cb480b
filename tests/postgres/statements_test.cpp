#include <cstdlib>

#include <catch2/catch_test_macros.hpp>

#include "postgres/fresh_schema.hpp"
#include "support/builders.hpp"
#include "support/run.hpp"

namespace roomstore::test {

namespace {

/// One of 1024 combinations of conditions, each with its own SQL statement.
EventQuery query_of_shape(unsigned bits) {
    EventQuery query;
    auto& filter = query.filter;
    if (bits & 1u) filter.event_types.emplace(1, EventType("message"));
    if (bits & 2u) filter.exclude_types.emplace(1, EventType("system"));
    if (bits & 4u) filter.visibility = "all";
    if (bits & 8u) filter.source_channel_id = "channel";
    if (bits & 16u) filter.source_channel_type = ChannelType("cli");
    if (bits & 32u) filter.correlation_id = "correlation";
    if (bits & 64u) filter.participant_id = "participant";
    if (bits & 128u) filter.parent_event_id = "parent";
    if (bits & 256u) filter.after_time = Timestamp{};
    if (bits & 512u) filter.before_time = now();
    return query;
}

/// Private memory of a process (RssAnon in proc(5)).
long kilobytes_of(const std::string& pid) {
    const auto status = read_file("/proc/" + pid + "/status");
    const std::string label = "RssAnon:";
    const auto at = status.find(label);
    REQUIRE(at != std::string::npos);
    return std::strtol(status.c_str() + at + label.size(), nullptr, 10);
}

}  // namespace

TEST_CASE("A backend uses less than 32 MB, whatever statements it runs") {
    FreshSchema schema(PrivateCluster::shared().connection_string());
    auto options = schema.options();
    options.connections = 1;
    options.application_name = "statements_test";
    options.notify = false;  // by a session of its own
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(sample_room()));
    for (unsigned bits = 0; bits < 1024; ++bits) {
        run(store.list_events("room", query_of_shape(bits)));
    }
    const auto pid =
        schema.value("SELECT pid FROM pg_stat_activity WHERE application_name = 'statements_test'");
    CHECK(kilobytes_of(pid) < 32 * 1024);
}

}  // namespace roomstore::test
