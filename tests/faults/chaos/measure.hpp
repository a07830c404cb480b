#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "faults/chaos/environment.hpp"
#include "roomstore/postgres/postgres_options.hpp"

namespace roomstore::chaos {

/// What cannot be read off a run in which everything breaks at once: figures of calls that were
/// made for them, on the real server, while nothing else went on.
struct Measurements {
    /// From the cancellation of an append to its answer.
    std::vector<Instant> queued_cancellations{};
    std::vector<Instant> running_cancellations{};
    std::vector<Instant> frozen_cancellations{};
    /// From a call to its refusal by a full queue.
    std::vector<Instant> refusals{};
    /// Appends that waited, and those of them that were not taken in their order.
    std::size_t waited = 0;
    std::size_t out_of_order = 0;
    /// From the moment at which the server accepts again to the first success.
    std::vector<Instant> returns{};
    /// Connections that one process began in any second, at most, while many calls wanted some.
    std::uint64_t connects_in_1_s = 0;
    std::uint64_t connects = 0;
    /// From the moment at which packets vanish until a connection is known to be lost: one that had
    /// a statement to send, and one on which a statement ran.
    std::optional<Instant> dead_before_statement{};
    std::optional<Instant> dead_during_statement{};
    std::string dead_unmeasured{};
    /// With calls in flight that would not end by themselves.
    Instant close_and_destruction = 0;
    Instant destruction_after_close = 0;
    Instant destruction_alone = 0;

    /// What was not as it must be.
    std::vector<std::string> failures{};
};

/// Appends to rooms of its own.
Measurements measure(const ChaosEnvironment& environment);

}  // namespace roomstore::chaos
