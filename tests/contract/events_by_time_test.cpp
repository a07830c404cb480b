#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include "contract/fixture.hpp"

/// Filters by time, in rooms whose times ascend with their indexes, nearly, or not at all. A store
/// may use what it knows about the order of the times, but no answer may depend on it.
namespace roomstore::contract {

namespace {

constexpr auto most = Limits::default_max_page_rows;
constexpr std::chrono::microseconds tick{1};

/// How the times of a history relate to its indexes.
enum class Times {
    ascending,
    /// Ascending, with each time several times.
    ties,
    /// Ascending, but each time is off by a little.
    jitter,
    /// Ascending, but a few times are off by much.
    outliers,
    descending,
    random,
    /// The earliest and the latest possible times, and some between.
    extreme,
};

constexpr Times all_times[]{Times::ascending,
                            Times::ties,
                            Times::jitter,
                            Times::outliers,
                            Times::descending,
                            Times::random,
                            Times::extreme};

/// A room of the store, and the same events in a map.
class History {
public:
    History(unsigned seed, Times times) : random_(seed), times_(times) {}

    /// An append, a batch, an import, or a deletion.
    void change() {
        switch (below(6)) {
            case 0:
            case 1:
                keep(run(store_->add_event_auto_index("room", event(next_))));
                break;
            case 2:
                append(AppendOptions());
                break;
            case 3:
                append({.expected_next_index = next_});
                break;
            case 4:
                import(import_index());
                break;
            default:
                if (chance(0.5)) remove();
                if (chance(0.3)) trim();
        }
    }

    /// Events, with gaps between them, that are imported in random order.
    void import_all(int count) {
        std::vector<std::int64_t> indexes;
        for (int i = 0; i < count; ++i) indexes.push_back(i * i);
        std::ranges::shuffle(indexes, random_);
        for (const auto index : indexes) import(index);
    }

    /// Compares pages and counts with those of the map.
    void check(int queries) {
        for (int i = 0; i < queries; ++i) {
            const EventQuery query = random_query();
            CAPTURE(i, query.offset, query.limit, query.newest_first, query.after_index);
            CAPTURE(query.before_index);
            CAPTURE(query.filter.after_time, query.filter.before_time);
            const auto page = listed(query);
            REQUIRE(page == expected(query));
            const auto matching = expected({.limit = most, .filter = query.filter});
            REQUIRE(run(store_->get_event_count("room", query.filter)) ==
                    static_cast<std::int64_t>(matching.size()));
        }
    }

private:
    std::int64_t below(std::int64_t bound) {
        return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random_);
    }
    bool chance(double probability) { return std::bernoulli_distribution(probability)(random_); }

    Timestamp time_of(std::int64_t index) {
        // Far apart indexes must not lead out of the possible times.
        const auto seconds = index % 1'000'000;
        switch (times_) {
            case Times::ascending:
                return at(seconds);
            case Times::ties:
                return at(seconds / 4);
            case Times::jitter:
                return at(seconds) + below(4'000'000) * tick;
            case Times::outliers:
                return chance(0.1) ? at(below(1'000'000)) : at(seconds);
            case Times::descending:
                return at(-seconds);
            case Times::random:
                return at(below(50));
            case Times::extreme:
                if (chance(0.1)) return chance(0.5) ? min_timestamp : max_timestamp;
                return at(seconds);
        }
        return {};
    }

    RoomEvent event(std::int64_t index) {
        return make_event(
            {.id = std::to_string(made_++), .index = index, .created_at = time_of(index)});
    }

    void keep(const RoomEvent& stored) {
        times_by_index_.emplace(stored.index, stored.created_at);
        ids_.emplace(stored.index, stored.id);
        next_ = std::max(next_, stored.index + 1);
    }

    void append(const AppendOptions& options) {
        std::vector<RoomEvent> events;
        for (auto left = 1 + below(5); left > 0; --left) {
            events.push_back(event(next_ + static_cast<std::int64_t>(events.size())));
        }
        for (const auto& stored : run(store_->append_events("room", events, options))) keep(stored);
    }

