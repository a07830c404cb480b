// Rooms that others keep, deadlocks, serialization failures.

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

TEST_CASE("a room that somebody else keeps makes an append busy, and later lets it in", "[F10]") {
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

TEST_CASE("a room is free again when its holder falls silent between two statements", "[F9]") {
    auto& server = shared_server();
    TcpProxy proxy(server.port());
    auto options = patient_options(GENERATE(256, 1));
    options.connection_string = proxy.connection_string();
    StoreUnderFault silent(server, options);
    const auto held = proxy.inject({.action = TcpProxy::Action::hold});
    auto held_up = silent.append("a", "held up");
    await([&] { return proxy.holding(held) == 1; });
    // Its session has the lock, and the server knows of no reason to end it but the silence
    // (idle_in_transaction_session_timeout).
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
    // Whose session is ended tries again.
    const auto second = held_up.get();
    REQUIRE(second.result);
    CHECK(second.result->index == 1);
    silent.recover();
}

TEST_CASE("an append that the server ends to resolve a deadlock is repeated", "[F10]") {
    auto& server = shared_server();
    StoreUnderFault fault(server, patient_options(GENERATE(256, 1)));
    // With the room in its hands, the append wants a lock that the other one has, who wants the
    // room: in this order, so that it is the append which closes the circle and finds it.
    fault.sabotage(Moment::insert,
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
    fault.repair();
    fault.recover();
}

TEST_CASE("a serialization failure is repeated, and busy where it does not end", "[F10]") {
    auto& server = shared_server();
    StoreUnderFault fault(server, patient_options(GENERATE(256, 1)));
    const auto moment = GENERATE(Moment::insert, Moment::commit);
    const char* const fail = "RAISE EXCEPTION 'not now' USING ERRCODE = '40001'";
    fault.sabotage(moment, fail);
    const auto once = fault.append("a", "victim-once").get();
    INFO(once.text);
    REQUIRE(once.result);
    CHECK(once.result->index == 0);
    fault.repair();
    fault.sabotage(moment, fail, Often::always);
    check_failure(
        fault.append("a", "victim").get(), errc::busy, "a", server.folder().string(), "40001");
    CHECK(fault.times_stored("victim") == "0");
    CHECK(fault.store().stats().doubts == 0);
    fault.repair();
    fault.recover();
}

TEST_CASE("a server whose sessions are serializable by default changes nothing", "[F10]") {
    auto& server = shared_server();
    server.admin().query("ALTER ROLE postgres SET default_transaction_isolation = serializable");
    // Each append a transaction of its own: four wait for one room, and must not fail for that.
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
