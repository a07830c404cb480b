#pragma once

#include <deque>
#include <memory>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "signal.hpp"

namespace chat {

/// Lets coroutines of one thread through one at a time, in the order in which they came.
class Turnstile {
public:
    /// Held while its owner is through; the next one enters when it goes.
    class Turn {
    public:
        explicit Turn(Turnstile& turnstile) : turnstile_(&turnstile) {}
        Turn(Turn&& other) noexcept : turnstile_(std::exchange(other.turnstile_, nullptr)) {}
        Turn& operator=(Turn&&) = delete;
        ~Turn() {
            if (turnstile_) turnstile_->leave();
        }

    private:
        Turnstile* turnstile_;
    };

    explicit Turnstile(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    asio::awaitable<Turn> enter() {
        if (!taken_) {
            taken_ = true;
            co_return Turn(*this);
        }
        const auto entrant = std::make_shared<Entrant>(executor_);
        queue_.push_back(entrant);
        while (!entrant->called) co_await entrant->signal.wait();
        co_return Turn(*this);
    }

private:
    struct Entrant {
        explicit Entrant(const asio::any_io_executor& executor) : signal(executor) {}
        Signal signal;
        bool called = false;
    };

    /// The place passes straight to the next in line, so that nobody who comes meanwhile overtakes.
    void leave() {
        if (queue_.empty()) {
            taken_ = false;
            return;
        }
        const auto next = std::move(queue_.front());
        queue_.pop_front();
        next->called = true;
        next->signal.notify();
    }

    asio::any_io_executor executor_;
    std::deque<std::shared_ptr<Entrant>> queue_;
    bool taken_ = false;
};

}  // namespace chat
