#include <limits>

#include "contract/populated_store.hpp"
#include "support/populated.hpp"

namespace roomstore::contract {

namespace {

constexpr auto last_index = std::numeric_limits<std::int64_t>::max() - 1;

std::int64_t next_index(ConversationStore& store) {
    return run(store.add_event_auto_index("room", make_event({.id = generate_id()}))).index;
}

}  // namespace

TEST_CASE("add_event stores the event at the index given by the caller", "[events]") {
    const auto store = store_with_room();
    const auto event = make_event({.index = 7});
    CHECK(run(store->add_event(event)) == event);
    CHECK(run(store->get_event("event")) == event);
    CHECK(run(store->list_events("room")) == std::vector{event});
}

TEST_CASE("add_event changes the counters as an append does", "[events]") {
    const auto store = fresh_store();
    auto expected = sample_room();
    expected.latest_index = 99;
    run(store->create_room(expected));
    // latest_index of a room without events does not count; the first event sets it.
    run(store->add_event(make_event({.id = "a", .index = 5, .created_at = at(10)})));
    expected.event_count = 1;
    expected.latest_index = 5;
    expected.timers.last_activity_at = at(10);
    CHECK(run(store->get_room("room")) == expected);

    run(store->add_event(make_event({.id = "b", .index = 2, .created_at = at(9)})));
    expected.event_count = 2;
    CHECK(run(store->get_room("room")) == expected);

    run(store->add_event(make_event({.id = "c", .index = 8, .created_at = at(11)})));
    expected.event_count = 3;
    expected.latest_index = 8;
    expected.timers.last_activity_at = at(11);
    CHECK(run(store->get_room("room")) == expected);
}

TEST_CASE("appends continue after the highest imported index", "[events]") {
    const auto store = store_with_room();
    run(store->add_event(make_event({.id = "a", .index = 10})));
    run(store->add_event(make_event({.id = "b", .index = 3})));
    CHECK(next_index(*store) == 11);
    run(store->add_event(make_event({.id = "c", .index = 12})));
    CHECK(next_index(*store) == 13);
    CHECK(indexes_of(run(store->list_events("room"))) == Indexes{3, 10, 11, 12, 13});
}

TEST_CASE("add_event with an index below latest_index does not rewind the counters", "[events]") {
    const auto store = fresh_store();
    auto room = sample_room();
    room.event_count = 3;
    room.latest_index = 50;
    run(store->create_room(room));
    run(store->add_event(make_event({.index = 4})));
    CHECK(run(store->get_room("room"))->latest_index == 50);
    CHECK(run(store->get_room("room"))->event_count == 4);
    CHECK(next_index(*store) == 51);
}

TEST_CASE("add_event at a used index is a conflict", "[events]") {
    const auto store = store_with_room();
    run(store->add_event_auto_index("room", make_event({.id = "a"})));
    run(store->add_event(make_event({.id = "b", .index = 5})));
    const auto before = dump(*store);
    CHECK_FAILS(store->add_event(make_event({.id = "c", .index = 0})), errc::conflict);
    CHECK_FAILS(store->add_event(make_event({.id = "c", .index = 5, .key = "new"})),
                errc::conflict);
    CHECK(dump(*store) == before);
    CHECK_FALSE(run(store->check_idempotency("room", "new")));
}

TEST_CASE("add_event can reuse the index of a deleted event", "[events]") {
    const auto store = store_with_room();
    for (const auto* id : {"a", "b", "c"}) {
        run(store->add_event_auto_index("room", make_event({.id = id})));
    }
    REQUIRE(run(store->delete_event("room", "b")).size() == 1);
    REQUIRE(run(store->delete_event("room", "c")).size() == 1);
    CHECK(run(store->add_event(make_event({.id = "new b", .index = 1}))).index == 1);
    CHECK(ids_of(run(store->list_events("room"))) == Ids{"a", "new b"});
    CHECK(next_index(*store) == 3);
    CHECK(run(store->get_room("room"))->event_count == 5);
    CHECK(run(store->get_event_count("room")) == 3);
}

TEST_CASE("a repeated add_event returns the stored event, whatever its index", "[events]") {
    const auto store = store_with_room();
    const auto stored = run(store->add_event(make_event({.index = 7, .key = "key"})));
    run(store->add_event(make_event({.id = "other", .index = 8})));
    const auto before = dump(*store);
    CHECK(run(store->add_event(make_event({.index = 7, .key = "key"}))) == stored);
    CHECK(run(store->add_event(make_event({.index = 8, .key = "key"}))) == stored);
    CHECK(run(store->add_event(make_event({.index = 9, .key = "key"}))) == stored);
    CHECK(run(store->add_event_auto_index("room", make_event({.key = "key"}))) == stored);
    CHECK(dump(*store) == before);
}

TEST_CASE("add_event checks the id and the key before the index", "[events]") {
    const auto store = store_with_room();
    run(store->add_event(make_event({.id = "a", .index = 0, .key = "key"})));
    const auto b = run(store->add_event(make_event({.id = "b", .index = 1, .key = "other key"})));
    CHECK_FAILS(store->add_event(make_event({.id = "a", .index = 1, .created_at = at(1)})),
                errc::already_exists);
    CHECK(run(store->add_event(make_event({.id = "c", .index = 0, .key = "other key"}))) == b);
}

TEST_CASE("add_event to an unknown room is not_found", "[events]") {
    const auto store = fresh_store();
    CHECK_FAILS(store->add_event(make_event()), errc::not_found);
    CHECK(run(store->get_event("event")) == std::nullopt);
}

TEST_CASE("add_event accepts the highest index, and the next append is storage_full", "[events]") {
    const auto store = store_with_room();
    CHECK(run(store->add_event(make_event({.id = "a", .index = last_index}))).index == last_index);
    CHECK_FAILS(store->add_event_auto_index("room", make_event({.id = "b"})), errc::storage_full);
    CHECK(run(store->add_event(make_event({.id = "b", .index = 1}))).index == 1);
    CHECK(indexes_of(run(store->list_events("room"))) == Indexes{1, last_index});
    CHECK_FAILS(store->add_event(make_event({.id = "c", .index = last_index + 1})),
                errc::invalid_argument,
                "RoomEvent.index");
}

TEST_CASE("get_event finds an event by id, with or without the room", "[events]") {
    const auto store = populated_store();
    const auto event = run(store->get_event("room", "event"));
    CHECK(event == full_event());
    CHECK(run(store->get_event("reply"))->room_id == "room");
    CHECK(run(store->get_event("unknown")) == std::nullopt);
    CHECK(run(store->get_event("room", "unknown")) == std::nullopt);
    CHECK(run(store->get_event("unknown", "event")) == std::nullopt);
    CHECK(run(store->get_event("other room", "reply")) == std::nullopt);
}

TEST_CASE("for an event id used in several rooms get_event uses the room with the smallest id",
          "[events]") {
    const auto store = fresh_store();
    for (const auto* room_id : {"b", "a", "B", "\xC3\xA4"}) {
        run(store->create_room(sample_room({.id = room_id})));
        run(store->add_event_auto_index(room_id, make_event({.room_id = room_id})));
    }
    CHECK(run(store->get_event("event"))->room_id == "B");
    REQUIRE(run(store->delete_event("B", "event")).size() == 1);
    CHECK(run(store->get_event("event"))->room_id == "a");
    REQUIRE(run(store->delete_room("a")));
    CHECK(run(store->get_event("event"))->room_id == "b");
    REQUIRE(run(store->delete_room("b")));
    CHECK(run(store->get_event("event"))->room_id == "\xC3\xA4");
}

TEST_CASE("update_event replaces everything except the immutable fields", "[events]") {
    const auto store = store_with_room();
    run(store->add_event_auto_index("room", make_event({.id = "first"})));
    const auto original = run(store->add_event_auto_index("room", make_event({.key = "old key"})));
    const auto room_before = run(store->get_room("room"));
    auto expected = full_event();
    const auto updated = run(store->update_event(expected));
    expected.index = original.index;
    expected.created_at = original.created_at;
    expected.idempotency_key = original.idempotency_key;
    CHECK(updated == expected);
    CHECK(run(store->get_event("event")) == expected);
    CHECK(run(store->list_events("room")).back() == expected);
    CHECK(run(store->get_room("room")) == room_before);
    CHECK(run(store->check_idempotency("room", "old key")));
    CHECK_FALSE(run(store->check_idempotency("room", "key")));
}

TEST_CASE("update_event clears fields that are absent", "[events]") {
    const auto store = store_with_room();
    auto expected = run(store->add_event(full_event()));
    const auto bare = make_event();
    expected = bare;
    expected.index = full_event().index;
    expected.created_at = full_event().created_at;
    expected.idempotency_key = full_event().idempotency_key;
    CHECK(run(store->update_event(bare)) == expected);
    CHECK(run(store->get_event("event")) == expected);
}

TEST_CASE("update_event moves the event between threads and filtered lists", "[events]") {
    const auto store = store_with_room();
    for (const auto* id : {"a", "b"}) {
        run(store->add_event_auto_index("room", make_event({.id = id})));
    }
    run(store->add_event_auto_index("room", make_event({.id = "reply", .parent = "a"})));
    auto moved = make_event({.id = "reply", .type = EventType::system, .parent = "b"});
    moved.source.channel_id = "another channel";
    moved.correlation_id = "correlation";
    run(store->update_event(moved));

    const auto threads = run(store->get_thread_summaries("room", {"a", "b"}));
    CHECK(threads.count("a") == 0);
    CHECK(threads.count("b") == 1);
    const auto listed = [&](EventFilter filter) {
        return ids_of(run(store->list_events("room", {.filter = std::move(filter)})));
    };
    CHECK(listed({.event_types = {{EventType::system}}}) == Ids{"reply"});
    CHECK(listed({.event_types = {{EventType::message}}}) == Ids{"a", "b"});
    CHECK(listed({.source_channel_id = "another channel"}) == Ids{"reply"});
    CHECK(listed({.correlation_id = "correlation"}) == Ids{"reply"});
    CHECK(listed({.parent_event_id = "a"}).empty());
    CHECK(listed({.parent_event_id = "b"}) == Ids{"reply"});
    CHECK(run(store->delete_event("room", "a")) == Ids{"a"});
    CHECK(run(store->delete_event("room", "b")) == Ids{"b", "reply"});
}

TEST_CASE("update_event of an event that is not in the room is not_found", "[events]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    CHECK_FAILS(store->update_event(make_event({.id = "unknown"})), errc::not_found);
    CHECK_FAILS(store->update_event(make_event({.room_id = "unknown"})), errc::not_found);
    CHECK_FAILS(store->update_event(make_event({.id = "reply", .room_id = "other room"})),
                errc::not_found);
    CHECK(dump(*store) == before);
}

}  // namespace roomstore::contract
