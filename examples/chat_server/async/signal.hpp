#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/error_code.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

namespace chat {

/// Wakes coroutines that wait for a condition. As with a condition variable, a waiter looks at its
/// condition before and after. Used by one thread, so nothing can happen between look and wait.
class Signal {
public:
    using Clock = asio::steady_timer::clock_type;

    explicit Signal(const asio::any_io_executor& executor)
        : timer_(executor, Clock::time_point::max()) {}

    void notify() { timer_.cancel(); }

    asio::awaitable<void> wait() {
        asio::error_code ignored;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

private:
    asio::steady_timer timer_;
};

/// As `Signal`, for one waiter that also wakes at a time of its own.
class TimedSignal {
public:
    using Clock = asio::steady_timer::clock_type;

    explicit TimedSignal(const asio::any_io_executor& executor) : timer_(executor) {}

    void notify() { timer_.cancel(); }

    asio::awaitable<void> wait_until(Clock::time_point time) {
        timer_.expires_at(time);
        asio::error_code ignored;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    asio::awaitable<void> wait() { return wait_until(Clock::time_point::max()); }

private:
    asio::steady_timer timer_;
};

}  // namespace chat
