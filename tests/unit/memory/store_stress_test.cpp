// Stress test: threads make every kind of change to a few rooms, including deletion of the rooms.
// Besides running under sanitizers, it checks each result during the run, and afterwards that all
// indexes agree.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <catch2/catch_test_macros.hpp>

#include "roomstore/memory/in_memory_store.hpp"
#include "support/builders.hpp"
#include "support/run.hpp"

using namespace roomstore;

namespace {

const std::array<std::string, 3> rooms{"r1", "r2", "r3"};
const std::array<std::string, 3> channels{"c1", "c2", "c3"};
const std::array<std::string, 3> people{"p1", "p2", "p3"};
const std::array<std::string, 2> identities{"i1", "i2"};

/// A copy of the events of a room, kept by `list_changes`.
struct Followed {
    std::optional<RoomCursor> cursor{};
    std::map<std::int64_t, RoomEvent> events{};
    bool more = false;

    void apply(RoomChanges changes) {
        if (changes.reset || !changes.exists) events.clear();
        std::erase_if(events, [&](const auto& each) { return each.first < changes.first_index; });
        for (const auto& gone : changes.deleted) events.erase(gone.index);
        for (auto* part : {&changes.updated, &changes.added}) {
            for (auto& event : *part) {
                const auto index = event.index;
                events.insert_or_assign(index, std::move(event));
            }
        }
        cursor = changes.cursor;
        more = changes.more;
    }
};

/// One caller. It records errors itself, because Catch2 assertions are not thread-safe.
class Caller {
public:
    Caller(InMemoryStore& store, unsigned number)
        : store_(store), number_(number), random_(number) {}

    asio::awaitable<void> run(int calls) {
        for (int i = 0; i < calls; ++i) {
            try {
                co_await call();
            } catch (const Error& error) {
                // Other callers add and delete rooms and events; other errors must not occur.
                const bool expected = error.code() == errc::not_found ||
                                      error.code() == errc::already_exists ||
                                      error.code() == errc::conflict;
                if (!expected) expect(false, error.what());
            }
            if (i % 16 == 0) {
                co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
            }
        }
    }

    const std::vector<std::string>& wrong() const noexcept { return wrong_; }

    /// Reads what it has not seen of the room yet, and returns the events as it knows them.
    std::vector<RoomEvent> followed(const std::string& room_id) {
        auto& copy = followed_[room_id];
        do {
            test::run(follow(room_id));
        } while (copy.more);
        std::vector<RoomEvent> events;
        for (const auto& [index, event] : copy.events) events.push_back(event);
        return events;
    }

private:
    template <typename Values>
    const auto& any(const Values& values) {
        return values[random_() % values.size()];
    }
    void expect(bool holds, const std::string& what) {
        if (!holds) wrong_.push_back(what);
    }
    std::string some_event_id() {
        return "e" + std::to_string(random_() % 4) + "-" + std::to_string(random_() % 200);
    }

    RoomEvent event(const std::string& room_id) {
        auto event = test::make_event(
            {.id = "e" + std::to_string(number_ % 4) + "-" + std::to_string(random_() % 200),
             .room_id = room_id,
             .created_at = test::at(static_cast<std::int64_t>(random_() % 100))});
        if (random_() % 3 == 0) event.parent_event_id = some_event_id();
        if (random_() % 3 == 0) event.idempotency_key = "k" + std::to_string(random_() % 50);
        return event;
    }

    asio::awaitable<void> call() {
        const std::string room_id = any(rooms);
        switch (random_() % 27) {
            case 0:
                if (random_() % 8 == 0) co_await store_.delete_room(room_id);
                if (random_() % 8 == 0) co_await trim(room_id);
                break;
            case 1:
            case 2:
                co_await create_room(room_id);
                break;
            case 3:
                co_await update_room(room_id);
                break;
            case 4:
                co_await patch(room_id);
                break;
            case 5:
                co_await change_binding(room_id);
                break;
            case 6:
                co_await change_participant(room_id);
                break;
            case 7:
                co_await find_rooms();
                break;
            case 8:
                co_await address();
                break;
            case 9:
                co_await task(room_id);
                break;
            case 10:
                co_await markers(room_id);
                break;
            case 11:
            case 12:
                co_await remove_event(room_id);
                break;
            case 13:
                co_await update_event(room_id);
                break;
            case 14:
                co_await batch(room_id);
                break;
            case 15:
                co_await read(room_id);
                break;
            case 16:
            case 17:
                co_await list(room_id);
                break;
            case 24:
            case 25:
                co_await follow(room_id);
                break;
            case 26:
                if (random_() % 50 == 0) co_await store_.reset_cursors();
                co_await import(room_id);
                break;
            default:
                co_await append(room_id);
        }
    }

