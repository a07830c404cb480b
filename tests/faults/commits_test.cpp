// Connections that are lost at a known point of an append.

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "faults/fault_fixture.hpp"
#include "postgres/hanging_commits.hpp"
#include "support/tcp_proxy.hpp"

namespace roomstore::test {

namespace {

using Action = TcpProxy::Action;

PostgresOptions through(const TcpProxy& proxy, std::size_t append_batch) {
    auto options = patient_options(append_batch);
    options.connection_string = proxy.connection_string();
    return options;
}

/// The step of an append at which its backend is terminated.
struct Point {
    std::string name;
    Action action;
    std::string statement;
    std::uint64_t retries = 1;
    std::uint64_t least_doubts = 0;
    std::uint64_t most_doubts = 0;
};

const std::vector<Point> points{
    {"after BEGIN", Action::hold, "append.lock_room"},
    // COMMIT is sent if the answer arrives before the end of the connection is detected.
    {"after the lock", Action::hold_reply, "append.lock_room", 1, 0, 1},
    {"before COMMIT", Action::hold, "COMMIT", 1, 1, 1},
    // The answer was already sent, and arrives before the end of the connection.
    {"after COMMIT", Action::hold_reply, "COMMIT", 0},
};

}  // namespace

TEST_CASE("no append fails if its backend is terminated at any step", "[F1]") {
    const auto point = GENERATE(from_range(points));
    const auto append_batch = GENERATE(256, 1);
    CAPTURE(point.name, append_batch);
    TcpProxy proxy(shared_server().port());
    StoreUnderFault fault(shared_server(), through(proxy, append_batch));
    const auto held = proxy.inject({.action = point.action, .statement = point.statement});
    auto task = fault.append("a", "event");
    await([&] { return proxy.holding(held) == 1; });
    fault.terminate();
    proxy.release(held);
    const auto ending = task.get();
    INFO(ending.text);
    REQUIRE(ending.result);
    CHECK(ending.result->index == 0);
    CHECK(fault.indexes("a") == "0");
    const auto stats = fault.store().stats();
    CHECK(stats.retries == point.retries);
    CHECK(stats.doubts >= point.least_doubts);
    CHECK(stats.doubts <= point.most_doubts);
    CHECK(stats.doubts_settled == stats.doubts);
    fault.recover();
}

TEST_CASE("if a COMMIT or its answer is lost, each event is stored once", "[F2]") {
    auto& server = shared_server();
    const auto action = GENERATE(Action::cut_before, Action::cut_reply, Action::cut_after);
    const auto append_batch = GENERATE(256, 1);
    CAPTURE(static_cast<int>(action), append_batch);
    TcpProxy proxy(server.port());
    StoreUnderFault fault(server, through(proxy, append_batch));
    TcpProxy::FaultId lost{};
    const auto endings =
        append_together(server, fault, {{"a", "first"}, {"b", "other"}, {"a", "second"}}, [&] {
            lost = proxy.inject({.action = action, .statement = "COMMIT", .skip = 1});
        });
    for (const auto& ending : endings) {
        INFO(ending.text);
        REQUIRE(ending.result);
        CHECK(fault.times_stored(ending.result->id) == "1");
    }
    CHECK(endings[0].result->index == 0);
    CHECK(endings[1].result->index == 0);
    CHECK(endings[2].result->index == 1);
    CHECK(proxy.happened(lost) == 1);
    const auto stats = fault.store().stats();
    // If the answer arrived, there is no doubt, even if the connection is lost afterwards.
    CHECK(stats.doubts == (action == Action::cut_after ? 0U : 1U));
    CHECK(stats.doubts_settled == stats.doubts);
    CHECK(fault.append("a", "third").get().result->index == 2);
    CHECK(fault.indexes("a") == "0 1 2");
    fault.recover();
}

TEST_CASE("if the COMMIT of a batch with updates or its answer is lost, it is settled", "[F2]") {
    auto& server = shared_server();
    const auto action = GENERATE(Action::cut_before, Action::cut_reply, Action::cut_after);
    CAPTURE(static_cast<int>(action));
    TcpProxy proxy(server.port());
    StoreUnderFault fault(server, through(proxy, 256));
    for (const char* room : {"a", "b"}) REQUIRE(fault.append(room, "old").get().result);
    const auto update = [&](const std::string& room, const std::string& id) {
        auto event = make_event({.id = id, .room_id = room, .body = "edited"});
        return Task(fault.caller().context(), fault.store().update_event(std::move(event)));
    };
    RoomLock lock(server, fault, "c");
    auto keeper = fault.append("c", "keeper");
    await([&] { return fault.waits_for_lock(); });
    auto edited = update("a", "old");
    auto fresh = fault.append("a", "fresh");
    auto unknown = update("b", "unknown");
    auto edited_soon = update("a", "fresh");
    await([&] { return fault.store().stats().queue_length == 4; });
    const auto lost = proxy.inject({.action = action, .statement = "COMMIT", .skip = 1});
    lock.release();
    CHECK(keeper.get().result);
    const auto first = edited.get();
    INFO(first.text);
    REQUIRE(first.result);
    CHECK(first.result->index == 0);
    CHECK(fresh.get().result->index == 1);
    CHECK(unknown.get().failed(errc::not_found));
    CHECK(edited_soon.get().result->index == 1);
    CHECK(proxy.happened(lost) == 1);
    const auto stats = fault.store().stats();
    CHECK(stats.doubts == (action == Action::cut_after ? 0U : 1U));
    CHECK(stats.doubts_settled == stats.doubts);
    CHECK(fault.indexes("a") == "0 1");
    CHECK(fault.value("SELECT string_agg(content->>'body', ' ') FROM {schema}.events "
                      "WHERE room_id = 'a'") == "edited edited");
    // An update that was stored and is repeated takes a revision once more.
    const std::string revision = action == Action::cut_reply ? "4" : "2";
    CHECK(fault.value("SELECT revision FROM {schema}.rooms WHERE id = 'a'") == revision);
    CHECK(fault.value("SELECT remembered FROM {schema}.rooms WHERE id = 'a'") == "2");
    CHECK(fault.value("SELECT count(DISTINCT revision) FROM {schema}.event_changes "
                      "WHERE room_id = 'a'") == "2");
    CHECK(fault.value("SELECT count(*) FROM {schema}.event_changes WHERE room_id = 'b'") == "0");
    fault.recover();
}

TEST_CASE("an internal error as the answer to COMMIT leaves it in doubt, and is settled", "[F2]") {
    const auto append_batch = GENERATE(256, 1);
    const std::string sqlstate = GENERATE("XX000", "08006");
    CAPTURE(append_batch, sqlstate);
    TcpProxy proxy(shared_server().port());
    StoreUnderFault fault(shared_server(), through(proxy, append_batch));
    const auto error = proxy.inject({.action = Action::error_reply, .sqlstate = sqlstate});
    const auto ending = fault.append("a", "event").get();
    CHECK(proxy.happened(error) == 1);
    INFO(ending.text);
    REQUIRE(ending.result);
    CHECK(ending.result->index == 0);
    CHECK(fault.times_stored("event") == "1");
    CHECK(fault.store().stats().doubts == 1);
    CHECK(fault.store().stats().doubts_settled == 1);
    fault.recover();
}

TEST_CASE("an internal error as the answer to COMMIT is commit_unknown if a re-run is unsafe",
          "[F2]") {
    TcpProxy proxy(shared_server().port());
    StoreUnderFault fault(shared_server(), through(proxy, 256));
    const auto error = proxy.inject({.action = Action::error_reply});
    auto room = fault.store().create_room({.id = "new"});
    const auto ending = Task<Room>(fault.caller().context(), std::move(room)).get();
    CHECK(proxy.happened(error) == 1);
    CHECK(ending.code == errc::commit_unknown);
    CHECK(ending.text.find("XX000") == std::string::npos);
    CHECK(fault.value("SELECT count(*) FROM {schema}.rooms WHERE id = 'new'") == "1");
    fault.recover();
}

TEST_CASE("an append whose every run is lost is commit_unknown; calling again settles it", "[F2]") {
    const auto action = GENERATE(Action::cut_before, Action::cut_reply);
    TcpProxy proxy(shared_server().port());
    auto options = through(proxy, GENERATE(256, 1));
    options.deadline = 1s;
    StoreUnderFault fault(shared_server(), options);
    // Re-runs have to fail too: otherwise the second run would settle the first COMMIT.
    const auto lost = proxy.inject({.action = action, .times = {}});
    const auto blind = proxy.inject(
        {.action = Action::cut_before, .statement = "append.lock_room", .times = {}, .skip = 1});
    const auto ending = fault.append("a", "event").get();
    check_failure(ending, errc::commit_unknown, "a", "port " + std::to_string(proxy.port()));
    proxy.remove(lost);
    proxy.remove(blind);
    CHECK(fault.times_stored("event") == (action == Action::cut_before ? "0" : "1"));
    const auto again = fault.append("a", "event").get();
    INFO(again.text);
    REQUIRE(again.result);
    CHECK(again.result->index == 0);
    CHECK(fault.times_stored("event") == "1");
    fault.recover();
}

TEST_CASE("a COMMIT that ends after its connection was lost is found by the re-run", "[F3]") {
    PrivateCluster::require();
    HangingCommits server;
    TcpProxy proxy(server.cluster.port());
    StoreUnderFault fault(server.cluster, through(proxy, GENERATE(256, 1)));
    auto task = fault.append("a", "event");
    await([&] { return fault.backends("wait_event = 'SyncRep'") == "1"; });
    proxy.cut_all();
    // The re-run waits for the room, which the old backend keeps locked until its COMMIT ends.
    await([&] { return fault.backends("wait_event_type = 'Lock'") == "1"; });
    CHECK(fault.backends("wait_event = 'SyncRep'") == "1");
    server.release();
    const auto ending = task.get();
    INFO(ending.text);
    REQUIRE(ending.result);
    CHECK(ending.result->index == 0);
    CHECK(fault.times_stored("event") == "1");
    CHECK(fault.store().stats().doubts_settled == 1);
    fault.recover();
}

TEST_CASE("a COMMIT that hangs past the deadline is commit_unknown; calling again settles it",
          "[F3]") {
    PrivateCluster::require();
    HangingCommits server;
    auto options = patient_options(GENERATE(256, 1));
    options.deadline = 700ms;
    StoreUnderFault fault(server.cluster, options);
    const auto began = std::chrono::steady_clock::now();
    check_failure(
        fault.append("a", "event").get(),
        errc::commit_unknown,
        "a",
        "the answer to COMMIT did not come in time (server \"" + server.cluster.folder().string());
    CHECK(std::chrono::steady_clock::now() - began <
          options.deadline + promised_delay + busy_machine);
    server.release();
    // The room is locked until the old COMMIT has ended.
    await([&] {
        const auto again = fault.append("a", "event").get();
        return again.result && again.result->index == 0;
    });
    CHECK(fault.times_stored("event") == "1");
    fault.recover();
}

}  // namespace roomstore::test
