#include "driver/statement_metrics.hpp"

namespace roomstore::postgres {

void StatementCounter::record(std::chrono::nanoseconds taken, bool failed) noexcept {
    constexpr auto relaxed = std::memory_order_relaxed;
    const auto nanoseconds = static_cast<std::uint64_t>(taken.count());
    calls.fetch_add(1, relaxed);
    if (failed) failures.fetch_add(1, relaxed);
    total_ns.fetch_add(nanoseconds, relaxed);
    auto seen = highest_ns.load(relaxed);
    while (seen < nanoseconds && !highest_ns.compare_exchange_weak(seen, nanoseconds, relaxed)) {
    }
}

StatementCounter& StatementMetrics::counter(std::string_view name) {
    const std::lock_guard lock(mutex_);
    auto found = counters_.find(name);
    if (found == counters_.end()) {
        found = counters_.emplace(std::string(name), std::make_unique<StatementCounter>()).first;
    }
    return *found->second;
}

std::vector<StatementReading> StatementMetrics::read() const {
    const std::lock_guard lock(mutex_);
    std::vector<StatementReading> readings;
    readings.reserve(counters_.size());
    for (const auto& [name, counter] : counters_) {
        readings.push_back({.name = name,
                            .calls = counter->calls.load(std::memory_order_relaxed),
                            .failures = counter->failures.load(std::memory_order_relaxed),
                            .total = std::chrono::nanoseconds(counter->total_ns.load()),
                            .highest = std::chrono::nanoseconds(counter->highest_ns.load())});
    }
    return readings;
}

}  // namespace roomstore::postgres
