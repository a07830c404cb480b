#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "contract/fixture.hpp"
#include "roomstore/room_feed.hpp"
#include "roomstore/watch.hpp"

/// Being told that a room may have changed, and following a room.
///
/// There may be more reports than changes, so a test never demands that a room is not reported,
/// unless nobody watches it. A report that should come is waited for, but not for ever.
namespace roomstore::contract {

namespace {

using Notices = std::vector<RoomNotice>;

/// A report that has not come after this time is missing.
constexpr std::chrono::seconds report_limit{10};

/// The result of the call; `nullopt` if it has to be cancelled after `report_limit`.
template <typename T>
asio::awaitable<std::optional<T>> in_time(asio::awaitable<T> call) {
    const auto executor = co_await asio::this_coro::executor;
    const auto late = std::make_shared<asio::cancellation_signal>();
    asio::steady_timer timer(executor, report_limit);
    timer.async_wait([late](const std::error_code& error) {
        if (!error) late->emit(asio::cancellation_type::terminal);
    });
    std::optional<T> result;
    try {
        auto token = asio::bind_cancellation_slot(late->slot(), asio::use_awaitable);
        result.emplace(co_await asio::co_spawn(executor, std::move(call), token));
    } catch (const std::system_error& error) {
        const bool expired = timer.expiry() <= std::chrono::steady_clock::now();
        if (!expired || error.code() != asio::error::operation_aborted) throw;
    }
    co_return result;
}

bool contains(const Notices& notices, const std::string& room_id) {
    return std::any_of(notices.begin(), notices.end(), [&](const RoomNotice& notice) {
        return notice.room_id == room_id;
    });
}

/// Whether the room is reported. Adds all that is reported before or with it to `others`.
asio::awaitable<bool> wait_for_report(RoomWatch& watch, std::string room_id, Notices& others) {
    for (;;) {
        auto notices = co_await in_time(watch.next());
        if (!notices) co_return false;
        others.insert(others.end(), notices->begin(), notices->end());
        if (contains(*notices, room_id)) co_return true;
    }
}

bool is_reported(RoomWatch& watch, const std::string& room_id) {
    Notices others;
    return run(wait_for_report(watch, room_id, others));
}

/// What is reported until the room `marker`, which is changed now, is reported.
Notices reported_before_marker(ConversationStore& store, RoomWatch& watch) {
    run(store.append(make_event({.id = generate_id(), .room_id = "marker"})));
    Notices reported;
    CHECK(run(wait_for_report(watch, "marker", reported)));
    return reported;
}

/// How a call of `next()` ended.
struct NextOutcome {
    bool ended = false;
    std::optional<Notices> notices;
    std::error_code code;
};

asio::awaitable<void> keep_outcome(RoomWatch& watch, NextOutcome& outcome) {
    try {
        outcome.notices = co_await in_time(watch.next());
    } catch (const std::system_error& error) {
        outcome.code = error.code();
    }
    outcome.ended = true;
}

/// Runs both on one thread; the second one begins when the first one waits.
void run_both(asio::awaitable<void> first, asio::awaitable<void> second) {
    std::vector<asio::awaitable<void>> tasks;
    tasks.push_back(std::move(first));
    tasks.push_back(std::move(second));
    run_all(std::move(tasks), 1);
}

NextOutcome outcome_of_next(RoomWatch& watch) {
    NextOutcome outcome;
    run(keep_outcome(watch, outcome));
    return outcome;
}

/// A store with the rooms `room` and `marker` and a watch of both. Nothing is left to be reported,
/// unless the backend reports without a change.
struct Watched {
    std::shared_ptr<ConversationStore> store = store_with_room();
    std::shared_ptr<RoomWatch> watch;

    Watched() {
        run(store->create_room(sample_room({.id = "marker"})));
        watch = store->watch_rooms({.rooms = {"room", "marker"}});
        settle();
    }

    void settle() const { static_cast<void>(reported_before_marker(*store, *watch)); }

