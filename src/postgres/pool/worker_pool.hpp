#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <asio/awaitable.hpp>

#include "driver/session.hpp"
#include "pool/call.hpp"
#include "pool/operation.hpp"
#include "roomstore/postgres/postgres_options.hpp"
#include "roomstore/postgres/postgres_stats.hpp"

namespace roomstore::postgres {

class Log;
class PoolCore;

/// Runs jobs on a fixed number of threads, each of which owns one session for its lifetime.
///
/// libpq blocks, so each call is handed to a thread: one call, one job, one suspension. The caller
/// resumes on its own executor, exactly once, never inline. If an execution context is destroyed
/// while calls are running, its callers are destroyed with it and the answers are dropped.
class WorkerPool {
public:
    explicit WorkerPool(const PostgresOptions& options);
    /// With sessions of `factory` and other stop timeouts, for tests.
    WorkerPool(const PostgresOptions& options,
               std::shared_ptr<SessionFactory> factory,
               StopTimeouts stop_timeouts = {});
    /// Answers queued calls with `closed`, lets running calls end for at most 5 s, then cuts their
    /// connections.
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// Sets the job that `Session::wake_background_job` asks for: it runs on a thread of the pool,
    /// like that of a call. If it fails, this is logged. Before `open`.
    void set_background_job(Operation operation, std::function<void(Session&)> job);

    /// Sets the function that is told the room of every operation that `changes_room`, once it is
    /// committed, or may be: at least once, before its caller has the answer. It is called on
    /// threads of the pool, without a lock, and must not throw. Before `open`.
    void set_on_change(std::function<void(std::string_view)> told);

    /// Starts a job for nobody: its errors are dropped, and it is not counted.
    using Starter = std::function<void(Operation operation, std::function<void(Session&)> job)>;

    /// The returned function may outlive the pool. It does nothing if the pool is not open or the
    /// queue is full.
    Starter starter() const;

    /// Has the watchdog cut a session that is not one of the pool's at `limit`; null to forget the
    /// session that was given before.
    using Guard = std::function<void(std::shared_ptr<SessionControl> control,
                                     std::chrono::steady_clock::time_point limit)>;

    /// The returned function may outlive the pool, and then does nothing. One session at a time.
    Guard guard() const;

    /// Starts the threads, which connect at once. Does nothing if they are running.
    /// @throws Error closed, internal.
    void open();

    /// Runs `job` and returns its result.
    ///
    /// The job runs on a thread of the pool, more than once if it has to be repeated: it must hold
    /// what it needs by value and not change it. An `Error` that it throws is its answer; a
    /// `Failure` may be retried.
    ///
    /// Pass operation and job as named variables: GCC 12 destroys temporaries in a `co_await`
    /// expression twice.
    template <typename T>
    asio::awaitable<T> run(Operation operation, std::function<T(Session&)> job);

    /// Runs `job` and returns the result of its `take()`.
    template <std::derived_from<Job> J>
    auto run(Operation operation, std::shared_ptr<J> job) -> asio::awaitable<decltype(job->take())>;

    /// Runs the queued calls, for at most 5 s, and ends all threads and connections. A thread that
    /// is in the resolver for longer ends when the resolver returns.
    asio::awaitable<void> close();

    PostgresStats stats() const;

    /// Whether this process is a child that was forked since the pool was opened.
    bool in_forked_child() const noexcept;

    /// Jobs may keep a copy of the pointer.
    const std::shared_ptr<Log>& log() const noexcept;

private:
    template <typename T>
    class FunctionJob;

    asio::awaitable<void> perform(Operation operation, std::shared_ptr<Job> job);

    std::shared_ptr<PoolCore> core_;
};

template <typename T>
class WorkerPool::FunctionJob final : public Job {
public:
    explicit FunctionJob(std::function<T(Session&)> function) : function_(std::move(function)) {}

    void run(Session& session) override {
        if constexpr (std::is_void_v<T>) {
            function_(session);
        } else {
            result_.emplace(function_(session));
        }
    }

    T take() {
        if constexpr (!std::is_void_v<T>) return std::move(*result_);
    }

private:
    struct Nothing {};

    const std::function<T(Session&)> function_;
    std::optional<std::conditional_t<std::is_void_v<T>, Nothing, T>> result_;
};

template <typename T>
asio::awaitable<T> WorkerPool::run(Operation operation, std::function<T(Session&)> job) {
    return run(std::move(operation), std::make_shared<FunctionJob<T>>(std::move(job)));
}

// Suspends only once: after a cancellation that came too late, asio would refuse a second
// suspension, and the answer would be lost.
template <std::derived_from<Job> J>
auto WorkerPool::run(Operation operation, std::shared_ptr<J> job)
    -> asio::awaitable<decltype(job->take())> {
    auto performed = perform(std::move(operation), job);
    co_await std::move(performed);
    co_return job->take();
}

}  // namespace roomstore::postgres