    asio::awaitable<void> create_room(std::string room_id) {
        auto room = test::sample_room({.id = room_id});
        room.created_at = test::at(static_cast<std::int64_t>(random_() % 3));
        co_await store_.create_room(room);
    }

    asio::awaitable<void> append(std::string room_id) {
        const auto given = event(room_id);
        const auto stored = co_await store_.add_event_auto_index(room_id, given);
        expect(stored.room_id == room_id, "append: room");
        expect(stored.id == given.id || stored.idempotency_key == given.idempotency_key,
               "append: neither the event nor the original");
    }

    asio::awaitable<void> import(std::string room_id) {
        auto late = event(room_id);
        late.index = static_cast<std::int64_t>(random_() % 400);
        co_await store_.add_event(std::move(late));
    }

    asio::awaitable<void> follow(std::string room_id) {
        auto& copy = followed_[room_id];
        ChangesQuery query{.since = copy.cursor, .limit = 20};
        auto answer = co_await store_.list_changes(room_id, query);
        expect(answer.updated.size() + answer.deleted.size() <= 20, "list_changes: too many");
        for (std::size_t i = 1; i < answer.added.size(); ++i) {
            expect(answer.added[i - 1].index < answer.added[i].index, "list_changes: order");
        }
        copy.apply(std::move(answer));
    }

    asio::awaitable<void> batch(std::string room_id) {
        std::vector<RoomEvent> events;
        for (int i = 0; i < 3; ++i) {
            events.push_back(event(room_id));
            events.back().id += "-" + std::to_string(i);
            events.back().idempotency_key.reset();
        }
        const auto stored = co_await store_.append_events(room_id, events);
        expect(stored.size() == 3, "batch: size");
    }

    asio::awaitable<void> update_event(std::string room_id) {
        auto changed = event(room_id);
        changed.id = some_event_id();
        const auto stored = co_await store_.update_event(changed);
        expect(stored.parent_event_id == changed.parent_event_id, "update_event: parent");
    }

    asio::awaitable<void> remove_event(std::string room_id) {
        const auto id = some_event_id();
        const auto gone = co_await store_.delete_event(
            room_id, id, random_() % 2 == 0 ? Replies::cascade : Replies::keep);
        expect(gone.empty() || gone.front() == id, "delete_event: root first");
    }

    asio::awaitable<void> trim(std::string room_id) {
        const auto room = co_await store_.get_room(room_id);
        if (!room) co_return;
        const auto first = co_await store_.trim_room(room_id, room->latest_index);
        const auto hidden = co_await store_.list_events(room_id, {.before_index = first});
        // Otherwise the room was deleted meanwhile, and created again.
        const bool same_room = co_await store_.trim_room(room_id, 0) >= first;
        expect(!same_room || hidden.empty(), "trim_room: a hidden event");
    }

    asio::awaitable<void> list(std::string room_id) {
        EventQuery query{.limit = 50, .newest_first = random_() % 2 == 0};
        if (random_() % 3 == 0) query.filter.parent_event_id = some_event_id();
        const auto events = co_await store_.list_events(room_id, query);
        for (std::size_t i = 1; i < events.size(); ++i) {
            expect(events[i - 1].index < events[i].index, "list_events: order");
        }
        if (events.empty()) co_return;
        const auto later =
            co_await store_.list_events(room_id, {.limit = 10, .after_index = events.back().index});
        for (const auto& event : later) {
            expect(event.index > events.back().index, "list_events: cursor");
        }
    }

    asio::awaitable<void> read(std::string room_id) {
        const auto id = some_event_id();
        const auto anywhere = co_await store_.get_event(id);
        expect(!anywhere || anywhere->id == id, "get_event: id");
        const auto here = co_await store_.get_event(room_id, id);
        expect(!here || (here->id == id && here->room_id == room_id), "get_event: room");
        const std::string key = "k" + std::to_string(random_() % 50);
        const auto keyed = co_await store_.get_event_by_idempotency_key(room_id, key);
        expect(!keyed || keyed->idempotency_key == key, "get_event_by_idempotency_key: key");
        const std::vector<std::string> roots{id};
        const auto summaries = co_await store_.get_thread_summaries(room_id, roots);
        expect(summaries.empty() || summaries.at(id).reply_count > 0, "thread summary: count");
        const auto context = co_await store_.load_room_context(room_id);
        expect(!context.room || context.room->id == room_id, "load_room_context: room");
    }

    asio::awaitable<void> update_room(std::string room_id) {
        auto room = test::sample_room({.id = room_id});
        room.status = static_cast<RoomStatus>(random_() % 4);
        if (random_() % 2 == 0) room.organization_id = "o" + std::to_string(random_() % 2);
        const auto stored = co_await store_.update_room(room);
        expect(stored.status == room.status, "update_room: status");
    }

