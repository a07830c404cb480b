#include "roomstore/changes.hpp"

#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contract/populated_store.hpp"
#include "support/populated.hpp"

/// What `list_changes` tells since a cursor.
namespace roomstore::contract {

namespace {

constexpr auto last_index = std::numeric_limits<std::int64_t>::max() - 1;

RoomChanges changes(ConversationStore& store,
                    std::optional<RoomCursor> since = {},
                    std::int64_t limit = 100) {
    return run(store.list_changes("room", {.since = since, .limit = limit}));
}

RoomChanges newest(ConversationStore& store,
                   std::int64_t limit,
                   std::optional<RoomCursor> since = {}) {
    return run(
        store.list_changes("room", {.since = since, .limit = limit, .start = Start::newest}));
}

/// The cursor of a reader that has seen everything.
RoomCursor cursor_now(ConversationStore& store) { return changes(store).cursor; }

void append(ConversationStore& store, const std::string& id) {
    run(store.append(make_event({.id = id})));
}

void append_all(ConversationStore& store, const Ids& ids) {
    for (const auto& id : ids) append(store, id);
}

void update(ConversationStore& store, const std::string& id, const std::string& body = "edited") {
    run(store.update_event(make_event({.id = id, .body = body})));
}

void import(ConversationStore& store, const std::string& id, std::int64_t index) {
    run(store.add_event(make_event({.id = id, .index = index})));
}

/// A store whose room has these events.
std::shared_ptr<ConversationStore> store_with(const Ids& ids) {
    auto store = store_with_room();
    append_all(*store, ids);
    return store;
}

/// Checks that a reader with this cursor is told nothing, not even another cursor.
void check_nothing_new(ConversationStore& store, const RoomCursor& since) {
    const auto answer = changes(store, since);
    CHECK(answer.exists);
    CHECK_FALSE(answer.reset);
    CHECK_FALSE(answer.more);
    CHECK(answer.room == std::nullopt);
    CHECK(answer.added.empty());
    CHECK(answer.updated.empty());
    CHECK(answer.deleted.empty());
    CHECK(answer.cursor == since);
}

/// Checks that the answer is that of a call without a cursor.
void check_begins_anew(const RoomChanges& answer, const RoomChanges& without, bool reset = true) {
    CHECK(answer.exists == without.exists);
    CHECK(answer.reset == reset);
    CHECK(answer.more == without.more);
    CHECK(answer.first_index == without.first_index);
    CHECK(answer.room == without.room);
    CHECK(answer.added == without.added);
    CHECK(answer.updated.empty());
    CHECK(answer.deleted.empty());
    CHECK(answer.cursor == without.cursor);
}

/// Checks that there is no such room.
void check_unknown(const RoomChanges& answer, bool reset) {
    CHECK_FALSE(answer.exists);
    CHECK(answer.reset == reset);
    CHECK_FALSE(answer.more);
    CHECK(answer.first_index == 0);
    CHECK(answer.room == std::nullopt);
    CHECK(answer.added.empty());
    CHECK(answer.updated.empty());
    CHECK(answer.deleted.empty());
    CHECK(answer.cursor == RoomCursor());
}

}  // namespace

TEST_CASE("without a cursor list_changes begins with the first event", "[changes]") {
    const auto store = store_with({"a", "b", "c"});
    const auto answer = changes(*store);
    CHECK(answer.exists);
    CHECK_FALSE(answer.reset);
    CHECK_FALSE(answer.more);
    CHECK(answer.first_index == 0);
    CHECK(answer.room == run(store->get_room("room")));
    CHECK(answer.added == run(store->list_events("room")));
    CHECK(answer.updated.empty());
    CHECK(answer.deleted.empty());
    CHECK(answer.cursor.room != 0);
    CHECK(answer.cursor.next_index == 3);
    CHECK(answer.cursor.revision == 0);
    CHECK(answer.cursor.from_index == 0);
    check_nothing_new(*store, answer.cursor);
}

TEST_CASE("list_changes of an empty room gives the room", "[changes]") {
    const auto store = store_with_room();
    const auto answer = changes(*store);
    CHECK(answer.exists);
    CHECK(answer.room == run(store->get_room("room")));
    CHECK(answer.added.empty());
    CHECK_FALSE(answer.more);
    CHECK(answer.cursor.room != 0);
    CHECK(answer.cursor.next_index == 0);
    check_nothing_new(*store, answer.cursor);
    append(*store, "a");
    CHECK(ids_of(changes(*store, answer.cursor).added) == Ids{"a"});
}

TEST_CASE("list_changes gives every field of events and of the room", "[changes]") {
    const auto store = populated_store();
    const auto fresh = changes(*store);
    CHECK(fresh.room == run(store->get_room("room")));
    CHECK(fresh.added == run(store->list_events("room")));
    const auto updated = run(store->update_event(full_event()));
    CHECK(changes(*store, fresh.cursor).updated == std::vector{updated});
}

TEST_CASE("new events are told without a revision, and a repetition tells nothing", "[changes]") {
    const auto store = store_with({"a"});
    const auto before = cursor_now(*store);
    append(*store, "b");
    run(store->append_events("room", {make_event({.id = "c"}), make_event({.id = "d"})}));
    const auto answer = changes(*store, before);
    CHECK(ids_of(answer.added) == Ids{"b", "c", "d"});
    CHECK(answer.room == std::nullopt);
    CHECK(answer.cursor.room == before.room);
    CHECK(answer.cursor.next_index == 4);
    CHECK(answer.cursor.revision == before.revision);
    CHECK(answer.cursor.from_index == 0);
    append(*store, "b");
    run(store->append_events("room", {make_event({.id = "c"}), make_event({.id = "d"})}));
    run(store->add_event(make_event({.id = "a", .index = 1})));
    check_nothing_new(*store, answer.cursor);
}

TEST_CASE("new events are told in pages", "[changes]") {
    const auto store = store_with({"a", "b", "c", "d", "e"});
    auto answer = changes(*store, {}, 2);
    CHECK(ids_of(answer.added) == Ids{"a", "b"});
    CHECK(answer.more);
    CHECK(answer.room);
    CHECK(answer.cursor.next_index == 2);
    answer = changes(*store, answer.cursor, 2);
    CHECK(ids_of(answer.added) == Ids{"c", "d"});
    CHECK(answer.more);
    CHECK(answer.room == std::nullopt);
    CHECK(answer.cursor.next_index == 4);
    // A page that is full, but the last.
    answer = changes(*store, answer.cursor, 1);
    CHECK(ids_of(answer.added) == Ids{"e"});
    CHECK_FALSE(answer.more);
    CHECK(answer.cursor == cursor_now(*store));
}

TEST_CASE("a page of new events continues after the last one given, across gaps", "[changes]") {
    const auto store = store_with_room();
    import(*store, "a", 3);
    import(*store, "b", 70);
    import(*store, "c", 500);
    const auto answer = changes(*store, {}, 2);
    CHECK(ids_of(answer.added) == Ids{"a", "b"});
    CHECK(answer.more);
    CHECK(answer.cursor.next_index == 71);
    // Not an update: the reader has not been there yet.
    import(*store, "between", 100);
    const auto rest = changes(*store, answer.cursor);
    CHECK(ids_of(rest.added) == Ids{"between", "c"});
    CHECK(rest.updated.empty());
    CHECK(rest.cursor.next_index == 501);
    check_nothing_new(*store, rest.cursor);
}

TEST_CASE("the cursor stands at the next index of the room, also where no event is", "[changes]") {
    const auto store = fresh_store();
    auto room = sample_room();
    room.event_count = 3;
    room.latest_index = 50;
    run(store->create_room(room));
    const auto imported = changes(*store);
    CHECK(imported.cursor.next_index == 51);
    check_nothing_new(*store, imported.cursor);
    import(*store, "late", 4);
    CHECK(ids_of(changes(*store, imported.cursor).updated) == Ids{"late"});
    append(*store, "last");
    run(store->delete_event("room", "last"));
    CHECK(cursor_now(*store).next_index == 52);
    import(*store, "end", last_index);
    const auto end = changes(*store, imported.cursor);
    CHECK(ids_of(end.added) == Ids{"end"});
    CHECK(end.cursor.next_index == last_index + 1);
    check_nothing_new(*store, end.cursor);
}

TEST_CASE("updated events are told once, in their last state, by their latest change",
          "[changes]") {
    const auto store = store_with({"a", "b", "c"});
    const auto before = cursor_now(*store);
    update(*store, "a", "1");
    update(*store, "c", "2");
    update(*store, "b", "3");
    update(*store, "a", "4");
    const auto answer = changes(*store, before);
    REQUIRE(ids_of(answer.updated) == Ids{"c", "b", "a"});
    CHECK(answer.updated[2] == run(store->get_event("room", "a")));
    CHECK(answer.updated[2].content == EventContent(TextContent{.body = "4"}));
    CHECK(answer.added.empty());
    CHECK(answer.deleted.empty());
    CHECK(answer.room == std::nullopt);
    CHECK(answer.cursor.revision == before.revision + 4);
    CHECK(answer.cursor.next_index == before.next_index);
    check_nothing_new(*store, answer.cursor);
    // Also if the new state equals the old one.
    update(*store, "a", "4");
    CHECK(ids_of(changes(*store, answer.cursor).updated) == Ids{"a"});
}

TEST_CASE("a new event that was updated is told as new only", "[changes]") {
    const auto store = store_with({"a"});
    const auto before = cursor_now(*store);
    append_all(*store, {"b", "c"});
    update(*store, "b", "edited");
    run(store->delete_event("room", "c"));
    const auto answer = changes(*store, before);
    CHECK(answer.added == std::vector{run(store->get_event("room", "b")).value()});
    CHECK(answer.updated.empty());
    CHECK(answer.deleted.empty());
    CHECK(answer.cursor.next_index == 3);
    check_nothing_new(*store, answer.cursor);
}

TEST_CASE("deleted events are told with their replies, each with its own revision", "[changes]") {
    const auto store = store_with({"root", "a"});
    run(store->append(make_event({.id = "reply 1", .parent = "root"})));
    run(store->append(make_event({.id = "reply 2", .parent = "root"})));
    const auto before = cursor_now(*store);
    REQUIRE(run(store->delete_event("room", "root")).size() == 3);
    const auto answer = changes(*store, before);
    CHECK(answer.deleted == std::vector<DeletedEvent>{{.id = "root", .index = 0},
                                                      {.id = "reply 1", .index = 2},
                                                      {.id = "reply 2", .index = 3}});
    CHECK(answer.updated.empty());
    CHECK(answer.added.empty());
    CHECK(answer.cursor.revision == before.revision + 3);
    CHECK(answer.cursor.next_index == 4);
    check_nothing_new(*store, answer.cursor);

    CHECK(run(store->delete_event("room", "root")).empty());
    CHECK(run(store->delete_event("room", "unknown")).empty());
    check_nothing_new(*store, answer.cursor);

    // No two of the cascade are on the same page of one.
    auto page = changes(*store, before, 1);
    CHECK(ids_of(page.deleted) == Ids{"root"});
    CHECK(page.more);
    page = changes(*store, page.cursor, 1);
    CHECK(ids_of(page.deleted) == Ids{"reply 1"});
    CHECK(page.more);
    page = changes(*store, page.cursor, 1);
    CHECK(ids_of(page.deleted) == Ids{"reply 2"});
    CHECK_FALSE(page.more);
    CHECK(page.cursor == answer.cursor);
}

TEST_CASE("a deletion without replies takes one revision", "[changes]") {
    const auto store = store_with({"root"});
    run(store->append(make_event({.id = "reply", .parent = "root"})));
    const auto before = cursor_now(*store);
    update(*store, "root");
    run(store->delete_event("room", "root", Replies::keep));
    const auto answer = changes(*store, before);
    CHECK(answer.deleted == std::vector<DeletedEvent>{{.id = "root", .index = 0}});
    CHECK(answer.updated.empty());
    CHECK(answer.cursor.revision == before.revision + 2);
}

TEST_CASE("an event that is imported below the end is told as an update", "[changes]") {
    const auto store = store_with_room();
    import(*store, "a", 5);
    const auto before = cursor_now(*store);
    CHECK(before.revision == 0);
    import(*store, "late", 2);
    import(*store, "next", 6);
    import(*store, "far", 9);
    const auto answer = changes(*store, before);
    CHECK(ids_of(answer.updated) == Ids{"late"});
    CHECK(ids_of(answer.added) == Ids{"next", "far"});
    CHECK(answer.cursor.revision == 1);
    CHECK(answer.cursor.next_index == 10);
    // Repeated, and refused.
    import(*store, "late", 2);
    import(*store, "late", 3);
    CHECK_FAILS(store->add_event(make_event({.id = "other", .index = 2})), errc::conflict);
    check_nothing_new(*store, answer.cursor);
}

TEST_CASE("an event that is imported in place of a deleted one replaces it", "[changes]") {
    const auto store = store_with({"a", "b", "c"});
    const auto before = cursor_now(*store);
    run(store->delete_event("room", "b"));
    const auto gone = cursor_now(*store);
    import(*store, "new b", 1);
    for (const auto& since : {before, gone}) {
        const auto answer = changes(*store, since);
        CHECK(ids_of(answer.updated) == Ids{"new b"});
        CHECK(answer.deleted.empty());
        CHECK(answer.cursor.revision == before.revision + 2);
    }
    run(store->delete_event("room", "new b"));
    CHECK(changes(*store, before).deleted ==
          std::vector<DeletedEvent>{{.id = "new b", .index = 1}});
    // The id is free, and comes back elsewhere.
    append(*store, "b");
    const auto answer = changes(*store, before);
    CHECK(ids_of(answer.deleted) == Ids{"new b"});
    CHECK(ids_of(answer.added) == Ids{"b"});
}

TEST_CASE("updates and deletions are told in pages by revision, before new events", "[changes]") {
    const auto store = store_with({"a", "b", "c"});
    const auto before = cursor_now(*store);
    update(*store, "c");
    run(store->delete_event("room", "a"));
    update(*store, "b");
    append_all(*store, {"d", "e"});

    auto answer = changes(*store, before, 1);
    CHECK(ids_of(answer.updated) == Ids{"c"});
    CHECK(answer.deleted.empty());
    CHECK(answer.added.empty());
    CHECK(answer.more);
    CHECK(answer.room == std::nullopt);
    CHECK(answer.cursor.next_index == 3);
    CHECK(answer.cursor.revision == before.revision + 1);
    CHECK(answer.cursor.from_index == before.from_index);

    answer = changes(*store, answer.cursor, 1);
    CHECK(answer.updated.empty());
    CHECK(ids_of(answer.deleted) == Ids{"a"});
    CHECK(answer.added.empty());
    CHECK(answer.more);
    CHECK(answer.cursor.revision == before.revision + 2);

    // Full, but none is left out.
    answer = changes(*store, answer.cursor, 1);
    CHECK(ids_of(answer.updated) == Ids{"b"});
    CHECK(ids_of(answer.added) == Ids{"d"});
    CHECK(answer.more);
    CHECK(answer.cursor.next_index == 4);
    CHECK(answer.cursor.revision == before.revision + 3);

    answer = changes(*store, answer.cursor, 1);
    CHECK(answer.updated.empty());
    CHECK(ids_of(answer.added) == Ids{"e"});
    CHECK_FALSE(answer.more);
    check_nothing_new(*store, answer.cursor);

    answer = changes(*store, before, 2);
    CHECK(ids_of(answer.updated) == Ids{"c"});
    CHECK(ids_of(answer.deleted) == Ids{"a"});
    CHECK(answer.added.empty());
    CHECK(answer.more);
    answer = changes(*store, before, 3);
    CHECK(ids_of(answer.updated) == Ids{"c", "b"});
    CHECK(ids_of(answer.deleted) == Ids{"a"});
    CHECK(ids_of(answer.added) == Ids{"d", "e"});
    CHECK_FALSE(answer.more);
}

TEST_CASE("changes between two pages are told", "[changes]") {
    const auto store = store_with({"a", "b", "c"});
    const auto before = cursor_now(*store);
    update(*store, "a", "1");
    update(*store, "b", "2");
    auto answer = changes(*store, before, 1);
    CHECK(ids_of(answer.updated) == Ids{"a"});
    update(*store, "a", "3");
    run(store->delete_event("room", "b"));
    append(*store, "d");
    answer = changes(*store, answer.cursor, 1);
    CHECK(answer.updated == std::vector{run(store->get_event("room", "a")).value()});
    CHECK(answer.more);
    answer = changes(*store, answer.cursor, 1);
    CHECK(ids_of(answer.deleted) == Ids{"b"});
    CHECK(ids_of(answer.added) == Ids{"d"});
    CHECK_FALSE(answer.more);

    // Between two pages of new events, those that were read already are the ones to be told.
    answer = changes(*store, {}, 1);
    CHECK(ids_of(answer.added) == Ids{"a"});
    update(*store, "a", "4");
    update(*store, "c", "5");
    answer = changes(*store, answer.cursor);
    CHECK(ids_of(answer.updated) == Ids{"a"});
    CHECK(ids_of(answer.added) == Ids{"c", "d"});
}

TEST_CASE("the room is told if its row changed", "[changes]") {
    const auto store = store_with({"a"});
    auto before = cursor_now(*store);
    run(store->update_room(sample_room({.status = RoomStatus::paused})));
    auto answer = changes(*store, before);
    CHECK(answer.room == run(store->get_room("room")));
    CHECK(answer.cursor.revision == before.revision + 1);
    CHECK(answer.cursor.next_index == 1);
    check_nothing_new(*store, answer.cursor);

    before = answer.cursor;
    run(store->patch_room_metadata("room", {{"a", 1}}));
    answer = changes(*store, before);
    CHECK(answer.room == run(store->get_room("room")));
    CHECK(answer.cursor.revision == before.revision + 1);
    check_nothing_new(*store, answer.cursor);

    // Other changes do not tell it.
    update(*store, "a");
    append(*store, "b");
    CHECK(changes(*store, answer.cursor).room == std::nullopt);
    CHECK(changes(*store, before).room == run(store->get_room("room")));
}

TEST_CASE("an incomplete page tells the room only if its row changed after the cursor",
          "[changes]") {
    const auto store = store_with({"a", "b", "c"});
    const auto before = cursor_now(*store);
    update(*store, "a");
    run(store->patch_room_metadata("room", {{"a", 1}}));
    update(*store, "b");
    update(*store, "c");
    auto answer = changes(*store, before, 1);
    CHECK(answer.room == run(store->get_room("room")));
    CHECK(answer.cursor.revision == before.revision + 1);
    answer = changes(*store, answer.cursor, 1);
    CHECK(ids_of(answer.updated) == Ids{"b"});
    CHECK(answer.room == run(store->get_room("room")));
    CHECK(answer.cursor.revision == before.revision + 3);
    answer = changes(*store, answer.cursor, 1);
    CHECK(ids_of(answer.updated) == Ids{"c"});
    CHECK(answer.room == std::nullopt);
    CHECK_FALSE(answer.more);
}

TEST_CASE("what belongs to a room but is no event is not told", "[changes]") {
    const auto store = store_with({"a"});
    const auto before = cursor_now(*store);
    run(store->mark_read("room", "reader", "a"));
    run(store->mark_all_read("room", "reader"));
    run(store->advance_delivered_index("room", 0));
    run(store->add_binding({.channel_id = "channel",
                            .room_id = "room",
                            .channel_type = ChannelType::sms,
                            .attached_at = at(0)}));
    run(store->add_participant(
        {.id = "person", .room_id = "room", .channel_id = "channel", .joined_at = at(0)}));
    run(store->add_task({.id = "task", .room_id = "room", .created_at = at(0)}));
    run(store->add_observation(
        {.id = "observation", .room_id = "room", .channel_id = "channel", .created_at = at(0)}));
    CHECK_FAILS(store->update_event(make_event({.id = "unknown"})), errc::not_found);
    check_nothing_new(*store, before);
}

TEST_CASE("changes of one room are not told in another", "[changes]") {
    const auto store = store_with({"a"});
    const auto before = cursor_now(*store);
    run(store->create_room(sample_room({.id = "other"})));
    run(store->append(make_event({.id = "a", .room_id = "other"})));
    run(store->update_event(make_event({.id = "a", .room_id = "other"})));
    run(store->update_room(sample_room({.id = "other"})));
    run(store->delete_event("other", "a"));
    check_nothing_new(*store, before);
}

TEST_CASE("a trimmed room tells its first index, and no changes below it", "[changes]") {
    const auto store = store_with({"a", "b", "c", "d"});
    const auto before = cursor_now(*store);
    update(*store, "a");
    run(store->delete_event("room", "b"));
    update(*store, "d");
    CHECK(run(store->trim_room("room", 3)) == 3);
    const auto answer = changes(*store, before);
    CHECK(answer.first_index == 3);
    CHECK(ids_of(answer.updated) == Ids{"d"});
    CHECK(answer.deleted.empty());
    CHECK(answer.added.empty());
    CHECK(answer.room == std::nullopt);
    CHECK(answer.cursor.from_index == 0);
    // Three for the events, one for the first index.
    CHECK(answer.cursor.revision == before.revision + 4);

    // Where it does not move, nothing has changed.
    CHECK(run(store->trim_room("room", 2)) == 3);
    CHECK(run(store->trim_room("room", 3)) == 3);
    check_nothing_new(*store, answer.cursor);

    const auto fresh = changes(*store);
    CHECK(ids_of(fresh.added) == Ids{"d"});
    CHECK(fresh.first_index == 3);
    CHECK(fresh.cursor == answer.cursor);

    CHECK(run(store->trim_room("room", 100)) == 4);
    const auto empty = changes(*store, answer.cursor);
    CHECK(empty.first_index == 4);
    CHECK(empty.added.empty());
    CHECK(empty.cursor.next_index == 4);
    CHECK(empty.cursor.revision == answer.cursor.revision + 1);
}

TEST_CASE("a reader behind the first index is told what is left", "[changes]") {
    const auto store = store_with({"a", "b"});
    const auto before = cursor_now(*store);
    append_all(*store, {"c", "d", "e"});
    update(*store, "a");
    run(store->trim_room("room", 4));
    const auto answer = changes(*store, before);
    CHECK(answer.first_index == 4);
    CHECK(answer.updated.empty());
    CHECK(ids_of(answer.added) == Ids{"e"});
    CHECK_FALSE(answer.reset);
    CHECK(answer.cursor.next_index == 5);
}

TEST_CASE("the cursor of a deleted room is told as such", "[changes]") {
    const auto store = store_with({"a", "b"});
    const auto before = cursor_now(*store);
    run(store->delete_room("room"));
    check_unknown(changes(*store, before), true);
    check_unknown(changes(*store), false);
    check_unknown(newest(*store, 1, before), true);
}

TEST_CASE("a room that was created again begins anew", "[changes]") {
    const auto store = store_with({"a", "b"});
    const auto before = cursor_now(*store);
    update(*store, "a");
    run(store->delete_room("room"));
    run(store->create_room(sample_room()));
    const auto empty = changes(*store);
    CHECK(empty.cursor.room != before.room);
    CHECK(empty.cursor.revision == 0);
    check_begins_anew(changes(*store, before), empty);

    // Also if it has as many events, of the same ids, and changed as often.
    append_all(*store, {"a", "b"});
    update(*store, "a");
    check_begins_anew(changes(*store, before), changes(*store));
    check_begins_anew(changes(*store, before, 1), changes(*store, {}, 1));
    check_begins_anew(newest(*store, 1, before), newest(*store, 1));
    const auto now = changes(*store, before).cursor;
    check_nothing_new(*store, now);
}

TEST_CASE("the cursor of an unknown room tells everything once the room is created", "[changes]") {
    const auto store = fresh_store();
    const auto unknown = changes(*store);
    check_unknown(unknown, false);
    check_unknown(changes(*store, unknown.cursor), false);
    // Not of any room, whatever else it says.
    check_unknown(changes(*store, RoomCursor{.next_index = 1, .revision = 1}), false);
    run(store->create_room(sample_room()));
    const auto created = changes(*store, unknown.cursor);
    check_begins_anew(created, changes(*store), false);
    append_all(*store, {"a", "b", "c"});
    update(*store, "a");
    check_begins_anew(changes(*store, unknown.cursor, 2), changes(*store, {}, 2), false);
    // It goes on where it stands, not at the newest.
    check_begins_anew(newest(*store, 2, unknown.cursor), changes(*store, {}, 2), false);
    CHECK(ids_of(changes(*store, created.cursor).added) == Ids{"a", "b", "c"});
    for (const RoomCursor& other : {RoomCursor{.next_index = 1},
                                    RoomCursor{.revision = 1},
                                    RoomCursor{.next_index = 1, .from_index = 1}}) {
        check_begins_anew(changes(*store, other), changes(*store));
        check_begins_anew(newest(*store, 2, other), newest(*store, 2));
    }
}

TEST_CASE("a cursor of another room, or ahead of the room, is not continued", "[changes]") {
    const auto store = store_with({"a", "b", "c"});
    update(*store, "a");
    run(store->create_room(sample_room({.id = "other"})));
    for (const auto* id : {"a", "b", "c"}) {
        run(store->append(make_event({.id = id, .room_id = "other"})));
    }
    run(store->update_event(make_event({.id = "a", .room_id = "other"})));
    const auto there = run(store->list_changes("other")).cursor;
    auto here = cursor_now(*store);
    CHECK(here.room != there.room);
    check_begins_anew(changes(*store, there), changes(*store));
    check_begins_anew(newest(*store, 2, there), newest(*store, 2));

    auto ahead = here;
    ++ahead.next_index;
    check_begins_anew(changes(*store, ahead), changes(*store));
    ahead = here;
    ++ahead.revision;
    check_begins_anew(changes(*store, ahead), changes(*store));
    ahead = here;
    ahead.room ^= 1;
    check_begins_anew(changes(*store, ahead), changes(*store));
    // Behind is fine, in both.
    --here.next_index;
    --here.revision;
    const auto behind = changes(*store, here);
    CHECK_FALSE(behind.reset);
    CHECK(ids_of(behind.added) == Ids{"c"});
    CHECK(ids_of(behind.updated) == Ids{"a"});
}

TEST_CASE("the cursor of one store is not continued by another", "[changes]") {
    const auto one = store_with({"a"});
    const auto other = store_with({"a"});
    const auto cursor = cursor_now(*one);
    CHECK(cursor != cursor_now(*other));
    CHECK(changes(*other, cursor).reset);
}

TEST_CASE("reset_cursors makes the cursors of all rooms invalid, but no later ones", "[changes]") {
    const auto store = store_with({"a", "b"});
    run(store->create_room(sample_room({.id = "other"})));
    const auto before = cursor_now(*store);
    const auto other = run(store->list_changes("other")).cursor;
    const auto unknown = run(store->list_changes("unknown")).cursor;
    run(store->reset_cursors());
    const auto after = cursor_now(*store);
    CHECK(after.room != before.room);
    CHECK(after.room != 0);
    check_begins_anew(changes(*store, before), changes(*store));
    CHECK(run(store->list_changes("other", {.since = other})).reset);
    CHECK_FALSE(run(store->list_changes("unknown", {.since = unknown})).reset);
    check_nothing_new(*store, after);
    run(store->reset_cursors());
    CHECK(changes(*store, after).reset);
    CHECK(changes(*store, before).reset);
}

TEST_CASE("with Start::newest list_changes gives the last events", "[changes]") {
    const auto store = store_with({"a", "b", "c", "d"});
    const auto answer = newest(*store, 2);
    CHECK(ids_of(answer.added) == Ids{"c", "d"});
    CHECK_FALSE(answer.more);
    CHECK_FALSE(answer.reset);
    CHECK(answer.room == run(store->get_room("room")));
    CHECK(answer.cursor.next_index == 4);
    CHECK(answer.cursor.from_index == 2);
    // The start is that of a call without a cursor.
    const auto next = newest(*store, 2, answer.cursor);
    CHECK(next.added.empty());
    CHECK(next.cursor == answer.cursor);
}

TEST_CASE("a reader that began with the newest is told no changes below", "[changes]") {
    const auto store = store_with({"a", "b", "c", "d"});
    run(store->delete_event("room", "b"));
    auto since = newest(*store, 2).cursor;
    CHECK(since.from_index == 2);
    update(*store, "a");
    update(*store, "c");
    import(*store, "new b", 1);
    const auto answer = changes(*store, since);
    CHECK(ids_of(answer.updated) == Ids{"c"});
    CHECK(answer.cursor.from_index == 2);
    run(store->delete_event("room", "a"));
    update(*store, "d");
    const auto next = changes(*store, answer.cursor, 1);
    CHECK(next.deleted.empty());
    CHECK(ids_of(next.updated) == Ids{"d"});
    CHECK_FALSE(next.more);
    CHECK(next.cursor.revision == since.revision + 5);
}

TEST_CASE("a reader that holds all events is told of every index", "[changes]") {
    const auto store = store_with_room();
    import(*store, "a", 5);
    import(*store, "b", 6);
    for (const std::int64_t limit : {2, 3}) {
        const auto answer = newest(*store, limit);
        CHECK(ids_of(answer.added) == Ids{"a", "b"});
        CHECK(answer.cursor.from_index == 0);
    }
    const auto since = newest(*store, 2).cursor;
    CHECK(newest(*store, 1).cursor.from_index == 6);
    import(*store, "late", 3);
    CHECK(ids_of(changes(*store, since).updated) == Ids{"late"});
    CHECK(newest(*store, 2).cursor.from_index == 5);
}

TEST_CASE("with Start::newest hidden events do not count", "[changes]") {
    const auto store = store_with({"a", "b", "c", "d"});
    run(store->trim_room("room", 2));
    const auto answer = newest(*store, 2);
    CHECK(ids_of(answer.added) == Ids{"c", "d"});
    CHECK(answer.first_index == 2);
    CHECK(answer.cursor.from_index == 0);
    CHECK(newest(*store, 1).cursor.from_index == 3);
    run(store->trim_room("room", 4));
    const auto empty = newest(*store, 1);
    CHECK(empty.added.empty());
    CHECK(empty.cursor.from_index == 0);
    CHECK(empty.cursor.next_index == 4);
}

TEST_CASE("a cursor is extended to earlier events that were listed", "[changes]") {
    const auto store = store_with({"a", "b", "c", "d", "e"});
    const auto last = newest(*store, 1).cursor;
    REQUIRE(last.from_index == 4);
    // Before the page is read, while it is read, and below it.
    update(*store, "c");
    const auto page = run(store->list_events("room", {.limit = 2, .before_index = 4}));
    REQUIRE(ids_of(page) == Ids{"c", "d"});
    update(*store, "d");
    update(*store, "a");
    const auto extended = last.extended_to(page.front().index);
    CHECK(extended.from_index == 2);
    CHECK(extended.next_index == last.next_index);
    CHECK(extended.revision == last.revision);
    CHECK(extended.room == last.room);
    const auto answer = changes(*store, extended);
    CHECK_FALSE(answer.reset);
    CHECK(ids_of(answer.updated) == Ids{"c", "d"});
    CHECK(answer.cursor.from_index == 2);
    // Never back up.
    CHECK(extended.extended_to(3) == extended);
    CHECK(extended.extended_to(0).from_index == 0);
}

TEST_CASE("a cursor survives as text", "[changes]") {
    const auto store = store_with({"a", "b"});
    update(*store, "a");
    for (const auto& cursor :
         {cursor_now(*store),
          newest(*store, 1).cursor,
          RoomCursor(),
          RoomCursor{.room = std::numeric_limits<std::uint64_t>::max(),
                     .next_index = std::numeric_limits<std::int64_t>::max(),
                     .revision = std::numeric_limits<std::int64_t>::max(),
                     .from_index = std::numeric_limits<std::int64_t>::max()}}) {
        CHECK(parse_room_cursor(to_string(cursor)) == cursor);
    }
    const auto since = parse_room_cursor(to_string(cursor_now(*store)));
    check_nothing_new(*store, since);
    const auto text = to_string(newest(*store, 1).cursor);
    CHECK(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos);
}

TEST_CASE("a text that is no cursor is refused", "[changes]") {
    const auto good =
        to_string(RoomCursor{.room = 0xAB, .next_index = 12, .revision = 3, .from_index = 4});
    REQUIRE_NOTHROW(parse_room_cursor(good));
    std::vector<std::string> refused{"",
                                     "-",
                                     "x",
                                     "0",
                                     good + " ",
                                     " " + good,
                                     good + "-",
                                     good + "-1",
                                     good.substr(1),
                                     good + std::string(1, '\0')};
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto cut = good;
        cut.erase(i);
        // Of a last number with several digits, this leaves another cursor.
        refused.push_back(cut);
    }
    for (const auto* text : {"c1-ab-12-3",
                             "c1-ab-12-3-",
                             "c1-ab-12-3--4",
                             "c1--ab-12-3-4",
                             "c1-AB-12-3-4",
                             "c1-0ab-12-3-4",
                             "c1-ab-012-3-4",
                             "c1-ab-12-03-4",
                             "c1-ab-12-3-04",
                             "c1-ab-+12-3-4",
                             "c1-ab--12-3-4",
                             "c1-0xab-12-3-4",
                             "c1-ab-9223372036854775808-3-4",
                             "c1-1ffffffffffffffff-12-3-4",
                             "c1-ab-12-3-4-5"}) {
        refused.emplace_back(text);
    }
    for (const auto& text : refused) {
        INFO("text: " << text);
        CHECK_THROWS_MATCHES(parse_room_cursor(text), Error, fails_with(errc::invalid_argument));
    }
}

