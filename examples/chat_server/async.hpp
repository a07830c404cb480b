#pragma once

#include <memory>
#include <utility>

#include <asio.hpp>

/// How coroutines wait for each other. Only one thread may run them.
namespace chat {

using asio::awaitable;

/// Makes an operation store its error in `ec` instead of throwing it.
inline auto catch_error(asio::error_code& ec) {
    return asio::redirect_error(asio::use_awaitable, ec);
}

/// Wakes coroutines that wait for a condition. It is used like a condition variable: a coroutine
/// checks its condition, waits, and checks again.
class AsyncEvent {
public:
    using Clock = asio::steady_timer::clock_type;

    explicit AsyncEvent(const asio::any_io_executor& executor) : timer_(executor) {}

    void notify() { timer_.cancel(); }

    awaitable<void> wait() { return wait_until(Clock::time_point::max()); }

    /// Only for an event with a single waiter, because a new deadline wakes all others.
    awaitable<void> wait_until(Clock::time_point deadline) {
        if (timer_.expiry() != deadline) timer_.expires_at(deadline);
        asio::error_code ignored;
        co_await timer_.async_wait(catch_error(ignored));
    }

private:
    asio::steady_timer timer_;
};

inline awaitable<void> pause(AsyncEvent::Clock::duration time) {
    AsyncEvent never(co_await asio::this_coro::executor);
    co_await never.wait_until(AsyncEvent::Clock::now() + time);
}

/// A mutex. It is fair: coroutines get the lock in the order in which they asked for it.
class AsyncMutex {
    struct Unlock {
        // With a waiter the mutex stays locked, so that nobody takes it before the waiter resumes.
        void operator()(AsyncMutex* mutex) const { mutex->locked_ = mutex->turn_.cancel_one() > 0; }
    };

public:
    /// Holds the mutex until it is destroyed.
    using Lock = std::unique_ptr<AsyncMutex, Unlock>;

    explicit AsyncMutex(const asio::any_io_executor& executor)
        : turn_(executor, AsyncEvent::Clock::time_point::max()) {}

    awaitable<Lock> lock() {
        asio::error_code ignored;
        const bool must_wait = std::exchange(locked_, true);
        if (must_wait) co_await turn_.async_wait(catch_error(ignored));
        co_return Lock(this);
    }

private:
    bool locked_ = false;
    /// Never expires; a wait ends when the lock is handed over.
    asio::steady_timer turn_;
};

}  // namespace chat
