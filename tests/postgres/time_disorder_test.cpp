#include <algorithm>
#include <random>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "postgres/fresh_schema.hpp"
#include "support/builders.hpp"
#include "support/run.hpp"

/// What the row of a room knows about the order of its times, and that nothing is concluded from it
/// where other versions of the library did not maintain it.
namespace roomstore::test {

namespace {

struct Timed {
    Timed() {
        run(store.init());
        run(store.create_room(sample_room()));
    }

    RoomEvent event(std::int64_t second, std::int64_t index = 0) {
        return make_event({.id = std::to_string(made++), .index = index, .created_at = at(second)});
    }

    std::vector<RoomEvent> events(const std::vector<std::int64_t>& seconds) {
        std::vector<RoomEvent> all;
        for (const auto second : seconds) all.push_back(event(second));
        return all;
    }

    void append(std::int64_t second) { run(store.add_event_auto_index("room", event(second))); }

    /// As version 0.1 does it.
    void append_unaware(std::int64_t second) {
        const std::string id = "'unaware " + std::to_string(made++) + "'";
        schema.query(
            "BEGIN; UPDATE {schema}.rooms SET event_count = event_count + 1, "
            "live_count = live_count + 1, "
            "latest_index = CASE WHEN event_count = 0 THEN 0 ELSE latest_index + 1 END "
            "WHERE id = 'room'; "
            "INSERT INTO {schema}.events (room_id, index, id, type, status, visibility, "
            "source_channel_id, source_channel_type, source_direction, created_at, content) "
            "SELECT 'room', latest_index, " +
            id + ", 'message', 'delivered', 'all', 'c', 'sms', 'inbound', '" +
            to_iso8601(at(second)) +
            R"(', '{"type":"text","body":""}' FROM {schema}.rooms WHERE id = 'room'; COMMIT)");
    }

    Indexes listed(const EventFilter& filter) {
        return indexes_of(run(store.list_events("room", {.filter = filter})));
    }

    std::string of_room(const std::string& column) {
        return schema.value("SELECT " + column + " FROM {schema}.rooms WHERE id = 'room'");
    }
    /// In seconds.
    std::string disorder() {
        return of_room("trim_scale(extract(epoch FROM time_disorder)::numeric)");
    }
    bool known() { return of_room("timed_events = event_count") == "t"; }

