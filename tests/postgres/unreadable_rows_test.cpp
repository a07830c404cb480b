#include <algorithm>
#include <ranges>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "postgres/fresh_schema.hpp"
#include "roomstore/event_pager.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"
#include "support/populated.hpp"

/// Paging over rows that this build cannot read: only the last page is not full, and every readable
/// row appears exactly once.
namespace roomstore::test {

namespace {

using Ids = std::vector<std::string>;

constexpr int event_count = 110;

/// Events at both ends, a long run, and single events.
bool damaged(int index) {
    return index < 3 || (index >= 20 && index < 61) || index % 10 == 7 || index == event_count - 1;
}

struct Timeline {
    Timeline() : store(schema.options()) {
        run(store.init());
        run(store.create_room(sample_room({.id = "room"})));
        std::vector<RoomEvent> events;
        for (int i = 0; i < event_count; ++i) events.push_back(make_event({.id = name(i)}));
        run(store.append_events("room", events));
    }

    void damage() {
        std::string list;
        for (int i = 0; i < event_count; ++i) {
            if (damaged(i)) list += (list.empty() ? "'" : ", '") + name(i) + "'";
        }
        schema.query("UPDATE {schema}.events SET status = 'bounced' WHERE id IN (" + list + ")");
    }

    static std::string name(int index) { return "event-" + std::to_string(index); }

    static Ids readable() {
        Ids ids;
        for (int i = 0; i < event_count; ++i) {
            if (!damaged(i)) ids.push_back(name(i));
        }
        return ids;
    }

    /// Number of list statements that the store has sent.
    std::uint64_t lists() const {
        std::uint64_t calls = 0;
        for (const auto& statement : store.stats().statements) {
            if (statement.name.starts_with("list_") || statement.name.starts_with("find_rooms")) {
                calls += statement.calls;
            }
        }
        return calls;
    }

