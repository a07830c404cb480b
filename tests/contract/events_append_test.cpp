#include <limits>

#include "contract/populated_store.hpp"
#include "support/populated.hpp"

namespace roomstore::contract {

namespace {

constexpr auto last_index = std::numeric_limits<std::int64_t>::max() - 1;

RoomEvent append(ConversationStore& store, RoomEvent event) {
    return run(store.add_event_auto_index(event.room_id, event));
}

Room room_of(ConversationStore& store, std::string room_id = "room") {
    const auto room = run(store.get_room(std::move(room_id)));
    REQUIRE(room);
    return *room;
}

}  // namespace

TEST_CASE("appends are given the indexes 0, 1, 2 and so on", "[events]") {
    const auto store = store_with_room();
    for (int i = 0; i < 5; ++i) {
        auto event = make_event({.id = "event " + std::to_string(i)});
        const auto stored = append(*store, event);
        event.index = i;
        CHECK(stored == event);
        CHECK(run(store->get_event("room", event.id)) == event);
    }
}

TEST_CASE("append() adds an event to the room that it names", "[events]") {
    const auto store = store_with_room();
    auto event = text_event("room", source("channel", ChannelType::sms, "ann"), "hello");
    const auto stored = run(store->append(event));
    CHECK(stored == event);
    CHECK(run(store->append(event)) == stored);
    CHECK(run(store->get_event("room", event.id)) == stored);
    event.room_id = "unknown";
    CHECK_FAILS(store->append(event), errc::not_found, "unknown");
    event.room_id = "";
    CHECK_FAILS(store->append(event), errc::invalid_argument, "room_id");
}

TEST_CASE("an append ignores the index set by the caller", "[events]") {
    const auto store = store_with_room();
    CHECK(append(*store, make_event({.index = 17})).index == 0);
    CHECK(append(*store, make_event({.id = "b", .index = 0})).index == 1);
}

TEST_CASE("each room has its own sequence of indexes", "[events]") {
    const auto store = store_with_room();
    run(store->create_room(sample_room({.id = "other"})));
    append(*store, make_event());
    append(*store, make_event({.id = "b"}));
    CHECK(append(*store, make_event({.room_id = "other"})).index == 0);
    CHECK(append(*store, make_event({.id = "c"})).index == 2);
}

TEST_CASE("an append changes the counters of its room and nothing else", "[events]") {
    const auto store = fresh_store();
    auto expected = full_room();
    expected.timers.last_activity_at = at(100);
    run(store->create_room(expected));

    append(*store, make_event({.created_at = at(50)}));
    expected.event_count = 8;
    expected.latest_index = 10;
    CHECK(room_of(*store) == expected);

    append(*store, make_event({.id = "later", .created_at = at(101)}));
    expected.event_count = 9;
    expected.latest_index = 11;
    expected.timers.last_activity_at = at(101);
    CHECK(room_of(*store) == expected);
}

TEST_CASE("the first append to a room sets last_activity_at", "[events]") {
    const auto store = store_with_room();
    REQUIRE(room_of(*store).timers.last_activity_at == std::nullopt);
    append(*store, make_event({.created_at = at(-1000)}));
    auto expected = sample_room();
    expected.event_count = 1;
    expected.timers.last_activity_at = at(-1000);
    CHECK(room_of(*store) == expected);
}

TEST_CASE("an append to an imported room gets the index after latest_index", "[events]") {
    const auto store = fresh_store();
    auto room = sample_room();
    room.event_count = 3;
    room.latest_index = 41;
    run(store->create_room(room));
    CHECK(append(*store, make_event()).index == 42);
    CHECK(room_of(*store).latest_index == 42);
    CHECK(room_of(*store).event_count == 4);
}

TEST_CASE("an append to an imported room without events gets index 0, whatever latest_index is",
          "[events]") {
    const auto store = fresh_store();
    auto room = sample_room();
    room.latest_index = 41;
    run(store->create_room(room));
    CHECK(append(*store, make_event()).index == 0);
    CHECK(room_of(*store).latest_index == 0);
    CHECK(append(*store, make_event({.id = "b"})).index == 1);
}

TEST_CASE("an append to an unknown room is not_found", "[events]") {
    const auto store = fresh_store();
    CHECK_FAILS(store->add_event_auto_index("room", make_event()), errc::not_found);
    CHECK_FALSE(run(store->room_exists("room")));
    CHECK(run(store->get_event("event")) == std::nullopt);
}

TEST_CASE("an append whose event names another room is refused", "[events]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    CHECK_FAILS(
        store->add_event_auto_index("room", make_event({.id = "new", .room_id = "other room"})),
        errc::invalid_argument,
        "RoomEvent.room_id");
    CHECK(dump(*store) == before);
}

