// An append that is answered as stored has reached the standby, also if a re-run or a repeated call
// found the event.

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "faults/fault_fixture.hpp"
#include "postgres/hanging_commits.hpp"

namespace roomstore::test {

namespace {

/// Waits until the append waits for the standby, or has ended without that.
void await_replication(StoreUnderFault& fault, const Task<RoomEvent>& task) {
    await([&] { return task.ended() || fault.backends("wait_event = 'SyncRep'") == "1"; });
}

void check_stored(Task<RoomEvent>& task) {
    const auto ending = task.get();
    INFO(ending.text);
    REQUIRE(ending.result);
    CHECK(ending.result->index == 0);
}

}  // namespace

TEST_CASE("the re-run of an append in doubt is not answered before the standby has the event",
          "[F3]") {
    PrivateCluster::require();
    HangingCommits server;
    StoreUnderFault fault(server.cluster, patient_options(GENERATE(256, 1)));
    auto task = fault.append("a", "event");
    await_replication(fault, task);
    // This makes the commit visible on the primary, but it is not on the standby.
    fault.terminate("wait_event = 'SyncRep'");
    await([&] { return fault.store().stats().doubts == 1; });
    await_replication(fault, task);
    CHECK_FALSE(task.ended());
    server.release();
    check_stored(task);
    CHECK(fault.times_stored("event") == "1");
    fault.recover();
}

TEST_CASE("a repeated append is not answered before the standby has the event", "[F3]") {
    PrivateCluster::require();
    HangingCommits server;
    const auto append_batch = GENERATE(256, 1);
    auto options = patient_options(append_batch);
    options.deadline = 700ms;
    StoreUnderFault fault(server.cluster, options);
    CHECK(fault.append("a", "event").get().failed(errc::commit_unknown));
    fault.terminate("wait_event = 'SyncRep'");
    fault.destroy();
    options = fault.options();
    options.deadline = 60s;
    options.connection_string = server.cluster.connection_string();
    PostgresStore patient(options);
    Task opening(fault.caller().context(), patient.init());
    CHECK(opening.get().result);
    Task task(fault.caller().context(),
              patient.add_event_auto_index("a", make_event({.id = "event", .room_id = "a"})));
    await_replication(fault, task);
    CHECK_FALSE(task.ended());
    server.release();
    check_stored(task);
    CHECK(fault.times_stored("event") == "1");
    run(patient.close());
    fault.check_nothing_left();
    fault.reopen();
    fault.recover();
}

}  // namespace roomstore::test
