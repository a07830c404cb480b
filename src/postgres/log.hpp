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

/// The lines for `PostgresOptions::log`: a queue, and the thread that calls it. Whoever writes a
/// line waits for nobody and gets no error.
///
/// Owned by a `std::shared_ptr`, of which the thread has one.
class Log : public std::enable_shared_from_this<Log> {
public:
    using Callback = std::function<void(LogLevel level, std::string_view text)>;

    static constexpr std::size_t most_lines = 256;
    static constexpr std::size_t most_bytes = 1024;

    /// An empty `callback` makes a log that does nothing.
    explicit Log(Callback callback) : callback_(std::move(callback)) {}
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    /// Starts the thread, if there is somebody to tell; does nothing if it runs.
    /// @throws std::system_error
    void start();

    /// Whether anybody wants to know.
    bool wanted() const noexcept { return callback_ != nullptr; }

    /// Queues `parts`, one after the other, as a line: without control characters and what is no
    /// UTF-8, cut where it is long. Dropped where the queue is full, or the log has ended.
    void write(LogLevel level, std::initializer_list<std::string_view> parts) noexcept;

    /// The same with what `compose` returns, if anybody wants to know.
    template <typename Compose>
    void compose(LogLevel level, Compose compose) noexcept {
        if (!wanted()) return;
        try {
            write(level, {compose()});
        } catch (const std::bad_alloc&) {
            ++dropped_;
        }
    }

    /// Takes no more lines, and returns when those that wait have been told, or after `patience`;
    /// the rest is dropped then. One call may still run.
    void finish(std::chrono::milliseconds patience) noexcept;

    /// `finish` without patience; returns when the thread has ended, unless it is the one that
    /// asks.
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
    std::condition_variable told_;
    std::deque<Line> lines_;
    bool telling_ = false;
    bool ended_ = false;
    std::thread thread_;
};

}  // namespace roomstore::postgres
