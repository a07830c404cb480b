#include <limits>

#include "contract/populated_store.hpp"

namespace roomstore::contract {

namespace {

std::vector<RoomEvent> batch_of(const Ids& ids) {
    std::vector<RoomEvent> events;
    for (const auto& id : ids) events.push_back(make_event({.id = id, .key = "key of " + id}));
    return events;
}

}  // namespace

TEST_CASE("a batch is appended in order at contiguous indexes", "[events]") {
    const auto store = store_with_room();
    run(store->add_event_auto_index("room", make_event({.id = "first"})));
    auto expected = batch_of({"c", "a", "b"});
    const auto stored = run(store->append_events("room", expected));
    for (std::size_t i = 0; i < expected.size(); ++i) {
        expected[i].index = static_cast<std::int64_t>(i) + 1;
    }
    CHECK(stored == expected);
    CHECK(ids_of(run(store->list_events("room"))) == Ids{"first", "c", "a", "b"});
    CHECK(run(store->add_event_auto_index("room", make_event({.id = "last"}))).index == 4);
}

TEST_CASE("a batch changes the counters of its room as appending its events one by one does",
          "[events]") {
    const auto store = store_with_room();
    auto batch = batch_of({"a", "b", "c"});
    batch[1].created_at = at(100);
    run(store->append_events("room", batch));
    auto expected = sample_room();
    expected.event_count = 3;
    expected.latest_index = 2;
    expected.timers.last_activity_at = at(100);
    CHECK(run(store->get_room("room")) == expected);
    run(store->append_events("room", batch_of({"d"})));
    CHECK(run(store->get_room("room"))->timers.last_activity_at == at(100));
    CHECK(run(store->get_event_count("room")) == 4);
}

TEST_CASE("a batch of 1000 events keeps its order", "[events]") {
    const auto store = store_with_room();
    Ids ids;
    for (int i = 0; i < 1000; ++i) ids.push_back("event " + std::to_string((i * 7919) % 1000));
    const auto stored = run(store->append_events("room", batch_of(ids)));
    CHECK(ids_of(stored) == ids);
    CHECK(run(store->list_events("room", {.limit = 2000})) == stored);
    CHECK(stored.back().index == 999);
}

TEST_CASE("an empty batch stores nothing", "[events]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    CHECK(run(store->append_events("other room", {})).empty());
    CHECK(run(store->append_events("other room", {}, {.expected_next_index = 1})).empty());
    CHECK_FAILS(store->append_events("other room", {}, {.expected_next_index = 0}), errc::conflict);
    CHECK_FAILS(store->append_events("unknown", {}), errc::not_found);
    CHECK(dump(*store) == before);
}

TEST_CASE("a batch is stored only if the next index is expected_next_index", "[events]") {
    const auto store = store_with_room();
    CHECK_FAILS(store->append_events("room", batch_of({"a"}), {.expected_next_index = 1}),
                errc::conflict);
    CHECK(run(store->get_event_count("room")) == 0);
    run(store->append_events("room", batch_of({"a", "b"}), {.expected_next_index = 0}));
    run(store->append_events("room", batch_of({"c"}), {.expected_next_index = 2}));
    REQUIRE(run(store->delete_event("room", "c")).size() == 1);
    const auto before = dump(*store);
    CHECK_FAILS(store->append_events("room", batch_of({"d"}), {.expected_next_index = 2}),
                errc::conflict);
    CHECK_FAILS(store->append_events("room", batch_of({"d"}), {.expected_next_index = 4}),
                errc::conflict);
    CHECK_FAILS(store->append_events("room", batch_of({"d"}), {.expected_next_index = 0}),
                errc::conflict);
    CHECK(dump(*store) == before);
    CHECK(run(store->append_events("room", batch_of({"d"}), {.expected_next_index = 3}))
              .front()
              .index == 3);
}

TEST_CASE("expected_next_index of an imported room follows its counters", "[events]") {
    const auto store = fresh_store();
    auto room = sample_room({.id = "counted"});
    room.event_count = 1;
    room.latest_index = 9;
    run(store->create_room(room));
    room.id = "uncounted";
    room.event_count = 0;
    run(store->create_room(room));
    CHECK(run(store->append_events("counted", {}, {.expected_next_index = 10})).empty());
    CHECK(run(store->append_events("uncounted", {}, {.expected_next_index = 0})).empty());
}

TEST_CASE("a batch to an unknown room is not_found", "[events]") {
    const auto store = fresh_store();
    CHECK_FAILS(store->append_events("room", batch_of({"a"})), errc::not_found);
    CHECK_FAILS(store->append_events("room", batch_of({"a"}), {.expected_next_index = 5}),
                errc::not_found);
}

TEST_CASE("a repeated batch returns the stored events, whatever expected_next_index is",
          "[events]") {
    const auto store = store_with_room();
    const auto batch = batch_of({"a", "b", "c"});
    const auto stored = run(store->append_events("room", batch, {.expected_next_index = 0}));
    run(store->append_events("room", batch_of({"d"})));
    const auto before = dump(*store);
    CHECK(run(store->append_events("room", batch)) == stored);
    CHECK(run(store->append_events("room", batch, {.expected_next_index = 0})) == stored);
    CHECK(run(store->append_events("room", batch, {.expected_next_index = 77})) == stored);
    CHECK(dump(*store) == before);
}

TEST_CASE("a batch of which only a part is stored is already_exists", "[events]") {
    const auto store = store_with_room();
    run(store->append_events("room", batch_of({"a", "b", "c"})));
    REQUIRE(run(store->delete_event("room", "b")).size() == 1);
    const auto before = dump(*store);
    CHECK_FAILS(store->append_events("room", batch_of({"a", "b", "c"})), errc::already_exists);
    CHECK_FAILS(store->append_events("room", batch_of({"c", "d"})), errc::already_exists);
    CHECK_FAILS(store->append_events("room", batch_of({"d", "c"})), errc::already_exists);
    // Stored according to its key only.
    auto by_key = batch_of({"d", "e"});
    by_key[1].idempotency_key = "key of a";
    CHECK_FAILS(store->append_events("room", by_key), errc::already_exists);
    CHECK(dump(*store) == before);
}

TEST_CASE("a batch with an id used by another event is refused as a whole", "[events]") {
    const auto store = store_with_room();
    run(store->append_events("room", batch_of({"a"})));
    const auto before = dump(*store);
    auto batch = batch_of({"x", "y", "a"});
    batch[2].created_at = at(1);
    CHECK_FAILS(store->append_events("room", batch), errc::already_exists);
    CHECK(dump(*store) == before);
}

TEST_CASE("a batch with one invalid event is refused as a whole", "[events]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    auto bad_text = batch_of({"x", "y", "z"});
    bad_text[2].content = TextContent{.body = "\xFF"};
    CHECK_FAILS(store->append_events("room", bad_text), errc::invalid_argument, "2.content.body");
    auto other_room = batch_of({"x", "y"});
    other_room[1].room_id = "other room";
    CHECK_FAILS(store->append_events("room", other_room), errc::invalid_argument, "1.room_id");
    CHECK(dump(*store) == before);
}

TEST_CASE("a duplicate id or key within a batch is refused", "[events]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    CHECK_FAILS(store->append_events("room", batch_of({"x", "y", "x"})),
                errc::invalid_argument,
                "events/2.id");
    auto batch = batch_of({"x", "y", "z"});
    batch[1].idempotency_key = "key of x";
    CHECK_FAILS(
        store->append_events("room", batch), errc::invalid_argument, "events/1.idempotency_key");
    CHECK(dump(*store) == before);
}

TEST_CASE("a batch larger than the remaining indexes is storage_full as a whole", "[events]") {
    const auto store = fresh_store();
    auto room = sample_room();
    room.event_count = 1;
    room.latest_index = std::numeric_limits<std::int64_t>::max() - 4;
    run(store->create_room(room));
    const auto before = dump(*store);
    CHECK_FAILS(store->append_events("room", batch_of({"a", "b", "c", "d"})), errc::storage_full);
    CHECK(dump(*store) == before);
    const auto stored = run(store->append_events("room", batch_of({"a", "b", "c"})));
    CHECK(stored.back().index == std::numeric_limits<std::int64_t>::max() - 1);
    CHECK_FAILS(store->append_events("room", batch_of({"d"})), errc::storage_full);
}

}  // namespace roomstore::contract
