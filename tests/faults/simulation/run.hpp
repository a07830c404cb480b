#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace roomstore::simulation {

/// What one run showed.
struct RunReport {
    /// The rules that were broken, each with who did; empty in a sound run.
    std::vector<std::string> violations{};
    /// What happened, line by line, where it was asked for.
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

/// Runs what the seed says: some processes with some clients each, against one model server, in the
/// fault_plan of the seed. Always the same for one seed.
RunReport simulate(std::uint64_t seed, bool traced);

}  // namespace roomstore::simulation
