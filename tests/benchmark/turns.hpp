#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace roomstore::benchmark {

/// Runs the contestants of a row once each, starting with a different one in every sample, so that
/// the aftereffects of one (a warm cache, dirty pages) do not always affect the same other one.
inline void take_turns(int sample, const std::vector<std::function<void()>>& contestants) {
    for (std::size_t i = 0; i < contestants.size(); ++i) {
        contestants[(static_cast<std::size_t>(sample) + i) % contestants.size()]();
    }
}

}  // namespace roomstore::benchmark
