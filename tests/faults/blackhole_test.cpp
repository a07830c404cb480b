// Lost packets on a private network. The driver's TCP settings detect them within seconds, whatever
// the load of the processor.

#include <catch2/catch_test_macros.hpp>

#include "faults/fault_fixture.hpp"
#include "postgres/hanging_commits.hpp"
#include "support/confinement.hpp"

namespace roomstore::test {

namespace {

constexpr auto found_dead_within = 5s;

/// With a deadline that leaves time to detect the dead connection.
PostgresOptions over_network(const PrivateCluster& server) {
    auto options = patient_options();
    options.connection_string = server.tcp_connection_string();
    options.deadline = 6s;
    return options;
}

/// Checks the error of an append that lost its network, and that it ended by its deadline.
void check_lost(const Ending<RoomEvent>& ending,
                errc code,
                const PrivateCluster& server,
                std::chrono::steady_clock::time_point began) {
    check_failure(ending, code, "a", "server \"127.0.0.1\", port " + std::to_string(server.port()));
    CHECK(std::chrono::steady_clock::now() - began <
          over_network(server).deadline + promised_delay + busy_machine);
}

void await_detection(StoreUnderFault& fault) {
    CHECK(comes_within(found_dead_within + busy_machine,
                       [&] { return fault.store().stats().connections_open == 0; }));
}

void await_success(StoreUnderFault& fault, const std::string& id) {
    await([&] { return fault.append("a", id).get().result.has_value(); });
    CHECK(fault.times_stored(id) == "1");
}

}  // namespace

TEST_CASE("a network that loses all packets is detected, and used again when it is back", "[F6]") {
    PrivateCluster::require();
    const auto network = PrivateNetwork::make_or_skip();
    PrivateCluster server({.tcp = true});
    StoreUnderFault fault(server, over_network(server));
    CHECK(fault.append("a", "before").get().result);
    network->set_up(false);
    const auto began = std::chrono::steady_clock::now();
    auto lost = fault.append("a", "lost");
    await_detection(fault);
    check_lost(lost.get(), errc::unavailable, server, began);
    network->set_up(true);
    await_success(fault, "after");
    CHECK(fault.times_stored("lost") == "0");
    fault.recover();
}

TEST_CASE("a network that fails while a statement runs is detected", "[F7]") {
    PrivateCluster::require();
    const auto network = PrivateNetwork::make_or_skip();
    PrivateCluster server({.tcp = true});
    StoreUnderFault fault(server, over_network(server));
    RoomLock lock(server, fault, "a");
    const auto began = std::chrono::steady_clock::now();
    auto lost = fault.append("a", "lost");
    await([&] { return fault.waits_for_lock(); });
    network->set_up(false);
    await_detection(fault);
    check_lost(lost.get(), errc::unavailable, server, began);
    network->set_up(true);
    lock.release();
    await_success(fault, "after");
    CHECK(fault.times_stored("lost") == "0");
    fault.recover();
}

TEST_CASE("a network failure during COMMIT is commit_unknown, and calling again settles it",
          "[F7]") {
    PrivateCluster::require();
    const auto network = PrivateNetwork::make_or_skip();
    HangingCommits server;
    StoreUnderFault fault(server.cluster, over_network(server.cluster));
    const auto began = std::chrono::steady_clock::now();
    auto lost = fault.append("a", "event");
    await([&] { return fault.backends("wait_event = 'SyncRep'") == "1"; });
    network->set_up(false);
    check_lost(lost.get(), errc::commit_unknown, server.cluster, began);
    network->set_up(true);
    server.release();
    await_success(fault, "event");
    CHECK(fault.indexes("a") == "0");
    fault.recover();
}

}  // namespace roomstore::test
