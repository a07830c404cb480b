// A process of version 0.1 that goes on writing after another one has migrated the schema. It is
// represented by its statements, as they were released.

#include "postgres/version_1.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "postgres/fresh_schema.hpp"
#include "roomstore/postgres/postgres_store.hpp"
#include "roomstore/room_feed.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"
#include "support/footprint.hpp"
#include "support/run.hpp"
#include "support/task.hpp"

namespace roomstore::test {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 20s;

std::string body_of(const RoomEvent& event) { return event.content.get_if<TextContent>()->body; }

/// The events of the room by index, with their texts.
using Contents = std::map<std::int64_t, std::string>;

Contents contents_of(PostgresStore& store, const std::string& room) {
    Contents contents;
    EventQuery query;
    query.limit = 1000;
    for (;;) {
        const auto events = run(store.list_events(room, query));
        for (const auto& event : events) contents[event.index] = event.id + ' ' + body_of(event);
        if (events.size() < 1000) return contents;
        query.after_index = events.back().index;
    }
}

/// A feed on a thread of its own, and what it has told.
class Following {
public:
    Following(PostgresStore& store, std::string room)
        : store_(store), task_(caller_.context(), follow(store, std::move(room))) {}
    /// Closes the store, which ends the feed.
    ~Following() { run(store_.close()); }
    Following(const Following&) = delete;
    Following& operator=(const Following&) = delete;

    bool comes_to(const Contents& expected) {
        return comes_within(patience, [&] {
            const std::lock_guard lock(mutex_);
            return contents_ == expected;
        });
    }
    std::size_t resets() const { return read(resets_); }
    std::size_t updated() const { return read(updated_); }
    std::size_t deleted() const { return read(deleted_); }
    /// Events that were told as new twice, or not in the order of their indexes.
    std::size_t wrong() const { return read(wrong_); }
    std::size_t added() const {
        const std::lock_guard lock(mutex_);
        return added_.size();
    }

private:
    std::size_t read(const std::size_t& value) const {
        const std::lock_guard lock(mutex_);
        return value;
    }

    asio::awaitable<void> follow(PostgresStore& store, std::string room) {
        RoomFeed feed(store, std::move(room));
        for (;;) {
            const RoomChanges changes = co_await feed.next();
            const std::lock_guard lock(mutex_);
            apply(changes);
        }
    }

    void apply(const RoomChanges& changes) {
        if (changes.reset) {
            ++resets_;
            contents_.clear();
            added_.clear();
            last_ = -1;
        }
        for (const auto& event : changes.deleted) contents_.erase(event.index);
        deleted_ += changes.deleted.size();
        updated_ += changes.updated.size();
        for (const auto& event : changes.updated) put(event);
        for (const auto& event : changes.added) {
            if (!added_.insert(event.id).second || event.index <= last_) ++wrong_;
            last_ = event.index;
            put(event);
        }
    }

    void put(const RoomEvent& event) { contents_[event.index] = event.id + ' ' + body_of(event); }

    PostgresStore& store_;
    mutable std::mutex mutex_;
    Contents contents_;
    std::set<std::string> added_;
    std::int64_t last_ = -1;
    std::size_t resets_ = 0;
    std::size_t updated_ = 0;
    std::size_t deleted_ = 0;
    std::size_t wrong_ = 0;
    Caller caller_;
    Task<void> task_;
};

asio::awaitable<void> append_many(PostgresStore& store, std::string prefix, int count) {
    for (int i = 0; i < count; ++i) {
        auto event = make_event({.id = prefix + std::to_string(i), .body = "new"});
        co_await store.add_event_auto_index("room", std::move(event));
    }
}

/// Two stores on one schema, of which one reads, and which find by polling what version 0.1 does.
struct Beside {
    Beside() {
        auto options = schema.options();
        options.deadline = 60s;
        options.lock_timeout = 60s;
        options.watch_poll_interval = 100ms;
        writer = std::make_shared<PostgresStore>(options);
        reader = std::make_shared<PostgresStore>(options);
        run(writer->init());
        run(reader->init());
        run(writer->create_room(sample_room()));
    }

    /// The counters of the room fit its rows.
    void check_counters() {
        CHECK(schema.value("SELECT count(*) FROM {schema}.rooms r WHERE live_count <> "
                           "(SELECT count(*) FROM {schema}.events WHERE room_id = r.id)") == "0");
        CHECK(schema.value("SELECT count(*) FROM {schema}.rooms r WHERE remembered <> "
                           "(SELECT count(*) FROM {schema}.event_changes WHERE room_id = r.id)") ==
              "0");
    }