TEST_CASE("failed appends leave no gap in the indexes", "[events]") {
    const auto store = store_with_room();
    append(*store, make_event({.id = "a", .key = "key"}));
    CHECK_FAILS(store->add_event_auto_index("room", make_event({.id = "a", .key = "another"})),
                errc::already_exists);
    CHECK_FAILS(store->add_event_auto_index("room", make_event({.id = "x", .body = "\xFF"})),
                errc::invalid_argument);
    append(*store, make_event({.id = "again", .key = "key"}));
    CHECK_FAILS(store->add_event(make_event({.id = "taken", .index = 0})), errc::conflict);
    CHECK(append(*store, make_event({.id = "b"})).index == 1);
    CHECK(run(store->get_event_count("room")) == 2);
    CHECK(room_of(*store).event_count == 2);
}

TEST_CASE("an append never reuses an index after a deletion", "[events]") {
    const auto store = store_with_room();
    append(*store, make_event({.id = "a"}));
    append(*store, make_event({.id = "b"}));
    REQUIRE(run(store->delete_event("room", "b")) == Ids{"b"});
    CHECK(append(*store, make_event({.id = "c"})).index == 2);
    REQUIRE(run(store->delete_event("room", "a")) == Ids{"a"});
    REQUIRE(run(store->delete_event("room", "c")) == Ids{"c"});
    REQUIRE(run(store->list_events("room")).empty());
    CHECK(append(*store, make_event({.id = "d"})).index == 3);
    CHECK(room_of(*store).event_count == 4);
    CHECK(room_of(*store).latest_index == 3);
}

TEST_CASE("an append to a room with no index left is storage_full", "[events]") {
    const auto store = fresh_store();
    auto room = sample_room();
    room.event_count = 1;
    room.latest_index = last_index - 1;
    run(store->create_room(room));
    CHECK(append(*store, make_event()).index == last_index);
    const auto before = dump(*store);
    CHECK_FAILS(store->add_event_auto_index("room", make_event({.id = "b"})), errc::storage_full);
    CHECK_FAILS(store->append_events("room", {make_event({.id = "b"})}), errc::storage_full);
    CHECK(dump(*store) == before);
    // A repeated append needs no new index.
    CHECK(append(*store, make_event()).index == last_index);
}

TEST_CASE("a repeated append returns the stored event and writes nothing", "[events]") {
    const auto store = store_with_room();
    const auto event = make_event({.key = "key"});
    const auto stored = append(*store, event);
    append(*store, make_event({.id = "later", .created_at = at(9)}));
    const auto before = dump(*store);
    CHECK(append(*store, event) == stored);
    CHECK(append(*store, stored) == stored);
    CHECK(dump(*store) == before);
}

TEST_CASE("an append with a stored id and another content is never answered by the stored event",
          "[events]") {
    const auto store = store_with_room();
    const auto event = full_event();
    const auto stored = append(*store, event);
    const auto before = dump(*store);
    const auto check = [&](const RoomEvent& other) {
        CHECK_FAILS(store->add_event_auto_index("room", other), errc::already_exists);
        const std::vector<RoomEvent> batch{other};
        CHECK_FAILS(store->append_events("room", batch), errc::already_exists);
        CHECK_FAILS(store->add_event(other), errc::already_exists);
        CHECK(dump(*store) == before);
    };
    const auto refused = [&](auto change) {
        auto other = event;
        change(other);
        check(other);
    };
    refused([](RoomEvent& other) { other.content = TextContent{.body = "another text"}; });
    refused([](RoomEvent& other) { other.status = EventStatus::read; });
    refused([](RoomEvent& other) { other.blocked_by.reset(); });
    refused([](RoomEvent& other) { other.visibility = "none"; });
    refused([](RoomEvent& other) { other.addressed_to.reset(); });
    refused([](RoomEvent& other) { other.response_visibility = "none"; });
    refused([](RoomEvent& other) { other.chain_depth = 77; });
    refused([](RoomEvent& other) { other.parent_event_id = "another parent"; });
    refused([](RoomEvent& other) { other.correlation_id = "another"; });
    refused([](RoomEvent& other) { other.metadata["new"] = 1; });
    refused([](RoomEvent& other) { other.channel_data.thread_id = "another"; });
    refused([](RoomEvent& other) { other.delivery_results["new"] = 1; });
    refused([](RoomEvent& other) { other.token_count = 77; });
    refused([](RoomEvent& other) { other.token_count.reset(); });
    refused([](RoomEvent& other) { other.unknown_members = UnknownMembers(); });
    // The caller does not know the index.
    auto again = event;
    again.index = 77;
    CHECK(append(*store, again) == stored);
}

