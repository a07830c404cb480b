#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "driver/session.hpp"
#include "pool/operation.hpp"
#include "pool/retry.hpp"

namespace roomstore::postgres {

/// What a runner has to ask and tell about what it runs: one call, or several that share a
/// transaction. The pool answers under its lock; a simulation answers as it likes, in its own time.
class CallControl {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    virtual ~CallControl() = default;
    virtual TimePoint now() = 0;
    /// The last deadline of all.
    virtual TimePoint deadline() = 0;
    /// With whom the calls are.
    virtual BatchScope batch_scope() = 0;
    /// Whether an earlier COMMIT of theirs is in doubt.
    virtual bool in_doubt() = 0;
    /// Whether any of them may.
    virtual bool may_go_on() = 0;
    /// Ends those that were stopped while others go on. True: there were some.
    virtual bool drop_stopped() = 0;
    /// Whether another runner, with a connection, would take them.
    virtual bool others_connected() = 0;
    /// False: one of them at least must not be stored any more, and so none is yet.
    virtual bool enter_commit() = 0;
    virtual void commit_failed() = 0;
    virtual void doubt() = 0;
    /// What the caller is told should the call be stopped before it succeeds.
    virtual void note(const Failure& failure) = 0;
    /// @name For the log
    /// @{
    virtual void cannot_connect(const Failure&) {}
    /// The work is to be run again because of this failure.
    virtual void repeats(const Failure&) {}
    /// @}
    /// Waits until `until`, or until the call is stopped.
    virtual void pause(TimePoint until) = 0;
    /// Waits until `until`, until the call is stopped, or until `others_connected`.
    virtual void await_turn(TimePoint until) = 0;
    /// What a call that may not go on ends with.
    virtual CallOutcome stopped() = 0;
};

/// Counts of one runner.
struct RunnerCounts {
    std::uint64_t reconnects = 0;
    std::uint64_t failed_connects = 0;
    std::uint64_t retries = 0;
    std::uint64_t doubts = 0;
    std::uint64_t doubts_settled = 0;
};

/// Runs calls, alone or in company, on one session: connects, repeats what failed for a reason that
/// passes, and settles a COMMIT whose answer was lost by running the work again. Decides by the
/// failures alone; knows neither threads nor clocks.
class CallRunner {
public:
    CallRunner(Session& session, AttemptLimit& limit, std::uint64_t seed, RetryPolicy policy = {})
        : session_(session), limit_(limit), seed_(seed), policy_(policy) {}

    /// Runs `job` to its end. Afterwards the session is idle, or not connected. Of an outcome that
    /// is the session's or the server's, the text is needs_context.
    CallOutcome run(CallControl& control, const Operation& operation, Job& job);

    /// Connects ahead of a call, which will say what is wrong where this fails.
    /// @returns what is wrong, until the next attempt.
    const std::optional<Failure>& connect_ahead(CallControl::TimePoint deadline) noexcept;

    /// Says that a cancellation was sent to the server of this session. It may yet hit a later
    /// statement, which then is repeated.
    void expect_stray_cancel() noexcept { stray_cancel_ = true; }

    const RunnerCounts& counts() const noexcept { return counts_; }

private:
    struct Progress {
        int attempts = 0;
        bool replaced_session = false;
        bool in_doubt = false;
        Backoff pauses;
        Backoff connect_pauses;
    };

    /// False: the call has been stopped, or is to go where there is a connection.
    bool await_turn(CallControl& control, const Progress& progress);
    /// Empty: to be repeated, after `failure` or because some of several were stopped.
    std::optional<CallOutcome> attempt(CallControl& control,
                                       const Operation& operation,
                                       Job& job,
                                       Progress& progress,
                                       Failure& failure);
    std::optional<CallOutcome> end_write(CallControl& control, const Progress& progress);
    void commit();
    void settle(CallOutcome& outcome);
    void clean_up(const Operation& operation, const Failure& failure);
    void roll_back();
    bool helps(const Operation& operation, const Failure& failure, Progress& progress);
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

/// The operation and its room, as texts begin.
std::string context_of(const Operation& operation);

/// A failure as the caller is told, but for the names.
CallOutcome failed_with(errc code, std::string text, std::string sqlstate = {});
CallOutcome failed_with(errc code, const Failure& failure);

}  // namespace roomstore::postgres
