#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/error_code.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

namespace chat {

/// Wakes coroutines that wait for a condition. It is used like a condition variable: a coroutine
/// checks its condition, waits, and checks again. Only for coroutines of one thread, where nothing
/// can happen between the check and the wait.
class AsyncEvent {
public:
    using Clock = asio::steady_timer::clock_type;

    explicit AsyncEvent(const asio::any_io_executor& executor)
        : timer_(executor, Clock::time_point::max()) {}

    void notify() { timer_.cancel(); }

    asio::awaitable<void> wait() {
        asio::error_code ignored;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

private:
    asio::steady_timer timer_;
};

/// An `AsyncEvent` for a single waiter, which may also wait with a deadline.
class TimedAsyncEvent {
public:
    using Clock = asio::steady_timer::clock_type;

    explicit TimedAsyncEvent(const asio::any_io_executor& executor) : timer_(executor) {}

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
