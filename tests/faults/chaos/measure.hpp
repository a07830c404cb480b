#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "faults/chaos/environment.hpp"
#include "roomstore/postgres/postgres_options.hpp"

namespace roomstore::chaos {

/// Measurements that a run with many faults at once cannot provide: they are made on a real server,
/// with calls of their own, while nothing else runs.
struct Measurements {
    /// From the cancellation of an append to its answer.
    std::vector<Instant> queued_cancellations{};
    std::vector<Instant> running_cancellations{};
    std::vector<Instant> frozen_cancellations{};
    /// From a call to its refusal by a full queue.
    std::vector<Instant> refusals{};
    /// Queued appends, and those of them that were run out of order.
    std::size_t waited = 0;
    std::size_t out_of_order = 0;
    /// From the moment when the server accepts connections again to the first success.
    std::vector<Instant> returns{};
    /// The most connections that one process began in any second, while many calls needed one.
    std::uint64_t connects_in_1_s = 0;
    std::uint64_t connects = 0;
    /// From the moment when packets are dropped until the loss of a connection is detected: of one
    /// with a statement to send, and of one on which a statement runs.
    std::optional<Instant> dead_before_statement{};
    std::optional<Instant> dead_during_statement{};
    std::string dead_unmeasured{};
    /// With calls in flight that would not end on their own.
    Instant close_and_destruction = 0;
    Instant destruction_after_close = 0;
    Instant destruction_alone = 0;

    /// Failed checks.
    std::vector<std::string> failures{};
};

/// Makes all measurements, in rooms of their own.
Measurements measure(const ChaosEnvironment& environment);

}  // namespace roomstore::chaos
