#include <limits>

#include "contract/populated_store.hpp"
#include "support/populated.hpp"

namespace roomstore::contract {

TEST_CASE("create_room stores the room and returns the stored row", "[rooms]") {
    const auto store = fresh_store();
    const auto stored = run(store->create_room(full_room()));
    CHECK(stored == full_room());
    CHECK(run(store->get_room("room")) == stored);
}

TEST_CASE("create_room with an existing id is already_exists and changes nothing", "[rooms]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    CHECK_FAILS(store->create_room(sample_room()), errc::already_exists);
    CHECK(dump(*store) == before);
}

TEST_CASE("get_room of an unknown room returns nullopt", "[rooms]") {
    const auto store = store_with_room();
    CHECK(run(store->get_room("unknown")) == std::nullopt);
    CHECK(run(store->get_room("roo")) == std::nullopt);
    CHECK(run(store->get_room("Room")) == std::nullopt);
}

TEST_CASE("changing a returned row does not change the store", "[rooms]") {
    const auto store = store_with_room();
    auto copy = run(store->get_room("room"));
    REQUIRE(copy);
    copy->status = RoomStatus::closed;
    copy->metadata["changed"] = true;
    CHECK(run(store->get_room("room")) == sample_room());
}

TEST_CASE("update_room replaces every field that the store does not manage", "[rooms]") {
    const auto store = store_with_room();
    auto changed = full_room();
    const auto stored = run(store->update_room(changed));
    const auto first = sample_room();
    changed.created_at = first.created_at;
    changed.event_count = first.event_count;
    changed.latest_index = first.latest_index;
    changed.delivered_index = first.delivered_index;
    CHECK(stored == changed);
    CHECK(run(store->get_room("room")) == changed);
}

TEST_CASE("update_room clears fields that are absent", "[rooms]") {
    const auto store = fresh_store();
    run(store->create_room(full_room()));
    auto expected = sample_room({.created_at = full_room().created_at});
    expected.event_count = full_room().event_count;
    expected.latest_index = full_room().latest_index;
    expected.delivered_index = full_room().delivered_index;
    CHECK(run(store->update_room(sample_room({.created_at = expected.updated_at}))) == expected);
    CHECK(run(store->get_room("room")) == expected);
}

TEST_CASE("update_room with a stale copy does not rewind counters or cursors", "[rooms]") {
    const auto store = store_with_room();
    const auto stale = run(store->get_room("room"));
    REQUIRE(stale);
    for (const auto* id : {"a", "b", "c"}) {
        run(store->add_event_auto_index("room", make_event({.id = id})));
    }
    REQUIRE(run(store->advance_delivered_index("room", 1, Gap::skip)));
    const auto stored = run(store->update_room(*stale));
    CHECK(stored.event_count == 3);
    CHECK(stored.latest_index == 2);
    CHECK(stored.delivered_index == 1);
    CHECK(run(store->add_event_auto_index("room", make_event({.id = "d"}))).index == 3);
}

TEST_CASE("update_room of an unknown room is not_found and does not create it", "[rooms]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    CHECK_FAILS(store->update_room(sample_room({.id = "unknown"})), errc::not_found);
    CHECK(dump(*store) == before);
}

TEST_CASE("patch_room_metadata removes keys, then adds and replaces others", "[rooms]") {
    const auto store = fresh_store();
    run(store->create_room(sample_room({.metadata = {{"kept", 1}, {"gone", 2}, {"both", 3}}})));
    const auto stored = run(store->patch_room_metadata(
        "room", {{"both", "patched"}, {"new", nullptr}}, {"gone", "both", "was never there"}));
    REQUIRE(stored);
    CHECK(stored->metadata == Json{{"kept", 1}, {"both", "patched"}, {"new", nullptr}});
    CHECK(run(store->get_room("room")) == stored);
}

TEST_CASE("patch_room_metadata does not merge nested values", "[rooms]") {
    const auto store = fresh_store();
    run(store->create_room(sample_room({.metadata = {{"nested", {{"a", 1}}}, {"list", {1, 2}}}})));
    const auto stored =
        run(store->patch_room_metadata("room", {{"nested", {{"b", 2}}}, {"list", {3}}}));
    REQUIRE(stored);
    CHECK(stored->metadata == Json{{"nested", {{"b", 2}}}, {"list", {3}}});
}

TEST_CASE("patch_room_metadata treats hostile keys literally", "[rooms]") {
    const auto store = fresh_store();
    const Json metadata{
        {"a.b", 1}, {"a", {{"b", 2}}}, {"/a/b", 3}, {"{a,b}", 4}, {"", 5}, {"'", 6}};
    run(store->create_room(sample_room({.metadata = metadata})));
    const auto stored = run(store->patch_room_metadata("room", {{"$.a", 7}}, {"a.b", "", "{a,b}"}));
    REQUIRE(stored);
    CHECK(stored->metadata == Json{{"a", {{"b", 2}}}, {"/a/b", 3}, {"'", 6}, {"$.a", 7}});
}

TEST_CASE("patch_room_metadata sets updated_at to the current time and nothing else", "[rooms]") {
    const auto store = fresh_store();
    auto expected = full_room();
    run(store->create_room(expected));
    const auto earliest = now();
    const auto stored = run(store->patch_room_metadata("room", Json::object()));
    REQUIRE(stored);
    CHECK(stored->updated_at >= earliest);
    CHECK(stored->updated_at <= now());
    expected.updated_at = stored->updated_at;
    CHECK(*stored == expected);
}

TEST_CASE("patch_room_metadata of an unknown room returns nullopt and does not create it",
          "[rooms]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    CHECK(run(store->patch_room_metadata("unknown", {{"a", 1}})) == std::nullopt);
    CHECK(dump(*store) == before);
}

TEST_CASE("delete_room deletes everything in the room, and returns whether it existed", "[rooms]") {
    const auto store = populated_store();
    run(store->link_address("identity", ChannelType::email, "new@example.org", "organization"));
    CHECK(run(store->delete_room("room")));
    CHECK_FALSE(run(store->delete_room("room")));

    CHECK_FALSE(run(store->room_exists("room")));
    CHECK(run(store->get_room("room")) == std::nullopt);
    CHECK(run(store->list_events("room")).empty());
    CHECK(run(store->get_event("room", "event")) == std::nullopt);
    CHECK(run(store->get_event("reply")) == std::nullopt);
    CHECK(run(store->get_event_count("room")) == 0);
    CHECK_FALSE(run(store->check_idempotency("room", "key")));
    CHECK(run(store->get_event_by_idempotency_key("room", "key")) == std::nullopt);
    CHECK(run(store->get_thread_summaries("room", {"event"})).empty());
    CHECK(run(store->list_bindings("room")).empty());
    CHECK(run(store->get_binding("room", "channel")) == std::nullopt);
    CHECK(run(store->find_room_id_by_channel("channel")) == std::nullopt);
    CHECK(run(store->list_participants("room")).empty());
    CHECK(run(store->get_participant("room", "participant")) == std::nullopt);
    CHECK(run(store->find_latest_room("participant")) == std::nullopt);
    CHECK(run(store->list_tasks("room")).empty());
    CHECK(run(store->get_task("task")) == std::nullopt);
    CHECK(run(store->list_observations("room")).empty());
    CHECK(run(store->list_read_markers("room")).empty());
    CHECK(run(store->get_unread_count("room", "channel")) == 0);
    CHECK(run(store->get_delivered_index("room")) == -1);

    CHECK(run(store->get_identity("identity")));
    CHECK(run(store->resolve_identity(ChannelType::email, "new@example.org", "organization")));
}

TEST_CASE("delete_room does not affect other rooms, even with rows of the same ids", "[rooms]") {
    const auto store = fresh_store();
    for (const auto* room_id : {"a", "b"}) {
        run(store->create_room(sample_room({.id = room_id})));
        run(store->add_event_auto_index(
            room_id, make_event({.id = "event", .room_id = room_id, .key = "key"})));
        run(store->add_event_auto_index(
            room_id, make_event({.id = "reply", .room_id = room_id, .parent = "event"})));
        auto binding = full_binding();
        binding.room_id = room_id;
        run(store->add_binding(binding));
        auto participant = full_participant();
        participant.room_id = room_id;
        run(store->add_participant(participant));
        auto task = full_task();
        task.room_id = room_id;
        run(store->add_task(task));
        auto observation = full_observation();
        observation.room_id = room_id;
        run(store->add_observation(observation));
        run(store->mark_read(room_id, "channel", "event"));
    }
    auto expected = dump(*store);
    expected["rooms"].erase("a");
    expected["rooms"]["b"]["rooms of"]["channel"] = {"b"};
    REQUIRE(run(store->delete_room("a")));
    CHECK(dump(*store) == expected);
    CHECK(run(store->get_event("event"))->room_id == "b");
    CHECK(run(store->get_task("task"))->room_id == "b");
}

TEST_CASE("a deleted room that is created again is empty", "[rooms]") {
    const auto store = populated_store();
    REQUIRE(run(store->delete_room("room")));
    run(store->create_room(sample_room()));
    CHECK(run(store->get_room("room")) == sample_room());
    CHECK(run(store->list_events("room")).empty());
    CHECK(run(store->list_read_markers("room")).empty());
    CHECK(run(store->load_room_context("room")).bindings.empty());
    CHECK(run(store->load_room_context("room")).participants.empty());
    CHECK(run(store->list_tasks("room")).empty());
    CHECK(run(store->list_observations("room")).empty());
    const auto event = make_event({.id = "other", .key = "key"});
    CHECK(run(store->add_event_auto_index("room", event)) == event);
    CHECK(run(store->get_unread_count("room", "channel")) == 1);
}

TEST_CASE("room_exists returns whether the room exists", "[rooms]") {
    const auto store = store_with_room();
    CHECK(run(store->room_exists("room")));
    CHECK_FALSE(run(store->room_exists("unknown")));
}

TEST_CASE("the delivery cursor starts at -1 and advances one by one", "[rooms]") {
    const auto store = store_with_room();
    CHECK(run(store->get_delivered_index("room")) == -1);
    CHECK(run(store->advance_delivered_index("room", 0)));
    CHECK(run(store->advance_delivered_index("room", 1)));
    CHECK(run(store->get_delivered_index("room")) == 1);
    CHECK(run(store->get_room("room"))->delivered_index == 1);
}

TEST_CASE("the delivery cursor skips a gap only with Gap::skip, and never moves back", "[rooms]") {
    const auto store = store_with_room();
    CHECK_FALSE(run(store->advance_delivered_index("room", 1)));
    CHECK_FALSE(run(store->advance_delivered_index("room", 5, Gap::refuse)));
    CHECK(run(store->get_delivered_index("room")) == -1);
    CHECK(run(store->advance_delivered_index("room", 5, Gap::skip)));
    CHECK_FALSE(run(store->advance_delivered_index("room", 5, Gap::skip)));
    CHECK_FALSE(run(store->advance_delivered_index("room", 4, Gap::skip)));
    CHECK_FALSE(run(store->advance_delivered_index("room", 5)));
    CHECK_FALSE(run(store->advance_delivered_index("room", 0)));
    CHECK(run(store->get_delivered_index("room")) == 5);
    CHECK(run(store->advance_delivered_index("room", 6, Gap::skip)));
    CHECK(run(store->get_delivered_index("room")) == 6);
}

TEST_CASE("advancing the delivery cursor changes nothing else of the room", "[rooms]") {
    const auto store = fresh_store();
    auto expected = full_room();
    run(store->create_room(expected));
    constexpr auto last = std::numeric_limits<std::int64_t>::max() - 1;
    REQUIRE(run(store->advance_delivered_index("room", last, Gap::skip)));
    expected.delivered_index = last;
    CHECK(run(store->get_room("room")) == expected);
}

TEST_CASE("an unknown room has no delivery cursor to advance", "[rooms]") {
    const auto store = fresh_store();
    CHECK(run(store->get_delivered_index("unknown")) == -1);
    CHECK_FALSE(run(store->advance_delivered_index("unknown", 0)));
    CHECK_FALSE(run(store->advance_delivered_index("unknown", 0, Gap::skip)));
}

TEST_CASE("load_room_context returns the room with ordered bindings and participants", "[rooms]") {
    const auto store = populated_store();
    auto early_binding = full_binding();
    early_binding.channel_id = "z";
    early_binding.attached_at = full_binding().attached_at - std::chrono::microseconds{1};
    run(store->add_binding(early_binding));
    auto early_participant = full_participant();
    early_participant.id = "z";
    early_participant.joined_at = full_participant().joined_at - std::chrono::microseconds{1};
    run(store->add_participant(early_participant));

    const auto context = run(store->load_room_context("room"));
    CHECK(context.room == run(store->get_room("room")));
    CHECK(context.bindings == std::vector{early_binding, full_binding()});
    CHECK(context.participants == std::vector{early_participant, full_participant()});
}

TEST_CASE("load_room_context of an unknown room is empty, of an empty room only the room",
          "[rooms]") {
    const auto store = store_with_room();
    const auto unknown = run(store->load_room_context("unknown"));
    CHECK(unknown.room == std::nullopt);
    CHECK(unknown.bindings.empty());
    CHECK(unknown.participants.empty());
    const auto empty = run(store->load_room_context("room"));
    CHECK(empty.room == sample_room());
    CHECK(empty.bindings.empty());
    CHECK(empty.participants.empty());
}

}  // namespace roomstore::contract
