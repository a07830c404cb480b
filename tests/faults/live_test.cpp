// Nothing lost, nothing twice, in order: every room of two stores is followed while many callers
// change it and the sessions that tell of changes are terminated. Polling finds nothing here: its
// interval is longer than the test.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "roomstore/decorators/forwarding_store.hpp"
#include "roomstore/postgres/postgres_store.hpp"
#include "roomstore/room_feed.hpp"
#include "support/builders.hpp"
#include "support/footprint.hpp"
#include "support/private_cluster.hpp"
#include "support/run.hpp"
#include "support/task.hpp"

namespace roomstore::test {

namespace {

using namespace std::chrono_literals;

constexpr int room_count = 64;
constexpr int writer_count = 16;
// A bound only for a machine on which nothing goes on.
constexpr auto time_limit = 120s;

std::string room_name(int number) { return "room-" + std::to_string(number); }

struct Counts {
    std::atomic<int> changes{0};
    std::atomic<int> appended{0};
    std::atomic<int> updated{0};
    std::atomic<int> deleted{0};
    std::atomic<int> trimmed{0};
    std::atomic<int> recreated{0};
    std::atomic<int> answers{0};
    std::atomic<int> resets{0};
    std::atomic<int> states{0};
    std::atomic<int> cancelled{0};
    std::atomic<int> failed{0};
};

/// Fails every tenth read.
class FailingReads final : public ForwardingStore {
public:
    FailingReads(std::shared_ptr<ConversationStore> inner, bool fails, Counts& counts)
        : ForwardingStore(std::move(inner)), fails_(fails), counts_(counts) {}

    asio::awaitable<RoomChanges> list_changes(std::string room_id, ChangesQuery query) override {
        if (fails_ && ++reads_ % 10 == 0) {
            ++counts_.failed;
            // After the answer, as if it had been lost on the way, or before the call.
            if (reads_ % 20 == 0) {
                auto reading = ForwardingStore::list_changes(std::move(room_id), query);
                const RoomChanges lost = co_await std::move(reading);
            }
            throw Error(errc::unavailable, "this read fails");
        }
        auto reading = ForwardingStore::list_changes(std::move(room_id), query);
        co_return co_await std::move(reading);
    }

private:
    const bool fails_;
    Counts& counts_;
    int reads_ = 0;  // on one thread
};

/// What a follower has been told of a room, and whether it could be true.
class Replica {
public:
    void apply(const RoomChanges& changes, Counts& counts) {
        ++counts.answers;
        if (changes.reset) {
            ++counts.resets;
            *this = Replica(std::move(problems_));
        }
        std::erase_if(events_, [&](const auto& each) { return each.first < changes.first_index; });
        for (const auto& event : changes.deleted) {
            const auto found = events_.find(event.index);
            if (found != events_.end() && found->second.id != event.id) {
                problem("another event deleted", event.id);
            }
            if (!gone_.insert(event.id).second) problem("deleted twice", event.id);
            if (found != events_.end()) events_.erase(found);
        }
        for (const auto& event : changes.updated) put(event, counts);
        for (const auto& event : changes.added) {
            if (event.index <= last_added_) problem("added out of order", event.id);
            last_added_ = event.index;
            put(event, counts);
        }
        if (!changes.exists) events_.clear();
        cursor_ = changes.cursor;
    }

    const std::map<std::int64_t, RoomEvent>& events() const { return events_; }
    const std::vector<std::string>& problems() const { return problems_; }

private:
    Replica(std::vector<std::string> problems) : problems_(std::move(problems)) {}

public:
    Replica() = default;

private:
    // The text is the number of the state.
    void put(const RoomEvent& event, Counts& counts) {
        ++counts.states;
        const int state = std::stoi(event.content.get_if<TextContent>()->body);
        const auto seen = seen_.find(event.id);
        if (seen != seen_.end() && state <= seen->second) {
            problem(state == seen->second ? "seen twice" : "seen out of order", event.id);
        }
        if (gone_.contains(event.id)) problem("seen after it was deleted", event.id);
        seen_[event.id] = state;
        events_.insert_or_assign(event.index, event);
    }