    asio::awaitable<void> patch(std::string room_id) {
        const std::string key = "key" + std::to_string(number_);
        Json patch = Json::object();
        patch[key] = 1;
        const auto room = co_await store_.patch_room_metadata(room_id, patch);
        expect(!room || room->metadata.contains(key), "patch_room_metadata: key");
    }

    asio::awaitable<void> change_binding(std::string room_id) {
        const std::string channel = any(channels);
        if (random_() % 2 == 0) {
            co_await store_.remove_binding(room_id, channel);
            co_return;
        }
        ChannelBinding binding{.channel_id = channel, .room_id = room_id, .channel_type = "sms"};
        if (random_() % 2 == 0) binding.participant_id = any(people);
        const auto stored = co_await store_.add_binding(binding);
        expect(stored.participant_id == binding.participant_id, "add_binding: participant");
    }

    asio::awaitable<void> change_participant(std::string room_id) {
        const std::string id = any(people);
        if (random_() % 2 == 0) {
            co_await store_.remove_participant(room_id, id);
        } else {
            const Participant participant{.id = id, .room_id = room_id, .channel_id = "c1"};
            co_await store_.add_participant(participant);
        }
    }

    asio::awaitable<void> find_rooms() {
        const auto status = static_cast<RoomStatus>(random_() % 4);
        const RoomFilter filter{.organization_id = "o1", .status = status};
        const auto found = co_await store_.find_rooms(filter, {.limit = 2});
        for (const auto& room : found) {
            expect(room.status == status && room.organization_id == "o1", "find_rooms: filter");
        }
        const LatestRoomFilter active{.status = RoomStatus::active};
        const auto latest = co_await store_.find_latest_room(any(people), active);
        expect(!latest || latest->status == RoomStatus::active, "find_latest_room: status");
        const auto ids = co_await store_.find_room_ids_by_channel(any(channels), {.limit = 3});
        expect(std::set(ids.begin(), ids.end()).size() == ids.size(), "by channel: twice");
    }

    asio::awaitable<void> address() {
        const std::string id = any(identities);
        if (random_() % 2 == 0) {
            const Identity identity{.id = id, .channel_addresses = {{"sms", {"a"}}}};
            co_await store_.create_identity(identity);
        }
        co_await store_.link_address(id, "sms", "a");
        const auto holder = co_await store_.resolve_identity("sms", "a");
        expect(holder && holder->channel_addresses.contains("sms"), "resolve_identity: list");
    }

    asio::awaitable<void> task(std::string room_id) {
        const std::string id = "t" + std::to_string(random_() % 5);
        const Task task{.id = id, .room_id = room_id, .title = "t"};
        co_await store_.get_task(id);
        if (random_() % 2 == 0) {
            co_await store_.add_task(task);
        } else {
            co_await store_.update_task(task);
        }
    }

    asio::awaitable<void> markers(std::string room_id) {
        const std::string channel = any(channels);
        const std::vector<std::string> all(rooms.begin(), rooms.end());
        co_await store_.get_unread_counts(channel, all);
        if (random_() % 2 == 0) {
            co_await store_.mark_all_read(room_id, channel);
        } else {
            co_await store_.mark_read(room_id, channel, some_event_id());
        }
    }