TEST_CASE("every kind of content is recognized when its append is repeated", "[events]") {
    const auto store = store_with_room();
    int number = 0;
    for (const auto& contents : {full_contents(), minimal_contents()}) {
        for (const auto& content : contents) {
            auto event = full_event();
            event.id = "event " + std::to_string(number++);
            event.idempotency_key = event.id;
            event.content = content;
            CAPTURE(event.id);
            const auto stored = append(*store, event);
            CHECK(append(*store, event) == stored);
            const std::vector<RoomEvent> batch{event};
            CHECK(run(store->append_events("room", batch)) == std::vector<RoomEvent>{stored});
            event.content = TextContent{.body = "another text"};
            CHECK_FAILS(store->add_event_auto_index("room", event), errc::already_exists);
        }
    }
}

TEST_CASE("an append counts as repeated after its event was updated", "[events]") {
    const auto store = store_with_room();
    append(*store, make_event());
    auto changed = make_event({.body = "edited"});
    changed.status = EventStatus::read;
    const auto updated = run(store->update_event(changed));
    CHECK(append(*store, make_event()) == updated);
    CHECK(append(*store, make_event({.body = "a third text"})) == updated);
    CHECK(run(store->append_events("room", {make_event()})) == std::vector{updated});
    CHECK(run(store->add_event(make_event({.index = 5}))) == updated);
    CHECK_FAILS(store->add_event(make_event({.created_at = at(1)})), errc::already_exists);
}

TEST_CASE("an event that was deleted and stored again does not count as updated", "[events]") {
    const auto store = store_with_room();
    append(*store, make_event());
    run(store->update_event(make_event({.body = "edited"})));
    run(store->delete_event("room", "event"));
    append(*store, make_event());
    CHECK_FAILS(store->add_event_auto_index("room", make_event({.body = "edited"})),
                errc::already_exists);
}

TEST_CASE("an id used by another event of the room is already_exists", "[events]") {
    const auto store = store_with_room();
    append(*store, full_event());
    const auto before = dump(*store);
    const auto refused = [&](RoomEvent other) {
        CHECK_FAILS(store->add_event_auto_index("room", other), errc::already_exists);
        CHECK_FAILS(store->add_event(other), errc::already_exists);
        CHECK_FAILS(store->append_events("room", {other}), errc::already_exists);
    };
    const auto differing = [&](auto change) {
        auto other = full_event();
        change(other);
        refused(std::move(other));
    };
    differing([](RoomEvent& other) { other.type = EventType::system; });
    differing([](RoomEvent& other) { other.created_at += std::chrono::microseconds{1}; });
    differing([](RoomEvent& other) { other.idempotency_key = "another key"; });
    differing([](RoomEvent& other) { other.idempotency_key = std::nullopt; });
    differing([](RoomEvent& other) { other.idempotency_key = ""; });
    differing([](RoomEvent& other) { other.source.channel_id = "another channel"; });
    differing([](RoomEvent& other) { other.source.channel_type = ChannelType::sms; });
    differing([](RoomEvent& other) { other.source.direction = ChannelDirection::inbound; });
    differing([](RoomEvent& other) { other.source.participant_id = std::nullopt; });
    differing([](RoomEvent& other) { other.source.external_id = "another"; });
    differing([](RoomEvent& other) { other.source.provider = std::nullopt; });
    differing([](RoomEvent& other) { other.source.raw_payload["more"] = 1; });
    differing([](RoomEvent& other) { other.source.provider_message_id = "another"; });
    CHECK(dump(*store) == before);
}

TEST_CASE("the same id in another room is a different event", "[events]") {
    const auto store = store_with_room();
    run(store->create_room(sample_room({.id = "other"})));
    append(*store, make_event());
    const auto other = make_event({.room_id = "other", .body = "other", .created_at = at(5)});
    CHECK(append(*store, other) == other);
    CHECK(run(store->get_event("room", "event")) == make_event());
    CHECK(run(store->get_event("other", "event")) == other);
}

TEST_CASE("an append with a used key returns the original event and writes nothing", "[events]") {
    const auto store = store_with_room();
    const auto original = append(*store, make_event({.id = "original", .key = "key"}));
    append(*store, make_event({.id = "later", .key = "later key"}));
    const auto before = dump(*store);
    CHECK(append(*store, make_event({.id = "another", .body = "another", .key = "key"})) ==
          original);
    CHECK(run(store->add_event(make_event({.id = "another", .index = 7, .key = "key"}))) ==
          original);
    CHECK(run(store->append_events("room", {make_event({.id = "another", .key = "key"})})) ==
          std::vector{original});
    CHECK(dump(*store) == before);
    CHECK(run(store->get_event("another")) == std::nullopt);
}

TEST_CASE("idempotency keys are scoped to their room", "[events]") {
    const auto store = store_with_room();
    run(store->create_room(sample_room({.id = "other"})));
    append(*store, make_event({.key = "key"}));
    CHECK(append(*store, make_event({.id = "b", .room_id = "other", .key = "key"})).id == "b");
}