    void problem(const char* what, const std::string& id) {
        problems_.push_back(std::string(what) + ": " + id);
    }

    std::map<std::int64_t, RoomEvent> events_;
    std::map<std::string, int> seen_;
    std::set<std::string> gone_;
    std::int64_t last_added_ = -1;
    RoomCursor cursor_;
    std::vector<std::string> problems_;
};

struct Follower {
    std::string room_id;
    std::mutex mutex;
    Replica replica;
    std::string ended;
};

/// Emits the signal after it was posted `steps` times.
void cancel_after(const asio::any_io_executor& executor,
                  std::shared_ptr<asio::cancellation_signal> signal,
                  unsigned steps) {
    asio::post(executor, [executor, signal = std::move(signal), steps] {
        if (steps != 0) return cancel_after(executor, signal, steps - 1);
        signal->emit(asio::cancellation_type::terminal);
    });
}

/// Follows the room until the store is closed. Every second call is cancelled if `cancels`.
asio::awaitable<void> follow(ConversationStore& store,
                             Follower& follower,
                             bool cancels,
                             std::int64_t limit,
                             Counts& counts) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    FeedOptions options;
    options.limit = limit;
    RoomFeed feed(store, follower.room_id, {}, options);
    for (unsigned calls = 0;; ++calls) {
        std::error_code failed;
        try {
            const auto signal = std::make_shared<asio::cancellation_signal>();
            if (cancels && calls % 2 == 1) cancel_after(executor, signal, calls % 13);
            auto call = feed.next();
            auto token = asio::bind_cancellation_slot(signal->slot(), asio::use_awaitable);
            const RoomChanges changes = co_await asio::co_spawn(executor, std::move(call), token);
            const std::lock_guard lock(follower.mutex);
            follower.replica.apply(changes, counts);
        } catch (const std::system_error& error) {
            failed = error.code();
        }
        if (!failed) continue;
        if (failed == asio::error::operation_aborted) {
            ++counts.cancelled;
        } else if (failed != errc::unavailable) {
            follower.ended = failed.message();
            co_return;
        }
    }
}

/// Changes rooms until there are enough changes. Only this caller deletes and creates the rooms of
/// its own, and only it updates the events that it has appended: so the order of states is known.
asio::awaitable<void> change_rooms(PostgresStore& store, int number, int enough, Counts& counts) {
    struct Mine {
        std::string room;
        std::string id;
        int state = 0;
    };
    std::mt19937 random(static_cast<unsigned>(number));
    std::vector<Mine> mine;
    int made = 0;
    while (counts.changes < enough) {
        const auto kind = random() % 1000;
        const auto room = room_name(static_cast<int>(random() % room_count));
        const auto own = room_name(
            number + writer_count * static_cast<int>(random() % (room_count / writer_count)));
        try {
            if (kind < 450 || mine.empty()) {
                const auto count = 1 + random() % 3;
                std::vector<RoomEvent> events;
                for (unsigned i = 0; i < count; ++i) {
                    const auto id = std::to_string(number) + '-' + std::to_string(made++);
                    events.push_back(make_event({.id = id, .room_id = room, .body = "0"}));
                }
                std::vector<std::string> ids;
                for (const auto& event : events) ids.push_back(event.id);
                const AppendOptions options;
                co_await store.append_events(room, std::move(events), options);
                for (auto& id : ids) mine.push_back({.room = room, .id = std::move(id)});
                counts.appended += static_cast<int>(count);
            } else if (kind < 850) {
                auto& edited = mine[random() % mine.size()];
                auto event = make_event({.id = edited.id,
                                         .room_id = edited.room,
                                         .body = std::to_string(++edited.state)});
                co_await store.update_event(std::move(event));
                ++counts.updated;
            } else if (kind < 980) {
                const auto at = random() % mine.size();
                const Mine gone = mine[at];
                mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(at));
                const auto ids = co_await store.delete_event(gone.room, gone.id);
                counts.deleted += static_cast<int>(ids.size());
            } else if (kind < 990) {
                const auto first = co_await store.get_event_count(own);
                co_await store.trim_room(own, first / 2);
                ++counts.trimmed;
            } else {
                co_await store.delete_room(own);
                auto again = sample_room({.id = own});
                co_await store.create_room(std::move(again));
                counts.recreated += 2;
            }
            ++counts.changes;
        } catch (const Error& error) {
            // The room is being created again, or was trimmed.
            if (error.code() != errc::not_found) throw;
        }
        if (mine.size() > 400) mine.erase(mine.begin(), mine.begin() + 100);
    }
}

