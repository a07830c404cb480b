#include <set>
#include <string>

#include "contract/operations.hpp"
#include "contract/populated_store.hpp"

namespace roomstore::contract {

TEST_CASE("the suite calls every operation of the library's list", "[lifecycle]") {
    std::multiset<std::string> called;
    for (const auto& operation : operations()) {
        // Overloads are distinguished by the text after the name.
        called.insert(operation.name.substr(0, operation.name.find(' ')));
    }
    for (const auto& name : listed_operations()) {
        CAPTURE(name);
        const auto call = called.find(name);
        REQUIRE(call != called.end());
        called.erase(call);
    }
    // Members of the interface that are not virtual.
    CHECK(called == std::multiset<std::string>{"get_conversation", "get_timeline"});
}

TEST_CASE("before init() every operation fails with closed and names init()", "[lifecycle]") {
    const auto store = uninitialised_store();
    for (const auto& operation : operations()) {
        CAPTURE(operation.name);
        CHECK_FAILS(operation.call(*store), errc::closed, "init()");
    }
    run(store->init());
    CHECK(run(store->list_rooms()).empty());
}

TEST_CASE("after close() every operation fails with closed and names close()", "[lifecycle]") {
    const auto store = populated_store();
    run(store->close());
    for (const auto& operation : operations()) {
        CAPTURE(operation.name);
        CHECK_FAILS(operation.call(*store), errc::closed, "close()");
    }
}

TEST_CASE("a store that is not open does not validate arguments", "[lifecycle]") {
    const auto unopened = uninitialised_store();
    const auto closed = fresh_store();
    run(closed->close());
    for (const auto& operation : operations()) {
        for (const auto& argument : operation.text_arguments) {
            CAPTURE(operation.name, argument.path);
            CHECK_FAILS(argument.call(*unopened, "\xFF"), errc::closed, "init()");
            CHECK_FAILS(argument.call(*closed, "\xFF"), errc::closed, "close()");
        }
    }
    CHECK_FAILS(unopened->list_rooms({.limit = -1}), errc::closed, "init()");
    CHECK_FAILS(closed->list_rooms({.limit = -1}), errc::closed, "close()");
}

TEST_CASE("every operation succeeds on an open store", "[lifecycle]") {
    for (const auto& operation : operations()) {
        CAPTURE(operation.name);
        const auto store = populated_store();
        CHECK_NOTHROW(run(operation.call(*store)));
    }
}

TEST_CASE("a repeated init() does nothing", "[lifecycle]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    run(store->init());
    run(store->init());
    CHECK(dump(*store) == before);
}

TEST_CASE("a close() that is not awaited does nothing", "[lifecycle]") {
    const auto store = store_with_room();
    static_cast<void>(store->close());
    CHECK(run(store->get_room("room")));
}

TEST_CASE("a repeated close() does nothing", "[lifecycle]") {
    const auto store = populated_store();
    run(store->close());
    run(store->close());
    CHECK_FAILS(store->get_room("room"), errc::closed, "close()");
}

TEST_CASE("a store closed before init() cannot be opened", "[lifecycle]") {
    const auto store = uninitialised_store();
    run(store->close());
    CHECK_FAILS(store->init(), errc::closed, "close()");
    CHECK_FAILS(store->get_room("room"), errc::closed);
}

TEST_CASE("init() after close() fails with closed", "[lifecycle]") {
    const auto store = populated_store();
    run(store->close());
    CHECK_FAILS(store->init(), errc::closed, "close()");
    CHECK_FAILS(store->get_room("room"), errc::closed, "close()");
}

TEST_CASE("a store can be destroyed in any state", "[lifecycle]") {
    uninitialised_store().reset();
    fresh_store().reset();
    populated_store().reset();
    const auto store = uninitialised_store();
    run(store->close());
}

TEST_CASE("stores over different data are independent", "[lifecycle]") {
    const auto one = populated_store();
    const auto other = fresh_store();
    CHECK(run(other->list_rooms()).empty());
    CHECK(run(other->get_identity("identity")) == std::nullopt);
    run(other->create_room(sample_room()));
    run(other->add_event_auto_index("room", make_event({.id = "elsewhere"})));
    CHECK(run(one->get_event("elsewhere")) == std::nullopt);
    run(other->close());
    CHECK(run(one->get_room("room")));
}

TEST_CASE("a reopened durable store has all its data", "[lifecycle]") {
    auto store = populated_store();
    const auto before = dump(*store);
    run(store->close());
    if (const auto again = reopened(*store)) {
        CHECK(dump(*again) == before);
        CHECK(run(again->add_event_auto_index("room", make_event({.id = "new"}))).index == 7);
    }
}

TEST_CASE("two stores over the same data see each other's writes", "[lifecycle]") {
    const auto store = populated_store();
    if (const auto second = reopened(*store)) {
        run(second->add_event_auto_index("room", make_event({.id = "new", .key = "new key"})));
        CHECK(run(store->get_event("room", "new")));
        CHECK(run(store->get_event_by_idempotency_key("room", "new key"))->id == "new");
        CHECK_FAILS(second->create_room(sample_room()), errc::already_exists);
        run(store->close());
        CHECK(run(second->get_room("room")));
    }
}

TEST_CASE("each call running during close() either succeeds and is stored or fails with closed",
          "[lifecycle]") {
    const auto store = store_with_room();
    constexpr int calls = 200;
    std::vector<int> stored(calls, 0);
    std::vector<int> refused(calls, 0);
    const auto append =
        [](ConversationStore& target, int number, int& done, int& closed) -> asio::awaitable<void> {
        auto event = make_event({.id = std::to_string(number)});
        try {
            co_await target.add_event_auto_index("room", std::move(event));
            done = 1;
        } catch (const Error& error) {
            if (error.code() != errc::closed) throw;
            closed = 1;
        }
    };
    std::vector<asio::awaitable<void>> tasks;
    for (std::size_t i = 0; i < calls; ++i) {
        tasks.push_back(append(*store, static_cast<int>(i), stored[i], refused[i]));
        if (i == calls / 2) tasks.push_back(store->close());
    }
    run_all(std::move(tasks), 4);
    const auto again = reopened(*store);
    for (std::size_t i = 0; i < calls; ++i) {
        CAPTURE(i);
        CHECK(stored[i] + refused[i] == 1);
        if (again) {
            const auto event = run(again->get_event("room", std::to_string(i)));
            CHECK(event.has_value() == (stored[i] == 1));
        }
    }
    CHECK_FAILS(store->get_room("room"), errc::closed);
}

}  // namespace roomstore::contract
