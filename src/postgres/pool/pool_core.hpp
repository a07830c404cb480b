#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "driver/session.hpp"
#include "log.hpp"
#include "pool/append_batcher.hpp"
#include "pool/call_runner.hpp"
#include "pool/pending_call.hpp"
#include "pool/platform.hpp"
#include "roomstore/postgres/postgres_options.hpp"
#include "roomstore/postgres/postgres_stats.hpp"

namespace roomstore::postgres {

/// The pool behind its coroutine face: the queue, the workers, and the watchdog.
///
/// One lock guards all of it; nobody holds it across input or output. Threads: one per connection,
/// which blocks in libpq; the watchdog, which never blocks; one that asks the server to cancel,
/// which may; and that of the log, if somebody is told.
class PoolCore : public std::enable_shared_from_this<PoolCore> {
public:
    using Clock = platform::Clock;
    using TimePoint = Clock::time_point;
    using CallPtr = std::shared_ptr<PendingCall>;

    PoolCore(const PostgresOptions& options,
             std::shared_ptr<SessionFactory> factory,
             StopTimeouts stop_timeouts);

    /// Starts the threads; does nothing if they run. @throws Error closed, internal.
    void open();

    /// Whether this process is a child that was forked after `open`: the threads are the parent's,
    /// and so are the connections. Nothing else may be called here then, because a thread that is
    /// not there may hold the lock.
    bool in_forked_child() const noexcept {
        const auto opened = opened_after_.load();
        return opened != never && opened != platform::forks();
    }
    static constexpr const char* forked_child_text =
        "the store was opened before fork(): a child needs a store of its own";

    /// Keeps the pool as it is until the process ends: its threads could not be joined, and closing
    /// its connections would end those of the parent.
    void abandon() noexcept;

    CallPtr make_call(Operation operation, std::shared_ptr<Job> job);

    /// Queues the call, or answers that it cannot be taken.
    void submit(CallPtr call);

    /// The caller does not want the answer any more. Does nothing to a call that is committing.
    void cancel(PendingCall& call);

    /// Ends the pool and answers `completion`: what is queued still runs, for at most `drain`.
    void close(std::shared_ptr<PendingCompletion> completion);

    /// Waits for the last thread, which has answered `close` and is about to end.
    void join();

    /// Ends the pool now: what is queued is answered with `closed`, what runs has `drain` to end.
    /// Returns when all threads are gone, but those that nothing can interrupt.
    void shut_down();

    PostgresStats stats() const;

    const std::shared_ptr<Log>& log() const noexcept { return log_; }

    static constexpr std::chrono::seconds drain{5};
    /// How long after that the pool waits for threads that were told to stop, and then once more
    /// for those whose connection was cut.
    static constexpr std::chrono::milliseconds last_wait{250};

private:
    friend class WorkerControl;

    enum class State { fresh, open, closing, closed };

    struct Worker {
        std::unique_ptr<Session> session;
        platform::Thread thread;
        // Below: guarded by the lock.
        std::shared_ptr<SessionControl> control;
        /// What it runs: one call, or several in one transaction.
        std::vector<CallPtr> calls;
        /// The rooms that it holds.
        AppendBatcher::Rooms rooms;
        /// How many runs it has begun.
        std::uint64_t runs = 0;
        RunnerCounts counts;
        bool connected = false;
        /// It had a connection, and has none since.
        bool lost = false;
        bool connecting_ahead = false;
        /// Its thread has nothing left to do.
        bool exited = false;
        bool cancel_wanted = false;
        bool cancel_sent = false;
        // The run whose statement the server is being asked to cancel just now.
        std::optional<std::uint64_t> cancelling;
    };

    using Lock = std::unique_lock<platform::Mutex>;

    /// Answers that are given once the lock is released.
    struct Answer {
        std::shared_ptr<PendingCompletion> completion;
        CallOutcome outcome;
    };
    using Answers = std::vector<Answer>;