    /// Whether the room is reported after the change.
    bool reports(const std::function<void()>& change, const std::string& room_id = "room") const {
        settle();
        change();
        return is_reported(*watch, room_id);
    }
};

std::error_code failure_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const std::system_error& error) {
        return error.code();
    }
    return {};
}

/// A copy of a room's events, kept with the changes that a feed tells.
class Replica {
public:
    void apply(const RoomChanges& changes) {
        if (changes.reset) events_.clear();
        events_.erase(events_.begin(), events_.lower_bound(changes.first_index));
        for (const auto& gone : changes.deleted) events_.erase(gone.index);
        for (const auto& event : changes.updated) events_.insert_or_assign(event.index, event);
        for (const auto& event : changes.added) events_.insert_or_assign(event.index, event);
    }

    std::vector<RoomEvent> events() const {
        std::vector<RoomEvent> all;
        for (const auto& [index, event] : events_) all.push_back(event);
        return all;
    }

private:
    std::map<std::int64_t, RoomEvent> events_;
};

/// The next changes of the feed; empty if there are none in time.
RoomChanges next_changes(RoomFeed& feed) {
    const auto changes = run(in_time(feed.next()));
    CHECK(changes);
    return changes.value_or(RoomChanges());
}

}  // namespace

TEST_CASE("a watch reports every room once after it was added", "[watches]") {
    const auto store = store_with_room();
    const auto watch = store->watch_rooms({.rooms = {"room", "unknown"}});
    CHECK(watch->rooms() == Ids{"room", "unknown"});
    const auto first = outcome_of_next(*watch).notices.value_or(Notices());
    CHECK(first == Notices{{.room_id = "room"}, {.room_id = "unknown"}});
    watch->add("later");
    CHECK(is_reported(*watch, "later"));
    CHECK(watch->rooms() == Ids{"later", "room", "unknown"});
}

TEST_CASE("a watch reports changes of events", "[watches]") {
    const Watched watched;
    auto& store = *watched.store;
    CHECK(watched.reports([&] { run(store.append(make_event({.id = "a"}))); }));
    CHECK(
        watched.reports([&] { run(store.add_event_auto_index("room", make_event({.id = "b"}))); }));
    CHECK(watched.reports([&] {
        std::vector<RoomEvent> events{make_event({.id = "c"}), make_event({.id = "d"})};
        run(store.append_events("room", std::move(events)));
    }));
    CHECK(
        watched.reports([&] { run(store.add_event(make_event({.id = "import", .index = 10}))); }));
    CHECK(watched.reports([&] { run(store.add_event(make_event({.id = "late", .index = 5}))); }));
    CHECK(
        watched.reports([&] { run(store.update_event(make_event({.id = "a", .body = "new"}))); }));
    CHECK(watched.reports([&] { run(store.delete_event("room", "a")); }));
    CHECK(watched.reports([&] { run(store.trim_room("room", 2)); }));
    CHECK(run(store.get_event_count("room")) == 4);
}

TEST_CASE("a watch reports changes of rooms", "[watches]") {
    const Watched watched;
    auto& store = *watched.store;
    CHECK(watched.reports(
        [&] { run(store.update_room(sample_room({.status = RoomStatus::paused}))); }));
    CHECK(watched.reports([&] { run(store.patch_room_metadata("room", Json{{"a", 1}})); }));
    CHECK(watched.reports([&] { run(store.delete_room("room")); }));
    CHECK(watched.reports([&] { run(store.create_room(sample_room())); }));
}

TEST_CASE("a room may be watched before it is created", "[watches]") {
    const Watched watched;
    watched.watch->add("new");
    CHECK(is_reported(*watched.watch, "new"));
    CHECK(watched.reports([&] { run(watched.store->create_room(sample_room({.id = "new"}))); },
                          "new"));
    CHECK(watched.reports(
        [&] { run(watched.store->append(make_event({.id = "first", .room_id = "new"}))); }, "new"));
}