    FreshSchema schema;
    PostgresStore store{schema.options()};
    int made = 0;
};

}  // namespace

TEST_CASE("a room knows how far its times descend") {
    Timed room;
    CHECK(room.known());
    CHECK(room.disorder() == "0");
    SECTION("appends one by one") {
        for (const auto second : {3, 5, 5, 9}) room.append(second);
        CHECK(room.disorder() == "0");
        room.append(7);
        CHECK(room.disorder() == "2");
        room.append(8);
        CHECK(room.disorder() == "2");
        room.append(4);
        CHECK(room.disorder() == "5");
    }
    SECTION("batches") {
        const bool expecting = GENERATE(false, true);
        CAPTURE(expecting);
        std::int64_t next = 0;
        const auto append = [&](const std::vector<std::int64_t>& seconds) {
            AppendOptions options;
            if (expecting) options.expected_next_index = next;
            next += static_cast<std::int64_t>(seconds.size());
            run(room.store.append_events("room", room.events(seconds), options));
        };
        append({3, 5, 5, 9});
        CHECK(room.disorder() == "0");
        append({10, 12});
        CHECK(room.disorder() == "0");
        append({20, 17, 19, 18});
        CHECK(room.disorder() == "3");
        append({16, 30});
        CHECK(room.disorder() == "4");
        append({40, 39, 41, 40});
        CHECK(room.disorder() == "4");
        CHECK(room.of_room("latest_created_at = '" + to_iso8601(at(41)) + "'") == "t");
    }
    SECTION("a history that ascends, imported in any order") {
        std::mt19937 random(3);
        std::vector<std::int64_t> indexes;
        for (int i = 0; i < 100; ++i) indexes.push_back(i * 3);
        std::ranges::shuffle(indexes, random);
        for (const auto index : indexes) run(room.store.add_event(room.event(index / 10, index)));
        CHECK(room.disorder() == "0");
    }
    SECTION("imports above and below others") {
        for (const auto& [index, second] :
             std::vector<std::pair<int, int>>{{10, 10}, {20, 20}, {30, 30}}) {
            run(room.store.add_event(room.event(second, index)));
        }
        run(room.store.add_event(room.event(18, 21)));
        CHECK(room.disorder() == "2");
        run(room.store.add_event(room.event(26, 40)));
        CHECK(room.disorder() == "4");
        run(room.store.add_event(room.event(17, 5)));
        CHECK(room.disorder() == "7");
    }
    SECTION("imports of a history that nearly ascends, backwards") {
        for (std::int64_t index = 400; index > 0; --index) {
            run(room.store.add_event(room.event(index % 2 == 0 ? index : index + 2, index)));
        }
        // Not the sum of what 200 events are off.
        CHECK(room.disorder() == "1");
    }
    SECTION("times as far apart as possible") {
        for (std::int64_t index = 200; index > 0; --index) {
            auto event = room.event(0, index);
            event.created_at = index % 3 == 0 ? max_timestamp : min_timestamp;
            run(room.store.add_event(event));
        }
        CHECK(room.of_room("time_disorder < interval '3652060 days'") == "t");
        CHECK(room.listed({.after_time = min_timestamp}).size() == 50);
        CHECK(room.listed({.before_time = max_timestamp}).size() == 50);
    }
    SECTION("a room that is imported with its counters") {
        auto imported = sample_room({.id = "imported"});
        imported.event_count = 3;
        imported.latest_index = 7;
        run(room.store.create_room(imported));
        CHECK(room.schema.value("SELECT timed_events = event_count FROM {schema}.rooms "
                                "WHERE id = 'imported'") == "t");
    }
    CHECK(room.known());
}

TEST_CASE("the order of times is not known for rooms of version 0.1, nor after its appends") {
    Timed room;
    SECTION("of a room that is older") {
        room.schema.query("UPDATE {schema}.rooms SET timed_events = -1");
        for (const auto second : {0, 1, 9, 2, 3}) room.append(second);
    }
    SECTION("after an append") {
        for (const auto second : {0, 1}) room.append(second);
        room.append_unaware(9);
        for (const auto second : {2, 3}) room.append(second);
    }
    SECTION("after the first append") {
        room.append_unaware(0);
        for (const auto second : {1, 9, 2, 3}) room.append(second);
    }
    SECTION("after an append before batches") {
        room.append_unaware(0);
        run(room.store.append_events("room", room.events({1, 9})));
        run(room.store.append_events("room", room.events({2, 3}), {.expected_next_index = 3}));
    }
    SECTION("after an append before imports") {
        for (const auto second : {0, 1}) room.append(second);
        room.append_unaware(9);
        for (const auto second : {2, 3}) run(room.store.add_event(room.event(second, second + 1)));
    }
    SECTION("after the last append") {
        for (const auto second : {0, 1, 9, 2}) room.append(second);
        room.append_unaware(3);
    }
    CHECK_FALSE(room.known());
    CHECK(room.listed({.before_time = at(4)}) == Indexes{0, 1, 3, 4});
    CHECK(room.listed({.after_time = at(3)}) == Indexes{2});
    CHECK(room.listed({.after_time = at(1), .before_time = at(9)}) == Indexes{3, 4});
    CHECK(run(room.store.get_event_count("room", {.before_time = at(4)})) == 4);
    // Wrong, as it would be here, it must not be used.
    room.schema.query("UPDATE {schema}.rooms SET time_disorder = interval '0'");
    CHECK(room.listed({.before_time = at(4)}) == Indexes{0, 1, 3, 4});
    CHECK(room.listed({.after_time = at(2)}) == Indexes{2, 4});
}

TEST_CASE("a filter by time relies on the disorder of the room") {
    Timed room;
    for (const auto second : {0, 1, 2, 9, 3, 4, 5}) room.append(second);
    // Proves that the other tests could fail.
    room.schema.query("UPDATE {schema}.rooms SET time_disorder = interval '0'");
    CHECK(room.listed({.before_time = at(6)}) == Indexes{0, 1, 2});
    room.schema.query("UPDATE {schema}.rooms SET time_disorder = interval '10000 years'");
    CHECK(room.listed({.before_time = at(6)}) == Indexes{0, 1, 2, 4, 5, 6});
}

}  // namespace roomstore::test
