#include <random>

#include "contract/populated_store.hpp"

namespace roomstore::contract {

namespace {

using Markers = std::map<std::string, std::int64_t>;

void append(ConversationStore& store, const Ids& ids) {
    for (const auto& id : ids) run(store.add_event_auto_index("room", make_event({.id = id})));
}

std::int64_t unread(ConversationStore& store, std::string channel_id = "channel") {
    return run(store.get_unread_count("room", std::move(channel_id)));
}

}  // namespace

TEST_CASE("without a marker every live event is unread", "[read_markers]") {
    const auto store = store_with_room();
    CHECK(unread(*store) == 0);
    append(*store, {"a", "b", "c"});
    CHECK(unread(*store) == 3);
    run(store->delete_event("room", "b"));
    CHECK(unread(*store) == 2);
    CHECK(run(store->list_read_markers("room")).empty());
}

TEST_CASE("mark_read moves the marker of the channel to the event", "[read_markers]") {
    const auto store = store_with_room();
    append(*store, {"a", "b", "c"});
    run(store->mark_read("room", "x", "b"));
    run(store->mark_read("room", "y", "a"));
    CHECK(run(store->list_read_markers("room")) == Markers{{"x", 1}, {"y", 0}});
    CHECK(unread(*store, "x") == 1);
    CHECK(unread(*store, "y") == 2);
    CHECK(unread(*store, "z") == 3);
    append(*store, {"d"});
    CHECK(unread(*store, "x") == 2);
}

TEST_CASE("a marker never moves back", "[read_markers]") {
    const auto store = store_with_room();
    append(*store, {"a", "b", "c"});
    for (const auto* id : {"b", "a", "b"}) {
        run(store->mark_read("room", "channel", id));
        CHECK(run(store->list_read_markers("room")) == Markers{{"channel", 1}});
        CHECK(unread(*store) == 1);
    }
}

TEST_CASE("mark_read of an event that is not in the room is not_found", "[read_markers]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    CHECK_FAILS(store->mark_read("room", "new", "unknown"), errc::not_found);
    CHECK_FAILS(store->mark_read("other room", "new", "reply"), errc::not_found);
    CHECK_FAILS(store->mark_read("unknown", "new", "event"), errc::not_found);
    CHECK(dump(*store) == before);
}

TEST_CASE("mark_read looks up the event in the given room", "[read_markers]") {
    const auto store = store_with_room();
    run(store->create_room(sample_room({.id = "a room before"})));
    append(*store, {"x", "event"});
    run(store->add_event_auto_index("a room before", make_event({.room_id = "a room before"})));
    run(store->mark_read("room", "channel", "event"));
    CHECK(run(store->list_read_markers("room")) == Markers{{"channel", 1}});
    CHECK(run(store->list_read_markers("a room before")).empty());
}

TEST_CASE("mark_all_read moves the marker to the last assigned index", "[read_markers]") {
    const auto store = store_with_room();
    append(*store, {"a", "b"});
    run(store->mark_all_read("room", "channel"));
    CHECK(run(store->list_read_markers("room")) == Markers{{"channel", 1}});
    CHECK(unread(*store) == 0);
    append(*store, {"c"});
    CHECK(unread(*store) == 1);
    run(store->delete_event("room", "c"));
    run(store->mark_all_read("room", "channel"));
    CHECK(run(store->list_read_markers("room")) == Markers{{"channel", 2}});
    append(*store, {"d"});
    CHECK(unread(*store) == 1);
}

TEST_CASE("mark_all_read of a room that never had an event sets no marker", "[read_markers]") {
    const auto store = store_with_room();
    run(store->mark_all_read("room", "channel"));
    CHECK(run(store->list_read_markers("room")).empty());
    append(*store, {"first"});
    CHECK(unread(*store) == 1);
}

TEST_CASE("mark_all_read of a room whose events were deleted sets a marker", "[read_markers]") {
    const auto store = store_with_room();
    append(*store, {"a"});
    run(store->delete_event("room", "a"));
    run(store->mark_all_read("room", "channel"));
    CHECK(run(store->list_read_markers("room")) == Markers{{"channel", 0}});
    append(*store, {"b"});
    CHECK(unread(*store) == 1);
}

TEST_CASE("mark_all_read of an imported room uses its counters", "[read_markers]") {
    const auto store = fresh_store();
    auto room = sample_room();
    room.event_count = 5;
    room.latest_index = 40;
    run(store->create_room(room));
    run(store->mark_all_read("room", "channel"));
    CHECK(run(store->list_read_markers("room")) == Markers{{"channel", 40}});
    // Older events imported later count as read; events appended later do not.
    run(store->add_event(make_event({.id = "old", .index = 7})));
    CHECK(unread(*store) == 0);
    CHECK(unread(*store, "other") == 1);
    append(*store, {"new"});
    CHECK(unread(*store) == 1);
    CHECK(unread(*store, "other") == 2);
}

TEST_CASE("mark_all_read of an unknown room is not_found", "[read_markers]") {
    const auto store = fresh_store();
    CHECK_FAILS(store->mark_all_read("unknown", "channel"), errc::not_found);
    CHECK(run(store->list_read_markers("unknown")).empty());
}

TEST_CASE("mark_all_read does not move a marker back", "[read_markers]") {
    const auto store = store_with_room();
    append(*store, {"a", "b", "c"});
    run(store->mark_all_read("room", "channel"));
    run(store->mark_read("room", "channel", "a"));
    CHECK(run(store->list_read_markers("room")) == Markers{{"channel", 2}});
    run(store->mark_all_read("room", "channel"));
    CHECK(run(store->list_read_markers("room")) == Markers{{"channel", 2}});
}

TEST_CASE("a marker survives the deletion of its event", "[read_markers]") {
    const auto store = store_with_room();
    append(*store, {"a", "b", "c", "d"});
    run(store->mark_read("room", "channel", "b"));
    run(store->delete_event("room", "b"));
    run(store->delete_event("room", "a"));
    CHECK(run(store->list_read_markers("room")) == Markers{{"channel", 1}});
    CHECK(unread(*store) == 2);
    run(store->delete_event("room", "d"));
    CHECK(unread(*store) == 1);
}

TEST_CASE("mark_read does not require a binding", "[read_markers]") {
    const auto store = store_with_room();
    append(*store, {"a"});
    run(store->mark_read("room", "nowhere attached", "a"));
    CHECK(unread(*store, "nowhere attached") == 0);
    CHECK_FALSE(run(store->binding_exists("room", "nowhere attached")));
}

TEST_CASE("unread counts are exact with gaps and imports", "[read_markers]") {
    std::mt19937 random(7);
    const auto store = store_with_room();
    std::map<std::int64_t, std::string> live;
    Markers markers;
    for (int step = 0; step < 300; ++step) {
        const auto id = std::to_string(step);
        const auto choice = random() % 10;
        const auto any = [&] {
            return std::next(live.begin(), static_cast<std::ptrdiff_t>(random() % live.size()));
        };
        if (choice < 5 || live.empty()) {
            live[run(store->add_event_auto_index("room", make_event({.id = id}))).index] = id;
        } else if (choice < 6) {
            const auto index = live.rbegin()->first + 1 + static_cast<int>(random() % 3);
            run(store->add_event(make_event({.id = id, .index = index})));
            live[index] = id;
        } else if (choice < 8) {
            const auto gone = any();
            run(store->delete_event("room", gone->second));
            live.erase(gone);
        } else {
            const auto read = any();
            const auto channel = "channel " + std::to_string(random() % 2);
            run(store->mark_read("room", channel, read->second));
            auto& marker = markers.try_emplace(channel, read->first).first->second;
            marker = std::max(marker, read->first);
        }
        CAPTURE(step);
        REQUIRE(unread(*store, "no marker") == static_cast<std::int64_t>(live.size()));
        for (const auto& [channel, marker] : markers) {
            const auto above = std::distance(live.upper_bound(marker), live.end());
            REQUIRE(unread(*store, channel) == above);
        }
    }
    CHECK(run(store->list_read_markers("room")) == markers);
}

TEST_CASE("get_unread_counts returns a count for every requested room", "[read_markers]") {
    const auto store = store_with_room();
    for (const auto* id : {"read", "half read", "empty"}) {
        run(store->create_room(sample_room({.id = id})));
    }
    for (const auto* room_id : {"room", "read", "half read"}) {
        for (const auto* id : {"a", "b"}) {
            run(store->add_event_auto_index(room_id, make_event({.id = id, .room_id = room_id})));
        }
    }
    run(store->mark_all_read("read", "channel"));
    run(store->mark_read("half read", "channel", "a"));
    run(store->mark_all_read("room", "another channel"));
    CHECK(run(store->get_unread_counts(
              "channel", {"room", "unknown", "read", "half read", "empty", "room"})) ==
          Markers{{"empty", 0}, {"half read", 1}, {"read", 0}, {"room", 2}, {"unknown", 0}});
    CHECK(run(store->get_unread_counts("channel", {})).empty());
}

TEST_CASE("the unread count and markers of an unknown room are 0 and empty", "[read_markers]") {
    const auto store = fresh_store();
    CHECK(run(store->get_unread_count("unknown", "channel")) == 0);
    CHECK(run(store->list_read_markers("unknown")).empty());
}

TEST_CASE("marking as read does not change the room", "[read_markers]") {
    const auto store = store_with_room();
    append(*store, {"a"});
    const auto before = run(store->get_room("room"));
    run(store->mark_read("room", "channel", "a"));
    run(store->mark_all_read("room", "channel"));
    CHECK(run(store->get_room("room")) == before);
}

TEST_CASE("mark_unread_from moves the marker back, and never forward", "[read_markers]") {
    const auto store = store_with_room();
    append(*store, {"a", "b", "c", "d"});
    run(store->mark_all_read("room", "channel"));
    run(store->mark_unread_from("room", "channel", 4));
    CHECK(run(store->list_read_markers("room")) == Markers{{"channel", 3}});
    run(store->mark_unread_from("room", "channel", 2));
    CHECK(run(store->list_read_markers("room")) == Markers{{"channel", 1}});
    CHECK(unread(*store) == 2);
    run(store->mark_unread_from("room", "channel", 3));
    CHECK(unread(*store) == 2);
    run(store->mark_unread_from("room", "channel", std::numeric_limits<std::int64_t>::max()));
    CHECK(unread(*store) == 2);
    run(store->mark_unread_from("room", "channel", 0));
    CHECK(run(store->list_read_markers("room")) == Markers{{"channel", -1}});
    CHECK(unread(*store) == 4);
    run(store->mark_read("room", "channel", "a"));
    CHECK(run(store->list_read_markers("room")) == Markers{{"channel", 0}});
    CHECK(unread(*store) == 3);
}

TEST_CASE("mark_unread_from sets no marker where there is none", "[read_markers]") {
    const auto store = store_with_room();
    append(*store, {"a", "b"});
    run(store->mark_read("room", "other", "b"));
    for (const std::int64_t index : {0, 1, 7}) {
        run(store->mark_unread_from("room", "channel", index));
    }
    CHECK(run(store->list_read_markers("room")) == Markers{{"other", 1}});
    CHECK(unread(*store) == 2);
}

TEST_CASE("mark_unread_from counts on where events are missing", "[read_markers]") {
    const auto store = store_with_room();
    append(*store, {"a", "b", "c", "d", "e"});
    run(store->delete_event("room", "c"));
    run(store->mark_all_read("room", "channel"));
    run(store->mark_unread_from("room", "channel", 2));
    CHECK(unread(*store) == 2);
    run(store->mark_unread_from("room", "channel", 1));
    CHECK(unread(*store) == 3);
    run(store->trim_room("room", 2));
    CHECK(unread(*store) == 2);
    run(store->mark_unread_from("room", "channel", 0));
    CHECK(unread(*store) == 2);
}

TEST_CASE("mark_unread_from of an unknown room is not_found", "[read_markers]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    CHECK_FAILS(store->mark_unread_from("unknown", "channel", 0), errc::not_found);
    run(store->mark_unread_from("room", "unknown", 0));
    CHECK(dump(*store) == before);
}

TEST_CASE("unread events of a room are counted by type and author, up to a cap", "[read_markers]") {
    const auto store = store_with_room();
    const std::vector<std::pair<EventType, std::optional<std::string>>> events{
        {EventType::message, "ada"},
        {EventType::message, "bob"},
        {EventType::typing, "bob"},
        {EventType::message, std::nullopt},
        {EventType::reaction, "ada"},
        {EventType::message, "bob"}};
    for (const auto& [type, author] : events) {
        auto event = make_event({.id = generate_id(), .type = type});
        event.source.participant_id = author;
        run(store->append(event));
    }
    const auto count = [&](UnreadQuery query) {
        return run(store->get_unread_count("room", "channel", std::move(query)));
    };
    CHECK(count({}) == 6);
    CHECK(count({.cap = 6}) == 6);
    CHECK(count({.cap = 5}) == 5);
    CHECK(count({.event_types = {{"message"}}}) == 4);
    CHECK(count({.cap = 3, .event_types = {{"message"}}}) == 3);
    CHECK(count({.cap = 4, .event_types = {{"message"}}}) == 4);
    CHECK(count({.event_types = std::vector<EventType>{}}) == 0);
    CHECK(count({.exclude_types = {{"message", "typing"}}}) == 1);
    CHECK(count({.event_types = {{"typing"}}, .exclude_types = {{"typing"}}}) == 0);
    CHECK(count({.exclude_participant = "ada"}) == 4);
    CHECK(count({.event_types = {{"message"}}, .exclude_participant = "bob"}) == 2);
    run(store->mark_read("room", "channel", run(store->list_events("room")).at(1).id));
    CHECK(count({.exclude_participant = "bob"}) == 2);
    run(store->trim_room("room", 4));
    CHECK(count({.exclude_participant = "bob"}) == 1);
    run(store->mark_all_read("room", "channel"));
    CHECK(count({.exclude_participant = "bob"}) == 0);
    CHECK(run(store->get_unread_count("unknown", "channel", {.cap = 1})) == 0);
    CHECK(run(store->get_unread_count("unknown", "channel", {.exclude_participant = "x"})) == 0);
}

}  // namespace roomstore::contract
