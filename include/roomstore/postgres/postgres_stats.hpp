#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace roomstore {

/// What a `PostgresStore` is doing and has done since it was made. A snapshot: the numbers are read
/// one after the other while the store goes on.
/// @ingroup stores
struct PostgresStats {
    /// Connections that are open, idle or busy. Fewer than `PostgresOptions::connections` where the
    /// server allows no more: see `PostgresStore::init`.
    std::size_t connections_open = 0;
    /// Connections that run a call, or are being made for one.
    std::size_t connections_busy = 0;
    /// Calls that wait: for a connection, or, of appends, for their room.
    std::size_t queue_length = 0;

    /// Calls that ended with a result, or with a refusal that is the caller's to mend: one of
    /// invalid_argument, not_found, already_exists and conflict, found by the server.
    std::uint64_t calls_answered = 0;
    /// Calls that ended with any other error, those that were turned away included.
    std::uint64_t calls_failed = 0;
    /// Calls that were cancelled, with nothing stored.
    std::uint64_t calls_aborted = 0;
    /// Of those that failed, how many were turned away because the queue was full.
    std::uint64_t calls_refused = 0;

    /// Lost connections that were replaced.
    std::uint64_t reconnects = 0;
    /// Attempts to connect that failed.
    std::uint64_t failed_connects = 0;
    /// Runs of a transaction beyond its first; appends that are committed together have one.
    std::uint64_t retries = 0;
    /// Commits of which it was not known at first whether they took effect.
    std::uint64_t doubts = 0;
    /// Transactions whose outcome was found out after that. Fewer than `doubts` where the
    /// repetition ended in doubt too, and where `errc::commit_unknown` was reported.
    std::uint64_t doubts_settled = 0;

    /// Rows that lists left out because this build cannot read them, in every list anew.
    std::uint64_t rows_left_out = 0;
    /// Lines that `PostgresOptions::log` was not told: too many waited, or the store had ended.
    std::uint64_t log_lines_dropped = 0;
    /// Calls of `PostgresOptions::log` that ended with an exception.
    std::uint64_t log_failures = 0;

    /// What one SQL statement has taken. BEGIN, COMMIT and ROLLBACK are not counted.
    struct Statement {
        /// Which one: the name under which it is prepared.
        std::string name;
        /// How often it was sent.
        std::uint64_t calls = 0;
        /// How often the answer was an error, or none.
        std::uint64_t failures = 0;
        /// Time from sending to the whole answer, over all calls. Statements that are sent together
        /// are all timed from that moment.
        std::chrono::nanoseconds total{};
        /// The longest of these times.
        std::chrono::nanoseconds highest{};
    };
    /// The statements that ran, by name.
    std::vector<Statement> statements{};
};

}  // namespace roomstore
