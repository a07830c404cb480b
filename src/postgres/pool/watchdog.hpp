#pragma once

#include <memory>

#include "pool/pool_core.hpp"

namespace roomstore::postgres {

/// The thread that enforces deadlines and stops: of queued and running calls, and of the pool after
/// `close`. It never waits for a server.
///
/// All functions but `start` and `join` are called with the lock of the pool held.
class PoolCore::Watchdog {
public:
    explicit Watchdog(PoolCore& pool) : pool_(pool) {}

    void start() {
        thread_ = platform::Thread([this] { run(); });
    }
    bool started() const noexcept { return thread_.joinable(); }
    /// May be called by several threads.
    void join();

    /// A call was queued that has this deadline.
    void expect_deadline(TimePoint deadline);
    /// Wakes the thread at `when` at the latest.
    void wake_by(TimePoint when) {
        if (when < wakes_at_) wake_.notify_one();
    }
    /// The pool is closing: queued calls have `drain` to run.
    void begin_drain();

private:
    void run();
    TimePoint expire_queue(TimePoint now, Answers& answers);
    TimePoint escalate_workers(TimePoint now, Answers& answers);
    TimePoint cut_guarded(TimePoint now);
    void escalate(Worker& worker, PendingCall& call, Escalation how, Answers& answers);
    static bool commits_for_others(const Worker& worker, const PendingCall& call);
    void cut_everything(Answers& answers);
    void end_threads(Lock& lock);

    PoolCore& pool_;
    platform::ConditionVariable wake_;  // something is due before wakes_at_
    TimePoint wakes_at_ = TimePoint::max();
    TimePoint queue_due_ = TimePoint::max();
    TimePoint drain_deadline_ = TimePoint::max();
    TimePoint force_deadline_ = TimePoint::max();
    platform::Mutex join_mutex_;
    platform::Thread thread_;
};

}  // namespace roomstore::postgres
