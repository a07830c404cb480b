// Nothing lost, nothing twice, in order: two processes follow all rooms and change them, while the
// sessions that tell of changes are terminated, and the network between the processes and the
// server is cut.
//
// ROOMSTORE_LIVE_CHANGES is the number of changes, by default few enough for every day.

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "faults/live/live_child.hpp"
#include "faults/live/writers.hpp"
#include "roomstore/postgres/postgres_store.hpp"
#include "support/builders.hpp"
#include "support/footprint.hpp"
#include "support/pgbouncer.hpp"
#include "support/private_cluster.hpp"
#include "support/run.hpp"
#include "support/tcp_proxy.hpp"

namespace roomstore::test::live {

namespace {

using namespace std::chrono_literals;

constexpr int processes = 2;
constexpr auto fault_interval = 200ms;
constexpr int turns_of_phase = 8;

/// How many changes all processes make together: `share` of what is asked for.
int changes(int usual, double share) {
    const char* const asked = std::getenv("ROOMSTORE_LIVE_CHANGES");
    if (asked == nullptr || *asked == '\0') return usual;
    return static_cast<int>(share * std::stoi(asked));
}

/// The changes of a process. The second one is done first, and then only listens.
int share(int process, int enough) {
    const int fewer = enough * 2 / 5;
    return process == 1 ? fewer : enough - fewer;
}

/// The ways between the processes and the server.
struct Network {
    explicit Network(const PrivateCluster& cluster) : server(cluster) {}

    /// All ways of a process.
    std::vector<TcpProxy*> of(int process) {
        const auto number = static_cast<std::size_t>(process);
        return {calls.at(number).get(), notifications.at(number).get()};
    }

    const PrivateCluster& server;
    std::vector<std::unique_ptr<TcpProxy>> calls{};
    /// Null for a process that has no connection of its own for them.
    std::vector<std::unique_ptr<TcpProxy>> notifications{};
};

struct FaultCounts {
    int terminated = 0;
    int cut = 0;
    int frozen = 0;
};

/// Every 200 ms terminates the session of the watches, of one process for some time, then of the
/// other, then of both: what one could not hear, or could not send, must not be made up for by what
/// the other does after it has lost its session too. Now and then cuts connections, or stops the
/// network.
class Faults {
public:
    /// `sessions`: a condition for rows of pg_stat_activity, for each process.
    Faults(Network& network, std::array<std::string, processes> sessions)
        : network_(network), sessions_(std::move(sessions)), thread_([this] { run(); }) {}
    ~Faults() { stop(); }
    Faults(const Faults&) = delete;
    Faults& operator=(const Faults&) = delete;

    /// From now on, only this process is hit: what it misses then is never made up for.
    void hit_only(int process) { only_ = process; }

    void stop() {
        over_ = true;
        if (thread_.joinable()) thread_.join();
    }
    /// After `stop`.
    const FaultCounts& counts() const { return counts_; }

private:
    void run() {
        auto admin = network_.server.admin();
        auto next = std::chrono::steady_clock::now();
        for (int turn = 0; !over_; ++turn) {
            next += fault_interval;
            const auto hit = hit_in(turn);
            for (const int process : hit) {
                const auto& session = sessions_.at(static_cast<std::size_t>(process));
                const auto gone = admin.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + session);
                counts_.terminated += static_cast<int>(gone.size());
                // Not in step with the phases.
                if (turn % 3 == 1) cut(network_.notifications, process);
                if (turn % 7 == 3) cut(network_.calls, process);
            }
            if (turn % 10 == 5) freeze(hit.back());
            std::this_thread::sleep_until(next);  // the rate of the faults
        }
    }

    std::vector<int> hit_in(int turn) const {
        if (only_ >= 0) return {only_};
        const int phase = turn / turns_of_phase % (processes + 1);
        std::vector<int> hit;
        for (int process = 0; process < processes; ++process) {
            if (phase == process || phase == processes) hit.push_back(process);
        }
        return hit;
    }

    void cut(const std::vector<std::unique_ptr<TcpProxy>>& ways, int process) {
        const auto& way = ways.at(static_cast<std::size_t>(process));
        if (way != nullptr) counts_.cut += static_cast<int>(way->cut_all());
    }

    /// Nothing passes between a process and the server for a while.
    void freeze(int process) {
        for (auto* way : network_.of(process)) {
            if (way != nullptr) way->freeze();
        }
        std::this_thread::sleep_for(fault_interval / 2);  // the duration of the fault
        for (auto* way : network_.of(process)) {
            if (way != nullptr) way->thaw();
        }
        ++counts_.frozen;
    }

