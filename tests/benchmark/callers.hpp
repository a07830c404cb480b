#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

namespace roomstore::benchmark {

/// Runs `task` to its end on this thread.
template <typename T>
T complete(asio::awaitable<T> task) {
    asio::io_context context(1);
    auto result = asio::co_spawn(context, std::move(task), asio::use_future);
    context.run();
    return result.get();
}

/// Callers that call one after the other, each beginning with the next call when the last is
/// answered: coroutines on one context and one thread, as in a chat server.
struct Load {
    int callers = 1;
    double seconds = 1;
    /// Only the calls of the first so many are timed; the others are there to be in the way.
    int timed = std::numeric_limits<int>::max();
};

/// One call by the caller of that number. What it captures outlives the load.
using Call = std::function<asio::awaitable<void>(int caller)>;

/// What callers saw of the calls that were timed: those that ended after a short warm-up.
class Calls {
public:
    double per_second() const noexcept;
    double mean_microseconds() const;
    /// The time that this share (0..1) of the calls did not exceed.
    double percentile_microseconds(double share) const;
    /// With those that were not timed.
    std::uint64_t all() const noexcept { return all_; }

private:
    friend Calls call_repeatedly(const Call& call, Load load);

    std::vector<double> microseconds_;
    double seconds_ = 0;
    std::uint64_t all_ = 0;
};

/// Throws what a call throws.
Calls call_repeatedly(const Call& call, Load load);

}  // namespace roomstore::benchmark
