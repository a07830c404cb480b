#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "faults/simulation/scheduler.hpp"

/// Threads, locks and a clock of the scheduler, with the interfaces of the standard library.
namespace roomstore::simulation {

struct Clock {
    using duration = std::chrono::steady_clock::duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = TimePoint;
    static constexpr bool is_steady = true;

    static time_point now() noexcept { return Scheduler::current().now(); }
};

class Mutex {
public:
    void lock() {
        auto& scheduler = Scheduler::current();
        scheduler.maybe_yield();
        while (std::exchange(locked_, true)) {
            waiting_.push_back(&scheduler.task());
            scheduler.wait();
        }
    }

    void unlock() {
        locked_ = false;
        for (Task* const task : std::exchange(waiting_, {})) Scheduler::current().wake(*task);
    }

private:
    bool locked_ = false;
    std::vector<Task*> waiting_;
};

class ConditionVariable {
public:
    using Lock = std::unique_lock<Mutex>;

    void notify_one() {
        if (waiting_.empty()) return;
        const auto at = Scheduler::current().random().below(waiting_.size());
        Task* const task = std::exchange(waiting_[at], waiting_.back());
        waiting_.pop_back();
        Scheduler::current().wake(*task);
    }

    void notify_all() {
        for (Task* const task : std::exchange(waiting_, {})) Scheduler::current().wake(*task);
    }

    void wait(Lock& lock) { wait_until(lock, TimePoint::max()); }

    template <typename Predicate>
    void wait(Lock& lock, Predicate predicate) {
        while (!predicate()) wait(lock);
    }

    std::cv_status wait_until(Lock& lock, TimePoint until) {
        auto& scheduler = Scheduler::current();
        if (until <= scheduler.now()) {
            lock.unlock();
            scheduler.yield();
            lock.lock();
            return std::cv_status::timeout;
        }
        Task& self = scheduler.task();
        waiting_.push_back(&self);
        lock.unlock();
        scheduler.wait(until);
        std::erase(waiting_, &self);
        lock.lock();
        return scheduler.now() >= until ? std::cv_status::timeout : std::cv_status::no_timeout;
    }

    template <typename Predicate>
    bool wait_until(Lock& lock, TimePoint until, Predicate predicate) {
        while (!predicate()) {
            if (wait_until(lock, until) == std::cv_status::timeout) return predicate();
        }
        return true;
    }

    template <typename Predicate>
    bool wait_for(Lock& lock, std::chrono::nanoseconds duration, Predicate predicate) {
        return wait_until(lock, Clock::now() + duration, std::move(predicate));
    }

private:
    std::vector<Task*> waiting_;
};

class Thread {
public:
    Thread() = default;
    explicit Thread(std::function<void()> body) {
        auto& scheduler = Scheduler::current();
        if (scheduler.threads_left && (*scheduler.threads_left)-- == 0) {
            throw std::system_error(
                std::make_error_code(std::errc::resource_unavailable_try_again));
        }
        task_ = scheduler.spawn(
            "thread of " + scheduler.task().name, scheduler.task().process, std::move(body));
    }
    Thread(Thread&& other) noexcept : task_(std::exchange(other.task_, nullptr)) {}
    Thread& operator=(Thread&& other) noexcept {
        task_ = std::exchange(other.task_, nullptr);
        return *this;
    }
    ~Thread() {
        if (joinable()) Scheduler::abandoned("a thread that was not joined");
    }

    bool joinable() const noexcept { return task_ != nullptr; }
    void join() { Scheduler::current().join(*std::exchange(task_, nullptr)); }
    void detach() noexcept { task_ = nullptr; }

private:
    Task* task_ = nullptr;
};

}  // namespace roomstore::simulation
