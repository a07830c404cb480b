#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <iterator>
#include <thread>

#include "support/run.hpp"

namespace roomstore::test {

/// Waits until `condition` holds; a watchdog aborts the test if it never does.
inline void await(const std::function<bool()>& condition) {
    const Watchdog watchdog;
    while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
}

/// Whether `condition` holds within `time`.
inline bool comes_within(std::chrono::milliseconds time, const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
}

/// Numbers that must not grow: threads and open descriptors of this process.
inline std::size_t entries(const char* folder) {
    const std::filesystem::directory_iterator all(folder);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}
inline std::size_t threads() { return entries("/proc/self/task"); }
inline std::size_t descriptors() { return entries("/proc/self/fd"); }

}  // namespace roomstore::test
