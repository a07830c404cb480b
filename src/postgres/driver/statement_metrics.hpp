#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace roomstore::postgres {

/// Counters of one statement over all sessions of a pool.
struct StatementCounter {
    std::atomic<std::uint64_t> calls{0};
    std::atomic<std::uint64_t> failures{0};
    std::atomic<std::uint64_t> total_ns{0};
    std::atomic<std::uint64_t> highest_ns{0};

    void record(std::chrono::nanoseconds taken, bool failed) noexcept;
};

/// The counters of one statement, as read by `StatementMetrics::read`.
struct StatementReading {
    std::string name;
    std::uint64_t calls;
    std::uint64_t failures;
    std::chrono::nanoseconds total;
    std::chrono::nanoseconds highest;
};

/// The counters of a pool by statement name. Sessions look a counter up once and keep it.
class StatementMetrics {
public:
    StatementCounter& counter(std::string_view name);
    std::vector<StatementReading> read() const;

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::unique_ptr<StatementCounter>, std::less<>> counters_;
};

}  // namespace roomstore::postgres
