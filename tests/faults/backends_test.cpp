// Server processes that end, are frozen, or lose their client during an append.

#include <csignal>
#include <filesystem>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "faults/fault_fixture.hpp"
#include "postgres/child.hpp"

namespace roomstore::test {

namespace {

using Moment = StoreUnderFault::Moment;
using Often = StoreUnderFault::Often;

/// The server handles the signal during the sleep.
const char* const end_itself =
    "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(60)";

std::chrono::steady_clock::duration since(std::chrono::steady_clock::time_point began) {
    return std::chrono::steady_clock::now() - began;
}

}  // namespace

TEST_CASE("no append fails if a backend is terminated while idle", "[F1]") {
    StoreUnderFault fault(shared_server(), patient_options(GENERATE(256, 1)));
    for (int i = 0; i < 3; ++i) {
        const auto ending = fault.append("a", std::to_string(i)).get();
        INFO(ending.text);
        REQUIRE(ending.result);
        CHECK(ending.result->index == i);
        fault.terminate();
    }
    CHECK(fault.indexes("a") == "0 1 2");
    fault.recover();
}

TEST_CASE("no append fails if a backend is terminated while it waits for the room", "[F1]") {
    auto& server = shared_server();
    StoreUnderFault fault(server, patient_options(GENERATE(256, 1)));
    RoomLock lock(server, fault, "a");
    auto task = fault.append("a", "event");
    await([&] { return fault.waits_for_lock(); });
    fault.terminate();
    lock.release();
    const auto ending = task.get();
    INFO(ending.text);
    REQUIRE(ending.result);
    CHECK(ending.result->index == 0);
    CHECK(fault.indexes("a") == "0");
    CHECK(fault.store().stats().retries == 1);
    fault.recover();
}

TEST_CASE("no append fails if a backend ends during an append or its COMMIT", "[F1]") {
    auto& server = shared_server();
    const auto moment = GENERATE(Moment::insert, Moment::commit);
    StoreUnderFault fault(server, patient_options(GENERATE(256, 1)));
    fault.install_trigger(moment, end_itself);
    const auto endings = append_together(
        server, fault, {{"a", "first"}, {"a", "victim"}, {"b", "other"}, {"a", "last"}});
    for (const auto& ending : endings) {
        INFO(ending.text);
        REQUIRE(ending.result);
        CHECK(fault.times_stored(ending.result->id) == "1");
    }
    CHECK(endings[1].result->index == 1);
    CHECK(fault.indexes("a") == "0 1 2");
    CHECK(fault.indexes("b") == "0");
    const auto stats = fault.store().stats();
    CHECK(stats.retries == 1);
    // A backend that ends during COMMIT does not report whether the transaction was committed.
    CHECK(stats.doubts == (moment == Moment::commit ? 1U : 0U));
    CHECK(stats.doubts_settled == stats.doubts);
    fault.recover();
}

TEST_CASE("no append is lost or fails if a server is restarted or crashes under load", "[F4]") {
    PrivateCluster::require();
    PrivateCluster server;
    auto options = patient_options(GENERATE(256, 1));
    options.connections = 3;
    StoreUnderFault fault(server, options);
    {
        Load load(fault.store(), fault.caller(), {"a", "b", "c"}, 6);
        load.await_more(50);
        for (const auto how : {PrivateCluster::Stop::fast, PrivateCluster::Stop::immediate}) {
            server.restart(how);
            load.await_more(50);
        }
        // If one backend is killed, the postmaster terminates the others and runs crash recovery.
        fault.forget_admin();
        ::kill(fault.backend("true LIMIT 1"), SIGKILL);
        fault.forget_admin();
        load.await_more(50);
        load.stop();
        INFO(load.last_error());
        CHECK(load.failed() == 0);
        CHECK(load.violations(fault.store()) == std::vector<std::string>{});
    }
    fault.recover();
}

TEST_CASE("a frozen backend delays only its own append, and only until the deadline", "[F5]") {
    auto& server = shared_server();
    auto options = patient_options(GENERATE(256, 1));
    options.connections = 2;
    options.deadline = 2s;
    StoreUnderFault fault(server, options);
    {
        RoomLock lock(server, fault, "a");
        const auto began = std::chrono::steady_clock::now();
        auto stuck = fault.append("a", "stuck");
        await([&] { return fault.waits_for_lock(); });
        const Frozen backend(fault.backend("wait_event_type = 'Lock'"));
        CHECK(fault.append("b", "other").get().result);
        CHECK_FALSE(stuck.ended());
        check_failure(stuck.get(), errc::timeout, "a", server.folder().string());
        CHECK(since(began) < options.deadline + promised_delay + busy_machine);
        CHECK(fault.append("b", "another").get().result);
        lock.release();
    }
    CHECK(fault.times_stored("stuck") == "0");
    fault.recover();
}

TEST_CASE("a frozen server is unavailable by the deadline, and used again when it continues",
          "[F5]") {
    PrivateCluster::require();
    PrivateCluster server;
    auto options = patient_options();
    options.deadline = 1500ms;
    options.connect_timeout = 300ms;
    StoreUnderFault fault(server, options);
    fault.terminate();
    {
        const Frozen postmaster(server.postmaster());
        const auto began = std::chrono::steady_clock::now();
        check_failure(
            fault.append("a", "early").get(), errc::unavailable, "a", server.folder().string());
        CHECK(since(began) < options.deadline + promised_delay + busy_machine);
    }
    // The server first has to handle the connection attempts that were given up.
    await([&] { return fault.append("a", "late").get().result.has_value(); });
    CHECK(fault.times_stored("early") == "0");
    fault.recover();
}

TEST_CASE("the lock on a room is released soon after the client that holds it dies", "[F9]") {
    auto& server = shared_server();
    StoreUnderFault fault(server);
    run(fault.store().create_room(sample_room({.id = "room-0"})));
    fault.install_trigger(Moment::insert, "PERFORM pg_sleep(600)");
    const auto log =
        std::filesystem::temp_directory_path() / ("roomstore-dead-" + std::to_string(::getpid()));
    const auto sleeps = [&] {
        return fault.value(
                   "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' "
                   "AND application_name = 'roomstore'") == "1";
    };
    auto child = start_child(
        {"append", server.connection_string(), fault.options().schema, "victim", "1", "1"}, log);
    await(sleeps);
    child.signal(SIGKILL);
    child.wait();
    std::filesystem::remove(log);
    const auto began = std::chrono::steady_clock::now();
    const auto ending = fault.append("room-0", "event").get();
    INFO(ending.text);
    REQUIRE(ending.result);
    // The server checks once per second whether its clients are still connected.
    CHECK(since(began) < 1s + busy_machine);
    CHECK_FALSE(sleeps());
    CHECK(ending.result->index == 0);
    fault.recover();
}

}  // namespace roomstore::test