    Network& network_;
    const std::array<std::string, processes> sessions_;
    FaultCounts counts_;
    std::atomic<int> only_{-1};
    std::atomic<bool> over_{false};
    std::thread thread_;
};

struct Outcome {
    ChildReport both{};
    FaultCounts faults{};
    double seconds = 0;

    long count(const char* name) const {
        const auto found = both.counts.find(name);
        return found == both.counts.end() ? 0 : found->second;
    }
};

void create_all_rooms(const PrivateCluster& cluster) {
    PostgresOptions options;
    options.connection_string = cluster.connection_string();
    PostgresStore store(options);
    run(store.init());
    for (int room = 0; room < room_count; ++room) {
        run(store.create_room(sample_room({.id = room_name(room)})));
    }
    run(store.close());
}

/// Runs both processes until they have made their changes and compared what they follow.
Outcome run_processes(Network& network,
                      const std::array<ChildOptions, processes>& options,
                      std::array<std::string, processes> sessions) {
    Outcome outcome;
    const Watchdog watchdog(3600s);
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::unique_ptr<Child>> children;
    for (const auto& each : options) {
        const auto log = "process-" + std::to_string(each.number) + ".log";
        children.push_back(std::make_unique<Child>(each, network.server.folder() / log));
    }
    {
        Faults faults(network, std::move(sessions));
        const auto await_changes = [&](int process) {
            auto& child = *children.at(static_cast<std::size_t>(process));
            while (!child.has_written()) std::this_thread::sleep_for(10ms);
        };
        await_changes(1);
        faults.hit_only(1);
        await_changes(0);
        faults.stop();
        outcome.faults = faults.counts();
    }
    const auto took = std::chrono::steady_clock::now() - began;
    outcome.seconds = std::chrono::duration<double>(took).count();
    for (const auto& child : children) child->compare();
    for (const auto& child : children) {
        auto report = child->finish();
        for (const auto& [name, count] : report.counts) outcome.both.counts[name] += count;
        for (auto& problem : report.problems) outcome.both.problems.push_back(std::move(problem));
        outcome.both.repeated.merge(report.repeated);
        outcome.both.doubtful.merge(report.doubtful);
    }
    return outcome;
}

void print(const char* title, const Outcome& outcome) {
    std::printf("%s: %ld changes in %.1f s\n", title, outcome.count("changes"), outcome.seconds);
    std::printf(
        "    faults: %d sessions of watches terminated, %d connections cut, "
        "network stopped %d times\n   ",
        outcome.faults.terminated,
        outcome.faults.cut,
        outcome.faults.frozen);
    const char* separator = " ";
    for (const auto& [name, count] : outcome.both.counts) {
        std::printf("%s%ld %s", separator, count, name.c_str());
        separator = ", ";
    }
    std::printf("\n    %zu states told twice, of %zu that may have been written twice\n",
                outcome.both.repeated.size(),
                outcome.both.doubtful.size());
}

/// What holds of every run.
void check(const Outcome& outcome, int enough) {
    for (std::size_t i = 0; i < std::min<std::size_t>(outcome.both.problems.size(), 10); ++i) {
        UNSCOPED_INFO(outcome.both.problems[i]);
    }
    CHECK(outcome.both.problems.empty());
    // A call whose COMMIT was in doubt runs again, and may write the same state again.
    std::vector<EventState> unexplained;
    std::ranges::set_difference(
        outcome.both.repeated, outcome.both.doubtful, std::back_inserter(unexplained));
    for (std::size_t i = 0; i < std::min<std::size_t>(unexplained.size(), 10); ++i) {
        UNSCOPED_INFO(unexplained[i].first << " told twice with state " << unexplained[i].second);
    }
    CHECK(unexplained.empty());
    // The faults have happened, and each kind of change.
    CHECK(outcome.count("changes") >= enough);
    CHECK(outcome.faults.terminated >= 5);
    CHECK(outcome.faults.cut >= 2);
    CHECK(outcome.count("updated") > enough / 5);
    CHECK(outcome.count("deleted") > enough / 50);
    CHECK(outcome.count("rooms deleted or created") > 0);
    CHECK(outcome.count("resets") > 0);
    CHECK(outcome.count("stored") > 0);
    CHECK(outcome.count("reconnects of calls") > 0);
}

/// Both processes listen.
void check_listening(const Outcome& outcome) {
    CHECK(outcome.count("hints sent") > 0);
    CHECK(outcome.count("hints received") > 0);
    CHECK(outcome.count("reconnects of watches") >= 5);
}

void check_troubles(const Outcome& outcome, int enough) {
    CHECK(outcome.count("calls cancelled") > enough / 100);
    CHECK(outcome.count("reads failed") > enough / 100);
}

/// Both processes reach the server through proxies, and listen.
Outcome follow_directly(bool troubled, int enough) {
    PrivateCluster cluster({.tcp = true});
    create_all_rooms(cluster);
    Network network(cluster);
    std::array<ChildOptions, processes> options;
    std::array<std::string, processes> sessions;
    for (int i = 0; i < processes; ++i) {
        const auto name = "listener_" + std::to_string(i);
        network.calls.push_back(std::make_unique<TcpProxy>(cluster.port()));
        network.notifications.push_back(std::make_unique<TcpProxy>(cluster.port()));
        options.at(static_cast<std::size_t>(i)) = {
            .number = i,
            .connection_string = network.calls.back()->connection_string(),
            .notify_connection_string =
                network.notifications.back()->connection_string() + " application_name=" + name,
            .troubled = troubled,
            .changes = share(i, enough)};
        sessions.at(static_cast<std::size_t>(i)) = "application_name = '" + name + "'";
    }
    return run_processes(network, options, std::move(sessions));
}

/// Both processes reach the server through one pooler each, and that through a proxy.
Outcome follow_through_pooler(bool listen, int enough) {
    PrivateCluster cluster({.tcp = true});
    create_all_rooms(cluster);
    Network network(cluster);
    std::vector<std::unique_ptr<PgBouncer>> poolers;
    std::array<ChildOptions, processes> options;
    std::array<std::string, processes> sessions;
    for (int i = 0; i < processes; ++i) {
        const auto name = "listener_" + std::to_string(i);
        network.calls.push_back(std::make_unique<TcpProxy>(cluster.port()));
        // The number of sessions also names the pooler.
        poolers.push_back(
            std::make_unique<PgBouncer>(cluster, 3 + i, network.calls.back()->port()));
        auto& child = options.at(static_cast<std::size_t>(i));
        child = {.number = i,
                 .connection_string = poolers.back()->connection_string(),
                 .pooled = true,
                 .changes = share(i, enough)};
        if (listen) {
            network.notifications.push_back(std::make_unique<TcpProxy>(cluster.port()));
            child.notify_connection_string =
                network.notifications.back()->connection_string() + " application_name=" + name;
            sessions.at(static_cast<std::size_t>(i)) = "application_name = '" + name + "'";
        } else {
            network.notifications.emplace_back();
            // The session of the pooler that has polled last, for whichever process.
            sessions.at(static_cast<std::size_t>(i)) =
                "pid IN (SELECT pid FROM pg_stat_activity WHERE query ~ 'live_count, latest_index, "
                "revision' AND query !~ 'pg_stat_activity' ORDER BY state_change DESC LIMIT 1)";
        }
    }
    return run_processes(network, options, std::move(sessions));
}

}  // namespace