TEST_CASE("other changes of a room do not keep its watch from reporting", "[watches]") {
    const Watched watched;
    auto& store = *watched.store;
    run(store.append(make_event({.id = "a"})));
    CHECK(is_reported(*watched.watch, "room"));
    watched.settle();
    run(store.mark_read("room", "channel", "a"));
    run(store.add_task({.id = "task", .room_id = "room", .title = "do"}));
    run(store.add_binding({.channel_id = "channel", .room_id = "room", .channel_type = "sms"}));
    CHECK(watched.reports([&] { run(store.append(make_event({.id = "b"}))); }));
}

TEST_CASE("a watch reports only rooms that it watches", "[watches]") {
    const Watched watched;
    run(watched.store->create_room(sample_room({.id = "other"})));
    watched.watch->add("third");
    watched.watch->remove("third");
    run(watched.store->create_room(sample_room({.id = "third"})));
    const auto reported = reported_before_marker(*watched.store, *watched.watch);
    CHECK_FALSE(contains(reported, "other"));
    CHECK_FALSE(contains(reported, "third"));
}

TEST_CASE("a room is not reported after it was removed from the watch", "[watches]") {
    const Watched watched;
    run(watched.store->append(make_event({.id = "a"})));
    watched.watch->remove("room");
    CHECK(watched.watch->rooms() == Ids{"marker"});
    run(watched.store->append(make_event({.id = "b"})));
    CHECK_FALSE(contains(reported_before_marker(*watched.store, *watched.watch), "room"));
    watched.watch->add("room");
    CHECK(is_reported(*watched.watch, "room"));
}

TEST_CASE("a marked room is reported again", "[watches]") {
    const Watched watched;
    CHECK(watched.reports([&] { watched.watch->mark("room"); }));
}

TEST_CASE("every watch of a room is told of its changes", "[watches]") {
    const Watched watched;
    const auto second = watched.store->watch_rooms({.rooms = {"room"}});
    CHECK(is_reported(*second, "room"));
    CHECK(watched.reports([&] { run(watched.store->append(make_event({.id = "a"}))); }));
    CHECK(is_reported(*second, "room"));
}

TEST_CASE("a waiting call is woken by a change", "[watches]") {
    const Watched watched;
    NextOutcome waiting;
    const auto change = [](ConversationStore& store) -> asio::awaitable<void> {
        auto event = make_event({.id = "a"});
        co_await store.append(std::move(event));
    };
    run_both(keep_outcome(*watched.watch, waiting), change(*watched.store));
    CHECK(waiting.notices);
}

TEST_CASE("a cancelled call loses no report", "[watches]") {
    const Watched watched;
    asio::cancellation_signal signal;
    std::optional<Notices> lost;
    const auto wait = [](RoomWatch& watch,
                         asio::cancellation_signal& cancel,
                         std::optional<Notices>& notices) -> asio::awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        auto call = watch.next();
        auto token = asio::bind_cancellation_slot(cancel.slot(), asio::use_awaitable);
        try {
            notices = co_await asio::co_spawn(executor, std::move(call), token);
        } catch (const std::system_error& error) {
            if (error.code() != asio::error::operation_aborted) throw;
        }
    };
    const auto change = [](ConversationStore& store,
                           asio::cancellation_signal& cancel) -> asio::awaitable<void> {
        auto event = make_event({.id = "a"});
        co_await store.append(std::move(event));
        cancel.emit(asio::cancellation_type::terminal);
    };
    run_both(wait(*watched.watch, signal, lost), change(*watched.store, signal));
    // Either the call was in time or the next one reports the room.
    if (!lost || !contains(*lost, "room")) CHECK(is_reported(*watched.watch, "room"));
}

TEST_CASE("the place of a cancelled call is free at once", "[watches]") {
    const Watched watched;
    asio::cancellation_signal signal;
    NextOutcome later;
    const auto wait = [](RoomWatch& watch,
                         asio::cancellation_signal& cancel) -> asio::awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        auto call = watch.next();
        auto token = asio::bind_cancellation_slot(cancel.slot(), asio::use_awaitable);
        try {
            co_await asio::co_spawn(executor, std::move(call), token);
        } catch (const std::system_error& error) {
            if (error.code() != asio::error::operation_aborted) throw;
        }
    };
    const auto go_on = [](RoomWatch& watch,
                          asio::cancellation_signal& cancel,
                          NextOutcome& outcome) -> asio::awaitable<void> {
        cancel.emit(asio::cancellation_type::terminal);
        watch.mark("room");
        co_await keep_outcome(watch, outcome);
    };
    run_both(wait(*watched.watch, signal), go_on(*watched.watch, signal, later));
    CHECK(later.notices);
}

