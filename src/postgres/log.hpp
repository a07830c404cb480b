#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "roomstore/postgres/postgres_options.hpp"

namespace roomstore::postgres {

/// The lines for `PostgresOptions::log`: a queue, and the thread that calls the callback. Writing a
/// line does not wait for the callback and reports no errors.
///
/// Owned by a `std::shared_ptr`; the thread holds one too.
class Log : public std::enable_shared_from_this<Log> {
public:
    using Callback = std::function<void(LogLevel level, std::string_view text)>;

    static constexpr std::size_t most_lines = 256;
    static constexpr std::size_t most_bytes = 1024;

    /// An empty `callback` makes a log that does nothing.
    explicit Log(Callback callback) : callback_(std::move(callback)) {}
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    /// Starts the thread, if there is a callback; does nothing if it is running.
    /// @throws std::system_error
    void start();

    /// Whether there is a callback.
    bool wanted() const noexcept { return callback_ != nullptr; }

    /// Queues the concatenated `parts` as a line: without control characters and invalid UTF-8,
    /// truncated if too long. The line is dropped if the queue is full or the log has ended.
    void write(LogLevel level, std::initializer_list<std::string_view> parts) noexcept;

    /// The same with the result of `compose`, which is called only if there is a callback.
    template <typename Compose>
    void compose(LogLevel level, Compose compose) noexcept {
        if (!wanted()) return;
        try {
            write(level, {compose()});
        } catch (const std::bad_alloc&) {
            ++dropped_;
        }
    }

    /// Accepts no more lines, and returns when the queued lines have been delivered, or after
    /// `timeout`; the rest is then dropped. One call of the callback may still be running.
    void finish(std::chrono::milliseconds timeout) noexcept;

    /// `finish` without waiting; then waits for the thread to end, unless called from that thread.
    void stop() noexcept;

    std::uint64_t dropped() const noexcept { return dropped_; }
    std::uint64_t failures() const noexcept { return failures_; }

private:
    struct Line {
        LogLevel level;
        std::string text;
    };

    void run() noexcept;
    void tell(const Line& line) noexcept;

    const Callback callback_;
    std::atomic<std::uint64_t> dropped_{0};
    std::atomic<std::uint64_t> failures_{0};

    std::mutex mutex_;
    std::condition_variable written_;
    std::condition_variable delivered_;
    std::deque<Line> lines_;
    bool telling_ = false;
    bool ended_ = false;
    std::thread thread_;
};

}  // namespace roomstore::postgres
