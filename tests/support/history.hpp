#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "roomstore/model/event.hpp"

namespace roomstore::test {

/// Timestamps within one history. A counter instead of a clock: if one event happens before
/// another, it has the smaller number.
class LogicalClock {
public:
    std::uint64_t tick() noexcept { return next_.fetch_add(1); }

private:
    std::atomic<std::uint64_t> next_{0};
};

/// The outcome of an append, as known to its caller.
enum class AppendOutcome {
    /// Stored, at the index that was returned.
    stored,
    /// Definitely not stored.
    refused,
    /// Stored or not: `commit_unknown`, or never answered.
    unknown,
};

struct AppendRecord {
    std::string room_id{};
    std::string event_id{};
    std::uint64_t invoked_at = 0;
    std::uint64_t answered_at = 0;
    AppendOutcome outcome = AppendOutcome::unknown;
    /// Only if `outcome` is `stored`.
    std::int64_t index = -1;
    /// `digest_of` the event.
    std::string digest{};
};

/// One read of a room by a polling client.
struct PollRecord {
    int client = 0;
    std::string room_id{};
    std::uint64_t invoked_at = 0;
    std::uint64_t answered_at = 0;
    /// Number of events, from the first one on, that the reader already had and did not read again.
    std::size_t known = 0;
    /// Index and id of the events read after these, by ascending index.
    std::vector<std::pair<std::int64_t, std::string>> seen{};
};

/// The calls and their results, recorded by many threads.
class History {
public:
    void add(AppendRecord record);
    void add(PollRecord record);

    const std::vector<AppendRecord>& appends() const noexcept { return appends_; }
    const std::vector<PollRecord>& polls() const noexcept { return polls_; }

private:
    std::mutex mutex_;
    std::vector<AppendRecord> appends_;
    std::vector<PollRecord> polls_;
};

/// Type, source, content and `created_at` of an event as one text.
std::string digest_of(const RoomEvent& event);

/// Checks a history against the final contents of the rooms: `final_events`, by room, in ascending
/// order of index. Every room must have been empty at the start, and nothing may have been deleted.
/// Returns the violations of:
///
/// - H1 an append answered as stored is present once, at its index, with its content;
/// - H2 an append answered as refused is not present;
/// - H3 an append of unknown outcome is present once or not at all, and no other event is present;
/// - H4 the indexes of a room are 0, 1, 2 ... without gaps;
/// - H5 an append answered before another append to its room began has the smaller index;
/// - H6 a poll returns a prefix of the room. The prefix contains every append answered as stored
///   before the poll began, and is not shorter than that of any poll answered before it began.
std::vector<std::string> check_history(
    const History& history,
    const std::map<std::string, std::vector<RoomEvent>>& final_events);

}  // namespace roomstore::test
