#include <algorithm>
#include <limits>
#include <map>
#include <random>

#include "contract/fixture.hpp"

namespace roomstore::contract {

namespace {

constexpr auto huge = std::numeric_limits<std::int64_t>::max();
constexpr auto most = Limits::default_max_page_rows;

/// Ten events at the indexes 0 to 9, of which 3, 4 and 7 were deleted.
std::shared_ptr<ConversationStore> store_with_holes() {
    auto store = store_with_room();
    std::vector<RoomEvent> events;
    for (int i = 0; i < 10; ++i) events.push_back(make_event({.id = std::to_string(i)}));
    run(store->append_events("room", events));
    for (const auto* id : {"3", "4", "7"}) run(store->delete_event("room", id));
    return store;
}

Indexes listed(ConversationStore& store, EventQuery query) {
    return indexes_of(run(store.list_events("room", std::move(query))));
}

template <typename T>
T one_of(std::mt19937& random, const std::vector<T>& values) {
    return values[std::uniform_int_distribution<std::size_t>(0, values.size() - 1)(random)];
}

bool chance(std::mt19937& random, double probability) {
    return std::bernoulli_distribution(probability)(random);
}

const std::vector<std::string> type_names{"message", "system", "reaction", "my.own-type"};
const std::vector<std::string> names{"a", "b", "A"};
const std::vector<EventStatus> statuses{EventStatus::pending,
                                        EventStatus::delivered,
                                        EventStatus::read,
                                        EventStatus::failed,
                                        EventStatus::blocked};

RoomEvent random_event(std::mt19937& random, int number) {
    auto event = make_event({.id = std::to_string(number),
                             .type = one_of(random, type_names),
                             .created_at = at(one_of<int>(random, {0, 1, 2, 3}))});
    event.status = one_of(random, statuses);
    event.visibility = one_of<std::string>(random, {"all", "internal", "a,b"});
    event.source.channel_id = one_of(random, names);
    event.source.channel_type = one_of<std::string>(random, {"sms", "email"});
    if (chance(random, 0.6)) event.source.participant_id = one_of(random, names);
    if (chance(random, 0.6)) event.correlation_id = one_of(random, names);
    if (chance(random, 0.6)) event.parent_event_id = one_of<std::string>(random, {"0", "1", "2"});
    return event;
}

std::vector<EventType> random_types(std::mt19937& random) {
    std::vector<EventType> types;
    for (const auto& name : type_names) {
        if (chance(random, 0.5)) types.emplace_back(name);
    }
    return types;
}

std::vector<EventStatus> random_statuses(std::mt19937& random) {
    std::vector<EventStatus> chosen;
    for (const auto status : statuses) {
        if (chance(random, 0.5)) chosen.push_back(status);
    }
    return chosen;
}

EventFilter random_filter(std::mt19937& random, double density) {
    EventFilter filter;
    const auto sometimes = [&] { return chance(random, density); };
    if (sometimes()) filter.event_types = random_types(random);
    if (sometimes()) filter.exclude_types = random_types(random);
    if (sometimes()) filter.statuses = random_statuses(random);
    if (sometimes()) filter.exclude_statuses = random_statuses(random);
    if (sometimes()) filter.visibility = one_of<std::string>(random, {"all", "internal", "a"});
    if (sometimes()) filter.source_channel_id = one_of(random, names);
    if (sometimes()) filter.source_channel_type = one_of<std::string>(random, {"sms", "email"});
    if (sometimes()) filter.correlation_id = one_of(random, names);
    if (sometimes()) filter.participant_id = one_of(random, names);
    if (sometimes()) {
        filter.parent_event_id = one_of<std::string>(random, {"0", "1", "2"});
    } else {
        filter.top_level_only = sometimes();
    }
    const auto bound = one_of<int>(random, {0, 1, 2});
    if (sometimes()) filter.after_time = at(bound);
    if (sometimes()) filter.before_time = at(bound + one_of<int>(random, {1, 2}));
    return filter;
}

EventQuery random_query(std::mt19937& random, double density) {
    EventQuery query;
    query.offset = one_of<int>(random, {0, 0, 1, 3, 100});
    query.limit = one_of<std::int64_t>(random, {0, 1, 2, 5, 50, most});
    query.newest_first = chance(random, 0.5);
    const auto cursor = one_of<int>(random, {0, 5, 20, 59, 60});
    if (chance(random, 0.3)) {
        query.after_index = cursor;
    } else if (chance(random, 0.4)) {
        query.before_index = cursor;
    }
    query.filter = random_filter(random, density);
    return query;
}

template <typename T>
bool holds(const std::vector<T>& values, const T& value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

bool matches(const EventFilter& filter, const RoomEvent& event) {
    if (filter.event_types && !holds(*filter.event_types, event.type)) return false;
    if (filter.exclude_types && holds(*filter.exclude_types, event.type)) return false;
    if (filter.statuses && !holds(*filter.statuses, event.status)) return false;
    if (filter.exclude_statuses && holds(*filter.exclude_statuses, event.status)) return false;
    if (filter.visibility && event.visibility != filter.visibility) return false;
    const auto& source = event.source;
    if (filter.source_channel_id && source.channel_id != filter.source_channel_id) return false;
    if (filter.source_channel_type && !(source.channel_type == *filter.source_channel_type)) {
        return false;
    }
    if (filter.correlation_id && event.correlation_id != filter.correlation_id) return false;
    if (filter.participant_id && source.participant_id != filter.participant_id) return false;
    if (filter.parent_event_id && event.parent_event_id != filter.parent_event_id) return false;
    if (filter.top_level_only && event.parent_event_id) return false;
    if (filter.after_time && !(event.created_at > *filter.after_time)) return false;
    return !filter.before_time || event.created_at < *filter.before_time;
}

/// The expected page, computed from all events in ascending order as the contract defines it.
std::vector<RoomEvent> expected_page(const std::vector<RoomEvent>& all, const EventQuery& query) {
    std::vector<RoomEvent> rows;
    for (const auto& event : all) {
        if (query.after_index && event.index <= *query.after_index) continue;
        if (query.before_index && event.index >= *query.before_index) continue;
        if (matches(query.filter, event)) rows.push_back(event);
    }
    const bool cursor = query.after_index || query.before_index;
    const bool tail = query.before_index || (!cursor && query.newest_first);
    const auto size = static_cast<std::int64_t>(rows.size());
    const auto skipped = cursor ? 0 : std::min(query.offset, size);
    const auto taken = std::min(query.limit, size - skipped);
    const auto first = rows.begin() + (tail ? size - skipped - taken : skipped);
    return {first, first + taken};
}

std::map<std::string, ThreadSummary> expected_threads(const std::vector<RoomEvent>& events) {
    std::map<std::string, ThreadSummary> threads;
    for (const auto& event : events) {
        if (!event.parent_event_id) continue;
        auto& thread = threads[*event.parent_event_id];
        thread.root_event_id = *event.parent_event_id;
        ++thread.reply_count;
        thread.last_reply_at =
            std::max(event.created_at, thread.last_reply_at.value_or(event.created_at));
    }
    return threads;
}

}  // namespace

TEST_CASE("events are listed by index, starting with the oldest page", "[events]") {
    const auto store = store_with_holes();
    CHECK(listed(*store, {}) == Indexes{0, 1, 2, 5, 6, 8, 9});
    CHECK(listed(*store, {.limit = 3}) == Indexes{0, 1, 2});
    CHECK(listed(*store, {.offset = 2, .limit = 3}) == Indexes{2, 5, 6});
    CHECK(listed(*store, {.offset = 6}) == Indexes{9});
    CHECK(listed(*store, {.offset = 7}).empty());
    CHECK(listed(*store, {.offset = huge, .limit = most}).empty());
    CHECK(listed(*store, {.offset = 1, .limit = most}) == Indexes{1, 2, 5, 6, 8, 9});
    CHECK(listed(*store, {.limit = 0}).empty());
}

TEST_CASE("newest_first lists the last page, in ascending order", "[events]") {
    const auto store = store_with_holes();
    CHECK(listed(*store, {.limit = 3, .newest_first = true}) == Indexes{6, 8, 9});
    CHECK(listed(*store, {.offset = 2, .limit = 3, .newest_first = true}) == Indexes{2, 5, 6});
    CHECK(listed(*store, {.offset = 5, .limit = 3, .newest_first = true}) == Indexes{0, 1});
    CHECK(listed(*store, {.offset = 7, .newest_first = true}).empty());
    CHECK(listed(*store, {.newest_first = true}) == Indexes{0, 1, 2, 5, 6, 8, 9});
    CHECK(listed(*store, {.limit = 0, .newest_first = true}).empty());
    CHECK(listed(*store, {.offset = huge, .limit = most, .newest_first = true}).empty());
}

TEST_CASE("after_index lists the first events with a greater index, up to the limit", "[events]") {
    const auto store = store_with_holes();
    CHECK(listed(*store, {.limit = 3, .after_index = 0}) == Indexes{1, 2, 5});
    CHECK(listed(*store, {.limit = 2, .after_index = 3}) == Indexes{5, 6});
    CHECK(listed(*store, {.limit = 2, .after_index = 4}) == Indexes{5, 6});
    CHECK(listed(*store, {.after_index = 8}) == Indexes{9});
    CHECK(listed(*store, {.after_index = 9}).empty());
    CHECK(listed(*store, {.after_index = huge}).empty());
    CHECK(listed(*store, {.limit = 0, .after_index = 0}).empty());
}

TEST_CASE("before_index lists the last events with a smaller index, up to the limit", "[events]") {
    const auto store = store_with_holes();
    CHECK(listed(*store, {.limit = 3, .before_index = 9}) == Indexes{5, 6, 8});
    CHECK(listed(*store, {.limit = 2, .before_index = 5}) == Indexes{1, 2});
    CHECK(listed(*store, {.limit = 2, .before_index = 4}) == Indexes{1, 2});
    CHECK(listed(*store, {.before_index = 1}) == Indexes{0});
    CHECK(listed(*store, {.before_index = 0}).empty());
    CHECK(listed(*store, {.limit = 2, .before_index = huge}) == Indexes{8, 9});
    CHECK(listed(*store, {.limit = 0, .before_index = 9}).empty());
}

TEST_CASE("a cursor ignores offset and newest_first", "[events]") {
    const auto store = store_with_holes();
    CHECK(listed(*store, {.offset = 2, .limit = 2, .after_index = 2, .newest_first = true}) ==
          Indexes{5, 6});
    CHECK(listed(*store, {.offset = 2, .limit = 2, .before_index = 6, .newest_first = true}) ==
          Indexes{2, 5});
}

TEST_CASE("a room can be paged in both directions", "[events]") {
    const auto store = store_with_holes();
    const Indexes all{0, 1, 2, 5, 6, 8, 9};
    for (std::int64_t limit = 1; limit <= 8; ++limit) {
        CAPTURE(limit);
        auto page = listed(*store, {.limit = limit});
        Indexes forward;
        while (!page.empty()) {
            forward.insert(forward.end(), page.begin(), page.end());
            page = listed(*store, {.limit = limit, .after_index = page.back()});
        }
        CHECK(forward == all);

        page = listed(*store, {.limit = limit, .newest_first = true});
        Indexes backward;
        while (!page.empty()) {
            backward.insert(backward.begin(), page.begin(), page.end());
            page = listed(*store, {.limit = limit, .before_index = page.front()});
        }
        CHECK(backward == all);
    }
}

TEST_CASE("the default limit is 50 events", "[events]") {
    const auto store = store_with_room();
    std::vector<RoomEvent> events;
    for (int i = 0; i < 120; ++i) events.push_back(make_event({.id = std::to_string(i)}));
    run(store->append_events("room", events));
    CHECK(run(store->list_events("room")).size() == 50);
    CHECK(run(store->get_conversation("room")).size() == 50);
    CHECK(run(store->get_timeline("room")).size() == 100);
}

TEST_CASE("events are ordered by index, whatever their times and order of insertion", "[events]") {
    const auto store = store_with_room();
    run(store->add_event(make_event({.id = "c", .index = 9, .created_at = at(1)})));
    run(store->add_event(make_event({.id = "a", .index = 2, .created_at = at(3)})));
    run(store->add_event(make_event({.id = "b", .index = 4, .created_at = at(2)})));
    run(store->add_event_auto_index("room", make_event({.id = "d", .created_at = at(0)})));
    CHECK(ids_of(run(store->list_events("room"))) == Ids{"a", "b", "c", "d"});
    CHECK(ids_of(run(store->list_events("room", {.limit = 2, .newest_first = true}))) ==
          Ids{"c", "d"});
}

TEST_CASE("an unknown room lists no events", "[events]") {
    const auto store = store_with_room();
    CHECK(run(store->list_events("unknown")).empty());
    CHECK(run(store->get_conversation("unknown")).empty());
    CHECK(run(store->get_timeline("unknown")).empty());
    CHECK(run(store->list_events("room")).empty());
}

TEST_CASE("filters apply before offset and limit", "[events]") {
    const auto store = store_with_room();
    for (int i = 0; i < 10; ++i) {
        run(store->add_event_auto_index(
            "room",
            make_event({.id = std::to_string(i),
                        .type = i % 2 == 0 ? EventType::message : EventType::system})));
    }
    EventFilter system;
    system.event_types = std::vector<EventType>{EventType::system};
    CHECK(listed(*store, {.limit = 2, .filter = system}) == Indexes{1, 3});
    CHECK(listed(*store, {.offset = 1, .limit = 2, .filter = system}) == Indexes{3, 5});
    CHECK(listed(*store, {.limit = 2, .newest_first = true, .filter = system}) == Indexes{7, 9});
    CHECK(listed(*store, {.limit = 2, .after_index = 4, .filter = system}) == Indexes{5, 7});
    CHECK(listed(*store, {.limit = 2, .before_index = 5, .filter = system}) == Indexes{1, 3});
}

TEST_CASE("the replies to an event can be paged by index", "[events]") {
    const auto store = store_with_room();
    run(store->add_event_auto_index("room", make_event({.id = "root"})));
    for (int i = 1; i < 9; ++i) {
        const auto* const parent = i % 2 == 0 ? "root" : "other";
        run(store->add_event_auto_index("room",
                                        make_event({.id = std::to_string(i), .parent = parent})));
    }
    const EventFilter replies{.parent_event_id = "root"};
    CHECK(listed(*store, {.filter = replies}) == Indexes{2, 4, 6, 8});
    CHECK(listed(*store, {.after_index = 4, .filter = replies}) == Indexes{6, 8});
    CHECK(listed(*store, {.limit = 2, .after_index = 2, .filter = replies}) == Indexes{4, 6});
    CHECK(listed(*store, {.before_index = 6, .filter = replies}) == Indexes{2, 4});
    CHECK(listed(*store, {.limit = 1, .before_index = 8, .filter = replies}) == Indexes{6});
    CHECK(listed(*store, {.limit = 2, .newest_first = true, .filter = replies}) == Indexes{6, 8});
}

TEST_CASE("an empty list of types matches nothing, and exclude_types takes precedence",
          "[events]") {
    const auto store = store_with_room();
    run(store->add_event_auto_index("room", make_event({.id = "a"})));
    run(store->add_event_auto_index("room", make_event({.id = "b", .type = EventType::system})));
    const std::vector<EventType> none;
    const std::vector<EventType> message{EventType::message};
    const std::vector<EventType> both{EventType::message, EventType::system};
    CHECK(listed(*store, {.filter = {.event_types = none}}).empty());
    CHECK(listed(*store, {.filter = {.exclude_types = none}}) == Indexes{0, 1});
    CHECK(listed(*store, {.filter = {.event_types = both, .exclude_types = message}}) ==
          Indexes{1});
    CHECK(listed(*store, {.filter = {.event_types = message, .exclude_types = both}}).empty());
}

TEST_CASE("an empty list of statuses matches nothing, and exclude_statuses takes precedence",
          "[events]") {
    const auto store = store_with_room();
    for (const auto status : statuses) {
        auto event = make_event({.id = std::string(to_string(status))});
        event.status = status;
        run(store->add_event_auto_index("room", event));
    }
    const std::vector<EventStatus> none;
    const std::vector<EventStatus> ends{EventStatus::blocked, EventStatus::pending};
    CHECK(listed(*store, {.filter = {.statuses = none}}).empty());
    CHECK(listed(*store, {.filter = {.exclude_statuses = none}}) == Indexes{0, 1, 2, 3, 4});
    CHECK(listed(*store, {.filter = {.statuses = ends}}) == Indexes{0, 4});
    CHECK(listed(*store, {.filter = {.exclude_statuses = ends}}) == Indexes{1, 2, 3});
    CHECK(listed(*store, {.filter = {.statuses = ends, .exclude_statuses = {{ends[0]}}}}) ==
          Indexes{0});
    auto blocked = *run(store->get_event("room", "read"));
    blocked.status = EventStatus::blocked;
    run(store->update_event(blocked));
    CHECK(listed(*store, {.filter = {.exclude_statuses = ends}}) == Indexes{1, 3});
}

TEST_CASE("time bounds are exclusive on both sides, to the microsecond", "[events]") {
    const auto store = store_with_room();
    constexpr std::chrono::microseconds tick{1};
    for (int i = 0; i < 3; ++i) {
        run(store->add_event_auto_index(
            "room", make_event({.id = std::to_string(i), .created_at = at(0) + i * tick})));
    }
    CHECK(listed(*store, {.filter = {.after_time = at(0)}}) == Indexes{1, 2});
    CHECK(listed(*store, {.filter = {.before_time = at(0) + 2 * tick}}) == Indexes{0, 1});
    CHECK(listed(*store, {.filter = {.after_time = at(0), .before_time = at(0) + 2 * tick}}) ==
          Indexes{1});
    CHECK(listed(*store, {.filter = {.after_time = at(0), .before_time = at(0) + tick}}).empty());
}

TEST_CASE("every filter, alone and combined, agrees with a linear scan on pages, count and threads",
          "[events]") {
    std::mt19937 random(20260203);
    const auto store = store_with_room();
    std::vector<RoomEvent> batch;
    for (int i = 0; i < 60; ++i) batch.push_back(random_event(random, i));
    auto all = run(store->append_events("room", batch));
    for (const auto* id : {"7", "30", "31", "32", "59"}) {
        run(store->delete_event("room", id, Replies::keep));
        std::erase_if(all, [&](const RoomEvent& event) { return event.id == id; });
    }
    int answered = 0;
    for (int i = 0; i < 600; ++i) {
        const auto query = random_query(random, i % 3 == 0 ? 0.1 : 0.35);
        CAPTURE(i, query.offset, query.limit, query.newest_first);
        const auto page = run(store->list_events("room", query));
        REQUIRE(page == expected_page(all, query));
        const auto matching = expected_page(all, {.limit = most, .filter = query.filter});
        REQUIRE(run(store->get_event_count("room", query.filter)) ==
                static_cast<std::int64_t>(matching.size()));
        const std::vector<std::string> roots{"0", "1", "2", "unknown"};
        REQUIRE(run(store->get_thread_summaries("room", roots, query.filter)) ==
                expected_threads(matching));
        answered += page.empty() ? 0 : 1;
    }
    CHECK(answered > 150);
}

TEST_CASE("get_conversation returns the newest messages, or those after a cursor", "[events]") {
    const auto store = store_with_room();
    for (int i = 0; i < 12; ++i) {
        run(store->add_event_auto_index(
            "room",
            make_event({.id = std::to_string(i),
                        .type = i % 3 == 0 ? EventType::typing : EventType::message})));
    }
    const auto conversation = [&](ConversationQuery query) {
        return indexes_of(run(store->get_conversation("room", query)));
    };
    CHECK(conversation({}) == Indexes{1, 2, 4, 5, 7, 8, 10, 11});
    CHECK(conversation({.limit = 3}) == Indexes{8, 10, 11});
    CHECK(conversation({.limit = 3, .after_index = 2}) == Indexes{4, 5, 7});
    CHECK(conversation({.after_index = 11}).empty());
    CHECK(conversation({.limit = 0}).empty());
    CHECK_FAILS(store->get_conversation("room", {.limit = -1}), errc::invalid_argument, "limit");
}

TEST_CASE("get_timeline returns all events, page by page", "[events]") {
    const auto store = store_with_holes();
    const auto timeline = [&](TimelineQuery query) {
        return indexes_of(run(store->get_timeline("room", std::move(query))));
    };
    CHECK(timeline({}) == Indexes{0, 1, 2, 5, 6, 8, 9});
    CHECK(timeline({.limit = 2}) == Indexes{0, 1});
    CHECK(timeline({.limit = 2, .newest_first = true}) == Indexes{8, 9});
    CHECK(timeline({.limit = 2, .after_index = 2}) == Indexes{5, 6});
    CHECK(timeline({.filter = {.exclude_types = {{EventType::message}}}}).empty());
    CHECK_FAILS(store->get_timeline("room", {.limit = -1}), errc::invalid_argument, "limit");
}

}  // namespace roomstore::contract
