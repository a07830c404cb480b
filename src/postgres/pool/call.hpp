#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace roomstore::postgres {

/// State of a call.
enum class Phase : std::uint8_t {
    queued,
    /// A worker runs it. Nothing is stored yet, and nothing will be once a stop is requested.
    running,
    /// COMMIT is in progress, or its outcome is being settled. The caller can no longer cancel the
    /// call.
    committing,
    done,
};

/// Reason for a stop request.
enum class Stop : std::uint8_t { none, cancelled, deadline, closing };

/// How the watchdog ends a stopped call. Each step follows if the one before it had no effect.
enum class Escalation : std::uint8_t {
    none,
    /// Ask the server to cancel the statement.
    cancel,
    /// Cut the connection.
    cut,
    /// Answer the caller without the worker.
    abandon,
};

/// Delays between the steps of the watchdog.
struct StopTimeouts {
    /// From the caller's cancellation to the cut. A healthy server needs a few milliseconds.
    std::chrono::milliseconds after_cancellation{1000};
    /// From the deadline to the cut, likewise.
    std::chrono::milliseconds after_deadline{100};
    /// From the cut to answering the caller without the worker.
    std::chrono::milliseconds after_cut{100};
    /// From a stop request to the cancellation of the statement, if it runs for other calls too.
    /// Most statements end by themselves in that time, and the other calls need no re-run.
    std::chrono::milliseconds in_batch{20};
};

/// State machine of one call. The caller cancels, the watchdog escalates, the worker runs and
/// commits; exactly one of them ends the call. Has no locks and no clock and does no I/O: the owner
/// synchronizes access, and the time is an argument.
///
/// `enter_commit` decides between aborted and stored: a stop requested before it makes the worker
/// roll back, a later cancellation is ignored.
class Call {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit Call(TimePoint deadline, StopTimeouts stop_timeouts = {})
        : deadline_(deadline), stop_timeouts_(stop_timeouts) {}

    Phase phase() const noexcept { return phase_; }
    Stop stop() const noexcept { return stop_; }
    TimePoint deadline() const noexcept { return deadline_; }
    bool in_doubt() const noexcept { return in_doubt_; }
    /// Whether a COMMIT whose outcome is not known was sent, or is about to be sent.
    bool may_be_stored() const noexcept { return in_doubt_ || phase_ == Phase::committing; }

    /// @name For the worker
    /// @{

    /// Takes the call from the queue, to run it alone or in a batch with others. Returns false if
    /// the call ended while it was queued.
    bool start(bool in_batch = false) noexcept {
        in_batch_ = in_batch;
        if (phase_ == Phase::committing && in_doubt_) return true;
        if (phase_ != Phase::queued) return false;
        phase_ = Phase::running;
        return true;
    }

    /// Returns the call to the queue, to be run in a smaller batch: another call may have caused
    /// the failure. A call in doubt stays `committing`, where it cannot be cancelled.
    void put_back() noexcept {
        if (phase_ == Phase::running) phase_ = Phase::queued;
    }

    /// Whether the worker may begin, repeat or wait for anything more.
    bool may_continue() const noexcept { return phase_ != Phase::done && stop_ == Stop::none; }

    /// Returns false if nothing may be stored any more.
    bool enter_commit() noexcept {
        if (phase_ == Phase::done || stop_ != Stop::none) return false;
        phase_ = Phase::committing;
        return true;
    }

    /// The COMMIT failed and nothing was stored: the call can be stopped again, unless an earlier
    /// COMMIT of it is in doubt.
    void commit_failed() noexcept {
        if (phase_ == Phase::committing && !in_doubt_) phase_ = Phase::running;
    }

    /// The outcome of the COMMIT is not known.
    void doubt() noexcept { in_doubt_ = true; }

    /// @}
    /// @name To end the call
    /// @{

    /// Returns true if the call had not ended yet; whoever gets true must answer the caller.
    bool finish() noexcept {
        if (phase_ == Phase::done) return false;
        phase_ = Phase::done;
        return true;
    }

    /// @}
    /// @name For the caller, the watchdog and the closing store
    /// @{

    /// Requests that the call end. The cancellation of a call that is committing is ignored.
    void request_stop(Stop reason, TimePoint now) noexcept {
        if (phase_ == Phase::done || stop_ != Stop::none) return;
        if (phase_ == Phase::committing && reason == Stop::cancelled) return;
        stop_ = reason;
        stopped_at_ = now;
    }

    /// Returns the step to take at `now`; each step is returned once. Requests a stop if the
    /// deadline has passed. For running calls.
    Escalation escalate(TimePoint now) noexcept {
        if (now >= deadline_) request_stop(Stop::deadline, deadline_);
        const auto due = now >= abandon_at()  ? Escalation::abandon
                         : now >= cut_at()    ? Escalation::cut
                         : now >= cancel_at() ? Escalation::cancel
                                              : Escalation::none;
        if (phase_ == Phase::done || due <= escalation_) return Escalation::none;
        escalation_ = due;
        return due;
    }

    /// When to call `escalate` again.
    TimePoint next_escalation() const noexcept {
        if (phase_ == Phase::done) return TimePoint::max();
        if (stop_ == Stop::none) return deadline_;
        if (escalation_ < Escalation::cancel) return std::min(cancel_at(), cut_at());
        if (escalation_ < Escalation::cut) return cut_at();
        if (escalation_ < Escalation::abandon) return abandon_at();
        return TimePoint::max();
    }

    /// @}

private:
    // A COMMIT is never cancelled: while it waits for a standby, the server would answer a
    // cancellation with success.
    TimePoint cancel_at() const noexcept {
        if (stop_ == Stop::none || phase_ == Phase::committing) return TimePoint::max();
        return in_batch_ ? stopped_at_ + stop_timeouts_.in_batch : stopped_at_;
    }

    TimePoint cut_at() const noexcept {
        switch (stop_) {
            case Stop::none:
                return TimePoint::max();
            case Stop::closing:
                return stopped_at_;
            case Stop::deadline:
                return phase_ == Phase::committing ? deadline_
                                                   : deadline_ + stop_timeouts_.after_deadline;
            default:
                return std::min(stopped_at_ + stop_timeouts_.after_cancellation,
                                deadline_ + stop_timeouts_.after_deadline);
        }
    }

    TimePoint abandon_at() const noexcept {
        const auto cut = cut_at();
        return cut == TimePoint::max() ? cut : cut + stop_timeouts_.after_cut;
    }

    TimePoint deadline_;
    TimePoint stopped_at_{};
    StopTimeouts stop_timeouts_;
    Phase phase_ = Phase::queued;
    Stop stop_ = Stop::none;
    Escalation escalation_ = Escalation::none;
    bool in_doubt_ = false;
    bool in_batch_ = false;
};

}  // namespace roomstore::postgres
