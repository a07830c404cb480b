#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <random>
#include <vector>

#include "pool/fork.hpp"

namespace roomstore::postgres {

/// How often a call is retried, and the pauses between the attempts.
struct RetryPolicy {
    int attempts = 5;
    std::chrono::milliseconds first_pause{20};
    std::chrono::milliseconds longest_pause{500};
};

/// Exponential backoff: the pauses double, each is randomly up to half longer or shorter, so that
/// clients which failed together do not retry together.
class Backoff {
public:
    Backoff(RetryPolicy policy, std::uint64_t seed) : policy_(policy), random_(seed) {}

    std::chrono::nanoseconds next() {
        const auto pause = next_;
        next_ = std::min<std::chrono::nanoseconds>(next_ * 2, policy_.longest_pause);
        std::uniform_real_distribution<double> spread(0.5, 1.5);
        return std::chrono::nanoseconds(
            static_cast<std::int64_t>(static_cast<double>(pause.count()) * spread(random_)));
    }

    void reset() { next_ = policy_.first_pause; }

private:
    RetryPolicy policy_;
    std::minstd_rand random_;
    std::chrono::nanoseconds next_ = policy_.first_pause;
};

/// Rate limit: at most `per_second` attempts in any second, over all callers, so that a server that
/// comes back is not flooded.
class AttemptLimit {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit AttemptLimit(std::size_t per_second) : booked_(per_second) {}

    /// Reserves the next free slot and returns its time: `now` or later.
    TimePoint reserve(TimePoint now) {
        const std::lock_guard lock(mutex_);
        std::erase_if(given_back_, [&](TimePoint moment) { return moment < now; });
        if (const auto first = std::ranges::min_element(given_back_); first != given_back_.end()) {
            const auto moment = *first;
            given_back_.erase(first);
            return moment;
        }
        auto& oldest = booked_[next_];
        oldest = std::max(now, oldest + std::chrono::seconds{1});
        next_ = (next_ + 1) % booked_.size();
        return oldest;
    }

    /// Returns a slot that will not be used. Otherwise calls that end while they wait for their
    /// slot would delay all later slots, without bound.
    void give_back(TimePoint moment) noexcept {
        const std::lock_guard lock(mutex_);
        try {
            given_back_.push_back(moment);
        } catch (const std::bad_alloc&) {
            // The slot is lost: an attempt is made a tenth of a second later than necessary.
        }
    }

    /// The limit for connection attempts, shared by all stores of the process.
    static AttemptLimit& of_connections() {
        // Never destroyed: a thread that is stuck when the program ends may still use it.
        static auto& limit = *new AttemptLimit(10);
        return limit;
    }

private:
    ForkSafeMutex mutex_;
    std::vector<TimePoint> booked_;  // the slots of the last second, oldest at next_
    std::vector<TimePoint> given_back_;
    std::size_t next_ = 0;
};

}  // namespace roomstore::postgres
