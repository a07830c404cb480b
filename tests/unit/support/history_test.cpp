// The history checker must be able to fail: each rule is broken here at least once.

#include "support/history.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

namespace {

using namespace roomstore;
using namespace roomstore::test;

RoomEvent event_at(std::int64_t index, const std::string& id) {
    return {.id = id,
            .room_id = "r",
            .source = {.channel_id = "c", .channel_type = ChannelType::sms},
            .content = TextContent{id},
            .index = index,
            .created_at = Timestamp{}};
}

AppendRecord stored(const RoomEvent& event, std::uint64_t from, std::uint64_t to) {
    return {.room_id = "r",
            .event_id = event.id,
            .invoked_at = from,
            .answered_at = to,
            .outcome = AppendOutcome::stored,
            .index = event.index,
            .digest = digest_of(event)};
}

/// Three appends, the first two concurrent, and a poll that sees two of them.
struct Story {
    std::vector<RoomEvent> events{event_at(0, "a"), event_at(1, "b"), event_at(2, "c")};
    std::vector<AppendRecord> appends{stored(events[0], 1, 4),
                                      stored(events[1], 2, 3),
                                      stored(events[2], 7, 8)};
    std::vector<PollRecord> polls{{.client = 1,
                                   .room_id = "r",
                                   .invoked_at = 5,
                                   .answered_at = 6,
                                   .seen = {{0, "a"}, {1, "b"}}}};

    std::vector<std::string> violations() const {
        History history;
        for (const auto& append : appends) history.add(append);
        for (const auto& poll : polls) history.add(poll);
        return check_history(history, {{"r", events}});
    }

    /// Whether there is at least one violation, and all violations are of `rule`.
    bool breaks(const std::string& rule) const {
        const auto found = violations();
        if (found.empty()) return false;
        for (const auto& violation : found) {
            if (!violation.starts_with(rule)) return false;
        }
        return true;
    }
};

}  // namespace

TEST_CASE("a history that follows all rules has no violation") {
    Story story;
    CHECK(story.violations().empty());

    SECTION("an append of unknown outcome may be stored") {
        story.appends[2].outcome = AppendOutcome::unknown;
        CHECK(story.violations().empty());
    }
    SECTION("an append of unknown outcome may be missing") {
        story.appends.push_back({.room_id = "r",
                                 .event_id = "d",
                                 .invoked_at = 9,
                                 .answered_at = 10,
                                 .outcome = AppendOutcome::unknown});
        CHECK(story.violations().empty());
    }
    SECTION("a refused append is not stored") {
        story.appends.push_back({.room_id = "r",
                                 .event_id = "d",
                                 .invoked_at = 9,
                                 .answered_at = 10,
                                 .outcome = AppendOutcome::refused});
        CHECK(story.violations().empty());
    }
}

TEST_CASE("H1 detects completed appends that are lost, moved, duplicated or changed") {
    Story story;
    SECTION("lost") { story.events.pop_back(); }
    SECTION("moved") { story.appends[2].index = 3; }
    SECTION("changed") { story.events[2].content = TextContent{"else"}; }
    SECTION("duplicated") { story.events.push_back(event_at(3, "c")); }
    CHECK(story.breaks("H1"));
}

TEST_CASE("H2 detects a refused append that is stored") {
    Story story;
    story.appends[2].outcome = AppendOutcome::refused;
    CHECK(story.breaks("H2"));
}

TEST_CASE("H3 detects a duplicated append of unknown outcome, and events that no one appended") {
    Story story;
    SECTION("duplicated append") {
        story.appends[2].outcome = AppendOutcome::unknown;
        story.events.push_back(event_at(3, "c"));
    }
    SECTION("event without append") { story.events.push_back(event_at(3, "d")); }
    CHECK(story.breaks("H3"));
}

TEST_CASE("H4 detects a gap") {
    Story story;
    story.events[2].index = 3;
    story.appends[2] = stored(story.events[2], 7, 8);
    CHECK(story.breaks("H4"));
}

TEST_CASE("H5 detects indexes that contradict the order of the appends") {
    Story story;
    story.polls.clear();
    story.appends[0].invoked_at = 9;
    story.appends[0].answered_at = 10;
    CHECK(story.breaks("H5"));
}

TEST_CASE("an incremental poll is checked like a full poll") {
    Story story;
    story.polls.front().known = 1;
    story.polls.front().seen = {{1, "b"}};
    CHECK(story.violations() == std::vector<std::string>{});
}

TEST_CASE("H6 detects polls that miss, invent, reorder or lose events") {
    Story story;
    auto& poll = story.polls.front();
    SECTION("missing a completed append") { poll.seen.pop_back(); }
    SECTION("reordered events") { std::swap(poll.seen[0], poll.seen[1]); }
    SECTION("invented events") { poll.seen = {{0, "a"}, {1, "b"}, {2, "c"}, {3, "d"}}; }
    SECTION("skipped event") { poll.seen = {{0, "a"}, {2, "c"}}; }
    SECTION("known events do not match the timeline") { poll.known = 1; }
    SECTION("more known events than the timeline has") { poll.known = 2; }
    SECTION("fewer known events than an earlier poll") {
        story.appends[2].answered_at = 30;
        story.polls.push_back({.client = 2, .room_id = "r", .invoked_at = 9, .answered_at = 10});
        story.polls.back().known = 3;
        story.polls.push_back({.client = 3, .room_id = "r", .invoked_at = 11, .answered_at = 12});
        story.polls.back().known = 2;
    }
    SECTION("fewer events than an earlier poll") {
        story.appends[2].answered_at = 30;
        story.polls.push_back({.client = 2, .room_id = "r", .invoked_at = 9, .answered_at = 10});
        story.polls.back().seen = {{0, "a"}, {1, "b"}, {2, "c"}};
        story.polls.push_back({.client = 3, .room_id = "r", .invoked_at = 11, .answered_at = 12});
        story.polls.back().seen = {{0, "a"}, {1, "b"}};
    }
    CHECK(story.breaks("H6"));
}
