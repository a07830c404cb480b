#include "faults/simulation/weather.hpp"

#include <algorithm>

namespace roomstore::simulation {

using namespace std::chrono_literals;

Weather Weather::draw(Random& random, TimePoint start, TimePoint ends) {
    Weather weather;
    weather.ends = ends;
    for (int Weather::* const each : {&Weather::refused,
                                      &Weather::unanswered,
                                      &Weather::lost_before,
                                      &Weather::lost_after,
                                      &Weather::serialization,
                                      &Weather::deadlock,
                                      &Weather::lock_timeout,
                                      &Weather::foreign_cancel,
                                      &Weather::disk_full,
                                      &Weather::slow,
                                      &Weather::very_slow,
                                      &Weather::part_lost,
                                      &Weather::commit_refused,
                                      &Weather::commit_never_sent,
                                      &Weather::commit_lost,
                                      &Weather::commit_answer_lost,
                                      &Weather::commit_runs_on,
                                      &Weather::commit_hangs,
                                      &Weather::commit_says_unknown,
                                      &Weather::late_cancel,
                                      &Weather::forgets_prepared}) {
        constexpr int rare = 20;
        constexpr int often = 350;
        if (random.chance(250)) weather.*each = random.between(rare, often);
    }
    const auto interval = [&](std::chrono::milliseconds longest) {
        const auto from = start + random.between(0ms, 4000ms);
        return Interval{.from = std::min(from, ends),
                        .until = std::min(from + random.between(10ms, longest), ends)};
    };
    if (random.chance(150)) weather.down.push_back(interval(6000ms));
    if (random.chance(100)) weather.down.push_back(interval(300ms));
    if (random.chance(150)) weather.frozen.push_back(interval(6000ms));
    if (random.chance(150)) weather.demoted.push_back(interval(1ms).from);
    if (random.chance(150)) weather.room_lost.push_back(interval(3000ms));
    return weather;
}

}  // namespace roomstore::simulation
