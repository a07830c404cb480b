#include <algorithm>
#include <random>

#include "contract/populated_store.hpp"
#include "support/populated.hpp"

/// Hiding the oldest events of a room, and the removal of large rooms.
namespace roomstore::contract {

namespace {

/// Adds events `first`, `first + 1`, ... with keys `k0`, ... ; every third replies to `0`.
void add_events(ConversationStore& store, int count, int first = 0) {
    std::vector<RoomEvent> events;
    for (int i = first; i < first + count; ++i) {
        const auto id = std::to_string(i);
        EventArgs args{.id = id, .key = "k" + id, .created_at = at(i)};
        if (i % 3 == 1) args.parent = "0";
        events.push_back(make_event(std::move(args)));
    }
    run(store.append_events("room", std::move(events)));
}

Ids listed(ConversationStore& store, EventQuery query = {.limit = 10'000}) {
    return ids_of(run(store.list_events("room", std::move(query))));
}

}  // namespace

TEST_CASE("trimming a room hides its events below an index from every call", "[events]") {
    const auto store = store_with_room();
    add_events(*store, 10);
    run(store->mark_read("room", "reader", "1"));
    run(store->mark_read("room", "far reader", "7"));
    CHECK(run(store->trim_room("room", 5)) == 5);

    CHECK(listed(*store) == Ids{"5", "6", "7", "8", "9"});
    CHECK(listed(*store, {.offset = 1, .limit = 2}) == Ids{"6", "7"});
    CHECK(listed(*store, {.offset = 4, .limit = 5}) == Ids{"9"});
    CHECK(listed(*store, {.offset = 3, .limit = 5, .newest_first = true}) == Ids{"5", "6"});
    CHECK(listed(*store, {.offset = 5, .newest_first = true}).empty());
    CHECK(listed(*store, {.after_index = 2}) == Ids{"5", "6", "7", "8", "9"});
    CHECK(listed(*store, {.before_index = 7}) == Ids{"5", "6"});
    CHECK(listed(*store, {.before_index = 3}).empty());
    EventQuery replies;
    replies.filter.parent_event_id = "0";
    CHECK(listed(*store, replies) == Ids{"7"});
    replies.after_index = 1;
    CHECK(listed(*store, replies) == Ids{"7"});
    EventQuery messages;
    messages.filter.event_types = {EventType::message};
    CHECK(listed(*store, messages) == Ids{"5", "6", "7", "8", "9"});
    CHECK(ids_of(run(store->get_conversation("room"))) == Ids{"5", "6", "7", "8", "9"});

    CHECK(run(store->get_event_count("room")) == 5);
    CHECK(run(store->get_event_count("room", messages.filter)) == 5);
    CHECK(run(store->get_event_count("room", replies.filter)) == 1);
    const auto threads = run(store->get_thread_summaries("room", {"0"}));
    CHECK(threads.at("0").reply_count == 1);
    CHECK(threads.at("0").last_reply_at == at(7));
    CHECK(run(store->get_thread_summaries("room", {"0"}, messages.filter)).at("0").reply_count ==
          1);
    CHECK(run(store->get_event("4")) == std::nullopt);
    CHECK(run(store->get_event("room", "4")) == std::nullopt);
    CHECK(run(store->get_event("room", "5")));
    CHECK_FALSE(run(store->check_idempotency("room", "k4")));
    CHECK(run(store->check_idempotency("room", "k5")));
    CHECK(run(store->get_event_by_idempotency_key("room", "k4")) == std::nullopt);
    CHECK(run(store->get_unread_count("room", "reader")) == 5);
    CHECK(run(store->get_unread_count("room", "new reader")) == 5);
    CHECK(run(store->get_unread_count("room", "far reader")) == 2);

    auto hidden = make_event({.id = "4"});
    CHECK_FAILS(store->update_event(hidden), errc::not_found);
    CHECK(run(store->delete_event("room", "4")).empty());
    CHECK(run(store->delete_event("room", "0")).empty());
    CHECK_FAILS(store->mark_read("room", "reader", "4"), errc::not_found);
    CHECK(run(store->get_event_count("room")) == 5);

    const auto room = run(store->get_room("room"));
    CHECK(room->event_count == 10);
    CHECK(room->latest_index == 9);
    CHECK(run(store->list_read_markers("room")).at("reader") == 1);
}

TEST_CASE("the first index of a room never moves back, nor beyond the next index", "[events]") {
    const auto store = store_with_room();
    CHECK(run(store->trim_room("room", 7)) == 0);
    add_events(*store, 4);
    CHECK(run(store->trim_room("room", 0)) == 0);
    CHECK(run(store->trim_room("room", 3)) == 3);
    CHECK(run(store->trim_room("room", 1)) == 3);
    CHECK(run(store->trim_room("room", 3)) == 3);
    CHECK(listed(*store) == Ids{"3"});
    CHECK(run(store->trim_room("room", 1000)) == 4);
    CHECK(listed(*store).empty());
    CHECK(run(store->get_event_count("room")) == 0);
    CHECK(run(store->get_unread_count("room", "reader")) == 0);
    add_events(*store, 2, 4);
    CHECK(indexes_of(run(store->list_events("room"))) == Indexes{4, 5});
    CHECK(run(store->get_event_count("room")) == 2);
    CHECK(run(store->get_unread_count("room", "reader")) == 2);
    CHECK_FAILS(store->trim_room("unknown", 1), errc::not_found);
}

TEST_CASE("no event is imported below the first index", "[events]") {
    const auto store = store_with_room();
    add_events(*store, 6);
    run(store->delete_event("room", "4", Replies::keep));
    run(store->trim_room("room", 3));
    const auto below = make_event({.id = "below", .index = 2});
    CHECK_FAILS(store->add_event(below), errc::conflict);
    CHECK(run(store->add_event(make_event({.id = "in the gap", .index = 4}))).index == 4);
    CHECK(listed(*store) == Ids{"3", "in the gap", "5"});
    CHECK(run(store->get_event_count("room")) == 3);
    run(store->mark_read("room", "reader", "3"));
    CHECK(run(store->get_unread_count("room", "reader")) == 2);
}

TEST_CASE("trimming is right in rooms with gaps, whichever events are fewer", "[events]") {
    std::mt19937 random(20'261'129);
    for (int round = 0; round < 20; ++round) {
        const auto store = store_with_room();
        std::vector<std::int64_t> left;
        std::int64_t index = 0;
        for (int i = 0; i < 30; ++i) {
            index += 1 + (random() % 4 == 0 ? static_cast<std::int64_t>(random() % 5) : 0);
            run(store->add_event(make_event({.id = std::to_string(i), .index = index})));
            left.push_back(index);
        }
        run(store->mark_read("room", "reader", std::to_string(random() % 30)));
        const auto marker = run(store->list_read_markers("room")).at("reader");
        for (int cut = 0; cut < 4; ++cut) {
            if (random() % 2 == 0) {
                const auto gone = static_cast<std::ptrdiff_t>(random() % left.size());
                const auto doomed = run(store->list_events(
                    "room", {.limit = 1, .after_index = left[static_cast<std::size_t>(gone)] - 1}));
                run(store->delete_event("room", doomed.at(0).id));
                left.erase(left.begin() + gone);
            }
            const auto before = left.front() + static_cast<std::int64_t>(random() % 12);
            CHECK(run(store->trim_room("room", before)) == before);
            std::erase_if(left, [&](std::int64_t each) { return each < before; });
            if (left.empty()) break;
            CAPTURE(round, cut, before, marker);
            const auto size = static_cast<std::int64_t>(left.size());
            CHECK(indexes_of(run(store->list_events("room"))) == left);
            CHECK(run(store->get_event_count("room")) == size);
            CHECK(run(store->get_unread_count("room", "nobody")) == size);
            CHECK(run(store->get_unread_count("room", "reader")) ==
                  std::ranges::count_if(left, [&](std::int64_t each) { return each > marker; }));
            for (std::int64_t offset = 0; offset <= size; ++offset) {
                const auto rest = static_cast<std::ptrdiff_t>(offset);
                CHECK(indexes_of(run(store->list_events("room", {.offset = offset}))) ==
                      Indexes(left.begin() + rest, left.end()));
                CHECK(indexes_of(run(
                          store->list_events("room", {.offset = offset, .newest_first = true}))) ==
                      Indexes(left.begin(), left.end() - rest));
            }
        }
    }
}

TEST_CASE("a trimmed event's id and key are free once the event is removed", "[events]") {
    const auto store = store_with_room();
    add_events(*store, 4);
    run(store->trim_room("room", 2));
    const auto again = make_event({.id = "1", .key = "k1", .created_at = at(1)});
    // A backend may still find the hidden event. Both shipped ones remove so few at once.
    CHECK(run(store->add_event_auto_index("room", again)).index == 4);
    CHECK(listed(*store) == Ids{"2", "3", "1"});
}

TEST_CASE("a large room is trimmed as a small one", "[events]") {
    const auto store = store_with_room();
    add_events(*store, 4000);
    CHECK(run(store->trim_room("room", 3500)) == 3500);
    CHECK(listed(*store).size() == 500);
    CHECK(run(store->get_event_count("room")) == 500);
    CHECK(run(store->get_event("room", "3499")) == std::nullopt);
    CHECK(run(store->get_event("3000")) == std::nullopt);
    CHECK(run(store->get_unread_count("room", "reader")) == 500);
    CHECK(run(store->get_thread_summaries("room", {"0"})).at("0").reply_count == 166);
    CHECK(listed(*store, {.before_index = 3600}).size() == 50);
    run(store->mark_all_read("room", "reader"));
    CHECK(run(store->trim_room("room", 3600)) == 3600);
    CHECK(run(store->delete_event("room", "3700")) == Ids{"3700"});
    CHECK(run(store->get_event_count("room")) == 399);
    add_events(*store, 10, 4000);
    CHECK(run(store->get_unread_count("room", "reader")) == 10);
    CHECK(run(store->delete_room("room")));
    CHECK(listed(*store).empty());
}

TEST_CASE("a large room is gone at once, and begins empty when it is created again", "[rooms]") {
    const auto store = populated_store();
    std::vector<RoomEvent> events;
    for (int i = 0; i < 4000; ++i) {
        events.push_back(make_event({.id = "many" + std::to_string(i), .key = std::to_string(i)}));
    }
    run(store->append_events("room", std::move(events)));
    CHECK(run(store->delete_room("room")));
    CHECK_FALSE(run(store->delete_room("room")));
    CHECK_FALSE(run(store->room_exists("room")));
    CHECK(run(store->get_event("many3999")) == std::nullopt);
    CHECK(listed(*store).empty());

    for (int round = 0; round < 2; ++round) {
        CAPTURE(round);
        run(store->create_room(sample_room()));
        CHECK(listed(*store).empty());
        CHECK(run(store->get_event_count("room")) == 0);
        CHECK(run(store->get_event("room", "many3999")) == std::nullopt);
        CHECK_FALSE(run(store->check_idempotency("room", "3999")));
        CHECK(run(store->list_bindings("room")).empty());
        CHECK(run(store->list_participants("room")).empty());
        CHECK(run(store->list_tasks("room")).empty());
        CHECK(run(store->list_observations("room")).empty());
        CHECK(run(store->list_read_markers("room")).empty());
        add_events(*store, 3000);
        CHECK(indexes_of(run(store->list_events("room", {.limit = 2}))) == Indexes{0, 1});
        CHECK(run(store->delete_room("room")));
    }
}

}  // namespace roomstore::contract