TEST_CASE("every follower ends with what is stored, whatever is lost on the way", "[F22]") {
    const int enough = changes(5'000, 1);
    const auto outcome = follow_directly(false, enough);
    print("two processes", outcome);
    check(outcome, enough);
    check_listening(outcome);
}

TEST_CASE("so it does if every second wait is cancelled and every tenth read fails", "[F22]") {
    const int enough = changes(5'000, 1);
    const auto outcome = follow_directly(true, enough);
    print("two processes, with cancelled calls and failing reads", outcome);
    check(outcome, enough);
    check_listening(outcome);
    check_troubles(outcome, enough);
}

TEST_CASE("so it does behind a pooler in transaction mode, by polling", "[F24]") {
    PgBouncer::require();
    const int enough = changes(1'500, 0.25);
    const auto outcome = follow_through_pooler(false, enough);
    print("behind PgBouncer, polling", outcome);
    check(outcome, enough);
    CHECK(outcome.count("hints received") == 0);
    CHECK(outcome.count("polls") > 10);
}

TEST_CASE("so it does behind a pooler, with a connection that goes round it", "[F24]") {
    PgBouncer::require();
    const int enough = changes(1'500, 0.25);
    const auto outcome = follow_through_pooler(true, enough);
    print("behind PgBouncer, listening beside it", outcome);
    check(outcome, enough);
    check_listening(outcome);
}

}  // namespace roomstore::test::live
