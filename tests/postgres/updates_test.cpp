// Updates of events by many callers at once, and what the tables then remember of them.

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "postgres/fresh_schema.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"
#include "support/run.hpp"

namespace roomstore::test {

namespace {

using namespace std::chrono_literals;

constexpr int rooms = 3;
constexpr int events = 4;
constexpr int callers = 12;
constexpr int calls = 60;

std::string room_id(int number) { return "room-" + std::to_string(number); }

/// A write or a read of an event's text. Its times are numbers of a common clock.
struct Access {
    std::string event{};
    std::string value{};
    bool writes = false;
    std::uint64_t began = 0;
    std::uint64_t ended = 0;
};

RoomEvent event_with(const std::string& room, const std::string& id, const std::string& body) {
    return make_event({.id = id, .room_id = room, .body = body});
}

asio::awaitable<void> use_events(PostgresStore& store,
                                 int caller,
                                 std::atomic<std::uint64_t>& clock,
                                 std::vector<Access>& history) {
    std::mt19937 random(static_cast<unsigned>(caller));
    for (int i = 0; i < calls; ++i) {
        const auto room = room_id(static_cast<int>(random() % rooms));
        const auto id = "event-" + std::to_string(random() % events);
        Access access{.event = room + ' ' + id};
        access.began = ++clock;
        const auto kind = random() % 8;
        if (kind < 4) {
            access.writes = true;
            access.value = std::to_string(caller) + '.' + std::to_string(i);
            auto event = event_with(room, id, access.value);
            const auto stored = co_await store.update_event(std::move(event));
            if (stored.content.get_if<TextContent>()->body != access.value) access.value = "wrong";
        } else if (kind < 6) {
            const auto found = co_await store.get_event(room, id);
            access.value = found->content.get_if<TextContent>()->body;
        } else {
            auto event = event_with(room, std::to_string(caller) + '-' + std::to_string(i), "new");
            co_await store.add_event_auto_index(room, std::move(event));
            continue;
        }
        access.ended = ++clock;
        history.push_back(std::move(access));
    }
}

/// Whether a read may have returned the value of `write`: the write had begun, and no other write
/// of the event lies entirely between the two.
bool may_see(const Access& read, const Access& write, const std::vector<Access>& writes) {
    if (write.began > read.ended) return false;
    return std::ranges::none_of(writes, [&](const Access& other) {
        return other.event == read.event && other.began > write.ended && other.ended < read.began;
    });
}

}  // namespace

TEST_CASE("updates, reads and appends of many callers are linearizable") {
    const std::size_t append_batch = GENERATE(256, 1);
    CAPTURE(append_batch);
    FreshSchema schema;
    auto options = schema.options();
    options.deadline = 60s;
    options.lock_timeout = 60s;
    options.append_batch = append_batch;
    options.connections = 2;
    PostgresStore one(options), other(options);
    run(one.init());
    run(other.init());
    std::vector<Access> writes, reads;
    for (int room = 0; room < rooms; ++room) {
        run(one.create_room(sample_room({.id = room_id(room)})));
        for (int i = 0; i < events; ++i) {
            const auto id = "event-" + std::to_string(i);
            run(one.add_event_auto_index(room_id(room), event_with(room_id(room), id, "first")));
            writes.push_back({.event = room_id(room) + ' ' + id, .value = "first", .writes = true});
        }
    }
    std::atomic<std::uint64_t> clock = 0;
    std::vector<std::vector<Access>> histories(callers);
    std::vector<asio::awaitable<void>> tasks;
    for (int caller = 0; caller < callers; ++caller) {
        tasks.push_back(use_events(caller % 2 == 0 ? one : other,
                                   caller,
                                   clock,
                                   histories[static_cast<std::size_t>(caller)]));
    }
    run_all(std::move(tasks), 2);
    for (int room = 0; room < rooms; ++room) {
        for (int i = 0; i < events; ++i) {
            const auto id = "event-" + std::to_string(i);
            Access last{.event = room_id(room) + ' ' + id};
            last.began = last.ended = ++clock;
            last.value = run(one.get_event(room_id(room), id))->content.get_if<TextContent>()->body;
            reads.push_back(std::move(last));
        }
    }
    for (const auto& history : histories) {
        for (const auto& access : history) (access.writes ? writes : reads).push_back(access);
    }
    CHECK(writes.size() > 200);
    CHECK(reads.size() > 100);
    int wrong = 0;
    for (const auto& read : reads) {
        const auto write = std::ranges::find_if(writes, [&](const Access& each) {
            return each.event == read.event && each.value == read.value;
        });
        if (write == writes.end() || !may_see(read, *write, writes)) ++wrong;
    }
    CHECK(wrong == 0);
    const auto updates = writes.size() - rooms * events;
    CHECK(schema.value("SELECT sum(revision) FROM {schema}.rooms") == std::to_string(updates));
    // One row for each event that was updated, with the revision of its last update.
    CHECK(schema.value("SELECT count(*) FROM {schema}.event_changes") ==
          std::to_string(rooms * events));
    CHECK(schema.value("SELECT count(*) FROM {schema}.rooms r WHERE remembered <> "
                       "(SELECT count(*) FROM {schema}.event_changes WHERE room_id = r.id) "
                       "OR revision <> (SELECT max(revision) FROM {schema}.event_changes "
                       "WHERE room_id = r.id)") == "0");
    CHECK(schema.value("SELECT count(*) - count(DISTINCT (room_id, revision)) "
                       "FROM {schema}.event_changes") == "0");
    // Indexes without a gap, whatever shared their transactions.
    CHECK(schema.value("SELECT count(*) FROM {schema}.rooms r WHERE event_count <> "
                       "(SELECT count(*) FROM {schema}.events WHERE room_id = r.id) "
                       "OR latest_index <> event_count - 1") == "0");
}

TEST_CASE("as many changes as configured are remembered, and the floor follows them") {
    const std::int64_t history = GENERATE(1, 4, 16);
    CAPTURE(history);
    FreshSchema schema;
    auto options = schema.options();
    options.limits.change_history = history;
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(sample_room()));
    constexpr int count = 60;
    for (int i = 0; i < count; ++i) {
        run(store.add_event_auto_index("room", make_event({.id = std::to_string(i)})));
    }
    ChangesQuery all;
    all.limit = 1000;
    auto cursor = run(store.list_changes("room", all)).cursor;
    std::map<std::int64_t, RoomCursor> cursors{{0, cursor}};
    for (int i = 0; i < count; ++i) {
        CAPTURE(i);
        // Each event once, some of them again, and some of them deleted.
        if (i % 5 == 4) {
            CHECK(run(store.delete_event("room", std::to_string(i))).size() == 1);
        } else {
            run(store.update_event(make_event({.id = std::to_string(i)})));
        }
        const auto rows = std::stoll(schema.value("SELECT count(*) FROM {schema}.event_changes"));
        CHECK(rows >= std::min<std::int64_t>(i + 1, history));
        CHECK(rows <= history + history / 8);
        CHECK(schema.value("SELECT remembered FROM {schema}.rooms") == std::to_string(rows));
        const auto floor = std::stoll(schema.value("SELECT revision_floor FROM {schema}.rooms"));
        CHECK(floor == i + 1 - rows);
        CHECK(schema.value("SELECT coalesce(min(revision), 0) FROM {schema}.event_changes") ==
              std::to_string(floor + 1));
        cursor = run(store.list_changes("room", all)).cursor;
        CHECK(cursor.revision == i + 1);
        cursors[cursor.revision] = cursor;
        // A cursor at the floor gets everything since; one below it has to begin anew.
        for (const auto at : {floor - 1, floor, floor + 1}) {
            if (!cursors.contains(at)) continue;
            ChangesQuery query = all;
            query.since = cursors[at];
            const auto changes = run(store.list_changes("room", query));
            CHECK(changes.reset == (at < floor));
            if (!changes.reset) {
                CHECK(static_cast<std::int64_t>(changes.updated.size() + changes.deleted.size()) ==
                      i + 1 - at);
            }
        }
    }
}

