#include <algorithm>
#include <limits>
#include <set>

#include <catch2/matchers/catch_matchers.hpp>

#include "contract/fixture.hpp"
#include "contract/populated_store.hpp"

namespace roomstore::contract {

namespace {

struct Says {
    std::string participant_id;
    EventType type = EventType::message;
    std::string visibility = "all";
    EventStatus status = EventStatus::pending;
};

void create_room(ConversationStore& store, std::string id, std::optional<Timestamp> active = {}) {
    auto room = sample_room({.id = std::move(id)});
    room.timers.last_activity_at = active;
    run(store.create_room(room));
}

void join(ConversationStore& store,
          std::string room_id,
          std::string participant_id = "ada",
          std::string channel_id = "ada's channel",
          ParticipantStatus status = ParticipantStatus::active) {
    run(store.add_participant({.id = std::move(participant_id),
                               .room_id = std::move(room_id),
                               .channel_id = std::move(channel_id),
                               .status = status,
                               .joined_at = at(0)}));
}

void bind(ConversationStore& store,
          std::string room_id,
          std::string channel_id,
          std::string participant_id = "ada") {
    run(store.add_binding({.channel_id = std::move(channel_id),
                           .room_id = std::move(room_id),
                           .channel_type = ChannelType::sms,
                           .participant_id = std::move(participant_id),
                           .attached_at = at(0)}));
}

/// Appends events, whose ids are numbered from the next index on, at time 0.
void say(ConversationStore& store, const std::string& room_id, const std::vector<Says>& events) {
    for (const auto& each : events) {
        auto event = make_event({.id = generate_id(), .room_id = room_id, .type = each.type});
        event.source.participant_id = each.participant_id;
        event.visibility = each.visibility;
        event.status = each.status;
        run(store.add_event_auto_index(room_id, event));
    }
}

InboxQuery ada() { return {.participant_id = "ada"}; }

std::vector<InboxEntry> inbox(ConversationStore& store, InboxQuery query = ada()) {
    return run(store.list_inbox(std::move(query))).entries;
}

Ids rooms_of(const std::vector<InboxEntry>& entries) {
    Ids ids;
    for (const auto& entry : entries) ids.push_back(entry.room.id);
    return ids;
}

Ids inbox_rooms(ConversationStore& store, InboxQuery query = ada()) {
    return rooms_of(inbox(store, std::move(query)));
}

/// All pages, each of `limit` rooms.
Ids all_pages(ConversationStore& store, std::int64_t limit) {
    Ids ids;
    auto query = ada();
    query.limit = limit;
    for (;;) {
        const auto page = run(store.list_inbox(query));
        CHECK(static_cast<std::int64_t>(page.entries.size()) <= limit);
        for (const auto& entry : page.entries) ids.push_back(entry.room.id);
        REQUIRE(ids.size() < 2000);
        if (!page.next) return ids;
        CHECK(static_cast<std::int64_t>(page.entries.size()) == limit);
        query.before = parse_inbox_cursor(to_string(*page.next));
    }
}

}  // namespace

TEST_CASE("the inbox of nobody is empty", "[inbox]") {
    const auto store = populated_store();
    const auto page = run(store->list_inbox({.participant_id = "nobody"}));
    CHECK(page.entries.empty());
    CHECK_FALSE(page.next);
    CHECK(run(store->get_unread_total("nobody")) == 0);
}

TEST_CASE("an inbox entry has the room, the participant, the marker and the last event",
          "[inbox]") {
    const auto store = store_with_room();
    join(*store, "room");
    say(*store, "room", {{"bob"}, {"bob"}, {"bob"}});
    run(store->mark_read("room", "ada's channel", run(store->list_events("room")).front().id));
    const auto entries = inbox(*store);
    REQUIRE(entries.size() == 1);
    const auto& entry = entries.front();
    CHECK(entry.room == run(store->get_room("room")));
    CHECK(entry.participant == run(store->get_participant("room", "ada")));
    CHECK(entry.channel_id == "ada's channel");
    CHECK(entry.last_read_index == 0);
    CHECK(entry.unread == 2);
    CHECK_FALSE(entry.unread_capped);
    CHECK(entry.last_event == run(store->list_events("room")).back());
}

TEST_CASE("a room without events has no marker, nothing unread and no last event", "[inbox]") {
    const auto store = store_with_room();
    join(*store, "room");
    const auto entries = inbox(*store);
    REQUIRE(entries.size() == 1);
    CHECK(entries.front().last_read_index == -1);
    CHECK(entries.front().unread == 0);
    CHECK_FALSE(entries.front().unread_capped);
    CHECK_FALSE(entries.front().last_event);
}

TEST_CASE("the inbox is ordered by activity, the latest first and absent last, then by id",
          "[inbox]") {
    const auto store = fresh_store();
    create_room(*store, "b", at(5));
    create_room(*store, "\u00e9", at(5));
    create_room(*store, "a", at(5));
    create_room(*store, "A", at(5));
    create_room(*store, "newest", at(6));
    create_room(*store, "silent b");
    create_room(*store, "silent a");
    create_room(*store, "oldest", at(4));
    for (const auto& room : run(store->list_rooms())) join(*store, room.id);
    const Ids expected{"newest", "A", "a", "b", "\u00e9", "oldest", "silent a", "silent b"};
    CHECK(inbox_rooms(*store) == expected);
    for (std::int64_t limit = 1; limit <= 9; ++limit) {
        CAPTURE(limit);
        CHECK(all_pages(*store, limit) == expected);
    }
    say(*store, "silent b", {{"bob"}});
    CHECK(inbox_rooms(*store).at(5) == "oldest");
    auto event = make_event({.id = "late", .room_id = "silent a", .created_at = at(7)});
    run(store->append(event));
    CHECK(inbox_rooms(*store).front() == "silent a");
}

TEST_CASE("the last page of an inbox has no next, even if it is full", "[inbox]") {
    const auto store = fresh_store();
    for (const auto* id : {"a", "b"}) {
        create_room(*store, id, at(1));
        join(*store, id);
    }
    auto query = ada();
    query.limit = 1;
    const auto first = run(store->list_inbox(query));
    REQUIRE(first.next);
    CHECK(*first.next == InboxCursor{.last_activity_at = at(1), .room_id = "a"});
    query.before = first.next;
    const auto second = run(store->list_inbox(query));
    CHECK(rooms_of(second.entries) == Ids{"b"});
    CHECK_FALSE(second.next);
}

TEST_CASE("the cursor of an inbox is a position, whether or not its room is there", "[inbox]") {
    const auto store = fresh_store();
    for (const auto* id : {"a", "c"}) {
        create_room(*store, id, at(1));
        join(*store, id);
    }
    create_room(*store, "silent");
    join(*store, "silent");
    auto query = ada();
    query.before = InboxCursor{.last_activity_at = at(1), .room_id = "b"};
    CHECK(inbox_rooms(*store, query) == Ids{"c", "silent"});
    query.before = InboxCursor{.last_activity_at = at(2), .room_id = "z"};
    CHECK(inbox_rooms(*store, query) == Ids{"a", "c", "silent"});
    query.before = InboxCursor{.last_activity_at = at(0), .room_id = "a"};
    CHECK(inbox_rooms(*store, query) == Ids{"silent"});
    query.before = InboxCursor{.room_id = "a"};
    CHECK(inbox_rooms(*store, query) == Ids{"silent"});
    query.before = InboxCursor{.room_id = "silent"};
    CHECK(inbox_rooms(*store, query).empty());
}

TEST_CASE("a room is in the inbox once, by its participant or by any of its bindings", "[inbox]") {
    const auto store = fresh_store();
    for (const auto* id : {"by row", "by binding", "by both", "of others"}) create_room(*store, id);
    join(*store, "by row");
    bind(*store, "by binding", "z");
    bind(*store, "by binding", "m");
    bind(*store, "by binding", "b", "bob");
    join(*store, "by both");
    bind(*store, "by both", "a");
    join(*store, "of others", "bob");
    bind(*store, "of others", "a", "bob");
    const auto entries = inbox(*store);
    REQUIRE(rooms_of(entries) == Ids{"by binding", "by both", "by row"});
    CHECK_FALSE(entries.at(0).participant);
    CHECK(entries.at(0).channel_id == "m");
    CHECK(entries.at(1).participant);
    CHECK(entries.at(1).channel_id == "ada's channel");
    CHECK(entries.at(2).channel_id == "ada's channel");
    run(store->remove_participant("by both", "ada"));
    CHECK(inbox(*store).at(1).channel_id == "a");
    run(store->remove_binding("by both", "a"));
    run(store->remove_binding("by binding", "m"));
    run(store->remove_binding("by binding", "z"));
    CHECK(inbox_rooms(*store) == Ids{"by row"});
}

TEST_CASE("the marker of an inbox entry is that of its channel", "[inbox]") {
    const auto store = store_with_room();
    bind(*store, "room", "first");
    bind(*store, "room", "second");
    say(*store, "room", {{"bob"}, {"bob"}, {"bob"}});
    const auto events = run(store->list_events("room"));
    run(store->mark_read("room", "first", events.at(0).id));
    run(store->mark_read("room", "second", events.at(1).id));
    CHECK(inbox(*store).front().unread == 2);
    run(store->remove_binding("room", "first"));
    CHECK(inbox(*store).front().unread == 1);
    CHECK(inbox(*store).front().last_read_index == 1);
}

TEST_CASE("rooms that the participant has left are in the inbox only if asked for", "[inbox]") {
    const auto store = fresh_store();
    using enum ParticipantStatus;
    const std::vector<std::pair<std::string, ParticipantStatus>> rooms{
        {"active", active}, {"banned", banned}, {"inactive", inactive}, {"left", left}};
    for (const auto& [id, status] : rooms) {
        create_room(*store, id);
        join(*store, id, "ada", "ada's channel", status);
        say(*store, id, {{"bob"}});
    }
    // A binding that was left behind changes nothing.
    bind(*store, "left", "old channel");
    bind(*store, "banned", "old channel");
    CHECK(inbox_rooms(*store) == Ids{"active", "inactive"});
    CHECK(run(store->get_unread_total("ada")) == 2);
    auto query = ada();
    query.include_left = true;
    const auto all = inbox(*store, query);
    CHECK(rooms_of(all) == Ids{"active", "banned", "inactive", "left"});
    CHECK(all.back().channel_id == "ada's channel");
    CHECK(all.back().participant->status == left);
}

TEST_CASE("an inbox can be restricted to an organization and a status", "[inbox]") {
    const auto store = fresh_store();
    const std::vector<RoomArgs> rooms{
        {.id = "a", .organization_id = "x"},
        {.id = "b", .organization_id = "y"},
        {.id = "c", .organization_id = "x", .status = RoomStatus::closed},
        {.id = "d"}};
    for (const auto& room : rooms) {
        run(store->create_room(sample_room(room)));
        join(*store, room.id);
    }
    auto query = ada();
    query.organization_id = "x";
    CHECK(inbox_rooms(*store, query) == Ids{"a", "c"});
    query.status = RoomStatus::closed;
    CHECK(inbox_rooms(*store, query) == Ids{"c"});
    query.organization_id.reset();
    CHECK(inbox_rooms(*store, query) == Ids{"c"});
    query.status = RoomStatus::active;
    CHECK(inbox_rooms(*store, query) == Ids{"a", "b", "d"});
    auto room = run(store->get_room("a")).value();
    room.status = RoomStatus::archived;
    run(store->update_room(room));
    CHECK(inbox_rooms(*store, query) == Ids{"b", "d"});
}

TEST_CASE("a deleted room leaves the inbox, and one that is created again has nothing of it",
          "[inbox]") {
    const auto store = store_with_room();
    join(*store, "room");
    say(*store, "room", {{"bob"}, {"bob"}});
    run(store->mark_all_read("room", "ada's channel"));
    run(store->delete_room("room"));
    CHECK(inbox(*store).empty());
    CHECK(run(store->get_unread_total("ada")) == 0);
    create_room(*store, "room");
    CHECK(inbox(*store).empty());
    join(*store, "room");
    say(*store, "room", {{"bob"}});
    CHECK(inbox(*store).front().last_read_index == -1);
    CHECK(inbox(*store).front().unread == 1);
}

TEST_CASE("the reader's own events are unread only if asked for", "[inbox]") {
    const auto store = store_with_room();
    join(*store, "room");
    say(*store, "room", {{"bob"}, {"ada"}, {"bob"}, {"ada"}, {"ada"}});
    auto event = make_event({.id = "of nobody"});
    run(store->append(event));
    CHECK(inbox(*store).front().unread == 3);
    auto query = ada();
    query.count.own = true;
    CHECK(inbox(*store, query).front().unread == 6);
    CHECK(run(store->get_unread_total("ada")) == 6);
}

TEST_CASE("unread events are counted by type, visibility and status", "[inbox]") {
    const auto store = store_with_room();
    join(*store, "room");
    using enum EventStatus;
    say(*store,
        "room",
        {{"bob"},
         {"bob", "typing"},
         {"bob", "reaction"},
         {"bob", EventType::message, "internal"},
         {"bob", EventType::message, "all", blocked},
         {"bob", EventType::message, "all", failed}});
    const auto unread = [&](const InboxCount& count) {
        auto query = ada();
        query.count = count;
        const auto entry = inbox(*store, query).front();
        CHECK_FALSE(entry.unread_capped);
        CHECK(entry.last_event->status == failed);
        return entry.unread;
    };
    CHECK(unread({}) == 6);
    CHECK(unread({.event_types = {{"message"}}}) == 4);
    CHECK(unread({.event_types = {{"message", "typing"}}}) == 5);
    CHECK(unread({.event_types = std::vector<EventType>{}}) == 0);
    CHECK(unread({.exclude_types = {{"typing", "reaction"}}}) == 4);
    CHECK(unread({.event_types = {{"typing"}}, .exclude_types = {{"typing"}}}) == 0);
    CHECK(unread({.visibility = "internal"}) == 1);
    CHECK(unread({.exclude_statuses = {{blocked, failed}}}) == 4);
    CHECK(unread({.exclude_types = {{"typing"}}, .exclude_statuses = {{blocked}}, .own = true}) ==
          4);
}

TEST_CASE("events of the reader count only if asked for, whatever else is asked", "[inbox]") {
    const auto store = store_with_room();
    join(*store, "room");
    say(*store, "room", {{"ada"}, {"bob"}, {"ada", "typing"}, {"ada"}});
    const auto unread = [&](const InboxCount& count) {
        auto query = ada();
        query.count = count;
        return inbox(*store, query).front().unread;
    };
    CHECK(unread({}) == 1);
    CHECK(unread({.own = true}) == 4);
    CHECK(unread({.exclude_types = {{"typing"}}}) == 1);
    CHECK(unread({.exclude_types = {{"typing"}}, .own = true}) == 3);
}

TEST_CASE("the number of unread events stops at the cap", "[inbox]") {
    const auto store = store_with_room();
    join(*store, "room");
    say(*store, "room", {{"bob"}, {"bob"}, {"bob"}, {"ada"}});
    for (const bool own : {false, true}) {
        CAPTURE(own);
        auto query = ada();
        query.count.own = own;
        const std::int64_t all = own ? 4 : 3;
        for (std::int64_t cap = 1; cap <= 5; ++cap) {
            CAPTURE(cap);
            query.unread_cap = cap;
            const auto entry = inbox(*store, query).front();
            CHECK(entry.unread == std::min(cap, all));
            CHECK(entry.unread_capped == (all > cap));
        }
    }
}

TEST_CASE("a cap on unread events may be as large as an integer can be", "[inbox]") {
    const auto store = store_with_room();
    join(*store, "room");
    say(*store, "room", {{"bob"}, {"ada"}});
    auto query = ada();
    query.unread_cap = std::numeric_limits<std::int64_t>::max();
    for (const bool own : {false, true}) {
        query.count.own = own;
        CHECK(inbox(*store, query).front().unread == (own ? 2 : 1));
        CHECK_FALSE(inbox(*store, query).front().unread_capped);
    }
    CHECK(run(store->get_unread_total("ada", {.cap = query.unread_cap})) == 2);
    const UnreadQuery unread{.cap = query.unread_cap, .exclude_participant = "ada"};
    CHECK(run(store->get_unread_count("room", "ada's channel", unread)) == 1);
}

TEST_CASE("only the newest 1000 events above the marker are examined for conditions", "[inbox]") {
    const auto store = store_with_room();
    join(*store, "room");
    std::vector<RoomEvent> events;
    for (int i = 0; i < 1002; ++i) {
        auto event = make_event({.id = std::to_string(i), .type = i < 2 ? "rare" : "message"});
        event.source.participant_id = "bob";
        events.push_back(event);
    }
    run(store->append_events("room", events));
    auto query = ada();
    query.unread_cap = 5000;
    CHECK(inbox(*store, query).front().unread == 1000);
    CHECK(inbox(*store, query).front().unread_capped);
    query.count.own = true;
    CHECK(inbox(*store, query).front().unread == 1002);
    CHECK_FALSE(inbox(*store, query).front().unread_capped);
    query.count.event_types = {"rare"};
    CHECK(inbox(*store, query).front().unread == 0);
    CHECK(inbox(*store, query).front().unread_capped);
    run(store->mark_read("room", "ada's channel", "0"));
    CHECK(inbox(*store, query).front().unread == 0);
    CHECK(inbox(*store, query).front().unread_capped);
    // Exactly 1000 are left.
    run(store->delete_event("room", "500"));
    CHECK(inbox(*store, query).front().unread == 1);
    CHECK_FALSE(inbox(*store, query).front().unread_capped);
}

TEST_CASE("the last event of an inbox entry is looked for among the newest 200", "[inbox]") {
    const auto store = store_with_room();
    join(*store, "room");
    std::vector<RoomEvent> events;
    for (int i = 0; i < 201; ++i) {
        events.push_back(make_event({.id = std::to_string(i), .type = i < 2 ? "rare" : "message"}));
    }
    run(store->append_events("room", events));
    auto query = ada();
    query.preview.event_types = {"rare"};
    CHECK(inbox(*store, query).front().last_event->id == "1");
    query.preview.event_types = {"message"};
    CHECK(inbox(*store, query).front().last_event->id == "200");
    run(store->delete_event("room", "200"));
    CHECK(inbox(*store, query).front().last_event->id == "199");
    query.preview.event_types = {"rare"};
    run(store->delete_event("room", "1"));
    CHECK(inbox(*store, query).front().last_event->id == "0");
    run(store->append(make_event({.id = "one more"})));
    run(store->append(make_event({.id = "another"})));
    CHECK_FALSE(inbox(*store, query).front().last_event);
}

TEST_CASE("the last event of an inbox entry is chosen by type, visibility and status", "[inbox]") {
    const auto store = store_with_room();
    join(*store, "room");
    say(*store,
        "room",
        {{"bob"},
         {"bob", "typing"},
         {"bob", EventType::message, "internal"},
         {"bob", EventType::message, "all", EventStatus::blocked}});
    const auto shown = [&](const InboxPreview& preview) {
        auto query = ada();
        query.preview = preview;
        const auto last = inbox(*store, query).front().last_event;
        return last ? last->index : -1;
    };
    CHECK(shown({}) == 3);
    CHECK(shown({.event_types = {{"typing"}}}) == 1);
    CHECK(shown({.event_types = std::vector<EventType>{}}) == -1);
    CHECK(shown({.exclude_types = {{"message"}}}) == 1);
    CHECK(shown({.visibility = "internal"}) == 2);
    CHECK(shown({.exclude_statuses = {{EventStatus::blocked}}}) == 2);
    CHECK(shown({.visibility = "all", .exclude_statuses = {{EventStatus::blocked}}}) == 1);
}

TEST_CASE("events that were trimmed are not in the inbox", "[inbox]") {
    const auto store = store_with_room();
    join(*store, "room");
    say(*store, "room", {{"bob"}, {"bob"}, {"bob"}});
    run(store->trim_room("room", 2));
    CHECK(inbox(*store).front().unread == 1);
    auto query = ada();
    query.count.own = true;
    CHECK(inbox(*store, query).front().unread == 1);
    run(store->trim_room("room", 3));
    CHECK(inbox(*store).front().unread == 0);
    CHECK_FALSE(inbox(*store).front().last_event);
}

TEST_CASE("the unread total is the sum over all rooms, up to a cap", "[inbox]") {
    const auto store = fresh_store();
    for (const auto* id : {"a", "b", "c", "of others"}) {
        create_room(*store, id);
        say(*store, id, {{"bob"}, {"bob"}, {"bob"}});
    }
    join(*store, "a");
    bind(*store, "b", "x");
    bind(*store, "b", "y");
    join(*store, "c");
    run(store->mark_all_read("c", "ada's channel"));
    run(store->delete_event("a", run(store->list_events("a")).front().id));
    CHECK(run(store->get_unread_total("ada")) == 5);
    CHECK(run(store->get_unread_total("ada", {.cap = 5})) == 5);
    CHECK(run(store->get_unread_total("ada", {.cap = 4})) == 4);
    CHECK(run(store->get_unread_total("ada", {.cap = 1})) == 1);
}

TEST_CASE("a participant of very many rooms sees all of them", "[inbox]") {
    const auto store = fresh_store();
    constexpr std::int64_t rooms = 1100;
    for (std::int64_t i = 0; i < rooms; ++i) {
        const auto id = std::to_string(i);
        create_room(*store, id, at(i % 7));
        join(*store, id);
    }
    auto query = ada();
    query.limit = rooms;
    CHECK(inbox(*store, query).size() == static_cast<std::size_t>(rooms));
    const auto ids = all_pages(*store, 300);
    CHECK(ids == inbox_rooms(*store, query));
    CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == static_cast<std::size_t>(rooms));
}

