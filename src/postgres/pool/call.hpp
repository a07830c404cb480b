#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace roomstore::postgres {

/// Where a call stands.
enum class Phase : std::uint8_t {
    queued,
    /// A worker has it. Nothing of it is stored, and nothing will be once a stop is asked for.
    running,
    /// COMMIT is on its way, or its outcome is being settled. Only the outcome ends it now.
    committing,
    done,
};

/// Why a call is not to go on.
enum class Stop : std::uint8_t { none, cancelled, deadline, closing };

/// What the watchdog does about a call that has to end, each after the one before it did not help.
enum class Escalation : std::uint8_t {
    none,
    /// Ask the server to cancel the statement.
    cancel,
    /// Cut the connection.
    cut,
    /// Answer the caller without the worker.
    abandon,
};

/// How long the watchdog waits before it pushes harder.
struct StopTimeouts {
    /// From a cancellation to the cut. A healthy server needs a few milliseconds.
    std::chrono::milliseconds after_cancellation{1000};
    /// From the deadline to the cut, likewise.
    std::chrono::milliseconds after_deadline{100};
    /// From the cut to the answer without the worker.
    std::chrono::milliseconds after_cut{100};
    /// From a stop to the cancellation of the statement, where others have a part in it. Most end
    /// by themselves in that time, and the others need not begin anew.
    std::chrono::milliseconds in_batch{20};
};

/// The states of one call and who may change them: the caller cancels, the watchdog pushes, the
/// worker runs and commits, and exactly one of them ends it. No locks, no clock, no input or
/// output: the owner guards it, and time is an argument.
///
/// `enter_commit` is the one moment that decides between aborted and stored: a stop asked for
/// before it makes the worker roll back, a later one is ignored.
class Call {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit Call(TimePoint deadline, StopTimeouts stop_timeouts = {})
        : deadline_(deadline), stop_timeouts_(stop_timeouts) {}

    Phase phase() const noexcept { return phase_; }
    Stop stop() const noexcept { return stop_; }
    TimePoint deadline() const noexcept { return deadline_; }
    bool in_doubt() const noexcept { return in_doubt_; }
    /// Whether a COMMIT of it was sent, or is about to be, whose outcome is not known.
    bool may_be_stored() const noexcept { return in_doubt_ || phase_ == Phase::committing; }

    /// @name For the worker
    /// @{

    /// Takes the call from the queue, alone or in company. False: it has ended there.
    bool start(bool in_batch = false) noexcept {
        in_batch_ = in_batch;
        if (phase_ == Phase::committing && in_doubt_) return true;
        if (phase_ != Phase::queued) return false;
        phase_ = Phase::running;
        return true;
    }

    /// Into the queue again, to be run in less company: what failed may be the fault of another.
    /// A call in doubt stays where no cancellation reaches it.
    void put_back() noexcept {
        if (phase_ == Phase::running) phase_ = Phase::queued;
    }

    /// Whether to begin, repeat or wait for anything more.
    bool may_go_on() const noexcept { return phase_ != Phase::done && stop_ == Stop::none; }

    /// False: nothing may be stored any more.
    bool enter_commit() noexcept {
        if (phase_ == Phase::done || stop_ != Stop::none) return false;
        phase_ = Phase::committing;
        return true;
    }

    /// The COMMIT has failed and nothing is stored: the call can be stopped again, unless an
    /// earlier COMMIT of it is in doubt.
    void commit_failed() noexcept {
        if (phase_ == Phase::committing && !in_doubt_) phase_ = Phase::running;
    }

    /// It is not known whether the COMMIT took effect.
    void doubt() noexcept { in_doubt_ = true; }

    /// @}
    /// @name For whoever ends it
    /// @{

    /// True for the one who is to answer the caller.
    bool finish() noexcept {
        if (phase_ == Phase::done) return false;
        phase_ = Phase::done;
        return true;
    }

    /// @}
    /// @name For the caller, the watchdog and the closing store
    /// @{

    /// Asks the call to end. A call that is committing is not stopped by its caller.
    void request_stop(Stop reason, TimePoint now) noexcept {
        if (phase_ == Phase::done || stop_ != Stop::none) return;
        if (phase_ == Phase::committing && reason == Stop::cancelled) return;
        stop_ = reason;
        stopped_at_ = now;
    }

    /// What is to be done now; each push is given once. Notices the deadline. For running calls.
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

    /// When to ask `push` again.
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
    // A COMMIT is never cancelled: where it waits for a standby, the server would answer a
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