    InMemoryStore& store_;
    const unsigned number_;
    std::mt19937 random_;
    std::vector<std::string> wrong_;
    std::map<std::string, Followed> followed_;
};

/// Checks that counts, threads and indexes of a room agree with its events.
void check_events(InMemoryStore& store, const std::string& room_id) {
    const auto room = test::run(store.get_room(room_id));
    const auto events = test::run(store.list_events(room_id, {.limit = 10'000}));
    REQUIRE(test::run(store.get_event_count(room_id)) == static_cast<std::int64_t>(events.size()));
    std::map<std::string, std::vector<std::string>> replies;
    for (const auto& event : events) {
        REQUIRE(event.index <= room->latest_index);
        REQUIRE(test::run(store.get_event(room_id, event.id)) == event);
        REQUIRE(test::run(store.get_event(event.id))->room_id <= room_id);
        if (event.idempotency_key) {
            const auto keyed =
                test::run(store.get_event_by_idempotency_key(room_id, *event.idempotency_key));
            REQUIRE(keyed == event);
        }
        if (event.parent_event_id) replies[*event.parent_event_id].push_back(event.id);
    }
    for (const auto& [root, ids] : replies) {
        const auto summaries = test::run(store.get_thread_summaries(room_id, {root}));
        REQUIRE(summaries.at(root).reply_count == static_cast<std::int64_t>(ids.size()));
    }
    const auto markers = test::run(store.list_read_markers(room_id));
    for (const auto& channel : channels) {
        const auto marker = markers.find(channel);
        const auto read = marker == markers.end() ? -1 : marker->second;
        REQUIRE(test::run(store.get_unread_count(room_id, channel)) ==
                std::ranges::count_if(events, [&](const auto& e) { return e.index > read; }));
    }
}

/// Checks that room lookups agree with the list of rooms.
void check_rooms(InMemoryStore& store) {
    const auto all = test::run(store.list_rooms());
    for (const auto status :
         {RoomStatus::active, RoomStatus::paused, RoomStatus::closed, RoomStatus::archived}) {
        std::map<std::string, std::vector<std::string>> by_channel;
        std::map<std::string, std::string> latest;
        std::vector<std::string> with_status;
        for (const auto& room : all) {
            if (room.status != status) continue;
            with_status.push_back(room.id);
            for (const auto& binding : test::run(store.list_bindings(room.id))) {
                by_channel[binding.channel_id].push_back(room.id);
                if (binding.participant_id) latest[*binding.participant_id] = room.id;
            }
            for (const auto& participant : test::run(store.list_participants(room.id))) {
                latest[participant.id] = room.id;
            }
        }
        std::vector<std::string> found;
        for (const auto& room : test::run(store.find_rooms({.status = status}))) {
            found.push_back(room.id);
        }
        REQUIRE(found == with_status);
        for (const auto& channel : channels) {
            REQUIRE(test::run(store.find_room_ids_by_channel(
                        channel, {.status = status, .limit = 100})) == by_channel[channel]);
        }
        for (const auto& person : people) {
            const auto room = test::run(store.find_latest_room(person, {.status = status}));
            REQUIRE((room ? room->id : "") == latest[person]);
        }
    }
}

/// Runs some callers on threads that share an execution context, and others on their own context.
void run_callers(std::vector<Caller>& callers, int calls) {
    std::vector<asio::awaitable<void>> sharing;
    std::vector<std::thread> alone;
    for (std::size_t i = 0; i < callers.size(); ++i) {
        if (i % 3 == 0) {
            alone.emplace_back([&caller = callers[i], calls] { test::run(caller.run(calls)); });
        } else {
            sharing.push_back(callers[i].run(calls));
        }
    }
    test::run_all(std::move(sharing), 4);
    for (auto& thread : alone) thread.join();
}

}  // namespace

TEST_CASE("all indexes and followers agree after concurrent changes of every kind") {
    // So few that some followers come too late.
    const InMemoryOptions options{.limits = {.change_history = 60}};
    InMemoryStore store(options);
    test::run(store.init());
    std::vector<Caller> callers;
    for (unsigned i = 0; i < 6; ++i) callers.emplace_back(store, i);
    run_callers(callers, 3000);
    for (const auto& caller : callers) CHECK(caller.wrong() == std::vector<std::string>{});
    for (const auto& room : test::run(store.list_rooms())) check_events(store, room.id);
    for (auto& caller : callers) {
        for (const auto& room_id : rooms) {
            const auto events = test::run(store.list_events(room_id, {.limit = 10'000}));
            CHECK((caller.followed(room_id) == events));
        }
    }
    check_rooms(store);
}

namespace {

/// Fills and empties large rooms, which other threads use and empty too.
asio::awaitable<void> use_large_rooms(InMemoryStore& store, int number, std::atomic<int>& wrong) {
    for (int round = 0; round < 12; ++round) {
        const std::string room_id = rooms[static_cast<std::size_t>(round % 2)];
        const Room room = test::sample_room({.id = room_id});
        std::vector<RoomEvent> events;
        for (int i = 0; i < 2500; ++i) {
            const auto id = std::to_string(number * 1'000'000 + round * 10'000 + i);
            events.push_back(test::make_event({.id = id, .room_id = room_id, .key = id}));
        }
        const std::string last = events.back().id;
        try {
            co_await store.create_room(room);
        } catch (const Error&) {
            // Another thread has created it.
        }
        try {
            const auto stored = co_await store.append_events(room_id, events);
            const auto found = co_await store.get_event(last);
            if (found && found->index != stored.back().index) ++wrong;
            if (round % 3 == 0) co_await store.trim_room(room_id, stored.back().index);
            if (round % 3 == 1) co_await store.delete_room(room_id);
        } catch (const Error& error) {
            if (error.code() != errc::not_found) ++wrong;
        }
    }
}

}  // namespace

TEST_CASE("large rooms are emptied by the calls of several threads") {
    InMemoryStore store;
    test::run(store.init());
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] { test::run(use_large_rooms(store, i, wrong)); });
    }
    for (auto& thread : threads) thread.join();
    CHECK(wrong == 0);
    for (const auto& room : test::run(store.list_rooms())) {
        const auto next = room.event_count == 0 ? 0 : room.latest_index + 1;
        CHECK(test::run(store.trim_room(room.id, next)) == next);
        CHECK(test::run(store.get_event_count(room.id)) == 0);
        test::run(store.delete_room(room.id));
    }
    // Closing removes what is left.
    test::run(store.close());
}
