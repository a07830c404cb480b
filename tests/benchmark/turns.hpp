#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace roomstore::benchmark {

/// Runs the contestants of a row once each, beginning with another in every sample: what one leaves
/// behind, a warm cache or pages to write out, does not always fall to the same next one.
inline void take_turns(int sample, const std::vector<std::function<void()>>& contestants) {
    for (std::size_t i = 0; i < contestants.size(); ++i) {
        contestants[(static_cast<std::size_t>(sample) + i) % contestants.size()]();
    }
}

}  // namespace roomstore::benchmark
