#include <chrono>
#include <signal.h>
#include <stdexcept>
#include <thread>

#include "faults/chaos/faults.hpp"

namespace roomstore::chaos {

namespace {

using namespace std::chrono_literals;
using test::PrivateCluster;
using test::TcpProxy;

bool call(const ChaosEnvironment& environment, const std::string& function, pid_t pid) {
    if (pid == 0) return false;
    auto admin = environment.admin();
    return admin.value("SELECT " + function + "(" + std::to_string(pid) + ")") == "t";
}

bool terminate_idle(const ChaosEnvironment& environment, Draw& draw) {
    const auto choice = draw.number(0, 1000);
    return call(environment, "pg_terminate_backend", environment.backend(choice, "state = 'idle'"));
}

bool terminate_working(const ChaosEnvironment& environment, Draw& draw) {
    const auto choice = draw.number(0, 1000);
    return call(
        environment, "pg_terminate_backend", environment.backend(choice, "state <> 'idle'"));
}

bool cancel_working(const ChaosEnvironment& environment, Draw& draw) {
    const auto choice = draw.number(0, 1000);
    return call(environment, "pg_cancel_backend", environment.backend(choice, "state = 'active'"));
}

/// Terminates a backend between the last statement of a transaction and its COMMIT.
bool terminate_before_commit(const ChaosEnvironment& environment, Draw&) {
    auto admin = environment.admin();
    const auto held = environment.proxy.inject({.action = TcpProxy::Action::hold, .time = 3000ms});
    std::uint64_t terminated = 0;
    if (comes_within(500ms, [&] { return environment.proxy.holding(held) == 1; })) {
        for (const auto pid : environment.backends(admin, "state = 'idle in transaction'")) {
            admin.query("SELECT pg_terminate_backend(" + std::to_string(pid) + ")");
            ++terminated;
        }
    }
    environment.proxy.remove(held);
    return terminated > 0;
}

bool stop_backend(const ChaosEnvironment& environment, Draw& draw) {
    const auto choice = draw.number(0, 1000);
    const auto time = draw.time(50, 1200);
    const auto pid = environment.backend(choice, "state <> 'idle'");
    if (pid == 0 || !environment.signal(pid, SIGSTOP)) return false;
    std::this_thread::sleep_for(time);
    environment.signal(pid, SIGCONT);
    return true;
}

bool stop_postmaster(const ChaosEnvironment& environment, Draw& draw) {
    const auto time = draw.time(100, 1000);
    const auto pid = environment.cluster.postmaster();
    if (!environment.signal(pid, SIGSTOP)) return false;
    environment.proxy.cut_all();
    std::this_thread::sleep_for(time);
    return environment.signal(pid, SIGCONT);
}

/// Makes the server end all sessions and recover.
bool kill_backend(const ChaosEnvironment& environment, Draw& draw) {
    const auto choice = draw.number(0, 1000);
    auto witness = environment.admin();
    const auto pid = environment.backend(choice);
    if (pid == 0 || !environment.signal(pid, SIGKILL)) return false;
    const bool ended = comes_within(10s, [&] {
        try {
            witness.query("SELECT 1");
            return false;
        } catch (const std::runtime_error&) {
            return true;
        }
    });
    environment.admin();
    return ended;
}

bool restart_fast(const ChaosEnvironment& environment, Draw&) {
    environment.cluster.restart(PrivateCluster::Stop::fast);
    return true;
}

bool restart_immediate(const ChaosEnvironment& environment, Draw&) {
    environment.cluster.restart(PrivateCluster::Stop::immediate);
    return true;
}

bool lock_room(const ChaosEnvironment& environment, Draw& draw) {
    const auto room = room_name(draw.number(0, room_count - 1));
    const auto time = draw.time(50, 1500);
    auto admin = environment.admin();
    admin.query("BEGIN; SELECT 1 FROM roomstore.rooms WHERE id = '" + room + "' FOR UPDATE");
    std::this_thread::sleep_for(time);
    admin.query("ROLLBACK");
    return true;
}

/// Changes a setting of the server for `time`.
bool set_for(const ChaosEnvironment& environment,
             const std::string& setting,
             const std::string& value,
             std::chrono::milliseconds time,
             const std::string& seen_in_activity = "false") {
    auto admin = environment.admin();
    environment.set(admin, setting, value);
    const bool seen =
        comes_within(500ms, [&] { return !environment.backends(admin, seen_in_activity).empty(); });
    std::this_thread::sleep_for(time);
    admin.query("ALTER SYSTEM RESET " + setting);
    environment.cluster.reload();
    return seen;
}

bool read_only(const ChaosEnvironment& environment, Draw& draw) {
    return set_for(environment, "default_transaction_read_only", "on", draw.time(50, 300), "true");
}

bool hang_commits(const ChaosEnvironment& environment, Draw& draw) {
    const auto time = draw.time(50, 1200);
    return set_for(
        environment, "synchronous_standby_names", "nobody", time, "wait_event = 'SyncRep'");
}

/// The old COMMIT finishes while the clients that have lost its answer repeat their calls.
bool hang_commits_and_cut(const ChaosEnvironment& environment, Draw& draw) {
    const auto time = draw.time(100, 600);
    auto admin = environment.admin();
    environment.set(admin, "synchronous_standby_names", "nobody");
    const bool waited = comes_within(
        500ms, [&] { return !environment.backends(admin, "wait_event = 'SyncRep'").empty(); });
    environment.proxy.cut_all();
    std::this_thread::sleep_for(time);
    admin.query("ALTER SYSTEM RESET synchronous_standby_names");
    environment.cluster.reload();
    return waited;
}

bool limit_connections(const ChaosEnvironment& environment, Draw& draw) {
    const auto limit = draw.number(0, 3);
    const auto time = draw.time(200, 600);
    auto admin = environment.admin();
    const auto limit_to = [&](std::int64_t number) {
        admin.query("ALTER ROLE " + std::string(role) + " CONNECTION LIMIT " +
                    std::to_string(number));
    };
    limit_to(limit);
    const bool ended = !environment.backends(admin).empty();
    admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" +
                std::string(role) + "'");
    std::this_thread::sleep_for(time);
    limit_to(-1);
    return ended;
}

bool kill_client(const ChaosEnvironment& environment, Draw&) {
    environment.child.replace();
    return true;
}

}  // namespace

const std::vector<FaultKind>& server_faults() {
    static const std::vector<FaultKind> kinds{
        {"F1", "idle backend terminated", terminate_idle, 6},
        {"F1", "working backend terminated", terminate_working, 8},
        {"F1", "terminated before commit", terminate_before_commit, 6},
        {"-", "statement cancelled by others", cancel_working, 4},
        {"F5", "backend stopped", stop_backend, 2},
        {"F5", "postmaster stopped", stop_postmaster, 1, true},
        {"F4", "backend killed, recovery", kill_backend, 1, true},
        {"F4", "server restarted, fast", restart_fast, 1, true},
        {"F4", "server restarted, immediate", restart_immediate, 1, true},
        {"F10", "room locked by others", lock_room, 2},
        {"F16", "read-only", read_only, 1, true},
        {"F3", "commits hang", hang_commits, 2},
        {"F3", "commits hang and clients are cut", hang_commits_and_cut, 2},
        {"F21", "too many connections", limit_connections, 1},
        {"F9", "client killed", kill_client, 1},
    };
    return kinds;
}

}  // namespace roomstore::chaos
