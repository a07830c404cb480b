#pragma once

#include <deque>
#include <memory>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "async_event.hpp"

namespace chat {

/// A mutex for coroutines of one thread. It is fair: they get the lock in the order in which they
/// asked for it.
class AsyncMutex {
public:
    /// Holds the mutex until it is destroyed.
    class Lock {
    public:
        explicit Lock(AsyncMutex& mutex) : mutex_(&mutex) {}
        Lock(Lock&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
        Lock& operator=(Lock&&) = delete;
        ~Lock() {
            if (mutex_) mutex_->unlock();
        }

    private:
        AsyncMutex* mutex_;
    };

    explicit AsyncMutex(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    asio::awaitable<Lock> lock() {
        if (!locked_) {
            locked_ = true;
            co_return Lock(*this);
        }
        const auto waiter = std::make_shared<Waiter>(executor_);
        waiters_.push_back(waiter);
        while (!waiter->is_owner) co_await waiter->event.wait();
        co_return Lock(*this);
    }

private:
    struct Waiter {
        explicit Waiter(const asio::any_io_executor& executor) : event(executor) {}
        AsyncEvent event;
        bool is_owner = false;
    };

    /// Hands the mutex over to the first waiter without releasing it in between, so that no
    /// coroutine that calls `lock` before that waiter runs can overtake it.
    void unlock() {
        if (waiters_.empty()) {
            locked_ = false;
            return;
        }
        const auto next = std::move(waiters_.front());
        waiters_.pop_front();
        next->is_owner = true;
        next->event.notify();
    }

    asio::any_io_executor executor_;
    std::deque<std::shared_ptr<Waiter>> waiters_;
    bool locked_ = false;
};

}  // namespace chat