    std::int64_t import_index() {
        if (chance(0.1)) return next_ + below(1000);
        return first_ + below(next_ - first_ + 1);
    }

    void import(std::int64_t index) {
        if (times_by_index_.contains(index)) return;
        keep(run(store_->add_event(event(index))));
    }

    void remove() {
        if (ids_.empty()) return;
        const auto chosen = std::next(ids_.begin(), below(static_cast<std::int64_t>(ids_.size())));
        run(store_->delete_event("room", chosen->second));
        times_by_index_.erase(chosen->first);
        ids_.erase(chosen);
    }

    void trim() {
        first_ += below((next_ - first_) / 4 + 1);
        REQUIRE(run(store_->trim_room("room", first_)) == first_);
        times_by_index_.erase(times_by_index_.begin(), times_by_index_.lower_bound(first_));
        ids_.erase(ids_.begin(), ids_.lower_bound(first_));
    }

    /// The time of an event, or the moment before or after it.
    Timestamp bound() {
        if (times_by_index_.empty() || chance(0.05)) return chance(0.5) ? at(5) : max_timestamp;
        const auto size = static_cast<std::int64_t>(times_by_index_.size());
        const auto time = std::next(times_by_index_.begin(), below(size))->second;
        return std::clamp(time + (below(3) - 1) * tick, min_timestamp, max_timestamp);
    }

    EventQuery random_query() {
        EventQuery query;
        query.limit = chance(0.5) ? most : below(6);
        query.offset = chance(0.7) ? 0 : below(10);
        query.newest_first = chance(0.5);
        const auto cursors = below(4);
        if (cursors == 0) query.after_index = below(next_ + 1);
        if (cursors == 1) query.before_index = below(next_ + 1);
        const auto bounds = below(3);
        if (bounds != 0) query.filter.after_time = bound();
        if (bounds != 1) query.filter.before_time = bound();
        if (bounds == 2) {
            const auto [earlier, later] =
                std::minmax(*query.filter.after_time, *query.filter.before_time);
            query.filter.after_time = std::min(earlier, max_timestamp - tick);
            query.filter.before_time = std::max(later, *query.filter.after_time + tick);
        }
        return query;
    }

    Indexes listed(const EventQuery& query) {
        return indexes_of(run(store_->list_events("room", query)));
    }

    Indexes expected(const EventQuery& query) const {
        Indexes rows;
        for (const auto& [index, time] : times_by_index_) {
            if (query.after_index && index <= *query.after_index) continue;
            if (query.before_index && index >= *query.before_index) continue;
            if (query.filter.after_time && time <= *query.filter.after_time) continue;
            if (query.filter.before_time && time >= *query.filter.before_time) continue;
            rows.push_back(index);
        }
        const bool cursor = query.after_index || query.before_index;
        const bool tail = query.before_index || (!cursor && query.newest_first);
        const auto size = static_cast<std::int64_t>(rows.size());
        const auto skipped = cursor ? 0 : std::min(query.offset, size);
        const auto taken = std::min(query.limit, size - skipped);
        const auto first = rows.begin() + (tail ? size - skipped - taken : skipped);
        return {first, first + taken};
    }

    std::mt19937 random_;
    Times times_;
    std::shared_ptr<ConversationStore> store_ = store_with_room();
    std::map<std::int64_t, Timestamp> times_by_index_;
    std::map<std::int64_t, std::string> ids_;
    std::int64_t first_ = 0;
    std::int64_t next_ = 0;
    std::int64_t made_ = 0;
};

/// Events with one-letter ids at the given times, in this order.
std::vector<RoomEvent> events_at(const std::vector<std::int64_t>& seconds) {
    std::vector<RoomEvent> events;
    for (const auto second : seconds) {
        const std::string id(1, static_cast<char>('a' + events.size()));
        events.push_back(make_event({.id = id, .created_at = at(second)}));
    }
    return events;
}

Indexes listed(ConversationStore& store, const EventFilter& filter) {
    return indexes_of(run(store.list_events("room", {.filter = filter})));
}

}  // namespace

