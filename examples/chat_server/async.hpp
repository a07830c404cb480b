#pragma once

#include <deque>
#include <memory>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/error_code.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

/// How coroutines wait for each other. Only one thread may run them.
namespace chat {

using asio::awaitable;

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
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

private:
    asio::steady_timer timer_;
};

inline awaitable<void> pause(asio::any_io_executor executor, AsyncEvent::Clock::duration time) {
    asio::steady_timer timer(executor, time);
    asio::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

/// A mutex. It is fair: coroutines get the lock in the order in which they asked for it.
class AsyncMutex {
    struct Unlock {
        void operator()(AsyncMutex* mutex) const { mutex->unlock(); }
    };

public:
    /// Holds the mutex until it is destroyed.
    using Lock = std::unique_ptr<AsyncMutex, Unlock>;

    explicit AsyncMutex(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    awaitable<Lock> lock() {
        const auto turn = std::make_shared<AsyncEvent>(executor_);
        queue_.push_back(turn);
        while (queue_.front() != turn) co_await turn->wait();
        co_return Lock(this);
    }

private:
    void unlock() {
        queue_.pop_front();
        if (!queue_.empty()) queue_.front()->notify();
    }

    asio::any_io_executor executor_;
    /// The first one holds the lock, the others wait for their turn.
    std::deque<std::shared_ptr<AsyncEvent>> queue_;
};

}  // namespace chat
