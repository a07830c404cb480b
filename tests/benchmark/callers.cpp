#include "benchmark/callers.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <stdexcept>

namespace roomstore::benchmark {

namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

struct Window {
    Clock::time_point begin;
    Clock::time_point end;

    bool holds(Clock::time_point moment) const { return moment >= begin && moment < end; }
};

asio::awaitable<void> one_caller(const Call& call,
                                 int caller,
                                 int timed,
                                 Window window,
                                 std::vector<double>& microseconds,
                                 std::uint64_t& all) {
    auto began = Clock::now();
    do {
        co_await call(caller);
        const auto ended = Clock::now();
        ++all;
        // If all calls outlast the window, the first one is counted nevertheless.
        const bool counts = window.holds(ended) || (ended >= window.end && microseconds.empty());
        if (caller < timed && counts) {
            microseconds.push_back(Microseconds(ended - began).count());
        }
        began = ended;
    } while (began < window.end);
}

}  // namespace

double Calls::per_second() const noexcept {
    return static_cast<double>(microseconds_.size()) / seconds_;
}

double Calls::mean_microseconds() const {
    if (microseconds_.empty()) throw std::runtime_error("no call was timed");
    return std::accumulate(microseconds_.begin(), microseconds_.end(), 0.0) /
           static_cast<double>(microseconds_.size());
}

double Calls::percentile_microseconds(double share) const {
    if (microseconds_.empty()) throw std::runtime_error("no call was timed");
    auto sorted = microseconds_;
    std::sort(sorted.begin(), sorted.end());
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
    return sorted[std::min(rank, sorted.size() - 1)];
}

Calls call_repeatedly(const Call& call, Load load) {
    Calls calls;
    calls.seconds_ = load.seconds;
    const auto length =
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(load.seconds));
    const auto begin = Clock::now() + length / 5;
    const Window window{begin, begin + length};
    asio::io_context context(1);
    std::exception_ptr first_failure;
    for (int caller = 0; caller < load.callers; ++caller) {
        asio::co_spawn(
            context,
            one_caller(call, caller, load.timed, window, calls.microseconds_, calls.all_),
            [&](std::exception_ptr failure) {
                if (failure && !first_failure) first_failure = std::move(failure);
            });
    }
    context.run();
    if (first_failure) std::rethrow_exception(first_failure);
    return calls;
}

}  // namespace roomstore::benchmark