TEST_CASE("filters by time agree with a linear scan, however the times lie and events arrive",
          "[events]") {
    for (const auto times : all_times) {
        for (unsigned seed = 1; seed <= 3; ++seed) {
            CAPTURE(static_cast<int>(times), seed);
            History history(seed, times);
            for (int i = 0; i < 5; ++i) {
                for (int j = 0; j < 8; ++j) history.change();
                history.check(8);
            }
            history.check(60);
        }
    }
}

TEST_CASE("filters by time agree with a linear scan of a history imported in any order",
          "[events]") {
    for (const auto times : all_times) {
        CAPTURE(static_cast<int>(times));
        History history(7, times);
        history.import_all(40);
        history.check(60);
        for (int i = 0; i < 10; ++i) history.change();
        history.check(60);
    }
}

TEST_CASE("filters by time count in UTC, whatever the time zone of a server", "[events]") {
    const auto store = store_with_room();
    using namespace std::chrono;
    // In Europe, the clocks are changed between these days: 30 days are not 30 times 24 hours.
    const auto march = sys_days{year{2021} / 3 / 11};
    const auto april = sys_days{year{2021} / 4 / 10};
    const Timestamp times[]{april + 30min, march + 45min, april + 20min};
    for (const auto time : times) {
        const auto id = std::to_string(time.time_since_epoch().count());
        run(store->add_event_auto_index("room", make_event({.id = id, .created_at = time})));
    }
    CHECK(listed(*store, {.after_time = Timestamp(april)}) == Indexes{0, 2});
    CHECK(listed(*store, {.before_time = april + 25min}) == Indexes{1, 2});
    CHECK(listed(*store, {.before_time = Timestamp(april)}) == Indexes{1});
}

TEST_CASE("filters by time find events that came too late", "[events]") {
    const auto store = store_with_room();
    SECTION("one by one") {
        for (const auto& event : events_at({0, 1, 2, 9, 3, 4, 5})) {
            run(store->add_event_auto_index("room", event));
        }
    }
    SECTION("in a batch") { run(store->append_events("room", events_at({0, 1, 2, 9, 3, 4, 5}))); }
    SECTION("in a batch at an expected index") {
        run(store->append_events(
            "room", events_at({0, 1, 2, 9, 3, 4, 5}), {.expected_next_index = 0}));
    }
    SECTION("in a later batch") {
        const auto events = events_at({0, 1, 2, 9, 3, 4, 5});
        run(store->append_events("room", {events.begin(), events.begin() + 4}));
        run(store->append_events("room", {events.begin() + 4, events.end()}));
    }
    SECTION("in a later batch at an expected index") {
        const auto events = events_at({0, 1, 2, 9, 3, 4, 5});
        run(store->append_events("room", {events.begin(), events.begin() + 4}));
        run(store->append_events(
            "room", {events.begin() + 4, events.end()}, {.expected_next_index = 4}));
    }
    SECTION("imported") {
        std::int64_t index = 0;
        for (auto& event : events_at({0, 1, 2, 9, 3, 4, 5})) {
            event.index = index++;
            run(store->add_event(event));
        }
    }
    SECTION("imported backwards") {
        auto events = events_at({0, 1, 2, 9, 3, 4, 5});
        for (std::size_t i = events.size(); i-- > 0;) {
            events[i].index = static_cast<std::int64_t>(i);
            run(store->add_event(events[i]));
        }
    }
    CHECK(listed(*store, {.before_time = at(6)}) == Indexes{0, 1, 2, 4, 5, 6});
    CHECK(listed(*store, {.after_time = at(6)}) == Indexes{3});
    CHECK(listed(*store, {.after_time = at(2), .before_time = at(9)}) == Indexes{4, 5, 6});
    CHECK(listed(*store, {.before_time = at(9)}) == Indexes{0, 1, 2, 4, 5, 6});
    CHECK(listed(*store, {.after_time = at(4), .before_time = at(10)}) == Indexes{3, 6});
}

