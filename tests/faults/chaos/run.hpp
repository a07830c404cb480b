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

/// So many calls are cancelled at least while nothing is broken.
inline constexpr std::size_t calm_cancellations = 50;

struct Options {
    std::uint64_t seed = 0;
    /// Ends when as many events are acknowledged and as many faults have happened ...
    std::uint64_t appends = 10'000;
    std::uint64_t faults = 250;
    /// ... and this time is over; fails where they are not reached within `limit`.
    std::chrono::seconds seconds{0};
    std::chrono::seconds limit{180};
    /// Only these kinds of faults; empty: all.
    std::set<std::string, std::less<>> only{};
    /// Prints each fault, in the order in which they ended.
    bool trace = false;

    /// Whether all is to be shown; the runs that catch faults of the library show little.
    bool is_full() const { return only.empty() && faults >= 100; }
};

/// What one run has shown.
struct Results {
    std::uint64_t acknowledged = 0;
    std::uint64_t redelivered = 0;
    /// Events in the tables in the end.
    std::uint64_t stored = 0;
    std::uint64_t vain_faults = 0;
    Instant began_at = 0;
    Instant duration = 0;
    std::vector<Happening> happenings{};
    std::vector<Call> calls{};
    /// Of the history (H1..H6), of the tables, and of answers that may never be.
    std::vector<std::string> violations{};
    /// The other promises of the run that were broken.
    std::vector<std::string> failures{};

    /// How long a thread of this process was kept from running, at worst.
    Instant worst_stall = 0;
    /// Connections begun in any five seconds while faults happened, at most.
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
    /// Of all runs that break all kinds of things.
    std::optional<Measurements> measured{};
};

Results run_chaos(const Options& options);

/// Prints what happened, fault by fault, and the figures against what they should be. Returns
/// whether the run has shown what it must.
bool report(const Options& options, const Results& results);

}  // namespace roomstore::chaos
