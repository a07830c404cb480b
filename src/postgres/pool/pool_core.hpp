#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
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

/// The pool without its coroutine interface: the queue, the workers and the watchdog.
///
/// One lock guards all of it; no thread holds it during I/O. Threads: one per connection, which
/// blocks in libpq; the watchdog, which never blocks; the canceller, which sends cancel requests
/// and may block; and that of the log, if there is a log callback.
///
/// Out of memory: a job fails. If the pool's bookkeeping runs out of memory, the process is
/// terminated, as by the JSON library; otherwise a call could wait for ever for its answer.
class PoolCore : public std::enable_shared_from_this<PoolCore> {
public:
    using Clock = platform::Clock;
    using TimePoint = Clock::time_point;
    using CallPtr = std::shared_ptr<PendingCall>;

    PoolCore(const PostgresOptions& options,
             std::shared_ptr<SessionFactory> factory,
             StopTimeouts stop_timeouts);
    ~PoolCore();

    /// Starts the threads; does nothing if they are running. @throws Error closed, internal.
    void open();

    /// Whether this process is a child that was forked after `open`: the threads and the
    /// connections belong to the parent. Functions that take the lock must not be called then,
    /// because a thread that does not exist in the child may hold it.
    bool in_forked_child() const noexcept {
        const auto opened = opened_after_.load();
        return opened != never && opened != platform::forks();
    }
    static constexpr const char* forked_child_text =
        "the store was opened before fork(): a child needs a store of its own";

    /// Keeps the pool alive until the process ends: its threads cannot be joined, and closing its
    /// connections would close those of the parent.
    void abandon() noexcept;

    /// Sets the job that `Session::wake_background_job` asks for. It runs like that of a call, but
    /// for no caller. Before `open`.
    void set_background_job(Operation operation, std::shared_ptr<Job> job);

    /// See `WorkerPool::starter`.
    void start(Operation operation, std::shared_ptr<Job> job);

    /// See `WorkerPool::guard`.
    void guard(std::shared_ptr<SessionControl> control, TimePoint limit);

    /// See `WorkerPool::set_on_change`.
    void set_on_change(std::function<void(std::string_view)> told);

    CallPtr make_call(Operation operation, std::shared_ptr<Job> job);

    /// Queues the call, or answers it with an error if it cannot be queued.
    void submit(CallPtr call) noexcept;

    /// Cancels the call for its caller. Has no effect on a call that is committing.
    void cancel(PendingCall& call) noexcept;

    /// Closes the pool and then answers `completion`: queued calls still run, for at most `drain`.
    void close(std::shared_ptr<PendingCompletion> completion);

    /// Joins the last thread, the watchdog, which has answered `close` and is about to end.
    void join();

    /// Closes the pool now: queued calls are answered with `closed`, running calls have `drain` to
    /// end. Returns when all threads have ended, except those that cannot be interrupted.
    void shut_down();

    PostgresStats stats() const;

    const std::shared_ptr<Log>& log() const noexcept { return log_; }

    static constexpr std::chrono::seconds drain{5};
    /// How long after `drain` the pool waits for threads that were told to stop, and then once more
    /// for those whose connection was cut.
    static constexpr std::chrono::milliseconds forced_close_wait{250};

private:
    friend class WorkerControl;
    class Watchdog;
    class CancelThread;

    enum class State { fresh, open, closing, closed };

    struct Worker {
        std::unique_ptr<Session> session;
        platform::Thread thread;
        // Below: guarded by the lock.
        std::shared_ptr<SessionControl> control;
        /// The calls that it runs: one, or several in one transaction.
        std::vector<CallPtr> calls;
        /// Calls that were answered while it was not known whether they are stored.
        std::vector<CallPtr> doubtful;
        /// The rooms that it holds.
        AppendBatcher::Rooms rooms;
        /// Run counter; identifies the current run.
        std::uint64_t runs = 0;
        RunnerCounts counts;
        bool connected = false;
        /// It has lost its connection and not reconnected yet.
        bool lost = false;
        bool connecting_ahead = false;
        /// Its thread has nothing left to do.
        bool exited = false;
        bool cancel_wanted = false;
        bool cancel_sent = false;
        // The run whose statement the server is being asked to cancel.
        std::optional<std::uint64_t> cancelling;
    };

    using Lock = std::unique_lock<platform::Mutex>;

    /// An answer to give once the lock is released.
    struct Answer {
        std::shared_ptr<PendingCompletion> completion;
        CallOutcome outcome;
    };
    using Answers = std::vector<Answer>;

