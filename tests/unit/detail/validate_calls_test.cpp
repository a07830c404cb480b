#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "roomstore/detail/validate.hpp"
#include "support/populated.hpp"
#include "unit/refusal.hpp"

using namespace roomstore;
using namespace roomstore::test;
using roomstore::detail::Validator;

namespace {

const Validator v;

RoomEvent event(std::string id, std::optional<std::string> key = {}) {
    return {.id = std::move(id),
            .room_id = "r",
            .source = {.channel_id = "c", .channel_type = "sms"},
            .idempotency_key = std::move(key)};
}

/// Size of an event with only its ids set, without the bytes of its body.
constexpr std::size_t bytes_beside_body = 2 /* ids */ + 1 /* channel */ + 3 /* visibility */ +
                                          4 * 8 /* empty JSON objects */ + 8 /* content */;

}  // namespace

#define REFUSED(call, text) CHECK(refusal([&] { v.call; }) == (text))

TEST_CASE("id arguments are 1 to 255 bytes of text") {
    const std::string bad(256, 'x');
    const std::string long_id = ": 256 bytes, more than 255";
    REFUSED(get_room(""), "room_id: empty");
    REFUSED(get_room(std::string("a\0", 2)), "room_id: NUL at byte 1");
    REFUSED(get_room("\xFF"), "room_id: invalid UTF-8 at byte 0");
    REFUSED(get_room(std::string(255, 'x')), "");
    REFUSED(patch_room_metadata(bad, Json::object(), {}), "room_id" + long_id);
    REFUSED(delete_room(bad), "room_id" + long_id);
    REFUSED(room_exists(bad), "room_id" + long_id);
    REFUSED(find_latest_room(bad, {}), "participant_id" + long_id);
    REFUSED(find_room_id_by_channel(bad, {}), "channel_id" + long_id);
    REFUSED(find_room_ids_by_channel(bad, {}), "channel_id" + long_id);
    REFUSED(get_delivered_index(bad), "room_id" + long_id);
    REFUSED(advance_delivered_index(bad, 0, Gap::skip), "room_id" + long_id);
    REFUSED(load_room_context(bad), "room_id" + long_id);
    REFUSED(find_rooms({.participant_id = bad}, {}), "RoomFilter.participant_id" + long_id);
    REFUSED(list_inbox({}), "InboxQuery.participant_id: empty");
    REFUSED(list_inbox({.participant_id = bad}), "InboxQuery.participant_id" + long_id);
    REFUSED(list_inbox({.participant_id = "p", .organization_id = bad}),
            "InboxQuery.organization_id" + long_id);
    REFUSED(get_context_window(bad, {}), "room_id" + long_id);
    REFUSED(mark_unread_from(bad, "c", 0), "room_id" + long_id);
    REFUSED(mark_unread_from("r", bad, 0), "channel_id" + long_id);
    REFUSED(get_unread_total(bad, {}), "participant_id" + long_id);
    REFUSED(add_event_auto_index(bad, event("e")), "room_id" + long_id);
    REFUSED(append_events(bad, {}, {}), "room_id" + long_id);
    REFUSED(get_event(bad), "event_id" + long_id);
    REFUSED(get_event(bad, "e"), "room_id" + long_id);
    REFUSED(get_event("r", bad), "event_id" + long_id);
    REFUSED(delete_event(bad, "e", Replies::keep), "room_id" + long_id);
    REFUSED(delete_event("r", bad, Replies::keep), "event_id" + long_id);
    REFUSED(trim_room(bad, 0), "room_id" + long_id);
    REFUSED(list_events(bad, {}), "room_id" + long_id);
    REFUSED(get_thread_summaries(bad, {}, {}), "room_id" + long_id);
    REFUSED(get_thread_summaries("r", {"e", bad}, {}), "root_event_ids/1" + long_id);
    REFUSED(get_thread_summaries("r", {""}, {}), "root_event_ids/0: empty");
    REFUSED(get_thread_summaries("r", {"e"}, {.correlation_id = bad}),
            "EventFilter.correlation_id" + long_id);
    REFUSED(check_idempotency(bad, "k"), "room_id" + long_id);
    REFUSED(get_event_by_idempotency_key(bad, "k"), "room_id" + long_id);
    REFUSED(get_event_count(bad, {}), "room_id" + long_id);
    REFUSED(get_event_count("r", {.correlation_id = bad}), "EventFilter.correlation_id" + long_id);
    REFUSED(list_changes(bad, {}), "room_id" + long_id);
    REFUSED(get_binding(bad, "c"), "room_id" + long_id);
    REFUSED(get_binding("r", bad), "channel_id" + long_id);
    REFUSED(remove_binding(bad, "c"), "room_id" + long_id);
    REFUSED(remove_binding("r", bad), "channel_id" + long_id);
    REFUSED(list_bindings(bad, {}), "room_id" + long_id);
    REFUSED(binding_exists(bad, "c"), "room_id" + long_id);
    REFUSED(binding_exists("r", bad), "channel_id" + long_id);
    REFUSED(get_participant(bad, "p"), "room_id" + long_id);
    REFUSED(get_participant("r", bad), "participant_id" + long_id);
    REFUSED(remove_participant(bad, "p"), "room_id" + long_id);
    REFUSED(remove_participant("r", bad), "participant_id" + long_id);
    REFUSED(list_participants(bad, {}), "room_id" + long_id);
    REFUSED(get_identity(bad), "identity_id" + long_id);
    REFUSED(resolve_identity("sms", "1", bad), "organization_id" + long_id);
    REFUSED(link_address(bad, "sms", "1", {}), "identity_id" + long_id);
    REFUSED(link_address("i", "sms", "1", bad), "organization_id" + long_id);
    REFUSED(get_task(bad), "task_id" + long_id);
    REFUSED(list_tasks(bad, {}, {}), "room_id" + long_id);
    REFUSED(list_observations(bad, {}), "room_id" + long_id);
    REFUSED(mark_read(bad, "c", "e"), "room_id" + long_id);
    REFUSED(mark_read("r", bad, "e"), "channel_id" + long_id);
    REFUSED(mark_read("r", "c", bad), "event_id" + long_id);
    REFUSED(mark_all_read(bad, "c"), "room_id" + long_id);
    REFUSED(mark_all_read("r", bad), "channel_id" + long_id);
    REFUSED(get_unread_count(bad, "c", {}), "room_id" + long_id);
    REFUSED(get_unread_count("r", bad, {}), "channel_id" + long_id);
    REFUSED(get_unread_count("r", "c", {.exclude_participant = bad}),
            "UnreadQuery.exclude_participant" + long_id);
    REFUSED(get_unread_counts(bad, {}), "channel_id" + long_id);
    REFUSED(get_unread_counts("c", {"r", ""}), "room_ids/1: empty");
    REFUSED(list_read_markers(bad), "room_id" + long_id);
}

