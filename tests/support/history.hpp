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

/// Instants of one history. A counter instead of a clock: of two instants that any thread can tell
/// apart, the earlier has the smaller number.
class LogicalClock {
public:
    std::uint64_t tick() noexcept { return next_.fetch_add(1); }

private:
    std::atomic<std::uint64_t> next_{0};
};

/// What a caller knows of its append once it has been answered.
enum class AppendOutcome {
    /// Stored, at the index that was returned.
    stored,
    /// Certainly not stored.
    refused,
    /// Stored or not (`commit_unknown`, or never answered).
    unknown,
};

struct AppendRecord {
    std::string room_id{};
    std::string event_id{};
    std::uint64_t invoked_at = 0;
    std::uint64_t answered_at = 0;
    AppendOutcome outcome = AppendOutcome::unknown;
    /// With `stored` only.
    std::int64_t index = -1;
    /// What tells the event's content, as `digest_of` makes it.
    std::string digest{};
};

/// A reader's look at a room.
struct PollRecord {
    int client = 0;
    std::string room_id{};
    std::uint64_t invoked_at = 0;
    std::uint64_t answered_at = 0;
    /// How many events from the first one on the reader knew and did not ask for again.
    std::size_t known = 0;
    /// The ids seen after those, by ascending index, and those indexes.
    std::vector<std::pair<std::int64_t, std::string>> seen{};
};

/// What callers did and were told, written down by many threads.
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

/// Type, source, content and time of an event as one text.
std::string digest_of(const RoomEvent& event);

/// Checks a history against what the rooms hold in the end, `final_events` by room and ascending
/// index, where nothing was deleted and every room began empty. The result names each violation of:
///
/// - H1 an append answered as stored is there once, at its index, with its content;
/// - H2 one answered as refused is not there;
/// - H3 one of unknown outcome is there once or not at all, and nothing else is there;
/// - H4 the indexes of a room are 0, 1, 2 ... without a hole;
/// - H5 an append answered before another of its room began has the smaller index;
/// - H6 a poll sees a prefix of the room, one that holds all that was answered as stored before the
///   poll began, and no shorter than an earlier poll answered before it began.
std::vector<std::string> check_history(
    const History& history,
    const std::map<std::string, std::vector<RoomEvent>>& final_events);

}  // namespace roomstore::test
