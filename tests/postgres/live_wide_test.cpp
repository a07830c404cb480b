// Many watched rooms and many watches in one process, on one session.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <malloc.h>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "live/hints.hpp"
#include "postgres/fresh_schema.hpp"
#include "roomstore/postgres/postgres_store.hpp"
#include "roomstore/watch.hpp"
#include "support/builders.hpp"
#include "support/footprint.hpp"
#include "support/private_cluster.hpp"
#include "support/run.hpp"
#include "support/task.hpp"
#include "support/tcp_proxy.hpp"

namespace roomstore::test {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t room_count = 10'000;
constexpr std::size_t watch_count = 1'000;
constexpr std::size_t rooms_per_watch = room_count / watch_count;

// As long as the ids that generate_id() makes.
constexpr const char* prefix = "0190163d-8694-739b-aea5-966c26f";
constexpr std::size_t first_number = 10'000;

std::string room_name(std::size_t number) { return prefix + std::to_string(first_number + number); }
std::size_t room_number(const std::string& name) {
    return std::stoul(name.substr(name.size() - 5)) - first_number;
}

/// Watches of all rooms, each with its share of them, and one thread on which all of them wait.
class Watches {
public:
    explicit Watches(PostgresStore& store) : told_(room_count) {
        for (std::size_t i = 0; i < watch_count; ++i) {
            WatchOptions options;
            for (std::size_t j = 0; j < rooms_per_watch; ++j) {
                options.rooms.push_back(room_name(i * rooms_per_watch + j));
            }
            watches_.push_back(store.watch_rooms(std::move(options)));
        }
    }
    ~Watches() {
        for (const auto& watch : watches_) watch->close();
    }
    Watches(const Watches&) = delete;
    Watches& operator=(const Watches&) = delete;

    void start() {
        for (const auto& watch : watches_) {
            tasks_.push_back(std::make_unique<Task<void>>(caller_.context(), wait(*watch)));
        }
    }

    /// Takes what was reported until now, so that only later changes count.
    void forget() {
        await_all();
        for (std::size_t i = 0; i < watch_count; ++i) {
            auto& told = told_[i * rooms_per_watch];
            told = 0;
            watches_[i]->mark(room_name(i * rooms_per_watch));
            await([&] { return told != 0; });
        }
        for (auto& told : told_) told = 0;
    }

    /// Waits until every room was reported.
    void await_all() {
        for (auto& told : told_) await([&] { return told != 0; });
    }

private:
    asio::awaitable<void> wait(RoomWatch& watch) {
        try {
            for (;;) {
                const auto notices = co_await watch.next();
                for (const auto& notice : notices) ++told_[room_number(notice.room_id)];
            }
        } catch (const std::system_error&) {
            // The watch was closed.
        }
    }

    std::vector<std::atomic<int>> told_;
    std::vector<std::shared_ptr<RoomWatch>> watches_;
    Caller caller_;
    std::vector<std::unique_ptr<Task<void>>> tasks_;
};

asio::awaitable<void> append_to_rooms(PostgresStore& store, std::size_t first, std::size_t step) {
    for (std::size_t i = first; i < room_count; i += step) {
        const auto room = room_name(i);
        auto event = make_event({.id = "event", .room_id = room});
        co_await store.add_event_auto_index(room, std::move(event));
    }
}

std::size_t allocated() { return ::mallinfo2().uordblks; }

}  // namespace

TEST_CASE("10 000 rooms and 1 000 watches share one session and one statement") {
    PrivateCluster cluster({.tcp = true});
    FreshSchema schema(cluster.connection_string());
    TcpProxy proxy(cluster.port());
    // Counts them.
    const auto statements = proxy.inject({.action = TcpProxy::Action::hold,
                                          .statement = "watch.states",
                                          .times = std::nullopt,
                                          .time = 0ms});
    auto options = schema.options();
    options.application_name = "wide";
    options.notify_connection_string = proxy.connection_string() + " application_name=wide_watches";
    options.watch_poll_interval = 1h;
    options.deadline = 60s;
    PostgresStore reader(options);
    run(reader.init());
    schema.query(
        "INSERT INTO {schema}.rooms (id, status, created_at, updated_at, event_count, latest_index,"
        " delivered_index, agent_response_policy, metadata) "
        "SELECT '" +
        std::string(prefix) +
        "' || i, 'active', now(), now(), 0, 0, -1, 'agent_chain', '{}' FROM generate_series(" +
        std::to_string(first_number) + ", " + std::to_string(first_number + room_count - 1) +
        ") AS i");
    const auto key = postgres::hint_key(
        schema.value("SELECT value FROM {schema}.settings WHERE name = 'hint_key'"));
    const auto poll_all = [&] {
        schema.query("NOTIFY " + postgres::hint_channel(key) + ", '" + postgres::write_any_hint(1) +
                     "'");
    };
    const auto sessions = [&](const std::string& name) {
        return schema.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" +
                            name + "'");
    };

    const auto before = allocated();
    Watches watches(reader);
    await([&] { return reader.stats().watch_mode == WatchMode::listening; });
    // Then all rooms have been read: each poll of all of them is followed by a probe.
    const auto probes = reader.stats().watch_probes_heard;
    poll_all();
    await([&] { return reader.stats().watch_probes_heard > probes; });
    const auto taken = static_cast<double>(allocated() - before) / static_cast<double>(room_count);
    std::printf("%.0f bytes for each of %zu watched rooms, with %zu watches\n",
                taken,
                room_count,
                watch_count);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(taken <= 512);
#endif
    CHECK(reader.stats().rooms_watched == room_count);

    // Nobody ever takes what this one is told.
    WatchOptions all;
    for (std::size_t i = 0; i < room_count; ++i) all.rooms.push_back(room_name(i));
    const auto lazy = reader.watch_rooms(std::move(all));
    CHECK(reader.stats().rooms_watched == room_count);
    watches.start();

    // By messages.
    options = schema.options();
    options.deadline = 60s;
    PostgresStore writer(options);
    run(writer.init());
    watches.forget();
    constexpr std::size_t callers = 64;
    std::vector<asio::awaitable<void>> tasks;
    for (std::size_t i = 0; i < callers; ++i) {
        tasks.push_back(append_to_rooms(writer, i, callers));
    }
    run_all(std::move(tasks), 1);
    watches.await_all();
    CHECK(reader.stats().hints_received > 0);
    CHECK(sessions("wide_watches") == "1");
    CHECK(sessions("wide") == std::to_string(options.connections));
    CHECK(proxy.connections() == 1);

    // By one statement.
    watches.forget();
    const auto polls = reader.stats().watch_polls;
    const auto sent = proxy.happened(statements);
    schema.query("UPDATE {schema}.rooms SET revision = revision + 1");
    poll_all();
    watches.await_all();
    CHECK(proxy.happened(statements) == sent + 1);
    await([&] { return reader.stats().watch_polls > polls; });
    CHECK(reader.stats().watch_polls == polls + 1);
    CHECK(reader.stats().watch_reconnects == 0);

    // What waits is a set of rooms, however often they have changed.
    const auto notices = run(lazy->next());
    std::set<std::string> named;
    for (const auto& notice : notices) named.insert(notice.room_id);
    CHECK(notices.size() == room_count);
    CHECK(named.size() == room_count);
    run(reader.close());
}

}  // namespace roomstore::test
