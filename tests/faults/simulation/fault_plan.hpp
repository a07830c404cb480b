#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "faults/simulation/random.hpp"
#include "faults/simulation/scheduler.hpp"

namespace roomstore::simulation {

/// The faults of one run, and the probability of each in permille. Every run has a plan of its own
/// in which most faults are disabled, so that rare faults also occur together without the others.
struct FaultPlan {
    /// @name Attempts to connect
    /// @{
    int refused = 0;
    int unanswered = 0;
    /// @}
    /// @name Statements
    /// @{
    int lost_before = 0;
    int lost_after = 0;
    int serialization = 0;
    int deadlock = 0;
    int lock_timeout = 0;
    int foreign_cancel = 0;
    int disk_full = 0;
    int slow = 0;
    int very_slow = 0;
    /// Refused because a part of the server is lost; the connection itself still works.
    int part_lost = 0;
    /// @}
    /// @name COMMIT
    /// @{
    int commit_refused = 0;
    int commit_never_sent = 0;
    int commit_lost = 0;
    int commit_answer_lost = 0;
    int commit_runs_on = 0;
    int commit_hangs = 0;
    /// An ERROR that leaves the outcome unknown.
    int commit_says_unknown = 0;
    /// @}
    /// Cancel requests that arrive after cancel() has returned.
    int late_cancel = 0;
    /// Sessions that lose their prepared statements once.
    int forgets_prepared = 0;

    struct Interval {
        TimePoint from;
        TimePoint until;
    };
    /// All connections are lost at the start; new ones are refused until the end.
    std::vector<Interval> down{};
    /// The server does nothing until the end.
    std::vector<Interval> frozen{};
    /// Existing sessions become read-only for good.
    std::vector<TimePoint> demoted{};
    /// All statements about the first room are refused as for `part_lost`.
    std::vector<Interval> room_lost{};

    /// No more faults from then on.
    TimePoint ends = TimePoint::max();

    static FaultPlan draw(Random& random, TimePoint start, TimePoint ends);
};

}  // namespace roomstore::simulation
