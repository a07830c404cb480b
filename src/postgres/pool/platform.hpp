#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <random>
#include <thread>

#include "pool/fork.hpp"
#include "pool/retry.hpp"

/// What the pool takes from the machine and from its process. The simulation of tests/faults has a
/// file of this name too, with threads, a time and chances of its own.
namespace roomstore::postgres::platform {

using Clock = std::chrono::steady_clock;
using Mutex = std::mutex;
using ConditionVariable = std::condition_variable;
using Thread = std::thread;

inline std::uint64_t forks() { return postgres::forks(); }

inline std::uint64_t random_seed() { return std::random_device{}(); }

inline AttemptLimit& connection_attempts() { return AttemptLimit::of_connections(); }

}  // namespace roomstore::postgres::platform