    FreshSchema schema;
    std::shared_ptr<PostgresStore> writer;
    std::shared_ptr<PostgresStore> reader;
};

}  // namespace

TEST_CASE("appends of version 0.1 are told, beside those of this version") {
    constexpr int threads = 3;
    constexpr int callers = 6;
    constexpr int count = 60;
    Beside both;
    Following following(*both.reader, "room");
    std::vector<std::future<void>> old;
    for (int thread = 0; thread < threads; ++thread) {
        old.push_back(std::async(std::launch::async, [&, thread] {
            Version1 process(both.schema);
            for (int i = 0; i < count; ++i) {
                process.append("room", std::to_string(thread) + '-' + std::to_string(i));
            }
        }));
    }
    std::vector<asio::awaitable<void>> tasks;
    for (int caller = 0; caller < callers; ++caller) {
        tasks.push_back(append_many(*both.writer, "new " + std::to_string(caller) + '-', count));
    }
    run_all(std::move(tasks), 2);
    for (auto& process : old) process.get();

    const auto stored = contents_of(*both.writer, "room");
    CHECK(stored.size() == (threads + callers) * count);
    CHECK(stored.rbegin()->first == (threads + callers) * count - 1);
    CHECK(following.comes_to(stored));
    CHECK(following.added() == stored.size());
    CHECK(following.wrong() == 0);
    CHECK(following.resets() == 0);
    CHECK(following.updated() == 0);
    CHECK(following.deleted() == 0);
    // The same without a watch, in pages.
    ChangesQuery query;
    query.limit = 7;
    Contents paged;
    for (bool more = true; more;) {
        const auto changes = run(both.reader->list_changes("room", query));
        CHECK_FALSE(changes.reset);
        for (const auto& event : changes.added) {
            CHECK(paged.emplace(event.index, event.id + ' ' + body_of(event)).second);
        }
        query.since = changes.cursor;
        more = changes.more;
    }
    CHECK(paged == stored);
    both.check_counters();
}

TEST_CASE("edits and deletions of version 0.1 are told only after the cursors were reset") {
    Beside both;
    Version1 old(both.schema);
    for (int i = 0; i < 6; ++i) {
        const auto id = "e" + std::to_string(i);
        if (i % 2 == 0) {
            old.append("room", id);
        } else {
            run(both.writer->add_event_auto_index("room", make_event({.id = id, .body = "new"})));
        }
    }
    Following following(*both.reader, "room");
    const auto before = contents_of(*both.writer, "room");
    REQUIRE(following.comes_to(before));
    const auto cursor = run(both.reader->list_changes("room", {})).cursor;

    // Events of either version; e4 was also edited by this one.
    run(both.writer->update_event(make_event({.id = "e4", .body = "edited"})));
    auto expected = before;
    expected[4] = "e4 edited";
    REQUIRE(following.comes_to(expected));
    old.update("room", "e0", "old edit");
    old.update("room", "e1", "old edit");
    old.update("room", "e4", "old edit");
    old.remove("room", "e2");
    old.remove("room", "e3");
    CHECK(contents_of(*both.writer, "room") ==
          Contents{{0, "e0 old edit"}, {1, "e1 old edit"}, {4, "e4 old edit"}, {5, "e5 new"}});
    CHECK(run(both.writer->get_event_count("room")) == 4);
    // What follows is told, by either version, and what version 0.1 has edited and deleted is not.
    old.append("room", "e6");
    run(both.writer->update_event(make_event({.id = "e5", .body = "edited"})));
    expected[5] = "e5 edited";
    expected[6] = "e6 new";
    CHECK(following.comes_to(expected));
    CHECK(following.resets() == 0);
    CHECK(following.deleted() == 0);
    CHECK(following.updated() == 2);
    ChangesQuery query;
    query.since = cursor;
    const auto changes = run(both.reader->list_changes("room", query));
    CHECK_FALSE(changes.reset);
    CHECK(changes.deleted.empty());
    // Each in its present state.
    REQUIRE(ids_of(changes.updated) == Ids{"e4", "e5"});
    CHECK(body_of(changes.updated[0]) == "old edit");
    CHECK(ids_of(changes.added) == Ids{"e6"});

    run(both.writer->reset_cursors());
    CHECK(run(both.reader->list_changes("room", query)).reset);
    // The feed learns it with the next change.
    old.append("room", "e7");
    CHECK(following.comes_to(contents_of(*both.writer, "room")));
    CHECK(following.resets() == 1);
    // From then on everything is told again.
    run(both.writer->update_event(make_event({.id = "e0", .body = "edited"})));
    CHECK(run(both.writer->delete_event("room", "e1")) == Ids{"e1"});
    CHECK(run(both.writer->delete_event("room", "e2")).empty());
    CHECK_FAILS(both.writer->update_event(make_event({.id = "e3"})), errc::not_found);
    CHECK(following.comes_to(contents_of(*both.writer, "room")));
    CHECK(following.resets() == 1);
    CHECK(following.wrong() == 0);
    both.check_counters();
}

