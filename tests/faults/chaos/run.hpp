#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "faults/chaos/faults.hpp"
#include "faults/chaos/journal.hpp"
#include "faults/chaos/measure.hpp"
#include "roomstore/postgres/postgres_stats.hpp"

namespace roomstore::chaos {

/// Minimum number of calls that are cancelled while there is no fault.
inline constexpr std::size_t calm_cancellations = 50;

struct Options {
    std::uint64_t seed = 0;
    /// The run ends when this many events are acknowledged, this many faults have happened ...
    std::uint64_t appends = 10'000;
    std::uint64_t faults = 250;
    /// ... and this time has passed. It fails if it takes longer than this time plus `limit`.
    std::chrono::seconds seconds{0};
    std::chrono::seconds limit{180};
    /// Only these kinds of faults; empty: all.
    std::set<std::string, std::less<>> only{};
    /// Prints each fault, in the order of their ends.
    bool trace = false;

    /// Whether all minimum numbers apply; runs that catch mutants are too short for them.
    bool is_full() const { return only.empty() && faults >= 100; }
};

/// Results of one run.
struct Results {
    std::uint64_t acknowledged = 0;
    std::uint64_t redelivered = 0;
    /// Events in the tables at the end.
    std::uint64_t stored = 0;
    std::uint64_t vain_faults = 0;
    Instant began_at = 0;
    Instant duration = 0;
    std::vector<InjectedFault> injected_faults{};
    std::vector<Call> calls{};
    /// Violations of the history rules (H1..H6), inconsistent tables, and impossible answers.
    std::vector<std::string> violations{};
    /// Other failed checks.
    std::vector<std::string> failures{};

    /// The longest time for which the machine kept a thread of this process from running.
    Instant worst_stall = 0;
    /// The most connections begun in any five seconds during the faults.
    std::uint64_t connects_in_5_s = 0;
    Instant first_success_after_faults = 0;
    Instant back_to_baseline_after = 0;
    Instant slowest_close = 0;
    Instant slowest_destruction = 0;
    std::uint64_t doubts = 0;
    std::uint64_t doubts_settled = 0;
    std::uint64_t retries = 0;
    std::uint64_t reconnects = 0;
    std::uint64_t calls_refused = 0;
    /// Only if all kinds of faults are enabled.
    std::optional<Measurements> measured{};
};

Results run_chaos(const Options& options);

/// Prints a table of the faults, and the measured values against their bounds. Returns whether the
/// run passed.
bool report(const Options& options, const Results& results);

}  // namespace roomstore::chaos
