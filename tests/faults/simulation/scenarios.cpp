// Scenarios that random runs produce too rarely, each run with many seeds.

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "faults/simulation/calls.hpp"
#include "faults/simulation/session.hpp"
#include "pool/pool_core.hpp"

namespace roomstore::simulation {

namespace {

using namespace std::chrono_literals;

/// A process, its server, and the outcomes of its calls.
class Stage {
public:
    Stage(std::uint64_t seed, const FaultPlan& fault_plan, std::size_t connections)
        : fault_plan_(fault_plan), scheduler(seed), server_(scheduler, trace_, fault_plan_) {
        server_.add_room(room);
        options_.connections = connections;
        const auto open = [this] {
            // A reference of its own: the pool may be closed and released before it is opened.
            const auto pool = std::make_shared<postgres::PoolCore>(
                options_,
                std::make_shared<SimulatedSessions>(network_, process_),
                postgres::StopTimeouts{});
            process_.pool = pool;
            try {
                pool->open();
            } catch (const Error& error) {
                not_opened = error.what();
            }
        };
        scheduler.spawn("process", &process_, open);
    }

    /// Runs the stage; returns why it got stuck, or an empty string. A stage that got stuck is
    /// leaked, because tasks that have not ended still refer to it.
    static std::string run(std::unique_ptr<Stage>& stage) {
        try {
            stage->scheduler.run(deliver_answers);
            return {};
        } catch (const Stuck& stuck) {
            static_cast<void>(stage.release());
            return std::string("stuck: ") + stuck.what();
        }
    }

    /// Starts a read at `when`.
    void read_at(TimePoint when) {
        clients_.push_back(scheduler.spawn("client", &process_, [this, when] {
            wait_until(when);
            auto request = std::make_shared<Request>();
            request->kind = Request::Kind::read;
            request->room_id = room;
            calls.push_back(make_call(process_, 0, std::move(request)));
        }));
    }

    /// Closes the pool at `when`; queued calls still run.
    void close_at(TimePoint when) {
        clients_.push_back(scheduler.spawn("closer", &process_, [this, when] {
            wait_until(when);
            process_.closings.push_back(scheduler.now());
            close_pool(*process_.pool, true);
        }));
    }

    /// Shuts the pool down after all clients have ended.
    void end() {
        scheduler.spawn("end", &process_, [this] {
            for (Task* const client : clients_) scheduler.join(*client);
            close_pool(*process_.pool, false);
            process_.pool.reset();
        });
    }

    static constexpr const char* room = "room";

private:
    void wait_until(TimePoint when) {
        while (!process_.pool) scheduler.yield();
        while (scheduler.now() < when) scheduler.wait(when);
    }