TEST_CASE("an event that this version has edited and version 0.1 deletes is told as deleted") {
    Beside both;
    Version1 old(both.schema);
    old.append("room", "event");
    const auto cursor = run(both.reader->list_changes("room", {})).cursor;
    run(both.writer->update_event(make_event({.body = "edited"})));
    old.remove("room", "event");
    ChangesQuery query;
    query.since = cursor;
    const auto changes = run(both.reader->list_changes("room", query));
    CHECK(changes.updated.empty());
    CHECK(ids_of(changes.deleted) == Ids{"event"});
    // The id is free again.
    CHECK(run(both.writer->add_event_auto_index("room", make_event())).index == 1);
    query.since = changes.cursor;
    CHECK(ids_of(run(both.reader->list_changes("room", query)).added) == Ids{"event"});
    both.check_counters();
}

TEST_CASE("processes of both versions may append, edit and delete at once") {
    constexpr int rounds = 150;
    const auto seed = GENERATE(1U, 2U, 3U);
    CAPTURE(seed);
    Beside both;
    Following following(*both.reader, "room");
    std::vector<std::future<int>> old;
    for (unsigned thread = 0; thread < 2; ++thread) {
        old.push_back(std::async(std::launch::async, [&, thread] {
            Version1 process(both.schema);
            std::mt19937 random(10 * seed + thread);
            int appended = 0;
            for (int i = 0; i < rounds; ++i) {
                // Also events of the other processes, which may not exist yet or any more.
                const auto id = std::to_string(random() % 4) + '-' +
                                std::to_string(random() % static_cast<unsigned>(i + 1));
                const auto kind = random() % 10;
                if (kind < 6) {
                    process.append("room", std::to_string(thread) + '-' + std::to_string(i));
                    ++appended;
                } else if (kind < 9) {
                    process.update("room", id, "old " + std::to_string(i));
                } else {
                    process.remove("room", id);
                }
            }
            return appended;
        }));
    }
    const auto use = [&](unsigned caller, int& appended) -> asio::awaitable<void> {
        std::mt19937 random(10 * seed + caller);
        for (int i = 0; i < rounds; ++i) {
            const auto id = std::to_string(random() % 4) + '-' +
                            std::to_string(random() % static_cast<unsigned>(i + 1));
            const auto kind = random() % 10;
            try {
                if (kind < 6) {
                    const auto own = std::to_string(caller) + '-' + std::to_string(i);
                    auto event = make_event({.id = own, .body = "new"});
                    co_await both.writer->add_event_auto_index("room", std::move(event));
                    ++appended;
                } else if (kind < 9) {
                    auto event = make_event({.id = id, .body = "edit " + std::to_string(i)});
                    co_await both.writer->update_event(std::move(event));
                } else {
                    co_await both.writer->delete_event("room", id);
                }
            } catch (const Error& error) {
                if (error.code() != errc::not_found) throw;
            }
        }
    };
    int of_second = 0;
    int of_third = 0;
    std::vector<asio::awaitable<void>> tasks;
    tasks.push_back(use(2, of_second));
    tasks.push_back(use(3, of_third));
    run_all(std::move(tasks), 2);
    int appended = of_second + of_third;
    for (auto& process : old) appended += process.get();

    // No append is lost and none is stored twice.
    CHECK(both.schema.value("SELECT event_count || ' ' || latest_index FROM {schema}.rooms") ==
          std::to_string(appended) + ' ' + std::to_string(appended - 1));
    both.check_counters();
    CHECK(following.resets() == 0);
    CHECK(following.wrong() == 0);
    run(both.writer->reset_cursors());
    Version1(both.schema).append("room", "last");
    CHECK(following.comes_to(contents_of(*both.writer, "room")));
    CHECK(following.resets() == 1);
    CHECK(following.wrong() == 0);
}

}  // namespace roomstore::test
