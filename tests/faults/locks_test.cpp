// Rooms locked by other clients, deadlocks, serialization failures.

#include <future>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "faults/fault_fixture.hpp"
#include "support/tcp_proxy.hpp"

namespace roomstore::test {

namespace {

using Moment = StoreUnderFault::Moment;
using Often = StoreUnderFault::Often;

}  // namespace

TEST_CASE("an append is busy while another client locks the room, and succeeds later", "[F10]") {
    auto& server = shared_server();
    auto options = patient_options(GENERATE(256, 1));
    options.lock_timeout = 30ms;
    StoreUnderFault fault(server, options);
    RoomLock lock(server, fault, "a");
    check_failure(
        fault.append("a", "early").get(), errc::busy, "a", server.folder().string(), "55P03");
    CHECK(fault.store().stats().retries == 4);
    auto waiting = fault.append("a", "late");
    await([&] { return fault.waits_for_lock(); });
    lock.release();
    const auto ending = waiting.get();
    INFO(ending.text);
    REQUIRE(ending.result);
    CHECK(ending.result->index == 0);
    CHECK(fault.times_stored("early") == "0");
    fault.recover();
}

TEST_CASE("a room is unlocked if its holder is silent between two statements", "[F9]") {
    auto& server = shared_server();
    TcpProxy proxy(server.port());
    auto options = patient_options(GENERATE(256, 1));
    options.connection_string = proxy.connection_string();
    StoreUnderFault silent(server, options);
    const auto held = proxy.inject({.action = TcpProxy::Action::hold});
    auto held_up = silent.append("a", "held up");
    await([&] { return proxy.holding(held) == 1; });
    // The session holds the lock, and only idle_in_transaction_session_timeout makes the server end
    // it.
    auto other_options = silent.options();
    other_options.connection_string = server.connection_string();
    PostgresStore other(other_options);
    run(other.init());
    CHECK(silent.backends("state = 'idle in transaction'") == "1");
    const auto event = make_event({.id = "other", .room_id = "a"});
    Task waiting(silent.caller().context(), other.add_event_auto_index("a", event));
    await([&] { return silent.waits_for_lock(); });
    CHECK_FALSE(held_up.ended());
    const auto first = waiting.get();
    INFO(first.text);
    REQUIRE(first.result);
    CHECK(first.result->index == 0);
    run(other.close());
    // The append whose session was ended is re-run.
    const auto second = held_up.get();
    REQUIRE(second.result);
    CHECK(second.result->index == 1);
    silent.recover();
}

TEST_CASE("an append that the server aborts to resolve a deadlock is re-run", "[F10]") {
    auto& server = shared_server();
    StoreUnderFault fault(server, patient_options(GENERATE(256, 1)));
    // The append locks the room and then waits for a lock of the other client, which waits for the
    // room. The append is the last to wait, so its backend detects the deadlock.
    fault.install_trigger(Moment::insert,
                          "PERFORM pg_advisory_xact_lock(1); PERFORM pg_advisory_xact_lock(2)",
                          Often::always);
    {
        auto gate = server.admin();
        gate.query("BEGIN; SELECT pg_advisory_xact_lock(1)");
        auto other = server.admin();
        other.query("BEGIN; SET LOCAL deadlock_timeout = '1h'; SELECT pg_advisory_xact_lock(2)");
        auto task = fault.append("a", "victim");
        await([&] { return fault.waits_for_lock(); });
        auto wants_room = std::async(std::launch::async, [&] {
            other.query("SELECT FROM " + fault.options().schema +
                        ".rooms WHERE id = 'a' FOR UPDATE; COMMIT");
        });
        await([&] {
            return fault.value(
                       "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") ==
                   "2";
        });
        gate.query("COMMIT");
        const auto ending = task.get();
        wants_room.get();
        INFO(ending.text);
        REQUIRE(ending.result);
        CHECK(ending.result->index == 0);
        CHECK(fault.store().stats().retries == 1);
        CHECK(fault.times_stored("victim") == "1");
    }
    fault.remove_trigger();
    fault.recover();
}

TEST_CASE("an append is re-run after a serialization failure, and busy if all runs fail", "[F10]") {
    auto& server = shared_server();
    StoreUnderFault fault(server, patient_options(GENERATE(256, 1)));
    const auto moment = GENERATE(Moment::insert, Moment::commit);
    const char* const fail = "RAISE EXCEPTION 'not now' USING ERRCODE = '40001'";
    fault.install_trigger(moment, fail);
    const auto once = fault.append("a", "victim-once").get();
    INFO(once.text);
    REQUIRE(once.result);
    CHECK(once.result->index == 0);
    fault.remove_trigger();
    fault.install_trigger(moment, fail, Often::always);
    check_failure(
        fault.append("a", "victim").get(), errc::busy, "a", server.folder().string(), "40001");
    CHECK(fault.times_stored("victim") == "0");
    CHECK(fault.store().stats().doubts == 0);
    fault.remove_trigger();
    fault.recover();
}

TEST_CASE("appends also work if sessions are serializable by default", "[F10]") {
    auto& server = shared_server();
    server.admin().query("ALTER ROLE postgres SET default_transaction_isolation = serializable");
    // One append per transaction: four of them compete for one room, and must not fail.
    auto options = patient_options(1);
    options.connections = 4;
    StoreUnderFault fault(server, options);
    server.admin().query("ALTER ROLE postgres RESET default_transaction_isolation");
    {
        Load load(fault.store(), fault.caller(), {"a"}, 8);
        load.await_more(200);
        load.stop();
        CHECK(load.failed() == 0);
        CHECK(load.violations(fault.store()) == std::vector<std::string>{});
    }
    CHECK(fault.store().stats().retries == 0);
    fault.recover();
}

}  // namespace roomstore::test
