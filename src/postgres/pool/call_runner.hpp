#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "driver/session.hpp"
#include "pool/backoff.hpp"
#include "pool/operation.hpp"

namespace roomstore::postgres {

/// The interface of a runner to the call or batch that it runs. The pool implements it under its
/// lock; a simulation implements it with its own clock.
class CallControl {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    virtual ~CallControl() = default;
    virtual TimePoint now() = 0;
    /// The latest deadline of all calls.
    virtual TimePoint deadline() = 0;
    /// The scope of the batch: a single call, one room or several rooms.
    virtual BatchScope batch_scope() = 0;
    /// Whether an earlier COMMIT of any of the calls is in doubt.
    virtual bool in_doubt() = 0;
    /// Whether any of the calls may go on.
    virtual bool may_continue() = 0;
    /// Ends the calls that were stopped while others go on. Returns true if there were any.
    virtual bool drop_stopped() = 0;
    /// Whether another runner is connected, which would take the calls.
    virtual bool others_connected() = 0;
    /// Returns false if at least one of the calls must not be stored any more; then no call commits
    /// yet.
    virtual bool enter_commit() = 0;
    virtual void commit_failed() = 0;
    virtual void doubt() = 0;
    /// The failure to report to the caller if the call is stopped before it succeeds.
    virtual void note(const Failure& failure) = 0;
    /// @name For the log
    /// @{
    virtual void on_connect_failed(const Failure&) {}
    /// The work will be re-run because of this failure.
    virtual void retrying(const Failure&) {}
    /// @}
    /// Waits until `until`, or until any of the calls is stopped.
    virtual void pause(TimePoint until) = 0;
    /// Waits until `until`, until any of the calls is stopped, or until `others_connected`.
    virtual void await_slot(TimePoint until) = 0;
    /// The outcome of a call that may not go on.
    virtual CallOutcome stopped() = 0;
};

/// Counters of one runner.
struct RunnerCounts {
    std::uint64_t reconnects = 0;
    std::uint64_t failed_connects = 0;
    std::uint64_t retries = 0;
    std::uint64_t doubts = 0;
    std::uint64_t doubts_settled = 0;
};

/// Runs single calls and batches on one session: connects, retries after transient failures, and
/// settles a COMMIT whose answer was lost by re-running the work. Decides by the failures alone;
/// uses neither threads nor clocks.
class CallRunner {
public:
    CallRunner(Session& session, AttemptLimit& limit, std::uint64_t seed, RetryPolicy policy = {})
        : session_(session), limit_(limit), seed_(seed), policy_(policy) {}

    /// Runs `job` to its end. Afterwards the session is idle, or not connected. An outcome that
    /// comes from the session or the server has `needs_context` set.
    CallOutcome run(CallControl& control, const Operation& operation, Job& job);

    /// Connects before a call needs the connection. If this fails, the next call reports the
    /// failure.
    /// @returns the failure, valid until the next attempt.
    const std::optional<Failure>& connect_ahead(CallControl::TimePoint deadline) noexcept;

    /// Notes that a cancel request was sent to the server of this session. It may still cancel a
    /// later statement, which is then retried.
    void expect_stray_cancel() noexcept { stray_cancel_ = true; }

    const RunnerCounts& counts() const noexcept { return counts_; }

private:
    struct Progress {
        int attempts = 0;
        bool replaced_session = false;
        bool in_doubt = false;
        /// The last run has done a part of the work.
        bool repeats = false;
        Backoff pauses;
        Backoff connect_pauses;
    };

    /// Returns false if the call was stopped, or is to be run by a connected worker.
    bool await_slot(CallControl& control, const Progress& progress);
    /// Returns nothing if the work must be repeated: after `failure`, because some calls of the
    /// batch were stopped, or because it is done in parts.
    std::optional<CallOutcome> attempt(CallControl& control,
                                       const Operation& operation,
                                       Job& job,
                                       Progress& progress,
                                       Failure& failure);
    std::optional<CallOutcome> end_write(CallControl& control, const Progress& progress);
    void commit_part(CallControl& control, Progress& progress);
    void commit();
    void settle(CallOutcome& outcome);
    void clean_up(const Operation& operation, const Failure& failure);
    void roll_back();
    bool should_retry(const Operation& operation, const Failure& failure, Progress& progress);
    static CallOutcome give_up(const Failure& failure, const Progress& progress);

    Session& session_;
    AttemptLimit& limit_;
    std::uint64_t seed_;
    RetryPolicy policy_;
    RunnerCounts counts_;
    std::optional<Failure> connect_failure_;  // of the last attempt
    bool connected_once_ = false;
    bool stray_cancel_ = false;
};

/// The operation and its room, as error texts begin.
std::string context_of(const Operation& operation);

/// The outcome of a failure, without the names of the operation and the room (`needs_context`).
CallOutcome failed_with(errc code, std::string text, std::string sqlstate = {});
CallOutcome failed_with(errc code, const Failure& failure);

}  // namespace roomstore::postgres
