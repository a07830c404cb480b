#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/postgres/postgres_options.hpp"
#include "roomstore/postgres/postgres_stats.hpp"
#include "workers/call.hpp"
#include "workers/call_runner.hpp"
#include "workers/operation.hpp"
#include "workers/waiter.hpp"

namespace roomstore::postgres {

/// One call on its way through the pool. Guarded by the lock of the pool, but for the job, which
/// belongs to the worker that runs it.
struct PendingCall {
    PendingCall(Operation what,
                std::shared_ptr<Job> how,
                Call::TimePoint deadline,
                Patience patience)
        : state(deadline, patience), operation(std::move(what)), job(std::move(how)) {}

    Call state;
    const Operation operation;
    const std::shared_ptr<Job> job;
    std::shared_ptr<Waiter> waiter;
    /// The last failure from before a stop: why the call did not succeed in time.
    std::optional<Failure> failure;
};

/// The pool behind its coroutine face: the queue, the workers, and the watchdog.
///
/// One lock guards all of it; nobody holds it across input or output. Threads: one per connection,
/// which blocks in libpq; the watchdog, which never blocks; and one that asks the server to cancel,
/// which may.
class PoolCore : public std::enable_shared_from_this<PoolCore> {
public:
    using Clock = std::chrono::steady_clock;
    using TimePoint = Clock::time_point;

    PoolCore(const PostgresOptions& options,
             std::shared_ptr<SessionFactory> factory,
             Patience patience);

    /// Starts the threads; does nothing if they run. @throws Error closed, internal.
    void open();

    std::shared_ptr<PendingCall> make_call(Operation operation, std::shared_ptr<Job> job);

    /// Queues the call, or answers that it cannot be taken.
    void submit(std::shared_ptr<PendingCall> call);

    /// The caller does not want the answer any more. Does nothing to a call that is committing.
    void cancel(PendingCall& call);

    /// Ends the pool and answers `waiter`: what is queued still runs, for at most `drain`.
    void close(std::shared_ptr<Waiter> waiter);

    /// Waits for the last thread, which has answered `close` and is about to end.
    void join();

    /// Ends the pool now: what is queued is answered with `closed`, what runs has `drain` to end.
    /// Returns when all threads are gone.
    void shut_down();

    PostgresStats stats() const;

    static constexpr std::chrono::seconds drain{5};

private:
    friend class WorkerControl;

    enum class State { fresh, open, closing, closed };

    struct Worker {
        std::unique_ptr<Session> session;
        std::thread thread;
        // Below: guarded by the lock.
        std::shared_ptr<SessionControl> control;
        std::shared_ptr<PendingCall> call;
        RunnerCounts counts;
        bool connected = false;
        bool connecting_ahead = false;
        bool cancel_wanted = false;
        bool cancel_sent = false;
        // The call whose statement the server is being asked to cancel just now.
        const PendingCall* cancelling = nullptr;
    };

    using Lock = std::unique_lock<std::mutex>;

    /// Answers that are given once the lock is released.
    struct Answer {
        std::shared_ptr<Waiter> waiter;
        CallOutcome outcome;
    };
    using Answers = std::vector<Answer>;

    // Workers
    void work(Worker& worker);
    CallOutcome lost_way(Worker& worker, const PendingCall& call);
    std::shared_ptr<PendingCall> take(Worker& worker);
    void finish(Worker& worker, CallRunner& runner, PendingCall& call, CallOutcome outcome);
    void await_cancellation(Lock& lock, Worker& worker, const PendingCall& call);

    // Watchdog
    void watch();
    TimePoint expire_queue(TimePoint now, Answers& answers);
    TimePoint push_workers(TimePoint now, Answers& answers);
    void push(Worker& worker, Push how, Answers& answers);
    void cut_everything(Answers& answers);
    void end_threads(Lock& lock);

    // Canceller
    void cancel_statements();
    Worker* next_to_cancel();

    void start_threads();
    void begin_closing();
    void flush_queue(Answers& answers);
    void wake_watchdog(TimePoint when);
    CallOutcome stopped(const PendingCall& call) const;
    /// Ends the call, unless somebody has, and notes the answer.
    void end(PendingCall& call, CallOutcome outcome, Answers& answers);
    static void give(Answers& answers);

    const PostgresOptions options_;
    const std::shared_ptr<SessionFactory> factory_;
    const Patience patience_;

    mutable std::mutex mutex_;
    std::condition_variable work_;     // the queue has grown, or the pool closes
    std::condition_variable stopped_;  // a running call is to end, or a cancellation was sent
    std::condition_variable watch_;    // something is due earlier than the watchdog thinks
    std::condition_variable cancel_;   // there is something to cancel
    State state_ = State::fresh;
    std::deque<std::shared_ptr<PendingCall>> queue_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::size_t idle_ = 0;
    std::size_t living_ = 0;
    TimePoint queue_due_ = TimePoint::max();
    TimePoint watchdog_wakes_ = TimePoint::max();
    TimePoint drained_by_ = TimePoint::max();
    /// Why there is no connection, while there is none.
    std::optional<Failure> connect_failure_;
    std::vector<std::shared_ptr<Waiter>> closing_;
    AttemptLimit cancels_{20};
    bool canceller_quits_ = false;
    bool canceller_gone_ = false;
    PostgresStats totals_;

    std::mutex join_mutex_;
    std::thread watchdog_;
    std::thread canceller_;
};

}  // namespace roomstore::postgres
