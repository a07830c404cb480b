#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <asio/awaitable.hpp>

namespace roomstore::test {

/// How long anything in a test may take before it counts as hung. A bound against hanging for ever,
/// never a measure: no result depends on it.
inline constexpr std::chrono::seconds hang_limit{120};

/// Ends the process, loudly and with the name of the running test, unless it is destroyed within
/// the limit. A thread that waits for a lock cannot be unwound, so nothing milder would do.
class Watchdog {
public:
    explicit Watchdog(std::chrono::seconds limit = hang_limit);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

private:
    std::size_t ticket_;
};

/// Runs `task` to its end, on this thread and a context of its own, and throws what it throws. A
/// task that is dropped without an end is a `std::logic_error`.
void run_to_end(asio::awaitable<void> task);

/// Runs `tasks` at once on `threads` threads that share one context, to the end of all of them.
/// Then throws what the first of them threw. Catch2's macros belong to one thread: let tasks write
/// down what they see, each in a place of its own, and check afterwards.
void run_all(std::vector<asio::awaitable<void>> tasks, int threads);

namespace detail {

template <typename T>
asio::awaitable<void> keep_result(asio::awaitable<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
}

}  // namespace detail

/// As `run_to_end`, with the result of the task.
template <typename T>
T run(asio::awaitable<T> task) {
    std::optional<T> result;
    run_to_end(detail::keep_result(std::move(task), result));
    return std::move(*result);
}

inline void run(asio::awaitable<void> task) { run_to_end(std::move(task)); }

}  // namespace roomstore::test
