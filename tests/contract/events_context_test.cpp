#include "contract/fixture.hpp"

namespace roomstore::contract {

namespace {

/// Appends events with these numbers of tokens to the room.
void append(ConversationStore& store, const std::vector<std::optional<std::int64_t>>& tokens) {
    std::vector<RoomEvent> events;
    for (const auto& count : tokens) {
        auto event = make_event({.id = generate_id()});
        event.token_count = count;
        events.push_back(event);
    }
    run(store.append_events("room", events));
}

ContextWindow window(ConversationStore& store, ContextQuery query) {
    return run(store.get_context_window("room", std::move(query)));
}

}  // namespace

TEST_CASE("the context window of an unknown or an empty room is empty", "[context]") {
    const auto store = store_with_room();
    for (const auto* id : {"room", "unknown"}) {
        const auto found = run(store->get_context_window(id));
        CHECK(found.events.empty());
        CHECK_FALSE(found.omitted_before);
    }
}

TEST_CASE("a context window has the newest events whose tokens fit", "[context]") {
    const auto store = store_with_room();
    append(*store, {1, 2, 3, 4, 5});
    const auto check = [&](std::int64_t most, const Indexes& expected, std::optional<int> omitted) {
        CAPTURE(most);
        const auto found = window(*store, {.max_tokens = most});
        CHECK(indexes_of(found.events) == expected);
        CHECK(found.omitted_before == omitted);
    };
    check(0, {}, 5);
    check(4, {}, 5);
    check(5, {4}, 4);
    check(8, {4}, 4);
    check(9, {3, 4}, 3);
    check(14, {1, 2, 3, 4}, 1);
    check(15, {0, 1, 2, 3, 4}, {});
    check(std::numeric_limits<std::int64_t>::max(), {0, 1, 2, 3, 4}, {});
    CHECK(window(*store, {}).events == run(store->list_events("room")));
}

TEST_CASE("a context window ends before the first event that does not fit", "[context]") {
    const auto store = store_with_room();
    append(*store, {1, 50, 1});
    const auto found = window(*store, {.max_tokens = 10});
    CHECK(indexes_of(found.events) == Indexes{2});
    CHECK(found.omitted_before == 2);
}

TEST_CASE("a context window has at most so many events", "[context]") {
    const auto store = store_with_room();
    append(*store, {1, 1, 1});
    CHECK(indexes_of(window(*store, {.max_events = 2}).events) == Indexes{1, 2});
    CHECK(window(*store, {.max_events = 2}).omitted_before == 1);
    CHECK(indexes_of(window(*store, {.max_events = 3}).events) == Indexes{0, 1, 2});
    CHECK_FALSE(window(*store, {.max_events = 3}).omitted_before);
    CHECK(indexes_of(window(*store, {.max_events = 1, .max_tokens = 2}).events) == Indexes{2});
}

TEST_CASE("an event without a number of tokens counts the default", "[context]") {
    const auto store = store_with_room();
    append(*store, {2, std::nullopt, 0, std::nullopt});
    CHECK(window(*store, {.max_tokens = 2}).events.size() == 4);
    CHECK(indexes_of(window(*store, {.max_tokens = 5, .default_tokens = 3}).events) ==
          Indexes{2, 3});
    CHECK(indexes_of(window(*store, {.max_tokens = 6, .default_tokens = 3}).events) ==
          Indexes{1, 2, 3});
}

TEST_CASE("huge numbers of tokens do not overflow", "[context]") {
    const auto store = store_with_room();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    append(*store, {most, most, 1});
    CHECK(indexes_of(window(*store, {.max_tokens = most}).events) == Indexes{2});
    CHECK(window(*store, {.max_tokens = most}).omitted_before == 2);
    CHECK(window(*store, {}).events.size() == 3);
    run(store->delete_event("room", run(store->list_events("room")).back().id));
    CHECK(indexes_of(window(*store, {.max_tokens = most}).events) == Indexes{1});
    CHECK(window(*store, {.max_tokens = most, .default_tokens = most}).omitted_before == 1);
}

TEST_CASE("only events that match are in a context window, and count", "[context]") {
    const auto store = store_with_room();
    for (int i = 0; i < 6; ++i) {
        auto event = make_event({.id = std::to_string(i),
                                 .type = i % 2 == 0 ? "message" : "typing",
                                 .parent = i == 4 ? std::optional<std::string>("0") : std::nullopt,
                                 .created_at = at(i)});
        event.token_count = 10;
        run(store->append(event));
    }
    ContextQuery query{.max_tokens = 20};
    query.filter.event_types = {"message"};
    CHECK(indexes_of(window(*store, query).events) == Indexes{2, 4});
    // The newest event that was left out is the one at index 0.
    CHECK(window(*store, query).omitted_before == 1);
    query.max_tokens = 30;
    CHECK(indexes_of(window(*store, query).events) == Indexes{0, 2, 4});
    CHECK_FALSE(window(*store, query).omitted_before);
    query.filter = {.parent_event_id = "0"};
    CHECK(indexes_of(window(*store, query).events) == Indexes{4});
    CHECK_FALSE(window(*store, query).omitted_before);
    query.filter = {.after_time = at(0), .before_time = at(3)};
    CHECK(indexes_of(window(*store, query).events) == Indexes{1, 2});
    query.max_tokens = 10;
    CHECK(indexes_of(window(*store, query).events) == Indexes{2});
    CHECK(window(*store, query).omitted_before == 2);
}

TEST_CASE("context windows of all sizes are right around the size of a page", "[context]") {
    const auto store = store_with_room();
    append(*store, std::vector<std::optional<std::int64_t>>(305, 1));
    run(store->append(make_event({.id = "deleted"})));
    run(store->append(make_event({.id = "after it"})));
    run(store->delete_event("room", "deleted"));
    for (const std::int64_t size : {99, 100, 101, 102, 199, 200, 201, 299, 300, 301, 305}) {
        CAPTURE(size);
        const EventQuery newest{.limit = size, .newest_first = true};
        const auto expected = run(store->list_events("room", newest));
        const auto by_number = window(*store, {.max_events = size});
        CHECK(by_number.events == expected);
        CHECK(by_number.omitted_before == expected.front().index);
        const auto by_tokens =
            window(*store, {.max_events = 1000, .max_tokens = size, .default_tokens = 1});
        CHECK(by_tokens.events == expected);
        CHECK(by_tokens.omitted_before == expected.front().index);
    }
    const auto all = window(*store, {.max_events = 306, .max_tokens = 306, .default_tokens = 1});
    CHECK(all.events.size() == 306);
    CHECK_FALSE(all.omitted_before);
    // The rest of the page is hidden.
    run(store->trim_room("room", 207));
    CHECK(run(store->get_event_count("room")) == 99);
    CHECK(window(*store, {.max_events = 200}).events.size() == 99);
    CHECK_FALSE(window(*store, {.max_events = 200}).omitted_before);
}

TEST_CASE("the number of tokens is stored, updated and listed", "[context]") {
    const auto store = store_with_room();
    auto event = make_event();
    event.token_count = 17;
    CHECK(run(store->append(event)).token_count == 17);
    CHECK(run(store->get_event("event"))->token_count == 17);
    event.token_count = 3;
    CHECK(run(store->update_event(event)).token_count == 3);
    CHECK(run(store->list_events("room")).front().token_count == 3);
    event.token_count.reset();
    run(store->update_event(event));
    CHECK_FALSE(run(store->list_changes("room")).added.front().token_count);
    auto imported = make_event({.id = "imported", .index = 5});
    imported.token_count = 0;
    run(store->add_event(imported));
    CHECK(run(store->get_event("imported"))->token_count == 0);
}

}  // namespace roomstore::contract
