#include "roomstore/memory/detail/event_page.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace roomstore;
using roomstore::detail::memory::EventLog;
using roomstore::detail::memory::EventMatcher;
using roomstore::detail::memory::EventPage;
using roomstore::detail::memory::PackedEvent;
using roomstore::detail::memory::RoomHandle;
using roomstore::detail::memory::ThreadIndex;

namespace {

class Values {
public:
    explicit Values(unsigned seed) : random_(seed) {}

    bool one_in(unsigned count) { return random_() % count == 0; }
    std::int64_t below(std::int64_t bound) { return static_cast<std::int64_t>(random_()) % bound; }
    std::string name(const std::string& prefix) { return prefix + std::to_string(below(3)); }
    std::optional<std::string> maybe(const std::string& prefix, unsigned one_in_count) {
        if (!one_in(one_in_count)) return std::nullopt;
        return name(prefix);
    }
    EventStatus status() { return static_cast<EventStatus>(below(3)); }
    Timestamp time() { return Timestamp{std::chrono::microseconds{below(10)}}; }

    RoomEvent event(std::int64_t index) {
        return {.id = "e" + std::to_string(index),
                .type = name("t"),
                .source = {.channel_id = name("c"),
                           .channel_type = name("k"),
                           .participant_id = maybe("p", 2)},
                .status = status(),
                .visibility = name("v"),
                .index = index,
                .parent_event_id = maybe("e", 3),
                .correlation_id = maybe("x", 2),
                .created_at = time()};
    }

    EventFilter filter() {
        EventFilter filter;
        // Usually one condition, so that not all pages are empty.
        switch (below(14)) {
            case 0:
                filter.event_types = {{name("t"), name("t")}};
                if (one_in(3)) filter.event_types->clear();
                break;
            case 1:
                filter.exclude_types = {{name("t"), name("t")}};
                break;
            case 2:
                filter.event_types = {{name("t"), name("t")}};
                filter.exclude_types = {{name("t")}};
                break;
            case 3:
                filter.visibility = name("v");
                break;
            case 4:
                filter.source_channel_id = name("c");
                filter.participant_id = maybe("p", 2);
                break;
            case 5:
                filter.source_channel_type = name("k");
                break;
            case 6:
                filter.correlation_id = name("x");
                break;
            case 7:
                filter.parent_event_id = name("e");
                if (one_in(2)) filter.event_types = {{name("t"), name("t")}};
                break;
            case 8:
                filter.top_level_only = true;
                break;
            case 9:
                filter.after_time = time();
                break;
            case 10:
                filter.before_time = time();
                break;
            case 11:
                filter.statuses = {{status(), status()}};
                if (one_in(3)) filter.statuses->clear();
                break;
            case 12:
                filter.exclude_statuses = {{status()}};
                if (one_in(2)) filter.statuses = {{status(), status()}};
                break;
            default:
                break;
        }
        return filter;
    }

    EventQuery query(std::int64_t highest) {
        EventQuery query{.offset = one_in(2) ? 0 : below(6), .limit = below(8)};
        if (one_in(10)) query.limit = std::numeric_limits<std::int64_t>::max();
        if (one_in(10)) query.offset = std::numeric_limits<std::int64_t>::max();
        query.newest_first = one_in(2);
        const auto cursor = below(4);
        if (cursor == 1) query.after_index = below(highest + 2);
        if (cursor == 2) query.before_index = below(highest + 2);
        query.filter = filter();
        return query;
    }

private:
    std::mt19937 random_;
};

template <typename T>
bool has(const std::vector<T>& values, const T& value) {
    return std::ranges::find(values, value) != values.end();
}

bool passes(const EventFilter& f, const RoomEvent& e) {
    return (!f.event_types || has(*f.event_types, e.type)) &&
           (!f.exclude_types || !has(*f.exclude_types, e.type)) &&
           (!f.statuses || has(*f.statuses, e.status)) &&
           (!f.exclude_statuses || !has(*f.exclude_statuses, e.status)) &&
           (!f.visibility || e.visibility == *f.visibility) &&
           (!f.source_channel_id || e.source.channel_id == *f.source_channel_id) &&
           (!f.source_channel_type || e.source.channel_type == *f.source_channel_type) &&
           (!f.correlation_id || e.correlation_id == f.correlation_id) &&
           (!f.participant_id || e.source.participant_id == f.participant_id) &&
           (!f.parent_event_id || e.parent_event_id == f.parent_event_id) &&
           !(f.top_level_only && e.parent_event_id) &&
           (!f.after_time || e.created_at > *f.after_time) &&
           (!f.before_time || e.created_at < *f.before_time);
}

std::vector<std::int64_t> expected(const std::vector<RoomEvent>& events, const EventQuery& query) {
    std::vector<std::int64_t> found;
    for (const auto& event : events) {
        if (query.after_index && event.index <= *query.after_index) continue;
        if (query.before_index && event.index >= *query.before_index) continue;
        if (passes(query.filter, event)) found.push_back(event.index);
    }
    const bool cursor = query.after_index || query.before_index;
    const bool backwards = query.before_index || (query.newest_first && !cursor);
    if (backwards) std::ranges::reverse(found);
    const auto size = static_cast<std::int64_t>(found.size());
    const auto from = std::min(cursor ? 0 : query.offset, size);
    const auto to = from + std::min(query.limit, size - from);
    found = {found.begin() + from, found.begin() + to};
    if (backwards) std::ranges::reverse(found);
    return found;
}

}  // namespace

TEST_CASE("every query selects, counts and summarizes the events that its filter matches") {
    for (unsigned seed = 1; seed <= 30; ++seed) {
        Values values(seed);
        RoomHandle room("room", Timestamp{});
        EventLog log;
        ThreadIndex threads;
        std::vector<RoomEvent> events;
        const std::int64_t highest = values.below(60);
        for (std::int64_t index = 0; index <= highest; ++index) {
            // With gaps for two of three seeds.
            if (seed % 3 != 0 && values.one_in(5)) continue;
            events.push_back(values.event(index));
            const auto& event = events.back();
            log.insert(std::make_shared<const PackedEvent>(event, room));
            if (event.parent_event_id) {
                threads.add(*event.parent_event_id, index, event.created_at);
            }
        }
        for (int i = 0; i < 400; ++i) {
            const EventQuery query = values.query(highest);
            INFO("seed " << seed << ", query " << i);
            std::vector<std::int64_t> selected;
            for (const auto& event : EventPage(log, threads, query).select()) {
                selected.push_back(event->index());
            }
            REQUIRE(selected == expected(events, query));

            std::int64_t matching = 0;
            ThreadSummary thread{.root_event_id = "e1"};
            for (const auto& event : events) {
                if (!passes(query.filter, event)) continue;
                ++matching;
                if (event.parent_event_id != thread.root_event_id) continue;
                ++thread.reply_count;
                thread.last_reply_at =
                    std::max(event.created_at, thread.last_reply_at.value_or(event.created_at));
            }
            REQUIRE(count_events(log, threads, query.filter) == matching);
            const EventMatcher matches(query.filter);
            const auto summary = summarize_thread(log, threads, thread.root_event_id, matches);
            REQUIRE(summary.has_value() == (thread.reply_count > 0));
            if (summary) REQUIRE(*summary == thread);
        }
    }
}