TEST_CASE("list_changes refuses arguments out of bounds", "[changes]") {
    const auto store = fresh_store({.max_page_rows = 10});
    run(store->create_room(sample_room()));
    const auto check_refused = [&](const ChangesQuery& query) {
        CHECK_FAILS(store->list_changes("room", query), errc::invalid_argument);
        // Before anything is read.
        CHECK_FAILS(store->list_changes("unknown", query), errc::invalid_argument);
    };
    check_refused({.limit = 0});
    check_refused({.limit = -1});
    check_refused({.limit = 11});
    CHECK(run(store->list_changes("room", {.limit = 10})).exists);
    CHECK(run(store->list_changes("room", {.limit = 1})).exists);
    const auto now = run(store->list_changes("room", {.limit = 1})).cursor;
    auto cursor = now;
    cursor.next_index = -1;
    check_refused({.since = cursor, .limit = 1});
    cursor = now;
    cursor.revision = -1;
    check_refused({.since = cursor, .limit = 1});
    cursor = now;
    cursor.from_index = -1;
    check_refused({.since = cursor, .limit = 1});
    cursor = now;
    cursor.from_index = cursor.next_index + 1;
    check_refused({.since = cursor, .limit = 1});
    check_refused({.limit = 1, .start = static_cast<Start>(7)});
}

TEST_CASE("another store over the same data continues cursors", "[changes]") {
    const auto store = store_with({"a", "b"});
    const auto before = cursor_now(*store);
    const auto again = reopened(*store);
    if (!again) return;
    update(*store, "a");
    append(*again, "c");
    const auto answer = changes(*again, before);
    CHECK_FALSE(answer.reset);
    CHECK(ids_of(answer.updated) == Ids{"a"});
    CHECK(ids_of(answer.added) == Ids{"c"});
    CHECK(answer.cursor == cursor_now(*store));
    run(again->reset_cursors());
    CHECK(changes(*store, answer.cursor).reset);
    run(again->close());
}

}  // namespace roomstore::contract