    FreshSchema schema;
    PostgresStore store;
};

void append(Ids& ids, const Ids& more) { ids.insert(ids.end(), more.begin(), more.end()); }
void prepend(Ids& ids, const Ids& more) { ids.insert(ids.begin(), more.begin(), more.end()); }

}  // namespace

TEST_CASE("pages by cursor contain every readable event, and only the last is not full") {
    const auto limit = GENERATE(std::int64_t{1}, 7, 10, 50, 1000);
    const bool filtered = GENERATE(false, true);
    CAPTURE(limit, filtered);
    Timeline timeline;
    timeline.damage();
    EventQuery query{.limit = limit};
    if (filtered) query.filter.source_channel_id = make_event({}).source.channel_id;

    Ids forwards;
    query.after_index = std::nullopt;
    for (std::size_t size = static_cast<std::size_t>(limit); std::cmp_equal(size, limit);) {
        const auto page = run(timeline.store.list_events("room", query));
        size = page.size();
        append(forwards, ids_of(page));
        if (!page.empty()) query.after_index = page.back().index;
    }
    CHECK(forwards == Timeline::readable());

    Ids backwards;
    query.after_index = std::nullopt;
    query.newest_first = true;
    for (std::size_t size = static_cast<std::size_t>(limit); std::cmp_equal(size, limit);) {
        const auto page = run(timeline.store.list_events("room", query));
        size = page.size();
        prepend(backwards, ids_of(page));
        if (!page.empty()) query.before_index = page.front().index;
    }
    CHECK(backwards == Timeline::readable());
}

TEST_CASE("pages by offset neither repeat nor skip a readable event") {
    const auto limit = GENERATE(std::int64_t{1}, 7, 10, 50, 1000);
    const bool newest_first = GENERATE(false, true);
    const bool filtered = GENERATE(false, true);
    const bool with_gap = GENERATE(false, true);
    CAPTURE(limit, newest_first, filtered, with_gap);
    Timeline timeline;
    auto expected = Timeline::readable();
    if (with_gap) {
        run(timeline.store.delete_event("room", Timeline::name(70)));
        std::erase(expected, Timeline::name(70));
    }
    timeline.damage();
    EventQuery query{.limit = limit, .newest_first = newest_first};
    if (filtered) query.filter.source_channel_id = make_event({}).source.channel_id;

    Ids found;
    for (std::size_t size = static_cast<std::size_t>(limit); std::cmp_equal(size, limit);) {
        const auto page = ids_of(run(timeline.store.list_events("room", query)));
        size = page.size();
        newest_first ? prepend(found, page) : append(found, page);
        query.offset += limit;
    }
    CHECK(found == expected);
    CHECK(run(timeline.store.list_events("room", query)).empty());
}

TEST_CASE("an offset counts readable events only, also if no earlier page was read") {
    Timeline timeline;
    timeline.damage();
    const auto readable = Timeline::readable();
    // The page itself contains an unreadable row, and no call has read those before it yet.
    const auto page = ids_of(
        run(timeline.store.list_events("room", {.offset = 13, .limit = 5, .newest_first = false})));
    CHECK(page == Ids(readable.begin() + 13, readable.begin() + 18));
}

TEST_CASE("a list without unreadable rows takes one round trip") {
    Timeline timeline;
    const auto before = timeline.lists();
    std::uint64_t expected = 0;
    for (const std::int64_t offset : {0, 50, 100}) {
        for (const bool newest_first : {false, true}) {
            EventQuery query{.offset = offset, .limit = 50, .newest_first = newest_first};
            const auto events = run(timeline.store.list_events("room", query));
            CHECK(std::ssize(events) == std::min<std::int64_t>(50, event_count - offset));
            ++expected;
        }
    }
    run(timeline.store.list_events("room", {.limit = 1000, .after_index = 50}));
    run(timeline.store.list_events("room", {.limit = 10, .before_index = 50}));
    run(timeline.store.list_rooms({.offset = 0, .limit = 1}));
    run(timeline.store.list_rooms({.offset = 1, .limit = 50}));
    CHECK(timeline.lists() - before == expected + 4);
    CHECK(timeline.store.stats().rows_left_out == 0);
}

TEST_CASE("many unreadable rows are skipped in few round trips") {
    Timeline timeline;
    std::vector<RoomEvent> events;
    for (int i = 0; i < 4000; ++i)
        events.push_back(make_event({.id = "more-" + std::to_string(i)}));
    run(timeline.store.append_events("room", events));
    run(timeline.store.add_event_auto_index("room", make_event({.id = "last"})));
    timeline.schema.query("UPDATE {schema}.events SET status = 'bounced' WHERE id LIKE 'more-%'");
    const auto before = timeline.lists();
    const auto page = run(timeline.store.list_events("room", {.limit = 5, .after_index = 107}));
    CHECK(ids_of(page) == Ids{"event-108", "event-109", "last"});
    CHECK(timeline.lists() - before < 60);
    CHECK(timeline.store.stats().rows_left_out == 4000);
}

TEST_CASE("rows that lists leave out are counted") {
    Timeline timeline;
    auto& store = timeline.store;
    timeline.damage();
    const auto readable = Timeline::readable().size();
    const auto left_out = [&] { return store.stats().rows_left_out; };

    CHECK(left_out() == 0);
    CHECK_FAILS(store.get_event("room", "event-0"), errc::corrupt_data, "bounced");
    CHECK(left_out() == 0);
    CHECK(run(store.list_events("room", {.limit = 1000})).size() == readable);
    CHECK(left_out() == event_count - readable);

    ChannelBinding binding{.channel_id = "channel", .room_id = "room", .channel_type = "sms"};
    run(store.add_binding(binding));
    Participant participant{.id = "participant", .room_id = "room", .channel_id = "channel"};
    run(store.add_participant(participant));
    Task task{.id = "task", .room_id = "room", .title = "title"};
    run(store.add_task(task));
    Observation observation{
        .id = "observation", .room_id = "room", .channel_id = "channel", .content = "content"};
    run(store.add_observation(observation));
    timeline.schema.query("UPDATE {schema}.bindings SET access = 'append_only'");
    timeline.schema.query("UPDATE {schema}.participants SET role = 'moderator'");
    timeline.schema.query("UPDATE {schema}.tasks SET status = 'delegated'");
    timeline.schema.query("UPDATE {schema}.observations SET created_at = 'infinity'");
    const auto before = left_out();
    CHECK(run(store.list_bindings("room")).empty());
    CHECK(run(store.list_participants("room")).empty());
    CHECK(run(store.list_tasks("room")).empty());
    CHECK(run(store.list_observations("room")).empty());
    CHECK(left_out() - before == 4);
    const auto context = run(store.load_room_context("room"));
    CHECK(context.bindings.empty());
    CHECK(context.participants.empty());
    CHECK(left_out() - before == 6);
}

TEST_CASE("pages of rooms neither repeat nor skip a readable room") {
    const auto limit = GENERATE(std::int64_t{1}, 4, 10, 100);
    const std::string column = GENERATE("agent_response_policy", "status");
    const bool filtered = GENERATE(false, true);
    CAPTURE(limit, column, filtered);
    FreshSchema schema;
    PostgresStore store(schema.options());
    run(store.init());
    Ids expected;
    std::string list = "''";
    for (int i = 0; i < 40; ++i) {
        const auto id = "room-" + std::to_string(100 + i);
        Room room = sample_room({.id = id});
        room.organization_id = "organization";
        run(store.create_room(room));
        if (i < 2 || (i > 10 && i < 25) || i % 10 == 7) {
            list += ", '" + id + "'";
        } else {
            expected.push_back(id);
        }
    }
    schema.query("UPDATE {schema}.rooms SET created_at = '2026-01-01'");
    schema.query("UPDATE {schema}.rooms SET " + column + " = 'hibernating' WHERE id IN (" + list +
                 ")");
    RoomFilter filter;
    if (filtered) filter.organization_id = "organization";

    Ids found;
    Page page{.offset = 0, .limit = limit};
    for (std::size_t size = static_cast<std::size_t>(limit); std::cmp_equal(size, limit);) {
        const auto rooms = ids_of(run(store.find_rooms(filter, page)));
        size = rooms.size();
        append(found, rooms);
        page.offset += limit;
    }
    CHECK(found == expected);
    CHECK(run(store.find_rooms(filter, page)).empty());
    const auto before = store.stats().rows_left_out;
    CHECK(before > 0);
    CHECK(run(store.find_rooms(filter, {.offset = 0, .limit = 100})).size() == expected.size());
    CHECK(store.stats().rows_left_out - before == 40 - expected.size());
}

TEST_CASE("pages of an inbox contain every readable room, and only the last is not full") {
    const auto limit = GENERATE(std::int64_t{1}, 7, 10, 50);
    CAPTURE(limit);
    FreshSchema schema;
    PostgresStore store(schema.options());
    run(store.init());
    Ids expected;
    std::string list = "''";
    for (int i = 0; i < 40; ++i) {
        const auto id = "room-" + std::to_string(100 + i);
        run(store.create_room(sample_room({.id = id})));
        Participant reader{.id = "reader", .room_id = id, .channel_id = "channel"};
        run(store.add_participant(reader));
        if (i < 2 || (i > 10 && i < 25) || i % 10 == 7 || i == 39) {
            list += ", '" + id + "'";
        } else {
            expected.push_back(id);
        }
    }
    schema.query("UPDATE {schema}.rooms SET status = 'hibernating' WHERE id IN (" + list + ")");
    // A time that this build cannot read, either.
    schema.query("UPDATE {schema}.rooms SET last_activity_at = 'infinity' WHERE id = 'room-100'");

    Ids found;
    InboxQuery query{.participant_id = "reader", .limit = limit};
    for (;;) {
        const auto page = run(store.list_inbox(query));
        for (const auto& entry : page.entries) found.push_back(entry.room.id);
        if (!page.next) break;
        CHECK(std::cmp_equal(page.entries.size(), limit));
        query.before = page.next;
    }
    CHECK(found == expected);
    CHECK(store.stats().rows_left_out > 0);
}

TEST_CASE("an inbox entry lacks its participant or its last event if it cannot be read") {
    FreshSchema schema;
    PostgresStore store(schema.options());
    run(store.init());
    run(store.create_room(sample_room()));
    Participant reader{.id = "reader", .room_id = "room", .channel_id = "channel"};
    run(store.add_participant(reader));
    run(store.append(make_event({.id = "first"})));
    run(store.append(make_event({.id = "second"})));
    const InboxQuery query{.participant_id = "reader"};
    CHECK(run(store.list_inbox(query)).entries.at(0).last_event->id == "second");
    schema.query("UPDATE {schema}.participants SET role = 'captain'");
    schema.query("UPDATE {schema}.events SET status = 'bounced' WHERE id = 'second'");
    const auto entry = run(store.list_inbox(query)).entries.at(0);
    CHECK_FALSE(entry.participant);
    CHECK_FALSE(entry.last_event);
    CHECK(entry.channel_id == "channel");
    CHECK(entry.unread == 2);
    CHECK(store.stats().rows_left_out == 2);
}

TEST_CASE("a pager gives every readable event, in both directions") {
    const auto limit = GENERATE(std::int64_t{1}, 7, 50);
    CAPTURE(limit);
    Timeline timeline;
    timeline.damage();
    Ids older;
    EventPager backwards(timeline.store, "room", {.limit = limit});
    while (!backwards.at_oldest()) prepend(older, ids_of(run(backwards.older())));
    CHECK(older == Timeline::readable());
    Ids newer;
    EventPager forwards(timeline.store, "room", {.index = 0, .limit = limit});
    for (auto page = ids_of(run(forwards.newer())); !page.empty();) {
        append(newer, page);
        page = ids_of(run(forwards.newer()));
    }
    CHECK(newer == Timeline::readable());
}

TEST_CASE("events that cannot be read count in a context window, but are not given") {
    Timeline timeline;
    timeline.damage();
    const auto window = run(timeline.store.get_context_window(
        "room", {.max_events = event_count - 3, .max_tokens = 1000, .default_tokens = 1}));
    CHECK(ids_of(window.events) == Timeline::readable());
    CHECK(window.omitted_before == 3);
    CHECK(timeline.store.stats().rows_left_out > 0);
}

}  // namespace roomstore::test