TEST_CASE("an inbox query is validated field by field") {
    const auto with = [](auto change) {
        InboxQuery query{.participant_id = "p"};
        change(query);
        return query;
    };
    REFUSED(list_inbox(with([](auto&) {})), "");
    REFUSED(list_inbox(with([](auto& q) { q.limit = 10'000; })), "");
    REFUSED(list_inbox(with([](auto& q) { q.limit = 0; })),
            "InboxQuery.limit: 0, must be at least 1");
    REFUSED(list_inbox(with([](auto& q) { q.limit = 10'001; })),
            "InboxQuery.limit: 10001 rows, more than max_page_rows (10000)");
    REFUSED(list_inbox(with([](auto& q) { q.unread_cap = 0; })),
            "InboxQuery.unread_cap: 0, must be at least 1");
    REFUSED(list_inbox(with([](auto& q) { q.status = static_cast<RoomStatus>(77); })),
            "InboxQuery.status: 77 is not a value of the enumeration");
    InboxQuery later = with([](auto&) {});
    InboxCursor& before = later.before.emplace();
    REFUSED(list_inbox(later), "InboxQuery.before.room_id: empty");
    before.room_id = "r";
    before.last_activity_at = max_timestamp;
    REFUSED(list_inbox(later), "");
    before.last_activity_at = max_timestamp + std::chrono::microseconds{1};
    REFUSED(list_inbox(later), "InboxQuery.before.last_activity_at: outside the years 1 to 9999");
    REFUSED(list_inbox(with([](auto& q) { q.count.event_types = {EventType("A")}; })),
            "InboxQuery.count.event_types/0: not a legal name: 1 to 64 bytes of [a-z0-9_.-]");
    REFUSED(list_inbox(with([](auto& q) { q.count.exclude_types = {EventType("")}; })),
            "InboxQuery.count.exclude_types/0: not a legal name: 1 to 64 bytes of [a-z0-9_.-]");
    REFUSED(list_inbox(with([](auto& q) { q.preview.event_types = {EventType("")}; })),
            "InboxQuery.preview.event_types/0: not a legal name: 1 to 64 bytes of [a-z0-9_.-]");
    REFUSED(list_inbox(with([](auto& q) { q.preview.exclude_types = {EventType("")}; })),
            "InboxQuery.preview.exclude_types/0: not a legal name: 1 to 64 bytes of [a-z0-9_.-]");
    REFUSED(list_inbox(with([](auto& q) { q.count.visibility = "\xFF"; })),
            "InboxQuery.count.visibility: invalid UTF-8 at byte 0");
    REFUSED(list_inbox(with([](auto& q) { q.preview.visibility = "\xFF"; })),
            "InboxQuery.preview.visibility: invalid UTF-8 at byte 0");
    for (const int place : {0, 1}) {
        auto query = with([](auto&) {});
        auto& statuses = place == 0 ? query.count.exclude_statuses : query.preview.exclude_statuses;
        statuses = {EventStatus::read, static_cast<EventStatus>(5)};
        REFUSED(list_inbox(query),
                std::string("InboxQuery.") + (place == 0 ? "count" : "preview") +
                    ".exclude_statuses/1: 5 is not a value of the enumeration");
    }
    CHECK(v.list_inbox(with([](auto& q) { q.organization_id = "org"; })) == 4);
}

TEST_CASE("a position in a list of rooms is validated") {
    const RoomPageCursor good(Timestamp{}, "r");
    REFUSED(list_rooms({.after = good}), "");
    REFUSED(find_rooms({}, {.after = good}), "");
    REFUSED(list_rooms({.offset = 1, .after = good}), "Page.after: not together with offset");
    REFUSED(list_rooms({.after = RoomPageCursor(Timestamp{}, "")}), "Page.after.id: empty");
    REFUSED(list_rooms({.after = RoomPageCursor(Timestamp{}, "\xFF")}),
            "Page.after.id: invalid UTF-8 at byte 0");
    REFUSED(list_rooms({.after = RoomPageCursor(max_timestamp + std::chrono::seconds{1}, "r")}),
            "Page.after.created_at: outside the years 1 to 9999");
    REFUSED(list_bindings("r", Page{.after = good}), "Page.after: only for lists of rooms");
    REFUSED(list_participants("r", Page{.after = good}), "Page.after: only for lists of rooms");
    REFUSED(list_tasks("r", {}, Page{.after = good}), "Page.after: only for lists of rooms");
    REFUSED(list_observations("r", Page{.after = good}), "Page.after: only for lists of rooms");
    CHECK(refusal([] { RoomPageCursor(Timestamp{}, std::string(256, 'x')); }) ==
          "RoomPageCursor.id: 256 bytes, more than 255");
    CHECK(RoomPageCursor(Timestamp{}, std::string(255, 'x')).id() == std::string(255, 'x'));
}

TEST_CASE("caps, budgets and the index of mark_unread_from are validated") {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    REFUSED(mark_unread_from("r", "c", 0), "");
    REFUSED(mark_unread_from("r", "c", most), "");
    REFUSED(mark_unread_from("r", "c", -1), "index: -1, must be at least 0");
    REFUSED(get_unread_count("r", "c", {.cap = most}), "");
    REFUSED(get_unread_count("r", "c", {.cap = 0}), "UnreadQuery.cap: 0, must be at least 1");
    REFUSED(get_unread_count("r", "c", {.event_types = {{"a", "B"}}}),
            "UnreadQuery.event_types/1: not a legal name: 1 to 64 bytes of [a-z0-9_.-]");
    REFUSED(get_unread_count("r", "c", {.exclude_types = {{""}}}),
            "UnreadQuery.exclude_types/0: not a legal name: 1 to 64 bytes of [a-z0-9_.-]");
    REFUSED(get_unread_total("p", {.cap = 0}), "UnreadTotalQuery.cap: 0, must be at least 1");
    REFUSED(get_context_window("r", {.max_events = 10'000, .max_tokens = 0}), "");
    REFUSED(get_context_window("r", {.max_events = 0}),
            "ContextQuery.max_events: 0, must be at least 1");
    REFUSED(get_context_window("r", {.max_events = 10'001}),
            "ContextQuery.max_events: 10001 rows, more than max_page_rows (10000)");
    REFUSED(get_context_window("r", {.max_tokens = -1}),
            "ContextQuery.max_tokens: -1, must be at least 0");
    REFUSED(get_context_window("r", {.default_tokens = -1}),
            "ContextQuery.default_tokens: -1, must be at least 0");
    REFUSED(get_context_window("r", {.filter = {.correlation_id = ""}}),
            "EventFilter.correlation_id: empty");
}

TEST_CASE("updates are validated like the row that they replace") {
    const std::string empty = "";
    Room room = full_room();
    room.id.clear();
    REFUSED(update_room(room), "Room.id: empty");
    REFUSED(patched_room(room), "Room.id: empty");
    RoomEvent changed = full_event();
    changed.room_id.clear();
    REFUSED(update_event(changed), "RoomEvent.room_id: empty");
    ChannelBinding binding = full_binding();
    binding.room_id.clear();
    REFUSED(update_binding(binding), "ChannelBinding.room_id: empty");
    Participant participant = full_participant();
    participant.channel_id.clear();
    REFUSED(update_participant(participant), "Participant.channel_id: empty");
    Task task = full_task();
    task.room_id.clear();
    REFUSED(update_task(task), "Task.room_id: empty");
}

TEST_CASE("keys and addresses have their own size limits") {
    REFUSED(check_idempotency("r", ""), "");
    REFUSED(check_idempotency("r", std::string(255, 'k')), "");
    REFUSED(check_idempotency("r", std::string(256, 'k')), "key: 256 bytes, more than 255");
    REFUSED(get_event_by_idempotency_key("r", "\xC0"), "key: invalid UTF-8 at byte 0");
    REFUSED(resolve_identity("sms", std::string(1024, '1'), {}), "");
    REFUSED(resolve_identity("sms", std::string(1025, '1'), {}),
            "address: 1025 bytes, more than 1024");
    REFUSED(resolve_identity("sms", "", {}), "address: empty");
    REFUSED(link_address("i", "", "1", {}),
            "channel_type: not a legal name: 1 to 64 bytes of [a-z0-9_.-]");
    REFUSED(link_address("i", "sms", std::string("1\0", 2), {}), "address: NUL at byte 1");
}

TEST_CASE("offset and limit of a page are not negative") {
    REFUSED(list_rooms({}), "");
    REFUSED(list_rooms({.offset = 0, .limit = 0}), "");
    REFUSED(list_rooms({.offset = -1}), "Page.offset: -1, must be at least 0");
    REFUSED(list_rooms({.limit = -5}), "Page.limit: -5, must be at least 0");
    REFUSED(find_rooms({}, {.limit = -1}), "Page.limit: -1, must be at least 0");
    REFUSED(find_room_ids_by_channel("c", {.limit = -1}),
            "ChannelLookup.limit: -1, must be at least 0");
}

TEST_CASE("every field of a room filter is validated") {
    constexpr auto no_status = static_cast<RoomStatus>(9);
    const std::string outside = ": 9 is not a value of the enumeration";
    REFUSED(find_rooms({.organization_id = ""}, {}), "RoomFilter.organization_id: empty");
    REFUSED(find_rooms({.status = no_status}, {}), "RoomFilter.status" + outside);
    REFUSED(find_rooms({.metadata = Json(1)}, {}),
            "RoomFilter.metadata: must be a JSON object, is number");
    REFUSED(find_rooms({.metadata = Json{{"k", "\xFF"}}}, {}),
            "RoomFilter.metadata/k: invalid UTF-8 at byte 0");
    REFUSED(find_latest_room("p", {.channel_type = "SMS"}),
            "LatestRoomFilter.channel_type: not a legal name: 1 to 64 bytes of [a-z0-9_.-]");
    REFUSED(find_latest_room("p", {.status = no_status}), "LatestRoomFilter.status" + outside);
    REFUSED(find_room_id_by_channel("c", no_status), "status" + outside);
    REFUSED(find_room_ids_by_channel("c", {.status = no_status}), "ChannelLookup.status" + outside);
    REFUSED(list_tasks("r", static_cast<TaskStatus>(9), {}), "status" + outside);
}

TEST_CASE("a metadata patch is a JSON object") {
    REFUSED(patch_room_metadata("r", Json::object(), {"", "k"}), "");
    REFUSED(patch_room_metadata("r", Json::array(), {}), "patch: must be a JSON object, is array");
    REFUSED(patch_room_metadata("r", nullptr, {}), "patch: must be a JSON object, is null");
    REFUSED(patch_room_metadata("r", {{"k", std::string("\0", 1)}}, {}), "patch/k: NUL at byte 0");
    REFUSED(patch_room_metadata("r", Json::object(), {"k", "\xFF"}),
            "unset/1: invalid UTF-8 at byte 0");
}

TEST_CASE("the delivery cursor must be a valid index, and gap and replies valid enumerators") {
    REFUSED(advance_delivered_index("r", 0, Gap::refuse), "");
    REFUSED(trim_room("r", 0), "");
    REFUSED(trim_room("r", -1), "before_index: -1, must be at least 0");
    REFUSED(advance_delivered_index("r", -1, Gap::refuse), "index: -1, must be at least 0");
    REFUSED(advance_delivered_index("r", 0, static_cast<Gap>(2)), "gap: not a value of Gap");
    REFUSED(delete_event("r", "e", static_cast<Replies>(2)), "replies: not a value of Replies");
}

TEST_CASE("an event query has at most one cursor and no negative numbers") {
    REFUSED(list_events("r", {}), "");
    REFUSED(list_events("r", {.limit = 0}), "");
    REFUSED(list_events("r", {.offset = -1}), "EventQuery.offset: -1, must be at least 0");
    REFUSED(list_events("r", {.limit = -1}), "EventQuery.limit: -1, must be at least 0");
    REFUSED(list_events("r", {.after_index = -1}),
            "EventQuery.after_index: -1, must be at least 0");
    REFUSED(list_events("r", {.before_index = -1}),
            "EventQuery.before_index: -1, must be at least 0");
    REFUSED(list_events("r", {.after_index = std::numeric_limits<std::int64_t>::max()}), "");
    REFUSED(list_events("r", {.after_index = 1, .before_index = 2}),
            "EventQuery.after_index: not together with before_index");
}

TEST_CASE("a query of changes has a page of at least one, a start, and a cursor in order") {
    REFUSED(list_changes("r", {}), "");
    REFUSED(list_changes("r", {.limit = 1, .start = Start::newest}), "");
    REFUSED(list_changes("r", {.limit = 10'000}), "");
    REFUSED(list_changes("r", {.limit = 0}), "ChangesQuery.limit: 0, must be at least 1");
    REFUSED(list_changes("r", {.limit = -1}), "ChangesQuery.limit: -1, must be at least 1");
    REFUSED(list_changes("r", {.limit = 10'001}),
            "ChangesQuery.limit: 10001 rows, more than max_page_rows (10000)");
    REFUSED(list_changes("r", {.start = static_cast<Start>(2)}),
            "ChangesQuery.start: not a value of Start");
    const auto since = [](RoomCursor cursor) { return ChangesQuery{.since = cursor}; };
    REFUSED(list_changes("r", since({})), "");
    REFUSED(list_changes("r", since({.room = 1, .next_index = 3, .revision = 9, .from_index = 3})),
            "");
    REFUSED(list_changes("r", since({.next_index = -1})),
            "ChangesQuery.since.next_index: -1, must be at least 0");
    REFUSED(list_changes("r", since({.revision = -1})),
            "ChangesQuery.since.revision: -1, must be at least 0");
    REFUSED(list_changes("r", since({.from_index = -1})),
            "ChangesQuery.since.from_index: -1, must be at least 0");
    REFUSED(list_changes("r", since({.next_index = 3, .from_index = 4})),
            "ChangesQuery.since.from_index: must not be above next_index");
    REFUSED(reset_cursors(), "");
}

TEST_CASE("every field of an event filter is validated") {
    const auto refused = [](EventFilter filter) {
        return refusal([&] { v.list_events("r", {.filter = filter}); });
    };
    const std::string illegal = ": not a legal name: 1 to 64 bytes of [a-z0-9_.-]";
    CHECK(refused({.event_types = std::vector<EventType>{}}).empty());
    CHECK(refused({.event_types = std::vector<EventType>{"ok", "Not"}}) ==
          "EventFilter.event_types/1" + illegal);
    CHECK(refused({.exclude_types = std::vector<EventType>{""}}) ==
          "EventFilter.exclude_types/0" + illegal);
    CHECK(refused({.statuses = std::vector<EventStatus>{}}).empty());
    CHECK(refused({.statuses = std::vector{EventStatus::read, EventStatus(5)}}) ==
          "EventFilter.statuses/1: 5 is not a value of the enumeration");
    CHECK(refused({.exclude_statuses = std::vector{EventStatus(-1)}}) ==
          "EventFilter.exclude_statuses/0: -1 is not a value of the enumeration");
    CHECK(refused({.visibility = "\xFF"}) == "EventFilter.visibility: invalid UTF-8 at byte 0");
    CHECK(refused({.source_channel_id = ""}) == "EventFilter.source_channel_id: empty");
    CHECK(refused({.source_channel_type = "X"}) == "EventFilter.source_channel_type" + illegal);
    CHECK(refused({.correlation_id = ""}) == "EventFilter.correlation_id: empty");
    CHECK(refused({.participant_id = ""}) == "EventFilter.participant_id: empty");
    CHECK(refused({.parent_event_id = ""}) == "EventFilter.parent_event_id: empty");
    CHECK(refused({.parent_event_id = "e", .top_level_only = true}) ==
          "EventFilter.top_level_only: not together with parent_event_id");
    const Timestamp noon{std::chrono::hours(12)};
    const std::chrono::microseconds one{1};
    CHECK(refused({.after_time = noon, .before_time = noon + one}).empty());
    CHECK(refused({.after_time = noon, .before_time = noon}) ==
          "EventFilter.after_time: must be earlier than before_time");
    CHECK(refused({.after_time = noon + one, .before_time = noon}) ==
          "EventFilter.after_time: must be earlier than before_time");
    CHECK(refused({.after_time = Timestamp::min()}) ==
          "EventFilter.after_time: outside the years 1 to 9999");
    CHECK(refused({.before_time = Timestamp::max()}) ==
          "EventFilter.before_time: outside the years 1 to 9999");
}

TEST_CASE("an appended event must name its room") {
    REFUSED(add_event_auto_index("r", event("e")), "");
    REFUSED(add_event_auto_index("other", event("e")), "RoomEvent.room_id: differs from room_id");
    REFUSED(append_events("other", {event("e")}, {}), "events/0.room_id: differs from room_id");
}

TEST_CASE("a batch has no duplicate id and no duplicate key") {
    REFUSED(append_events("r", {}, {}), "");
    REFUSED(append_events("r", {event("a", "1"), event("b", "2"), event("c")}, {}), "");
    REFUSED(append_events("r", {event("a"), event("b"), event("a")}, {}),
            "events/2.id: given twice");
    REFUSED(append_events("r", {event("a", "k"), event("b", "k")}, {}),
            "events/1.idempotency_key: given twice");
    // An empty key is no key.
    REFUSED(append_events("r", {event("a", ""), event("b", "")}, {}), "");
    RoomEvent bad = event("b");
    bad.content = TextContent{.body = "\xFF"};
    REFUSED(append_events("r", {event("a"), bad}, {}),
            "events/1.content.body: invalid UTF-8 at byte 0");
    REFUSED(append_events("r", {}, {.expected_next_index = -1}),
            "AppendOptions.expected_next_index: -1, must be at least 0");
}

TEST_CASE("an event may be exactly as large as the limit and no larger") {
    const std::size_t limit = 1000;
    const Validator small(Limits{.max_event_bytes = limit});
    const auto with_body = [&](std::size_t size) {
        RoomEvent e = event("e");
        e.content = TextContent{.body = std::string(size, 'x')};
        return e;
    };
    const std::size_t fits = limit - bytes_beside_body;
    CHECK(refusal([&] { small.add_event(with_body(fits)); }).empty());
    CHECK(refusal([&] { small.add_event(with_body(fits + 1)); }) ==
          "RoomEvent: 1001 bytes, more than max_event_bytes (1000)");
    CHECK(refusal([&] { small.add_event_auto_index("r", with_body(fits + 1)); }) ==
          "RoomEvent: 1001 bytes, more than max_event_bytes (1000)");
    CHECK(refusal([&] { small.update_event(with_body(fits + 1)); }) ==
          "RoomEvent: 1001 bytes, more than max_event_bytes (1000)");
    // The limit applies to each event of a batch.
    RoomEvent other = with_body(fits);
    other.id = "f";
    CHECK(refusal([&] { small.append_events("r", {with_body(fits), other}, {}); }).empty());
    other.metadata["k"] = 1;
    CHECK(refusal([&] { small.append_events("r", {with_body(fits), other}, {}); }) ==
          "events/1: 1009 bytes, more than max_event_bytes (1000)");
}

TEST_CASE("every value counts towards the size, so that the limit bounds the number of values") {
    const Validator small(Limits{.max_event_bytes = 1000});
    const auto fails = [&](auto call) {
        return refusal(call).ends_with("bytes, more than max_event_bytes (1000)");
    };
    Room room{.id = "r"};
    room.metadata["k"] = std::vector<std::string>(200);
    CHECK(fails([&] { small.create_room(room); }));
    CHECK(fails([&] { small.update_room(room); }));
    CHECK(fails([&] { small.patched_room(room); }));
    CHECK(fails([&] { small.patch_room_metadata("r", room.metadata, {}); }));
    CHECK(fails([&] { small.find_rooms({.metadata = room.metadata}, {}); }));
    ChannelBinding binding{.channel_id = "c", .room_id = "r", .channel_type = "sms"};
    binding.capabilities.media_types.assign(200, ChannelMediaType::text);
    CHECK(fails([&] { small.add_binding(binding); }));
    Participant participant{.id = "p", .room_id = "r", .channel_id = "c"};
    participant.connected_via.assign(200, "c");
    CHECK(fails([&] { small.add_participant(participant); }));
    Identity identity{.id = "i"};
    for (int i = 0; i < 200; ++i) identity.external_ids[std::to_string(i)];
    CHECK(fails([&] { small.create_identity(identity); }));
    CHECK(fails(
        [&] { small.add_task({.id = "t", .room_id = "r", .title = std::string(2000, 'x')}); }));
    CHECK(fails([&] {
        small.add_observation(
            {.id = "o", .room_id = "r", .channel_id = "c", .content = std::string(2000, 'x')});
    }));
    RoomEvent e = event("e");
    e.content = CompositeContent{.parts = std::vector<EventContent>(200)};
    CHECK(fails([&] { small.add_event(e); }));
}

TEST_CASE("values that a store adds to a participant count towards its size") {
    Participant participant{.id = "p", .room_id = "r", .channel_id = std::string(100, 'c')};
    // p, r, channel_id, metadata, and channel_id again as an element of connected_via.
    const std::size_t stored = 1 + 1 + 100 + 8 + 108;
    CHECK(refusal([&] {
              Validator(Limits{.max_event_bytes = stored}).add_participant(participant);
          }).empty());
    CHECK(refusal([&] {
              Validator(Limits{.max_event_bytes = stored - 1}).add_participant(participant);
          }) == "Participant: 218 bytes, more than max_event_bytes (217)");
    participant.connected_via = {participant.channel_id};
    CHECK(refusal([&] {
              Validator(Limits{.max_event_bytes = stored}).add_participant(participant);
          }).empty());
}

TEST_CASE("every page has at most max_page_rows") {
    const Validator few(Limits{.max_page_rows = 3});
    const std::string large = ": 4 rows, more than max_page_rows (3)";
    few.list_rooms({.limit = 3});
    few.find_rooms({}, {.limit = 3});
    few.find_room_ids_by_channel("c", {.limit = 3});
    few.list_events("r", {.limit = 3});
    const auto refused = [](const auto& call) { return refusal(call); };
    CHECK(refused([&] { few.list_rooms({.limit = 4}); }) == "Page.limit" + large);
    CHECK(refused([&] { few.find_rooms({}, {.limit = 4}); }) == "Page.limit" + large);
    CHECK(refused([&] { few.find_room_ids_by_channel("c", {.limit = 4}); }) ==
          "ChannelLookup.limit" + large);
    CHECK(refused([&] { few.list_events("r", {.limit = 4}); }) == "EventQuery.limit" + large);
    const Page page{.limit = 4};
    CHECK(refused([&] { few.list_bindings("r", page); }) == "Page.limit" + large);
    CHECK(refused([&] { few.list_participants("r", page); }) == "Page.limit" + large);
    CHECK(refused([&] { few.list_tasks("r", {}, page); }) == "Page.limit" + large);
    CHECK(refused([&] { few.list_observations("r", page); }) == "Page.limit" + large);
    REFUSED(list_events("r", {.limit = 10'001}),
            "EventQuery.limit: 10001 rows, more than max_page_rows (10000)");
}

TEST_CASE("the bytes of all arguments are counted") {
    CHECK(v.get_room("room") == 4);
    CHECK(v.get_event("room", "event") == 9);
    CHECK(v.delete_event("room", "event", Replies::keep) == 9);
    CHECK(v.list_rooms({.limit = 5}) == 0);
    CHECK(v.list_bindings("room", Page{}) == 4);
    CHECK(v.list_events("room", {.filter = {.source_channel_id = "channel"}}) == 11);
    CHECK(v.find_rooms({.organization_id = "org"}, {}) == v.find_rooms({}, {}) + 3);
    CHECK(v.patch_room_metadata("room", Json::object({{"key", "value"}}), {"old"}) ==
          4 + (8 + 3 + 8 + 5) + (8 + 3));
    CHECK(v.mark_read("room", "channel", "event") == 16);
    CHECK(v.link_address("id", "sms", "+1", "org") == v.get_identity("id") + 2 + 3);
    // Lists of ids have no bound of their own.
    const std::vector<std::string> ids(1000, "0123456789");
    CHECK(v.get_unread_counts("channel", ids) == 7 + 1000 * 18);
    CHECK(v.get_thread_summaries("room", ids, {}) == 4 + 1000 * 18);
    CHECK(v.create_room({.id = std::string(200, 'r')}) == v.create_room({.id = "r"}) + 199);
}

TEST_CASE("a batch has at most max_batch_events and max_batch_bytes") {
    std::vector<RoomEvent> events{event("a"), event("b"), event("c")};
    for (auto& each : events) each.room_id = "r";
    const auto bytes = Validator().append_events("r", events, {});
    CHECK(refusal([&] {
              Validator(Limits{.max_batch_events = 3, .max_batch_bytes = bytes})
                  .append_events("r", events, {});
          }).empty());
    CHECK(refusal([&] {
              Validator(Limits{.max_batch_events = 2}).append_events("r", events, {});
          }) == "events: 3 events, more than max_batch_events (2)");
    CHECK(refusal([&] {
              Validator(Limits{.max_batch_bytes = bytes - 1}).append_events("r", events, {});
          }) == "events: " + std::to_string(bytes) + " bytes, more than max_batch_bytes (" +
                    std::to_string(bytes - 1) + ")");
    // A single event is bounded by max_event_bytes alone.
    CHECK(refusal([&] {
              Validator(Limits{.max_batch_bytes = 1}).add_event_auto_index("r", events[0]);
          }).empty());
}

TEST_CASE("limits are validated when a store is made") {
    const auto with = [](std::size_t bytes) {
        return refusal([&] { Validator(Limits{.max_event_bytes = bytes}); });
    };
    CHECK(with(1).empty());
    CHECK(with(Limits::highest_max_event_bytes).empty());
    CHECK(with(0) == "Limits.max_event_bytes: 0, must be 1 to 67108864");
    CHECK(with(Limits::highest_max_event_bytes + 1) ==
          "Limits.max_event_bytes: 67108865, must be 1 to 67108864");
    CHECK(Limits{}.max_event_bytes == 1048576);
    const auto refused = [](const Limits& limits) {
        return refusal([&] { static_cast<void>(Validator(limits)); });
    };
    CHECK(refused({.max_page_rows = 1'000'000}).empty());
    CHECK(refused({.max_page_rows = 0}) == "Limits.max_page_rows: 0, must be 1 to 1000000");
    CHECK(refused({.max_page_rows = 1'000'001}) ==
          "Limits.max_page_rows: 1000001, must be 1 to 1000000");
    CHECK(refused({.max_batch_events = 100'000}).empty());
    CHECK(refused({.max_batch_events = 0}) == "Limits.max_batch_events: 0, must be 1 to 100000");
    CHECK(refused({.max_batch_events = 100'001}) ==
          "Limits.max_batch_events: 100001, must be 1 to 100000");
    CHECK(refused({.max_batch_bytes = Limits::highest_max_batch_bytes}).empty());
    CHECK(refused({.max_batch_bytes = 0}) == "Limits.max_batch_bytes: 0, must be 1 to 134217728");
    CHECK(refused({.max_batch_bytes = Limits::highest_max_batch_bytes + 1}) ==
          "Limits.max_batch_bytes: 134217729, must be 1 to 134217728");
}
