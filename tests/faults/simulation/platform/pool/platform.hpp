#pragma once

#include "faults/simulation/process.hpp"
#include "faults/simulation/threads.hpp"

/// Replaces src/postgres/pool/platform.hpp: it comes first in the include path when the pool is
/// compiled for the simulation.
namespace roomstore::postgres::platform {

using Clock = simulation::Clock;
using Mutex = simulation::Mutex;
using ConditionVariable = simulation::ConditionVariable;
using Thread = simulation::Thread;

/// Simulated processes never fork.
inline std::uint64_t forks() { return 0; }

inline std::uint64_t random_seed() { return simulation::Scheduler::current().random().next(); }

inline AttemptLimit& connection_attempts() {
    return simulation::Scheduler::current().task().process->connection_attempts;
}

}  // namespace roomstore::postgres::platform
