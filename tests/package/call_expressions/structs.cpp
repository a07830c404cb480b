// Calls with a struct as argument: a model, a query, options.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <roomstore/decorators/forwarding_store.hpp>

#include "calls.hpp"

using namespace roomstore;
using asio::awaitable;
using Store = ConversationStore;

namespace {

// Not a coroutine, so the struct is not created in an expression with co_await.
awaitable<Room> create(Store& store, std::string id) {
    return store.create_room({.id = std::move(id), .metadata = {{"made", "by a function"}}});
}

EventQuery replies_to(std::string event_id) {
    return {.limit = 7, .filter = {.parent_event_id = std::move(event_id)}};
}

std::vector<RoomEvent> two_events() { return {event_saying("one"), event_saying(long_text)}; }

}  // namespace

std::vector<Call> struct_calls() {
    return {
        {"a variable",
         [](Store& store, bool) -> awaitable<void> {
             Room room{.id = long_id, .metadata = {{"k", long_text}}};
             expect((co_await store.create_room(room)).id == long_id, "the room");
             expect(room.id == long_id, "a copy");
         }},
        {"a constant",
         [](Store& store, bool) -> awaitable<void> {
             const Room room{.id = "r"};
             expect((co_await store.create_room(room)).id == "r", "the room");
         }},
        {"a moved variable",
         [](Store& store, bool) -> awaitable<void> {
             Room room{.id = long_id};
             const Room stored = co_await store.create_room(std::move(room));
             expect(stored.id == long_id, "the room");
         }},
        {"a function result with a short string",
         [](Store& store, bool) -> awaitable<void> {
             expect((co_await store.create_room(room_named("r"))).id == "r", "the room");
         }},
        {"a function result with a long string",
         [](Store& store, bool) -> awaitable<void> {
             expect((co_await store.create_room(room_named(long_id))).id == long_id, "the room");
         }},
        {"a lambda result",
         [](Store& store, bool) -> awaitable<void> {
             const Room stored = co_await store.create_room([&] { return Room{.id = long_id}; }());
             expect(stored.id == long_id, "the room");
         }},
        {"empty parentheses",
         [](Store& store, bool) -> awaitable<void> {
             bool refused = false;
             try {
                 co_await store.create_room(Room());
             } catch (const Error& error) {
                 refused = error.code() == make_error_code(errc::invalid_argument);
             }
             expect(refused, "refused");
         }},
        {"a copy in parentheses",
         [](Store& store, bool) -> awaitable<void> {
             const Room room{.id = long_id};
             expect((co_await store.create_room(Room(room))).id == long_id, "the room");
         }},
        {"a copy in braces",
         [](Store& store, bool) -> awaitable<void> {
             const Room room{.id = long_id};
             expect((co_await store.create_room(Room{room})).id == long_id, "the room");
         }},
        {"a variable in braces",
         [](Store& store, bool) -> awaitable<void> {
             const Room room{.id = long_id};
             expect((co_await store.create_room({room})).id == long_id, "the room");
         }},
        {"one of two variables",
         [](Store& store, bool yes) -> awaitable<void> {
             const Room a{.id = long_id};
             const Room b{.id = "b"};
             const Room stored = co_await store.create_room(yes ? a : b);
             expect(stored.id == (yes ? long_id : "b"), "the room");
         }},
        {"a call that is named, then awaited",
         [](Store& store, bool yes) -> awaitable<void> {
             auto call = store.create_room({.id = yes ? long_id + "!" : "x"});
             const Room stored = co_await std::move(call);
             expect(stored.id == (yes ? long_id + "!" : "x"), "the room");
         }},
        {"a call that a function returns",
         [](Store& store, bool) -> awaitable<void> {
             expect((co_await create(store, long_id)).metadata.size() == 1, "the room");
         }},
        {"a call that a lambda returns",
         [](Store& store, bool yes) -> awaitable<void> {
             const auto call = [&] { return store.create_room({.id = yes ? long_id + "!" : "x"}); };
             const Room stored = co_await call();
             expect(stored.id == (yes ? long_id + "!" : "x"), "the room");
         }},
        {"a nested call",
         [](Store& store, bool) -> awaitable<void> {
             const Room stored =
                 co_await store.update_room(co_await store.create_room(room_named(long_id)));
             expect(stored.id == long_id, "the room");
         }},
        {"a member of the result of a nested call",
         [](Store& store, bool) -> awaitable<void> {
             const auto found =
                 co_await store.get_room((co_await store.create_room(room_named(long_id))).id);
             expect(found && found->id == long_id, "the room");
         }},
        {"three nested calls",
         [](Store& store, bool) -> awaitable<void> {
             expect(
                 co_await store.delete_room(
                     (co_await store.update_room(co_await store.create_room(room_named("r")))).id),
                 "deleted");
         }},
        {"parentheses around the call",
         [](Store& store, bool) -> awaitable<void> {
             expect((co_await (store.create_room((room_named(long_id))))).id == long_id,
                    "the room");
         }},
        {"a condition",
         [](Store& store, bool) -> awaitable<void> {
             if ((co_await store.create_room(room_named(long_id))).id != long_id) {
                 expect(false, "the room");
             }
         }},
        {"a discarded result",
         [](Store& store, bool) -> awaitable<void> {
             co_await store.create_room(room_named(long_id));
             expect(co_await store.room_exists(long_id), "stored");
         }},
        {"a coroutine that returns the result",
         [](Store& store, bool) -> awaitable<void> {
             const auto make = [&]() -> awaitable<Room> {
                 co_return co_await store.create_room(room_named(long_id));
             };
             expect((co_await make()).id == long_id, "the room");
         }},
        {"through a store around the store",
         [](Store& store, bool) -> awaitable<void> {
             ForwardingStore outer(std::shared_ptr<Store>(std::shared_ptr<void>(), &store));
             expect((co_await outer.create_room(room_named(long_id))).id == long_id, "the room");
         }},
        {"an event from a function",
         [](Store& store, bool) -> awaitable<void> {
             const RoomEvent stored =
                 co_await store.add_event_auto_index("lobby", event_saying(long_text));
             expect(stored.content == TextContent{.body = long_text}, "the event");
         }},
        {"a list of events from a function",
         [](Store& store, bool) -> awaitable<void> {
             const auto stored = co_await store.append_events("lobby", two_events());
             expect(stored.size() == 2 && stored[1].index == 1, "two events");
         }},
        {"a list of events that is moved, with options",
         [](Store& store, bool) -> awaitable<void> {
             auto events = two_events();
             const auto stored = co_await store.append_events(
                 "lobby", std::move(events), {.expected_next_index = 0});
             expect(stored.size() == 2, "two events");
         }},
        {"a loop over a result",
         [](Store& store, bool) -> awaitable<void> {
             co_await store.append_events("lobby", two_events());
             std::int64_t next = 0;
             for (const RoomEvent& event : co_await store.list_events("lobby")) {
                 expect(event.index == next++, "in order");
             }
             expect(next == 2, "two events");
         }},
        {"the default query",
         [](Store& store, bool) -> awaitable<void> {
             co_await store.append_events("lobby", two_events());
             expect((co_await store.list_events("lobby")).size() == 2, "two events");
             expect((co_await store.get_timeline("lobby")).size() == 2, "two events");
             expect((co_await store.get_conversation("lobby")).size() == 2, "two events");
             expect((co_await store.list_rooms()).size() == 1, "one room");
             expect(!co_await store.find_latest_room(long_text), "no room");
             expect((co_await store.find_room_ids_by_channel(long_text)).empty(), "no room");
         }},
        {"an empty query",
         [](Store& store, bool) -> awaitable<void> {
             co_await store.append_events("lobby", two_events());
             expect((co_await store.list_events("lobby", {})).size() == 2, "two events");
             expect((co_await store.get_timeline("lobby", {})).size() == 2, "two events");
         }},
        {"a query of numbers",
         [](Store& store, bool) -> awaitable<void> {
             co_await store.append_events("lobby", two_events());
             expect((co_await store.list_events("lobby", {.limit = 1})).size() == 1, "one event");
             expect((co_await store.get_timeline("lobby", {.limit = 1})).size() == 1, "one event");
         }},
        {"a query of numbers and optional numbers",
         [](Store& store, bool) -> awaitable<void> {
             co_await store.append_events("lobby", two_events());
             const auto events = co_await store.list_events(
                 "lobby", {.limit = 5, .after_index = 0, .newest_first = false});
             expect(events.size() == 1 && events[0].index == 1, "the second event");
         }},
        {"a query with a cursor",
         [](Store& store, bool) -> awaitable<void> {
             co_await store.append_events("lobby", two_events());
             const auto first = co_await store.list_changes("lobby", {.limit = 1});
             expect(first.added.size() == 1 && first.more, "one event");
             const auto rest = co_await store.list_changes("lobby", {.since = first.cursor});
             expect(rest.added.size() == 1 && rest.added[0].index == 1, "the other event");
             co_await store.reset_cursors();
             expect((co_await store.list_changes("lobby", {.since = rest.cursor})).reset, "reset");
         }},
        {"a query with a conditional number",
         [](Store& store, bool yes) -> awaitable<void> {
             co_await store.append_events("lobby", two_events());
             const auto events = co_await store.list_events("lobby", {.limit = yes ? 1 : 2});
             expect(events.size() == (yes ? 1U : 2U), "as many as requested");
         }},
        {"a query with a filter, in a variable",
         [](Store& store, bool) -> awaitable<void> {
             const EventQuery query{.filter = {.parent_event_id = long_id}};
             expect((co_await store.list_events("lobby", query)).empty(), "empty");
         }},
        {"a query with a filter, from a function",
         [](Store& store, bool) -> awaitable<void> {
             expect((co_await store.list_events("lobby", replies_to(long_id))).empty(), "empty");
         }},
        {"a query in empty parentheses",
         [](Store& store, bool) -> awaitable<void> {
             expect((co_await store.find_rooms(RoomFilter())).size() == 1, "one room");
             expect((co_await store.list_events("lobby", EventQuery())).empty(), "empty");
         }},
        {"a filter in a variable, and a page",
         [](Store& store, bool) -> awaitable<void> {
             RoomFilter filter{.organization_id = long_text};
             expect((co_await store.find_rooms(filter)).empty(), "no room");
             expect((co_await store.find_rooms(std::move(filter), {.limit = 1})).empty(),
                    "no room");
         }},
    };
}
