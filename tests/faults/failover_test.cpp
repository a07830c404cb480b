// A server dies, and its standby takes over.

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "faults/fault_fixture.hpp"
#include "support/errors.hpp"

namespace roomstore::test {

namespace {

/// A server and a synchronous hot standby.
class ServerWithStandby {
public:
    ServerWithStandby() : standby({.primary = &primary}) {
        auto admin = primary.admin();
        admin.query("ALTER SYSTEM SET synchronous_standby_names = '*'");
        primary.reload();
        await([&] {
            return admin.value(
                       "SELECT count(*) FROM pg_stat_replication "
                       "WHERE sync_state = 'sync'") == "1";
        });
    }

    /// Connects to the server that accepts writes.
    std::string connection_string() const {
        return "host=" + primary.folder().string() + ',' + standby.folder().string() +
               " port=" + std::to_string(primary.port()) + ',' + std::to_string(standby.port()) +
               " dbname=postgres user=postgres target_session_attrs=read-write";
    }

    void await_replayed() {
        const auto written = primary.admin().value("SELECT pg_current_wal_lsn()");
        auto admin = standby.admin();
        await([&] {
            return admin.value("SELECT pg_last_wal_replay_lsn() >= '" + written + "'") == "t";
        });
    }

    PrivateCluster primary;
    PrivateCluster standby;
};

enum class Death { of_postmaster, of_all };

void end(PrivateCluster& server, Death how) {
    if (how == Death::of_postmaster) {
        server.kill_postmaster();
    } else {
        server.stop(PrivateCluster::Stop::immediate);
    }
}

}  // namespace

TEST_CASE("a failover under load loses no append, and none fails", "[failover]") {
    PrivateCluster::require();
    const auto how = GENERATE(Death::of_postmaster, Death::of_all);
    const std::size_t append_batch = GENERATE(256, 1);
    CAPTURE(how == Death::of_all, append_batch);
    ServerWithStandby servers;
    auto options = patient_options(append_batch);
    options.connections = 3;
    options.connection_string = servers.connection_string();
    StoreUnderFault fault(servers.primary, options);
    const auto events = "SELECT count(*) FROM " + fault.options().schema + ".events";
    {
        Load load(fault.store(), fault.caller(), {"a", "b", "c"}, 6);
        load.await_more(100);
        end(servers.primary, how);
        servers.standby.promote();
        load.await_more(100);
        load.stop();
        INFO(load.last_error());
        CHECK(load.failed() == 0);
        CHECK(load.violations(fault.store()) == std::vector<std::string>{});
    }
    fault.follow(servers.standby);
    CHECK(fault.store().stats().reconnects >= 1);

    // The old primary starts again and accepts writes. New connections still go to the server that
    // answered last.
    servers.primary.start();
    const auto left_behind = servers.primary.admin().value(events);
    fault.terminate();
    CHECK(fault.append("a", "after the return").get().result);
    CHECK(servers.primary.admin().value(
              "SELECT count(*) FROM pg_stat_activity WHERE application_name = '" +
              fault.options().application_name + "'") == "0");
    CHECK(servers.primary.admin().value(events) == left_behind);
    fault.recover();
}

TEST_CASE("before the promotion calls fail by their deadline, after it they succeed",
          "[failover]") {
    PrivateCluster::require();
    const std::size_t append_batch = GENERATE(256, 1);
    ServerWithStandby servers;
    auto options = patient_options(append_batch);
    options.connections = 2;
    options.deadline = 1s;
    options.connection_string = servers.connection_string();
    StoreUnderFault fault(servers.primary, options);
    CHECK(fault.append("a", "before").get().result);
    fault.forget_admin();
    servers.primary.stop(PrivateCluster::Stop::immediate);
    for (int i = 0; i < 3; ++i) {
        const auto began = std::chrono::steady_clock::now();
        const auto ending = fault.append("a", "meanwhile-" + std::to_string(i)).get();
        check_failure(ending, errc::unavailable, "a", servers.primary.folder().string());
        CHECK(ending.text.find(servers.standby.folder().string()) != std::string::npos);
        CHECK(std::chrono::steady_clock::now() - began <
              options.deadline + promised_delay + busy_machine);
    }
    servers.standby.promote();
    fault.follow(servers.standby);
    // An attempt to connect to the old server may still be in progress; it can use up at most one
    // more deadline.
    await([&] { return fault.append("a", "after").get().result.has_value(); });
    for (int i = 0; i < 10; ++i) {
        CHECK(fault.append("a", "after-" + std::to_string(i)).get().result);
    }
    for (int i = 0; i < 3; ++i) {
        CHECK(fault.times_stored("meanwhile-" + std::to_string(i)) == "0");
    }
    fault.recover();
}

TEST_CASE("a standby serves reads, refuses appends as read_only, and accepts them once promoted",
          "[F16][failover]") {
    PrivateCluster::require();
    const std::size_t append_batch = GENERATE(256, 1);
    ServerWithStandby servers;
    StoreUnderFault fault(servers.primary, patient_options(append_batch));
    CHECK(fault.append("a", "before").get().result->index == 0);
    servers.await_replayed();

    auto options = fault.options();
    options.deadline = 1s;
    options.connection_string =
        servers.standby.connection_string() + " target_session_attrs=read-write";
    PostgresStore choosy(options);
    CHECK_FAILS(choosy.init(), errc::unavailable, servers.standby.folder().string());

    options.connection_string = servers.standby.connection_string();
    PostgresStore store(options);
    run(store.init());
    CHECK(run(store.get_event_count("a")) == 1);
    CHECK(run(store.get_event("a", "before"))->index == 0);
    Caller caller;
    const auto append = [&](const std::string& id) {
        auto event = make_event({.id = id, .room_id = "a"});
        return Task(caller.context(), store.add_event_auto_index("a", std::move(event))).get();
    };
    check_failure(
        append("early"), errc::read_only, "a", servers.standby.folder().string(), "25006");
    CHECK(store.stats().reconnects >= 1);

    fault.destroy();
    fault.forget_admin();
    servers.primary.stop();
    servers.standby.promote();
    await([&] { return append("late").result.has_value(); });
    CHECK_FALSE(run(store.get_event("a", "early")));
    const auto next = run(store.get_event_count("a"));
    for (int i = 0; i < 20; ++i) CHECK(append(std::to_string(i)).result->index == next + i);
    run(store.close());
}

TEST_CASE("all connections move from a read-only host to one that accepts writes",
          "[F16][failover]") {
    PrivateCluster::require();
    const bool prepared = GENERATE(true, false);
    CAPTURE(prepared);
    ServerWithStandby servers;
    StoreUnderFault fault(servers.primary, patient_options(prepared ? 256 : 1));
    CHECK(fault.append("a", "before").get().result->index == 0);
    servers.await_replayed();

    auto options = fault.options();
    options.prepared_statements = prepared;
    options.connections = 3;
    options.application_name = "fault_wanderer";
    options.connection_string =
        "host=" + servers.standby.folder().string() + ',' + servers.primary.folder().string() +
        " port=" + std::to_string(servers.standby.port()) + ',' +
        std::to_string(servers.primary.port()) + " dbname=postgres user=postgres";
    const auto connections_to = [&](PrivateCluster& server) {
        return server.admin().value(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'fault_wanderer'");
    };
    PostgresStore store(options);
    run(store.init());
    await([&] { return connections_to(servers.standby) == "3"; });
    CHECK(run(store.get_event("a", "before"))->index == 0);

    const Watchdog watchdog;
    // All three connections find the host read-only and are replaced, and no call fails.
    std::vector<std::unique_ptr<Task<RoomEvent>>> appends;
    const std::vector<std::string> rooms{"a", "b", "c"};
    while (connections_to(servers.standby) != "0") {
        for (const auto& room : rooms) {
            auto event = make_event({.id = std::to_string(appends.size()), .room_id = room});
            appends.push_back(std::make_unique<Task<RoomEvent>>(
                fault.caller().context(), store.add_event_auto_index(room, std::move(event))));
        }
        for (std::size_t i = appends.size() - rooms.size(); i < appends.size(); ++i) {
            const auto ending = appends[i]->get();
            INFO(ending.text);
            REQUIRE(ending.result);
        }
    }
    CHECK(connections_to(servers.primary) == "3");
    // One reconnect per connection: each starts with the host known to accept writes. A connection
    // is counted a moment after the server shows it.
    await([&] { return store.stats().reconnects >= 3; });
    CHECK(store.stats().reconnects == 3);
    CHECK(store.stats().doubts == 0);
    run(store.close());
    fault.recover();
}

TEST_CASE("a watch that polls looks at the server that accepts writes", "[F16][failover]") {
    PrivateCluster::require();
    ServerWithStandby servers;
    StoreUnderFault fault(servers.primary, patient_options(256));
    CHECK(fault.append("a", "before").get().result->index == 0);
    servers.await_replayed();

    auto options = fault.options();
    options.notify = false;
    options.watch_poll_interval = 100ms;
    options.connection_string =
        "host=" + servers.standby.folder().string() + ',' + servers.primary.folder().string() +
        " port=" + std::to_string(servers.standby.port()) + ',' +
        std::to_string(servers.primary.port()) + " dbname=postgres user=postgres";
    {
        PostgresStore store(options);
        run(store.init());
        // From now on the standby does not show what changes.
        servers.standby.admin().query("SELECT pg_wal_replay_pause()");

        const Watchdog watchdog;
        WatchOptions rooms;
        rooms.rooms = {"a"};
        const auto watch = store.watch_rooms(std::move(rooms));
        // The first poll reports the room, because it has nothing to compare it with.
        await([&] { return store.stats().watch_polls >= 2; });
        CHECK(run(watch->next()).size() == 1);
        CHECK(fault.append("a", "after").get().result->index == 1);
        CHECK(run(watch->next()).size() == 1);
    }
    fault.recover();
}

}  // namespace roomstore::test