    const FaultPlan fault_plan_;

public:
    Scheduler scheduler;
    std::vector<CallRecord> calls;
    /// Why the pool could not be opened.
    std::string not_opened;

private:
    Trace trace_{false};
    Server server_;
    Network network_{.scheduler = scheduler,
                     .server = server_,
                     .fault_plan = fault_plan_,
                     .trace = trace_};
    PostgresOptions options_;
    Process process_;
    std::vector<Task*> clients_;
};

constexpr TimePoint start = TimePoint{} + 1h;

std::string milliseconds(std::chrono::nanoseconds time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

/// 32 connections are lost at once, and only ten reconnects a second are allowed. A call does not
/// wait for the reconnect slot of its worker: it runs on the first connection that is available.
std::string many_are_lost(std::uint64_t seed) {
    constexpr std::size_t connections = 32;
    constexpr auto lost_at = start + 1s;
    const FaultPlan fault_plan{.down = {{lost_at, lost_at + 1us}}};
    auto stage = std::make_unique<Stage>(seed, fault_plan, connections);
    for (std::size_t i = 0; i < 2 * connections; ++i) stage->read_at(lost_at + 1ms);
    stage->end();
    if (auto stuck = Stage::run(stage); !stuck.empty()) return stuck;
    for (const CallRecord& call : stage->calls) {
        if (!call.success()) return call.summary();
        if (call.ended - call.began > 500ms) {
            return "a call took " + milliseconds(call.ended - call.began) + " ms";
        }
    }
    return {};
}

/// A call that a worker without a connection hands to a worker that is about to end is still
/// answered.
std::string closed_while_it_moves(std::uint64_t seed) {
    const FaultPlan fault_plan{.refused = 700, .lost_before = 300};
    auto stage = std::make_unique<Stage>(seed, fault_plan, 3);
    auto& random = stage->scheduler.random();
    stage->scheduler.interruptions = 400;
    for (int i = 0; i < 6; ++i) stage->read_at(start + random.between(0us, 30'000us));
    stage->close_at(start + random.between(0us, 60'000us));
    stage->end();
    if (auto stuck = Stage::run(stage); !stuck.empty()) return stuck;
    for (const CallRecord& call : stage->calls) {
        if (call.ended > call.deadline() + 250ms) return call.summary();
    }
    return {};
}

/// Closing a pool while its threads are being started waits for all of them.
std::string closed_while_it_starts(std::uint64_t seed) {
    auto stage = std::make_unique<Stage>(seed, FaultPlan{}, 4);
    stage->scheduler.interruptions = 500;
    stage->read_at(TimePoint{});
    stage->close_at(TimePoint{});
    stage->end();
    if (auto stuck = Stage::run(stage); !stuck.empty()) return stuck;
    const CallRecord& call = stage->calls.front();
    return call.success() || call.failed(errc::closed) ? "" : call.summary();
}

/// A pool that cannot start all its threads reports an error, and is closed.
std::string too_few_threads(std::uint64_t seed) {
    constexpr std::size_t connections = 3;
    auto stage = std::make_unique<Stage>(seed, FaultPlan{}, connections);
    stage->scheduler.interruptions = 500;
    // The watchdog, the canceller, and one for each connection.
    stage->scheduler.threads_left = static_cast<int>(seed % (2 + connections));
    for (int i = 0; i < 4; ++i) stage->read_at(start);
    stage->close_at(start + 1s);
    stage->end();
    if (auto stuck = Stage::run(stage); !stuck.empty()) return stuck;
    if (stage->not_opened.find("cannot start the threads") == std::string::npos) {
        return "open() said \"" + stage->not_opened + '"';
    }
    for (const CallRecord& call : stage->calls) {
        if (!call.failed(errc::closed)) return call.summary();
    }
    return {};
}

struct Scenario {
    const char* name;
    std::string (*run)(std::uint64_t seed);
    std::uint64_t seeds;
};

constexpr Scenario scenarios[] = {
    {"many connections are lost at once", many_are_lost, 200},
    {"a pool closes while a call moves to another worker", closed_while_it_moves, 20'000},
    {"a pool closes while it starts", closed_while_it_starts, 2'000},
    {"a pool cannot start its threads", too_few_threads, 500},
};

/// Whether the scenario passes with every seed.
bool holds(const Scenario& scenario) {
    for (std::uint64_t seed = 1; seed <= scenario.seeds; ++seed) {
        const auto complaint = scenario.run(seed);
        if (complaint.empty()) continue;
        std::printf("FAILED: %s: seed %llu: %s\n",
                    scenario.name,
                    static_cast<unsigned long long>(seed),
                    complaint.c_str());
        return false;
    }
    std::printf("%s: %llu seeds\n", scenario.name, static_cast<unsigned long long>(scenario.seeds));
    return true;
}

}  // namespace

}  // namespace roomstore::simulation

int main() {
    bool all = true;
    for (const auto& scenario : roomstore::simulation::scenarios) {
        all = roomstore::simulation::holds(scenario) && all;
    }
    return all ? 0 : 1;
}
