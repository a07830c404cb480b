#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "faults/simulation/random.hpp"
#include "faults/simulation/scheduler.hpp"

namespace roomstore::simulation {

/// What goes wrong in one run, and how often: in permille of the steps. Each run has other
/// fault_plan, most of it fair, so that also rare faults meet each other undisturbed by the rest.
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
    /// Refused because the server has lost a part of itself, over a connection that lives.
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
    /// An ERROR that does not say what became of it.
    int commit_says_unknown = 0;
    /// @}
    /// Requests to cancel that arrive after the one who asked was told that they had.
    int late_cancel = 0;
    /// Sessions that once lose what they had prepared.
    int forgets_prepared = 0;

    struct Interval {
        TimePoint from;
        TimePoint until;
    };
    /// All connections are lost, and refused until the end.
    std::vector<Interval> down{};
    /// Nothing happens until the end.
    std::vector<Interval> frozen{};
    /// Sessions that are there become read-only for good.
    std::vector<TimePoint> demoted{};
    /// All statements about the first room are refused likewise.
    std::vector<Interval> room_lost{};

    /// From then on all is well.
    TimePoint ends = TimePoint::max();

    static FaultPlan draw(Random& random, TimePoint start, TimePoint ends);
};

}  // namespace roomstore::simulation
