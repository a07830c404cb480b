#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <asio/awaitable.hpp>

namespace roomstore::test {

/// How long any step of a test may take before it counts as hung. No test result depends on the
/// value.
inline constexpr std::chrono::seconds hang_limit{120};

/// Aborts the process, with the name of the running test, unless it is destroyed within the limit.
/// It has to abort, since a thread that waits for a lock cannot be unwound.
class Watchdog {
public:
    explicit Watchdog(std::chrono::seconds limit = hang_limit);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

private:
    std::size_t ticket_;
};

/// Runs `task` to completion, on this thread and its own execution context, and throws what it
/// throws. Throws `std::logic_error` if the task is destroyed before it completes.
void run_to_end(asio::awaitable<void> task);

/// Runs `tasks` concurrently on `threads` threads that share one execution context, until all have
/// completed. Then throws the exception of the first task in the list that failed. Catch2's macros
/// are not thread-safe: let each task record its results in its own variable, and check afterwards.
void run_all(std::vector<asio::awaitable<void>> tasks, int threads);

namespace detail {

template <typename T>
asio::awaitable<void> keep_result(asio::awaitable<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
}

}  // namespace detail

/// As `run_to_end`; returns the result of the task.
template <typename T>
T run(asio::awaitable<T> task) {
    std::optional<T> result;
    run_to_end(detail::keep_result(std::move(task), result));
    return std::move(*result);
}

inline void run(asio::awaitable<void> task) { run_to_end(std::move(task)); }

}  // namespace roomstore::test