    // Workers
    void work(Worker& worker);
    CallOutcome run(Worker& worker, CallRunner& runner);
    CallOutcome out_of_memory_outcome(Worker& worker);
    /// Returns false if nothing is left for the worker and the pool is closing.
    bool take(Worker& worker, CallRunner& runner);
    bool has_runnable_batch() const { return runnable_batches() != 0; }
    /// Lower bound on batches ready to run.
    std::size_t runnable_batches() const { return queue_.size() + (appends_.ready() != 0 ? 1 : 0); }
    bool others_connected(const Worker& worker) const;
    bool await_calls(Lock& lock, Worker& worker, CallRunner& runner);
    void connect_meanwhile(Lock& lock, Worker& worker, CallRunner& runner, TimePoint when);
    void on_connected(Worker& worker);
    void on_disconnected(Worker& worker, std::string_view why);
    void on_connect_failed(const Failure& failure);
    std::size_t connected_workers() const;
    /// `3 of 4 connections are open`
    std::string open_connections() const;
    bool leave(Worker& worker);
    void finish(Worker& worker, CallRunner& runner, const CallOutcome& outcome);
    void finish_calls(const std::vector<CallPtr>& calls,
                      const CallOutcome& outcome,
                      Answers& answers);
    void tell_changes(const std::vector<CallPtr>& calls) const noexcept;
    static CallOutcome outcome_of(const PendingCall& call, const CallOutcome& outcome);
    void forget_cancellation(Lock& lock, Worker& worker, CallRunner& runner);

    void stop(PendingCall& call, Answers& answers) noexcept;
    void start_threads();
    void end_start(bool failed);
    void begin_closing(Answers& answers);
    void flush_queue(Answers& answers);
    void end_pool(Answers& answers);
    CallOutcome stopped(const PendingCall& call) const;
    /// Why the call was still queued, for the error text.
    const char* why_queued(const PendingCall& call) const;
    std::size_t waiting() const noexcept { return queue_.size() + appends_.size(); }
    /// Which option leaves no place for the call in the queue, for the error text; empty if none
    /// does. Calls that idle workers are about to take are not counted.
    std::string why_full(const PendingCall& call) const;
    /// The bytes of the waiting calls without the first `leaving`.
    std::size_t waiting_bytes(std::size_t leaving) const;
    void enqueue(CallPtr call);
    void start_background_job();
    void put_back(std::vector<CallPtr> calls);
    /// Ends the call, unless it has ended already, and adds its answer to `answers`.
    void end(PendingCall& call, CallOutcome outcome, Answers& answers) noexcept;
    static void deliver(Answers& answers) noexcept;

    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    const PostgresOptions options_;
    const std::shared_ptr<SessionFactory> factory_;
    const StopTimeouts stop_timeouts_;
    /// The value of `forks()` when the pool was opened.
    std::atomic<std::uint64_t> opened_after_{never};
    // For an abandoned pool.
    std::shared_ptr<PoolCore> self_;
    PoolCore* next_abandoned_ = nullptr;
    const std::shared_ptr<Log> log_;

    mutable platform::Mutex mutex_;
    platform::ConditionVariable work_;           // there are calls to take, or the pool is closing
    platform::ConditionVariable no_connection_;  // no worker is connected, or the pool is closing
    platform::ConditionVariable stopped_;  // a running call must end, or a cancel request was sent
    State state_ = State::fresh;
    /// The threads are being started, which happens without the lock.
    bool starting_ = false;
    const char* why_closed_ = "the store was closed by close()";
    CallQueue queue_;
    AppendBatcher appends_;
    /// Not changed once the pool is open.
    std::function<void(std::string_view)> on_change_;
    /// Cut by the watchdog at this time.
    std::shared_ptr<SessionControl> guarded_;
    TimePoint guarded_until_ = TimePoint::max();
    Operation background_operation_;
    std::shared_ptr<Job> background_job_;
    /// While it is queued or runs.
    CallPtr background_call_;
    /// It has to run, once more if it runs already, as soon as a call has succeeded.
    bool background_wanted_ = false;
    std::uint64_t tickets_ = 0;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::size_t idle_ = 0;
    std::size_t live_workers_ = 0;
    /// The last connection failure, while there is no connection.
    std::optional<Failure> connect_failure_;
    /// The connection problem last logged: number of connections, error code and SQLSTATE.
    std::optional<std::tuple<std::size_t, errc, std::string>> connect_problem_;
    std::vector<std::shared_ptr<PendingCompletion>> closing_;
    PostgresStats totals_;

    const std::unique_ptr<Watchdog> watchdog_;
    const std::unique_ptr<CancelThread> cancel_thread_;
};

}  // namespace roomstore::postgres
