#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <random>
#include <thread>

#include "pool/backoff.hpp"
#include "pool/fork.hpp"

/// What the pool uses of the platform and the process. The simulation in tests/faults replaces this
/// file with one of the same name that has its own threads, clock and random numbers.
namespace roomstore::postgres::platform {

using Clock = std::chrono::steady_clock;
using Mutex = std::mutex;
using ConditionVariable = std::condition_variable;
using Thread = std::thread;

inline std::uint64_t forks() { return postgres::forks(); }

inline std::uint64_t random_seed() { return std::random_device{}(); }

inline AttemptLimit& connection_attempts() { return AttemptLimit::of_connections(); }

}  // namespace roomstore::postgres::platform