std::map<std::int64_t, RoomEvent> stored_events(PostgresStore& store, const std::string& room) {
    std::map<std::int64_t, RoomEvent> stored;
    ChangesQuery query;
    query.limit = 1000;
    for (;;) {
        const auto changes = run(store.list_changes(room, query));
        for (const auto* list : {&changes.updated, &changes.added}) {
            for (const auto& event : *list) stored.insert_or_assign(event.index, event);
        }
        query.since = changes.cursor;
        if (!changes.more) break;
    }
    // The same as another call tells.
    std::map<std::int64_t, RoomEvent> listed;
    EventQuery page;
    page.limit = 1000;
    for (;;) {
        const auto events = run(store.list_events(room, page));
        for (const auto& event : events) listed.emplace(event.index, event);
        if (events.size() < 1000) break;
        page.after_index = events.back().index;
    }
    CHECK(stored == listed);
    return listed;
}

}  // namespace

TEST_CASE("every follower ends with the rooms of the store, whatever is lost on the way") {
    const bool troubled = GENERATE(false, true);
    const int enough = 20'000;
    CAPTURE(troubled);
    const Watchdog watchdog(600s);
    PrivateCluster cluster;
    PostgresOptions options;
    options.connection_string = cluster.connection_string();
    options.notify_connection_string = cluster.connection_string() + " application_name=listener_1";
    options.connections = 3;
    options.deadline = 60s;
    options.lock_timeout = 60s;
    options.watch_poll_interval = 1h;
    options.limits.change_history = troubled ? 200 : 10'000;
    Counts counts;
    const auto one = std::make_shared<PostgresStore>(options);
    options.notify_connection_string = cluster.connection_string() + " application_name=listener_2";
    const auto other = std::make_shared<PostgresStore>(options);
    run(one->init());
    run(other->init());
    for (int room = 0; room < room_count; ++room) {
        run(one->create_room(sample_room({.id = room_name(room)})));
    }
    FailingReads of_one(one, troubled, counts), of_other(other, troubled, counts);
    std::vector<std::unique_ptr<Follower>> followers;
    Caller first_reader, second_reader;
    std::vector<std::unique_ptr<Task<void>>> following;
    for (int room = 0; room < room_count; ++room) {
        for (auto* store : {&of_one, &of_other}) {
            auto& follower = *followers.emplace_back(std::make_unique<Follower>());
            follower.room_id = room_name(room);
            auto& caller = store == &of_one ? first_reader : second_reader;
            following.push_back(std::make_unique<Task<void>>(
                caller.context(),
                follow(*store, follower, troubled, room % 2 == 0 ? 7 : 100, counts)));
        }
    }

    std::atomic<bool> over = false;
    std::atomic<int> terminated = 0;
    std::thread terminating([&] {
        auto admin = cluster.admin();
        auto next = std::chrono::steady_clock::now();
        // One of the two, so that what one could not send is missed by the other; or both.
        for (int turn = 0; !over; ++turn) {
            const char* const names[] = {"listener_1", "listener_2", "listener__"};
            next += 200ms;
            terminated += static_cast<int>(
                admin
                    .query(std::string("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                       "WHERE application_name LIKE '") +
                           names[turn % 3] + "'")
                    .size());
            std::this_thread::sleep_until(next);  // the rate of the faults
        }
    });
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::string> failures;
    {
        Caller writers;
        std::vector<std::unique_ptr<Task<void>>> writing;
        for (int i = 0; i < writer_count; ++i) {
            writing.push_back(std::make_unique<Task<void>>(
                writers.context(), change_rooms(i % 2 == 0 ? *one : *other, i, enough, counts)));
        }
        for (auto& task : writing) {
            const auto ending = task->get();
            if (!ending.result) failures.push_back(ending.text);
        }
    }
    const auto took = std::chrono::steady_clock::now() - began;
    over = true;
    terminating.join();
    CHECK(failures.empty());
    for (const auto& failure : failures) UNSCOPED_INFO(failure);

    std::map<std::string, std::map<std::int64_t, RoomEvent>> stored;
    for (int room = 0; room < room_count; ++room) {
        stored[room_name(room)] = stored_events(*one, room_name(room));
    }
    const auto behind = [&] {
        std::vector<std::string> rooms;
        for (const auto& follower : followers) {
            const std::lock_guard lock(follower->mutex);
            if (follower->replica.events() != stored[follower->room_id]) {
                rooms.push_back(follower->room_id);
            }
        }
        return rooms;
    };
    CHECK(comes_within(60s, [&] { return behind().empty(); }));
    CHECK(behind() == std::vector<std::string>{});
    const auto stats = {one->stats(), other->stats()};
    run(one->close());
    run(other->close());
    for (auto& task : following) CHECK(task->get().result);

    std::size_t problems = 0;
    for (const auto& follower : followers) {
        for (const auto& problem : follower->replica.problems()) {
            if (++problems <= 10) UNSCOPED_INFO(follower->room_id << ": " << problem);
        }
    }
    CHECK(problems == 0);
    std::uint64_t received = 0, sent = 0, dropped = 0, polls = 0, reconnects = 0;
    for (const auto& each : stats) {
        received += each.hints_received;
        sent += each.hints_sent;
        dropped += each.hints_dropped;
        polls += each.watch_polls;
        reconnects += each.watch_reconnects;
        CHECK(each.reconnects == 0);
    }
    std::printf(
        "%s: %d changes in %.1f s (%d appended, %d updated, %d deleted, %d trimmed, %d rooms "
        "deleted or created); %d answers with %d states, %d resets, %d calls cancelled, %d reads "
        "failed; %d sessions terminated, %llu reconnects, %llu hints sent, %llu received, %llu "
        "dropped, %llu polls\n",
        troubled ? "with cancelled calls and failing reads" : "plain",
        counts.changes.load(),
        std::chrono::duration<double>(took).count(),
        counts.appended.load(),
        counts.updated.load(),
        counts.deleted.load(),
        counts.trimmed.load(),
        counts.recreated.load(),
        counts.answers.load(),
        counts.states.load(),
        counts.resets.load(),
        counts.cancelled.load(),
        counts.failed.load(),
        terminated.load(),
        static_cast<unsigned long long>(reconnects),
        static_cast<unsigned long long>(sent),
        static_cast<unsigned long long>(received),
        static_cast<unsigned long long>(dropped),
        static_cast<unsigned long long>(polls));
    // The faults have happened, and each kind of change.
    CHECK(counts.changes >= enough);
    CHECK(terminated >= 10);
    CHECK(reconnects >= 10);
    CHECK(counts.updated > enough / 5);
    CHECK(counts.deleted > enough / 50);
    CHECK(counts.recreated > 0);
    CHECK(counts.resets > 0);
    CHECK(sent > 0);
    CHECK(received > 0);
    if (troubled) {
        CHECK(counts.cancelled > 100);
        CHECK(counts.failed > 100);
    }
    CHECK(took < time_limit);
}

}  // namespace roomstore::test
