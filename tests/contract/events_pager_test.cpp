#include "contract/fixture.hpp"
#include "roomstore/event_pager.hpp"

namespace roomstore::contract {

namespace {

void append(ConversationStore& store, int first, int count) {
    std::vector<RoomEvent> events;
    for (int i = first; i < first + count; ++i) {
        events.push_back(
            make_event({.id = std::to_string(i), .type = i % 2 == 0 ? "message" : "typing"}));
    }
    run(store.append_events("room", events));
}

Indexes older(EventPager& pager) { return indexes_of(run(pager.older())); }
Indexes newer(EventPager& pager) { return indexes_of(run(pager.newer())); }

}  // namespace

TEST_CASE("get_conversation reads messages before a cursor", "[events][pager]") {
    const auto store = store_with_room();
    append(*store, 0, 10);
    const auto read = [&](ConversationQuery query) {
        return indexes_of(run(store->get_conversation("room", query)));
    };
    CHECK(read({.limit = 2}) == Indexes{6, 8});
    CHECK(read({.limit = 2, .before_index = 6}) == Indexes{2, 4});
    CHECK(read({.limit = 2, .before_index = 5}) == Indexes{2, 4});
    CHECK(read({.limit = 2, .before_index = 1}) == Indexes{0});
    CHECK(read({.limit = 2, .before_index = 0}).empty());
    CHECK(read({.limit = 2, .after_index = 2}) == Indexes{4, 6});
}

TEST_CASE("get_timeline reads events before a cursor", "[events][pager]") {
    const auto store = store_with_room();
    append(*store, 0, 6);
    const auto read = [&](TimelineQuery query) {
        return indexes_of(run(store->get_timeline("room", std::move(query))));
    };
    CHECK(read({.limit = 2, .before_index = 4}) == Indexes{2, 3});
    CHECK(read({.limit = 2, .newest_first = true, .before_index = 4}) == Indexes{2, 3});
    CHECK(read({.filter = {.event_types = {{"typing"}}}, .limit = 2, .before_index = 5}) ==
          Indexes{1, 3});
}

TEST_CASE("a pager reads older and newer pages from any position", "[pager]") {
    const auto store = store_with_room();
    append(*store, 0, 10);
    EventPager pager(*store, "room", {.index = 5, .limit = 3});
    CHECK(older(pager) == Indexes{2, 3, 4});
    CHECK_FALSE(pager.at_oldest());
    CHECK(newer(pager) == Indexes{5, 6, 7});
    CHECK(older(pager) == Indexes{0, 1});
    CHECK(pager.at_oldest());
    CHECK(older(pager).empty());
    CHECK(newer(pager) == Indexes{8, 9});
    CHECK(newer(pager).empty());
    append(*store, 10, 1);
    CHECK(newer(pager) == Indexes{10});
}

TEST_CASE("a pager without a position begins at the end of the room", "[pager]") {
    const auto store = store_with_room();
    append(*store, 0, 5);
    SECTION("read backwards first") {
        EventPager pager(*store, "room", {.limit = 2});
        CHECK(older(pager) == Indexes{3, 4});
        append(*store, 5, 1);
        CHECK(older(pager) == Indexes{1, 2});
        CHECK(newer(pager) == Indexes{5});
        CHECK(older(pager) == Indexes{0});
    }
    SECTION("read forwards first") {
        EventPager pager(*store, "room");
        CHECK(newer(pager).empty());
        append(*store, 5, 1);
        CHECK(newer(pager) == Indexes{5});
        CHECK(older(pager) == Indexes{0, 1, 2, 3, 4});
        CHECK(pager.at_oldest());
    }
}

TEST_CASE("a pager begins at the first event", "[pager]") {
    const auto store = store_with_room();
    append(*store, 0, 3);
    EventPager pager(*store, "room", {.index = 0, .limit = 2});
    CHECK(newer(pager) == Indexes{0, 1});
    CHECK(older(pager).empty());
    CHECK(pager.at_oldest());
    CHECK(newer(pager) == Indexes{2});
}

TEST_CASE("a pager of a room that is empty, or does not exist yet, reads what comes", "[pager]") {
    const auto store = fresh_store();
    EventPager from_end(*store, "room");
    EventPager from_start(*store, "room", {.index = 0});
    for (EventPager* pager : {&from_end, &from_start}) {
        CHECK(newer(*pager).empty());
        CHECK(older(*pager).empty());
    }
    run(store->create_room(sample_room()));
    append(*store, 0, 2);
    for (EventPager* pager : {&from_end, &from_start}) {
        CHECK(newer(*pager) == Indexes{0, 1});
        CHECK(older(*pager).empty());
    }
}

TEST_CASE("events that are deleted between the pages make no page wrong", "[pager]") {
    const auto store = store_with_room();
    append(*store, 0, 12);
    EventPager pager(*store, "room", {.index = 6, .limit = 2});
    CHECK(older(pager) == Indexes{4, 5});
    CHECK(newer(pager) == Indexes{6, 7});
    for (const auto* id : {"4", "5", "6", "3", "8", "9", "7"}) {
        run(store->delete_event("room", id));
    }
    CHECK(older(pager) == Indexes{1, 2});
    CHECK(newer(pager) == Indexes{10, 11});
    run(store->trim_room("room", 12));
    CHECK(older(pager).empty());
    append(*store, 12, 1);
    CHECK(newer(pager) == Indexes{12});
}

TEST_CASE("a pager reads only events that match", "[pager]") {
    const auto store = store_with_room();
    append(*store, 0, 9);
    PagerOptions options{.limit = 2};
    options.filter.event_types = {"typing"};
    EventPager pager(*store, "room", options);
    CHECK(older(pager) == Indexes{5, 7});
    CHECK(older(pager) == Indexes{1, 3});
    CHECK(older(pager).empty());
    append(*store, 9, 4);
    CHECK(newer(pager) == Indexes{9, 11});
}

}  // namespace roomstore::contract
