#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace roomstore::simulation {

/// Result of one run.
struct RunReport {
    /// The broken rules, each with the call that broke it; empty if the run passed.
    std::vector<std::string> violations{};
    /// Lines of the log; empty unless requested.
    std::vector<std::string> trace{};

    std::uint64_t calls = 0;
    std::uint64_t appended = 0;
    std::uint64_t aborted = 0;
    std::uint64_t unknown = 0;
    std::uint64_t refused = 0;
    std::uint64_t commits = 0;
    std::uint64_t doubts = 0;
    std::uint64_t reconnects = 0;
    std::uint64_t steps = 0;
};

/// Runs the simulation of a seed: some processes with some clients each, against one model server,
/// under the fault plan that the seed determines. The same seed always gives the same run.
RunReport simulate(std::uint64_t seed, bool traced);

}  // namespace roomstore::simulation
