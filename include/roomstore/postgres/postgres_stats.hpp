#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace roomstore {

/// What a `PostgresStore` is doing and has done since it was made. A snapshot: the numbers are read
/// one after the other while the store goes on.
struct PostgresStats {
    /// Connections that are open, idle or busy.
    std::size_t connections_open = 0;
    /// Connections that run a call, or are being made for one.
    std::size_t connections_busy = 0;
    /// Calls that wait for a connection.
    std::size_t queue_length = 0;

    /// Calls that were answered, by how: with a result or a refusal, with a failure, cancelled.
    std::uint64_t calls_answered = 0;
    std::uint64_t calls_failed = 0;
    std::uint64_t calls_aborted = 0;
    /// Calls that were turned away because the queue was full.
    std::uint64_t calls_refused = 0;

    /// Lost connections that were replaced, and attempts to connect that failed.
    std::uint64_t reconnects = 0;
    std::uint64_t failed_connects = 0;
    /// Runs of a call beyond its first.
    std::uint64_t retries = 0;
    /// Commits whose answer was lost, and how many of them were settled since.
    std::uint64_t doubts = 0;
    std::uint64_t doubts_settled = 0;

    /// One SQL statement.
    struct Statement {
        std::string name;
        std::uint64_t calls = 0;
        std::uint64_t failures = 0;
        /// Time from sending to the whole answer, over all calls.
        std::chrono::nanoseconds total{};
        std::chrono::nanoseconds highest{};
    };
    /// The statements that ran, by name.
    std::vector<Statement> statements{};
};

}  // namespace roomstore