TEST_CASE("only one call of next() may wait", "[watches]") {
    const Watched watched;
    NextOutcome first;
    NextOutcome second;
    const auto task = [](Watched on, NextOutcome& outcome) -> asio::awaitable<void> {
        co_await keep_outcome(*on.watch, outcome);
        on.watch->mark("room");
    };
    run_both(keep_outcome(*watched.watch, first), task(watched, second));
    // A report without a change may have ended the first call before.
    if (!second.notices) CHECK(second.code == errc::invalid_argument);
    CHECK(first.notices);
}

TEST_CASE("a watch ends when it is closed or destroyed", "[watches]") {
    const Watched watched;
    NextOutcome waiting;
    const auto close = [](RoomWatch& watch) -> asio::awaitable<void> {
        watch.close();
        co_return;
    };
    run_both(keep_outcome(*watched.watch, waiting), close(*watched.watch));
    CHECK(waiting.code == asio::error::operation_aborted);
    CHECK(outcome_of_next(*watched.watch).code == asio::error::operation_aborted);
    CHECK(failure_of([&] { watched.watch->add("other"); }) == errc::closed);

    auto watch = watched.store->watch_rooms({.rooms = {"room"}});
    auto call = watch->next();
    watch.reset();
    CHECK(failure_of([&] { run(std::move(call)); }) == asio::error::operation_aborted);
}

TEST_CASE("a watch ends with closed when its store is closed", "[watches]") {
    const Watched watched;
    const auto idle = watched.store->watch_rooms({.rooms = {"room"}});
    NextOutcome waiting;
    run_both(keep_outcome(*watched.watch, waiting), watched.store->close());
    CHECK(waiting.code == errc::closed);
    for (const auto& watch : {watched.watch, idle}) {
        CHECK(outcome_of_next(*watch).code == errc::closed);
        CHECK(failure_of([&] { watch->add("other"); }) == errc::closed);
        watch->remove("room");
        watch->mark("room");
    }
    CHECK(failure_of([&] { watched.store->watch_rooms(); }) == errc::closed);
}

TEST_CASE("a watch ends with closed when its store is destroyed", "[watches]") {
    auto store = store_with_room();
    const auto watch = store->watch_rooms({.rooms = {"room"}});
    store.reset();
    CHECK(outcome_of_next(*watch).code == errc::closed);
}

TEST_CASE("a store that is not open makes no watch", "[watches]") {
    const auto store = uninitialised_store();
    CHECK(failure_of([&] { store->watch_rooms(); }) == errc::closed);
    run(store->init());
    CHECK(store->watch_rooms() != nullptr);
}

TEST_CASE("a watch refuses ids that a room cannot have", "[watches]") {
    const auto store = fresh_store();
    const auto watch = store->watch_rooms({.rooms = {std::string(255, 'x')}});
    for (const std::string& id : {std::string(), std::string(256, 'x'), std::string("\xFF")}) {
        CHECK(failure_of([&] { watch->add(id); }) == errc::invalid_argument);
        CHECK(failure_of([&] { store->watch_rooms({.rooms = {id}}); }) == errc::invalid_argument);
    }
    CHECK(watch->rooms() == Ids{std::string(255, 'x')});
}

TEST_CASE("a watch reports changes made through another store over the same data", "[watches]") {
    const Watched watched;
    if (const auto second = reopened(*watched.store)) {
        CHECK(watched.reports([&] { run(second->append(make_event({.id = "a"}))); }));
        CHECK(watched.reports(
            [&] { run(second->update_event(make_event({.id = "a", .body = "new"}))); }));
        CHECK(watched.reports([&] { run(second->delete_event("room", "a")); }));
        CHECK(watched.reports([&] { run(second->delete_room("room")); }));
    }
}

