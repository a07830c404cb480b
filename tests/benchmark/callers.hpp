#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

namespace roomstore::benchmark {

/// Runs `task` to completion on this thread, without the second thread that a future would need.
inline void complete(asio::awaitable<void> task) {
    asio::io_context context(1);
    std::exception_ptr failure;
    asio::co_spawn(
        context, std::move(task), [&](std::exception_ptr thrown) { failure = std::move(thrown); });
    context.run();
    if (failure) std::rethrow_exception(failure);
}

template <typename T>
asio::awaitable<void> keep_result(asio::awaitable<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
}

template <typename T>
T complete(asio::awaitable<T> task) {
    std::optional<T> result;
    complete(keep_result(std::move(task), result));
    return std::move(*result);
}

/// Concurrent callers, each of which starts its next call when the previous one has returned:
/// coroutines on one io_context and one thread, as in a chat server.
struct Load {
    int callers = 1;
    double seconds = 1;
    /// The number of callers, from the first, whose calls are timed; the others only add load.
    int timed = std::numeric_limits<int>::max();
};

/// Makes one call for the caller of that number. Captured references must outlive the load.
using Call = std::function<asio::awaitable<void>(int caller)>;

/// The times of the timed calls, without those that ended during a short warm-up.
class Calls {
public:
    double per_second() const noexcept;
    double mean_microseconds() const;
    /// The time that `share` (0..1) of the calls did not exceed.
    double percentile_microseconds(double share) const;
    /// The number of calls, including those that were not timed.
    std::uint64_t all() const noexcept { return all_; }

private:
    friend Calls call_repeatedly(const Call& call, Load load);

    std::vector<double> microseconds_;
    double seconds_ = 0;
    std::uint64_t all_ = 0;
};

/// Throws the first exception that a call throws.
Calls call_repeatedly(const Call& call, Load load);

}  // namespace roomstore::benchmark
