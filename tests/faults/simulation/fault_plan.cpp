#include "faults/simulation/fault_plan.hpp"

#include <algorithm>

namespace roomstore::simulation {

using namespace std::chrono_literals;

FaultPlan FaultPlan::draw(Random& random, TimePoint start, TimePoint ends) {
    FaultPlan fault_plan;
    fault_plan.ends = ends;
    for (int FaultPlan::* const each : {&FaultPlan::refused,
                                        &FaultPlan::unanswered,
                                        &FaultPlan::lost_before,
                                        &FaultPlan::lost_after,
                                        &FaultPlan::serialization,
                                        &FaultPlan::deadlock,
                                        &FaultPlan::lock_timeout,
                                        &FaultPlan::foreign_cancel,
                                        &FaultPlan::disk_full,
                                        &FaultPlan::slow,
                                        &FaultPlan::very_slow,
                                        &FaultPlan::part_lost,
                                        &FaultPlan::commit_refused,
                                        &FaultPlan::commit_never_sent,
                                        &FaultPlan::commit_lost,
                                        &FaultPlan::commit_answer_lost,
                                        &FaultPlan::commit_runs_on,
                                        &FaultPlan::commit_hangs,
                                        &FaultPlan::commit_says_unknown,
                                        &FaultPlan::late_cancel,
                                        &FaultPlan::forgets_prepared}) {
        constexpr int rare = 20;
        constexpr int often = 350;
        if (random.chance(250)) fault_plan.*each = random.between(rare, often);
    }
    const auto interval = [&](std::chrono::milliseconds longest) {
        const auto from = start + random.between(0ms, 4000ms);
        return Interval{.from = std::min(from, ends),
                        .until = std::min(from + random.between(10ms, longest), ends)};
    };
    if (random.chance(150)) fault_plan.down.push_back(interval(6000ms));
    if (random.chance(100)) fault_plan.down.push_back(interval(300ms));
    if (random.chance(150)) fault_plan.frozen.push_back(interval(6000ms));
    if (random.chance(150)) fault_plan.demoted.push_back(interval(1ms).from);
    if (random.chance(150)) fault_plan.room_lost.push_back(interval(3000ms));
    return fault_plan;
}

}  // namespace roomstore::simulation