TEST_CASE("a feed tells what is appended, updated and deleted", "[watches]") {
    const auto store = store_with_room();
    RoomFeed feed(*store, "room");
    const auto first = next_changes(feed);
    CHECK(first.exists);
    CHECK(first.room);
    CHECK(first.added.empty());
    run(store->append(make_event({.id = "a"})));
    CHECK(ids_of(next_changes(feed).added) == Ids{"a"});
    run(store->update_event(make_event({.id = "a", .body = "new"})));
    const auto updated = next_changes(feed);
    REQUIRE(ids_of(updated.updated) == Ids{"a"});
    CHECK(updated.updated[0].content == TextContent{.body = "new"});
    run(store->delete_event("room", "a"));
    CHECK(ids_of(next_changes(feed).deleted) == Ids{"a"});
    run(store->delete_room("room"));
    const auto gone = next_changes(feed);
    CHECK(gone.reset);
    CHECK_FALSE(gone.exists);
}

TEST_CASE("a feed follows a room that is created later", "[watches]") {
    const auto store = fresh_store();
    RoomFeed feed(*store, "room");
    CHECK_FALSE(next_changes(feed).exists);
    run(store->create_room(sample_room()));
    run(store->append(make_event({.id = "a"})));
    Replica replica;
    // The room and its event may be told together or one after the other.
    while (replica.events().empty()) {
        const auto changes = next_changes(feed);
        REQUIRE(changes.exists);
        replica.apply(changes);
    }
    CHECK(ids_of(replica.events()) == Ids{"a"});
}

TEST_CASE("another feed goes on where one has ended", "[watches]") {
    const auto store = store_with_room();
    run(store->append(make_event({.id = "a"})));
    std::string kept;
    {
        RoomFeed feed(*store, "room");
        CHECK(ids_of(next_changes(feed).added) == Ids{"a"});
        kept = to_string(feed.cursor().value());
    }
    run(store->append(make_event({.id = "b"})));
    run(store->update_event(make_event({.id = "a", .body = "new"})));
    RoomFeed feed(*store, "room", parse_room_cursor(kept));
    const auto changes = next_changes(feed);
    CHECK_FALSE(changes.reset);
    CHECK(ids_of(changes.added) == Ids{"b"});
    CHECK(ids_of(changes.updated) == Ids{"a"});
}

TEST_CASE("who follows a feed ends with the events of the room", "[watches]") {
    const auto store = store_with_room();
    RoomFeed feed(*store, "room", {}, {.limit = 3});
    Replica replica;
    bool in_order = true;
    const auto write = [](ConversationStore& target) -> asio::awaitable<void> {
        for (int i = 0; i < 60; ++i) {
            auto event = make_event({.id = std::to_string(i)});
            co_await target.append(std::move(event));
            if (i % 3 == 1 && i / 2 % 10 != 7) {
                auto edited = make_event({.id = std::to_string(i / 2), .body = "edited"});
                co_await target.update_event(std::move(edited));
            }
            if (i % 10 == 9) co_await target.delete_event("room", std::to_string(i - 2));
            if (i == 40) co_await target.trim_room("room", 10);
        }
        auto last = make_event({.id = "last"});
        co_await target.append(std::move(last));
    };
    const auto follow = [](RoomFeed& from, Replica& into, bool& ordered) -> asio::awaitable<void> {
        std::int64_t next_index = 0;
        for (bool last = false; !last;) {
            const auto changes = co_await in_time(from.next());
            if (!changes) co_return;
            for (const auto& event : changes->added) {
                if (event.index < next_index) ordered = false;
                next_index = event.index + 1;
                if (event.id == "last") last = true;
            }
            into.apply(*changes);
        }
    };
    run_both(follow(feed, replica, in_order), write(*store));
    CHECK(in_order);
    CHECK(replica.events() == run(store->list_events("room", {.limit = 1000})));
    CHECK(replica.events().size() > 40);
}

}  // namespace roomstore::contract