    // Workers
    void work(Worker& worker);
    CallOutcome run(Worker& worker, CallRunner& runner);
    CallOutcome out_of_memory_outcome(Worker& worker);
    /// False: there is nothing left for it, and the pool closes.
    bool take(Worker& worker, CallRunner& runner);
    bool something_to_take() const { return runnable_batches() != 0; }
    /// How often a worker could take something, as things stand, at least.
    std::size_t runnable_batches() const { return queue_.size() + (appends_.ready() != 0 ? 1 : 0); }
    bool others_connected(const Worker& worker) const;
    bool await_calls(Lock& lock, Worker& worker, CallRunner& runner);
    void connect_meanwhile(Lock& lock, Worker& worker, CallRunner& runner, TimePoint when);
    void has_connection(Worker& worker);
    void lost_connection(Worker& worker, std::string_view why);
    void cannot_connect(const Failure& failure);
    /// `3 of 4 connections are open`
    std::size_t connected_workers() const;
    std::string open_connections() const;
    bool leave(Worker& worker);
    void finish(Worker& worker, CallRunner& runner, const CallOutcome& outcome);
    void finish_calls(const std::vector<CallPtr>& calls,
                      const CallOutcome& outcome,
                      Answers& answers);
    static CallOutcome outcome_of(const PendingCall& call, const CallOutcome& outcome);
    void forget_cancellation(Lock& lock, Worker& worker, CallRunner& runner);

    // Watchdog
    void watch();
    TimePoint expire_queue(TimePoint now, Answers& answers);
    TimePoint escalate_workers(TimePoint now, Answers& answers);
    void escalate(Worker& worker, PendingCall& call, Escalation how, Answers& answers);
    static bool commits_for_others(const Worker& worker, const PendingCall& call);
    void cut_everything(Answers& answers);
    void end_threads(Lock& lock);
    void end_pool(Answers& answers);

    // Canceller
    void cancel_statements();
    Worker* next_to_cancel();

    void start_threads();
    void end_start(bool failed);
    void begin_closing();
    void flush_queue(Answers& answers);
    void wake_watchdog(TimePoint when);
    CallOutcome stopped(const PendingCall& call) const;
    CallOutcome outcome_of_stop(const PendingCall& call) const;
    /// What kept a call in the queue.
    const char* why_queued(const PendingCall& call) const;
    std::size_t waiting() const noexcept { return queue_.size() + appends_.size(); }
    /// Whether the queue is full, not counting what idle workers are about to take.
    bool full() const noexcept;
    void enqueue(CallPtr call);
    void put_back(std::vector<CallPtr> calls);
    /// Ends the call, unless somebody has, and notes the answer.
    void end(PendingCall& call, CallOutcome outcome, Answers& answers);
    static void give(Answers& answers);

    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    const PostgresOptions options_;
    const std::shared_ptr<SessionFactory> factory_;
    const StopTimeouts stop_timeouts_;
    /// How many forks there had been.
    std::atomic<std::uint64_t> opened_after_{never};
    // Of a pool that was abandoned.
    std::shared_ptr<PoolCore> self_;
    PoolCore* next_abandoned_ = nullptr;
    const std::shared_ptr<Log> log_;

    mutable platform::Mutex mutex_;
    platform::ConditionVariable work_;           // there is something to take, or the pool closes
    platform::ConditionVariable no_connection_;  // nobody is connected any more, or the pool closes
    platform::ConditionVariable stopped_;  // a running call is to end, or a cancellation was sent
    platform::ConditionVariable watch_;    // something is due earlier than the watchdog thinks
    platform::ConditionVariable cancel_;   // there is something to cancel
    State state_ = State::fresh;
    /// Threads are being started, which is done without the lock.
    bool starting_ = false;
    const char* why_closed_ = "the store was closed by close()";
    CallQueue queue_;
    AppendBatcher appends_;
    std::uint64_t tickets_ = 0;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::size_t idle_ = 0;
    std::size_t live_workers_ = 0;
    TimePoint queue_due_ = TimePoint::max();
    TimePoint watchdog_wakes_ = TimePoint::max();
    TimePoint drain_deadline_ = TimePoint::max();
    TimePoint force_deadline_ = TimePoint::max();
    /// Why there is no connection, while there is none.
    std::optional<Failure> connect_failure_;
    /// What the log was told of it last: how many connections there are, and the kind of error.
    std::optional<std::tuple<std::size_t, errc, std::string>> connect_problem_;
    std::vector<std::shared_ptr<PendingCompletion>> closing_;
    AttemptLimit cancels_{20};
    bool canceller_quits_ = false;
    bool canceller_exited_ = false;
    PostgresStats totals_;

    platform::Mutex join_mutex_;
    platform::Thread watchdog_;
    platform::Thread canceller_;
};

}  // namespace roomstore::postgres