TEST_CASE("a cascade that is larger than the history forgets its own first changes") {
    FreshSchema schema;
    auto options = schema.options();
    options.limits.change_history = 4;
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(sample_room()));
    run(store.add_event_auto_index("room", make_event({.id = "root"})));
    for (int i = 0; i < 20; ++i) {
        const auto id = "reply-" + std::to_string(i);
        run(store.add_event_auto_index("room", make_event({.id = id, .parent = "root"})));
    }
    ChangesQuery query;
    query.since = run(store.list_changes("room", {})).cursor;
    CHECK(run(store.delete_event("room", "root", Replies::cascade)).size() == 21);
    CHECK(schema.value("SELECT count(*) FROM {schema}.event_changes") == "4");
    CHECK(schema.value("SELECT revision || ' ' || remembered || ' ' || revision_floor "
                       "FROM {schema}.rooms") == "21 4 17");
    const auto changes = run(store.list_changes("room", query));
    CHECK(changes.reset);
    CHECK(changes.added.empty());
    CHECK(changes.cursor.revision == 21);
}

TEST_CASE("with no limit nothing is forgotten") {
    FreshSchema schema;
    auto options = schema.options();
    options.limits.change_history = 0;
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(sample_room()));
    for (int i = 0; i < 50; ++i) {
        run(store.add_event_auto_index("room", make_event({.id = std::to_string(i)})));
        run(store.update_event(make_event({.id = std::to_string(i)})));
    }
    CHECK(schema.value("SELECT count(*) FROM {schema}.event_changes") == "50");
    CHECK(schema.value("SELECT revision_floor FROM {schema}.rooms") == "0");
}

}  // namespace roomstore::test