TEST_CASE("filters by time find an imported event that lies between later or earlier ones",
          "[events]") {
    const auto store = store_with_room();
    for (const std::int64_t index : {0, 10, 20, 30, 40, 50, 60}) {
        run(store->add_event(
            make_event({.id = std::to_string(index), .index = index, .created_at = at(index)})));
    }
    SECTION("earlier than those below it") {
        run(store->add_event(make_event({.id = "new", .index = 25, .created_at = at(12)})));
        CHECK(listed(*store, {.before_time = at(13)}) == Indexes{0, 10, 25});
        CHECK(listed(*store, {.after_time = at(11)}) == Indexes{20, 25, 30, 40, 50, 60});
    }
    SECTION("later than those above it") {
        run(store->add_event(make_event({.id = "new", .index = 5, .created_at = at(28)})));
        CHECK(listed(*store, {.after_time = at(27)}) == Indexes{5, 30, 40, 50, 60});
        CHECK(listed(*store, {.before_time = at(28)}) == Indexes{0, 10, 20});
    }
}

TEST_CASE("filters by time stay right when the event that came too late is deleted", "[events]") {
    const auto store = store_with_room();
    run(store->append_events("room", events_at({5, 1, 2, 3})));
    run(store->delete_event("room", "a"));
    CHECK(listed(*store, {.after_time = at(1)}) == Indexes{2, 3});
    for (const auto* id : {"b", "c", "d"}) run(store->delete_event("room", id));
    CHECK(listed(*store, {.before_time = max_timestamp}).empty());
    run(store->add_event_auto_index("room", make_event({.id = "e", .created_at = at(4)})));
    run(store->add_event_auto_index("room", make_event({.id = "f", .created_at = at(0)})));
    CHECK(listed(*store, {.before_time = at(4)}) == Indexes{5});
    CHECK(listed(*store, {.after_time = at(0)}) == Indexes{4});
}

TEST_CASE("filters by time answer in a room whose counters did not begin at 0", "[events]") {
    const auto store = fresh_store();
    auto room = sample_room();
    room.event_count = 3;
    room.latest_index = 7;
    run(store->create_room(room));
    CHECK(listed(*store, {.after_time = min_timestamp}).empty());
    run(store->append_events("room", events_at({9, 1, 5})));
    CHECK(listed(*store, {.before_time = at(6)}) == Indexes{9, 10});
    CHECK(listed(*store, {.after_time = at(5)}) == Indexes{8});
}

TEST_CASE("filters by time cover the highest indexes and the whole range of times", "[events]") {
    constexpr auto highest = std::numeric_limits<std::int64_t>::max() - 1;
    const auto store = store_with_room();
    const std::vector<std::pair<std::int64_t, Timestamp>> events{{0, max_timestamp},
                                                                 {highest - 1, min_timestamp},
                                                                 {highest, at(0)},
                                                                 {1, min_timestamp},
                                                                 {2, max_timestamp}};
    for (const auto& [index, time] : events) {
        run(store->add_event(
            make_event({.id = std::to_string(index), .index = index, .created_at = time})));
    }
    CHECK(listed(*store, {.before_time = at(1)}) == Indexes{1, highest - 1, highest});
    CHECK(listed(*store, {.after_time = min_timestamp}) == Indexes{0, 2, highest});
    CHECK(listed(*store, {.after_time = at(0)}) == Indexes{0, 2});
    CHECK(listed(*store, {.before_time = max_timestamp}) == Indexes{1, highest - 1, highest});
    CHECK(listed(*store, {.after_time = max_timestamp}).empty());
    CHECK(listed(*store, {.before_time = min_timestamp}).empty());
}

}  // namespace roomstore::contract
