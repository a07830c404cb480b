#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace roomstore {

/// How the watches of a `PostgresStore` learn what other processes change.
/// @ingroup stores
enum class WatchMode : std::uint8_t {
    /// Nothing is watched.
    idle,
    /// By messages, within milliseconds, and by polling.
    listening,
    /// By polling only: every `PostgresOptions::watch_poll_interval`, or not at all while there is
    /// no connection.
    polling,
};

/// Current state of a `PostgresStore` and counters since its construction. A snapshot: the numbers
/// are read one after the other while the store keeps running.
/// @ingroup stores
struct PostgresStats {
    /// Open connections, idle or busy. Fewer than `PostgresOptions::connections` if the server
    /// allows no more: see `PostgresStore::init`.
    std::size_t connections_open = 0;
    /// Connections that run a call, or are being opened for one.
    std::size_t connections_busy = 0;
    /// Calls that wait for a connection, and appends and updates of events that wait for their
    /// room.
    std::size_t queue_length = 0;

    /// Calls that ended with a result, or with an error that the caller has to correct:
    /// invalid_argument, not_found, already_exists or conflict, detected by the server.
    std::uint64_t calls_answered = 0;
    /// Calls that ended with any other error, including those rejected because the queue was full.
    std::uint64_t calls_failed = 0;
    /// Calls that were cancelled, with nothing stored.
    std::uint64_t calls_aborted = 0;
    /// Failed calls that were rejected because the queue was full.
    std::uint64_t calls_refused = 0;

    /// Lost connections that were replaced.
    std::uint64_t reconnects = 0;
    /// Attempts to connect that failed.
    std::uint64_t failed_connects = 0;
    /// Runs of a transaction after its first. A batch of appends is one transaction.
    std::uint64_t retries = 0;
    /// Commits in doubt: it was not known at first whether they took effect.
    std::uint64_t doubts = 0;
    /// Transactions in doubt whose outcome was settled. Fewer than `doubts` if a re-run ended in
    /// doubt too, or if `errc::commit_unknown` was reported.
    std::uint64_t doubts_settled = 0;

    /// Rows that lists left out because this build cannot read them. Counted again in every list.
    std::uint64_t rows_left_out = 0;
    /// Lines not passed to `PostgresOptions::log`: the queue was full, or the store was closed.
    std::uint64_t log_lines_dropped = 0;
    /// Calls of `PostgresOptions::log` that threw an exception.
    std::uint64_t log_failures = 0;

    /// How watches learn of changes now.
    WatchMode watch_mode = WatchMode::idle;
    /// Rooms that are watched, each counted once.
    std::size_t rooms_watched = 0;
    /// Messages about changes that were sent to other processes.
    std::uint64_t hints_sent = 0;
    /// Messages about changes that came from other processes.
    std::uint64_t hints_received = 0;
    /// Times that changes could not be sent. Other processes learn of them by polling.
    std::uint64_t hints_dropped = 0;
    /// Statements that have read the states of watched rooms.
    std::uint64_t watch_polls = 0;
    /// Messages of this process to itself, through another connection, that have proven that
    /// messages arrive.
    std::uint64_t watch_probes_heard = 0;
    /// Times that the connection of the watches was lost, or could not be opened.
    std::uint64_t watch_reconnects = 0;

    /// Statistics of one SQL statement. BEGIN, COMMIT and ROLLBACK are not counted.
    struct Statement {
        /// The name under which it is prepared.
        std::string name;
        /// Number of times it was sent.
        std::uint64_t calls = 0;
        /// Number of times the answer was an error, or was missing.
        std::uint64_t failures = 0;
        /// Total time from sending to the complete answer, over all calls. Statements that are sent
        /// together are all timed from the moment they were sent.
        std::chrono::nanoseconds total{};
        /// The longest time of one call.
        std::chrono::nanoseconds highest{};
    };
    /// The statements that ran, by name.
    std::vector<Statement> statements{};
};

}  // namespace roomstore
