#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "faults/simulation/scheduler.hpp"

namespace roomstore::simulation {

/// Log of a run, in order. Nothing is recorded unless `wanted`.
class Trace {
public:
    explicit Trace(bool wanted) : wanted_(wanted) {}

    /// Adds a line made of `parts`, each a text or a number.
    template <typename... Parts>
    void add(const Scheduler& scheduler, const Parts&... parts) {
        if (!wanted_) return;
        std::string line = time_of(scheduler);
        (append(line, parts), ...);
        lines_.push_back(std::move(line));
    }

    bool wanted() const noexcept { return wanted_; }
    const std::vector<std::string>& lines() const noexcept { return lines_; }

private:
    static void append(std::string& line, std::string_view text) { (line += ' ') += text; }
    template <std::integral Number>
    static void append(std::string& line, Number number) {
        (line += ' ') += std::to_string(number);
    }

    static std::string time_of(const Scheduler& scheduler) {
        const auto since = scheduler.now() - (TimePoint{} + std::chrono::hours{1});
        const auto us = std::chrono::duration_cast<std::chrono::microseconds>(since).count();
        auto digits = std::to_string(us + 1'000'000'000).substr(1);
        return digits.insert(6, ".");
    }

    bool wanted_;
    std::vector<std::string> lines_;
};

}  // namespace roomstore::simulation