TEST_CASE("an inbox cursor is a text of letters, digits and hyphens", "[inbox]") {
    const std::vector<InboxCursor> cursors{
        {.last_activity_at = at(1), .room_id = "room"},
        {.last_activity_at = min_timestamp, .room_id = "a-b_c.d"},
        {.last_activity_at = max_timestamp, .room_id = std::string(255, '\xFF')},
        {.last_activity_at = Timestamp{}, .room_id = "-"},
        {.room_id = "none"},
        {.room_id = std::string("\0\x01 \u00e9", 5)}};
    for (const auto& cursor : cursors) {
        const auto text = to_string(cursor);
        CAPTURE(text);
        CHECK(parse_inbox_cursor(text) == cursor);
        CHECK(std::ranges::all_of(text, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '-';
        }));
    }
    CHECK(to_string(InboxCursor{.room_id = "Room-7"}) == "i1-none-Room-2d7");
}

TEST_CASE("a text that is no inbox cursor is refused", "[inbox]") {
    REQUIRE_NOTHROW(parse_inbox_cursor("i1-none-a"));
    REQUIRE_NOTHROW(parse_inbox_cursor("i1-0-a-2d"));
    for (const auto* text : {"",
                             "i1",
                             "i1-",
                             "i1-none",
                             "i1-none-",
                             "i1-none-a ",
                             " i1-none-a",
                             "i2-none-a",
                             "c1-none-a",
                             "i1-None-a",
                             "i1--a",
                             "i1--1-a",
                             "i1-+1-a",
                             "i1-01-a",
                             "i1-1x-a",
                             "i1-9223372036854775807-a",
                             "i1-9223372036854775808-a",
                             "i1-none-a-",
                             "i1-none-a-2",
                             "i1-none-a-2D",
                             "i1-none-a-61",
                             "i1-none-a-g0",
                             "i1-none-\u00e9",
                             "i1-none--"}) {
        CAPTURE(text);
        CHECK_THROWS_MATCHES(parse_inbox_cursor(text), Error, fails_with(errc::invalid_argument));
    }
}

}  // namespace roomstore::contract