TEST_CASE("idempotency keys compare by bytes", "[events]") {
    const auto store = store_with_room();
    // Composed and decomposed, upper and lower case, with and without a space.
    const Ids keys{"\xC3\xA4", "a\xCC\x88", "key", "Key", "key ", " key"};
    for (const auto& key : keys) append(*store, make_event({.id = "event of " + key, .key = key}));
    CHECK(run(store->get_event_count("room")) == 6);
    for (const auto& key : keys) {
        CHECK(run(store->get_event_by_idempotency_key("room", key))->id == "event of " + key);
    }
}

TEST_CASE("an empty idempotency key is treated as no key", "[events]") {
    const auto store = store_with_room();
    const auto first = append(*store, make_event({.id = "a", .key = ""}));
    const auto second = append(*store, make_event({.id = "b", .key = ""}));
    CHECK(first == make_event({.id = "a"}));
    CHECK(second == make_event({.id = "b", .index = 1}));
    CHECK(run(store->get_event("a")) == first);
    CHECK(append(*store, make_event({.id = "a", .key = ""})) == first);
    CHECK(append(*store, make_event({.id = "a"})) == first);
    CHECK_FALSE(run(store->check_idempotency("room", "")));
    CHECK(run(store->get_event_by_idempotency_key("room", "")) == std::nullopt);
    const auto third = run(store->add_event(make_event({.id = "c", .index = 2, .key = ""})));
    CHECK(third == make_event({.id = "c", .index = 2}));
    const auto batch = run(store->append_events(
        "room", {make_event({.id = "d", .key = ""}), make_event({.id = "e", .key = ""})}));
    CHECK(indexes_of(batch) == Indexes{3, 4});
    CHECK(batch.front().idempotency_key == std::nullopt);
}

TEST_CASE("an append checks the id before the key", "[events]") {
    const auto store = store_with_room();
    const auto a = append(*store, make_event({.id = "a", .key = "key of a"}));
    append(*store, make_event({.id = "b", .key = "key of b"}));
    CHECK_FAILS(store->add_event_auto_index("room", make_event({.id = "a", .key = "key of b"})),
                errc::already_exists);
    CHECK_FAILS(store->add_event(make_event({.id = "a", .index = 1, .key = "key of b"})),
                errc::already_exists);
}

TEST_CASE("check_idempotency and get_event_by_idempotency_key reflect the stored events",
          "[events]") {
    const auto store = store_with_room();
    CHECK_FALSE(run(store->check_idempotency("room", "key")));
    CHECK(run(store->get_event_by_idempotency_key("room", "key")) == std::nullopt);
    const auto stored = append(*store, make_event({.key = "key"}));
    CHECK(run(store->check_idempotency("room", "key")));
    CHECK(run(store->get_event_by_idempotency_key("room", "key")) == stored);
    CHECK_FALSE(run(store->check_idempotency("room", "ke")));
    CHECK_FALSE(run(store->check_idempotency("unknown", "key")));
    CHECK(run(store->get_event_by_idempotency_key("unknown", "key")) == std::nullopt);
    REQUIRE(run(store->delete_event("room", "event")).size() == 1);
    CHECK_FALSE(run(store->check_idempotency("room", "key")));
    CHECK(run(store->get_event_by_idempotency_key("room", "key")) == std::nullopt);
}

TEST_CASE("a deleted event can be appended again and gets a new index", "[events]") {
    const auto store = store_with_room();
    const auto event = make_event({.key = "key"});
    append(*store, event);
    REQUIRE(run(store->delete_event("room", "event")) == Ids{"event"});
    const auto again = append(*store, make_event({.body = "other", .key = "key"}));
    CHECK(again == make_event({.body = "other", .index = 1, .key = "key"}));
    CHECK(run(store->get_event_by_idempotency_key("room", "key")) == again);
}

TEST_CASE("get_event_count counts live events", "[events]") {
    const auto store = store_with_room();
    CHECK(run(store->get_event_count("room")) == 0);
    CHECK(run(store->get_event_count("unknown")) == 0);
    for (const auto* id : {"a", "b", "c"}) append(*store, make_event({.id = id}));
    CHECK(run(store->get_event_count("room")) == 3);
    REQUIRE(run(store->delete_event("room", "b")).size() == 1);
    CHECK(run(store->get_event_count("room")) == 2);
    CHECK(room_of(*store).event_count == 3);
}

TEST_CASE("an imported event_count does not affect get_event_count", "[events]") {
    const auto store = fresh_store();
    run(store->create_room(full_room()));
    CHECK(run(store->get_event_count("room")) == 0);
    append(*store, make_event());
    CHECK(run(store->get_event_count("room")) == 1);
    CHECK(room_of(*store).event_count == full_room().event_count + 1);
}

}  // namespace roomstore::contract
