#include "contract/populated_store.hpp"
#include "support/populated.hpp"

namespace roomstore::contract {

namespace {

Task make_task(std::string id, Timestamp created_at = at(0)) {
    return {.id = std::move(id), .room_id = "room", .title = "call back", .created_at = created_at};
}

}  // namespace

TEST_CASE("add_task stores the task and returns the stored row", "[tasks]") {
    const auto store = store_with_room();
    CHECK(run(store->add_task(full_task())) == full_task());
    CHECK(run(store->get_task("task")) == full_task());
    CHECK(run(store->list_tasks("room")) == std::vector{full_task()});
}

TEST_CASE("add_task of an existing id is already_exists, to an unknown room not_found", "[tasks]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    CHECK_FAILS(store->add_task(full_task()), errc::already_exists);
    CHECK_FAILS(store->add_task(make_task("task")), errc::already_exists);
    auto nowhere = make_task("new");
    nowhere.room_id = "unknown";
    CHECK_FAILS(store->add_task(nowhere), errc::not_found);
    CHECK(dump(*store) == before);
    CHECK(run(store->get_task("new")) == std::nullopt);
}

TEST_CASE("update_task replaces everything except created_at", "[tasks]") {
    const auto store = store_with_room();
    run(store->add_task(make_task("task", at(5))));
    auto expected = full_task();
    const auto stored = run(store->update_task(expected));
    expected.created_at = at(5);
    CHECK(stored == expected);
    CHECK(run(store->get_task("task")) == expected);
    expected = make_task("task", at(5));
    CHECK(run(store->update_task(make_task("task", at(9)))) == expected);
    CHECK(run(store->get_task("task")) == expected);
}

TEST_CASE("update_task of a task that is not in the room is not_found", "[tasks]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    CHECK_FAILS(store->update_task(make_task("unknown")), errc::not_found);
    auto elsewhere = full_task();
    elsewhere.room_id = "other room";
    CHECK_FAILS(store->update_task(elsewhere), errc::not_found);
    elsewhere.room_id = "unknown";
    CHECK_FAILS(store->update_task(elsewhere), errc::not_found);
    CHECK(dump(*store) == before);
}

TEST_CASE("tasks are ordered by created_at, then by the bytes of the id", "[tasks]") {
    const auto store = store_with_room();
    for (const auto* id : {"b", "a", "\xC3\xA4", "B", "a-b", "ab"}) {
        run(store->add_task(make_task(id, at(2))));
    }
    run(store->add_task(make_task("z", at(1))));
    CHECK(ids_of(run(store->list_tasks("room"))) ==
          Ids{"z", "B", "a", "a-b", "ab", "b", "\xC3\xA4"});
}

TEST_CASE("list_tasks filters by the current status", "[tasks]") {
    const auto store = store_with_room();
    for (const auto* id : {"a", "b", "c"}) run(store->add_task(make_task(id)));
    auto done = make_task("b");
    done.status = TaskStatus::completed;
    run(store->update_task(done));
    CHECK(ids_of(run(store->list_tasks("room", TaskStatus::pending))) == Ids{"a", "c"});
    CHECK(ids_of(run(store->list_tasks("room", TaskStatus::completed))) == Ids{"b"});
    CHECK(run(store->list_tasks("room", TaskStatus::in_progress)).empty());
    CHECK(ids_of(run(store->list_tasks("room"))) == Ids{"a", "b", "c"});
    run(store->update_task(make_task("b")));
    CHECK(ids_of(run(store->list_tasks("room", TaskStatus::pending))) == Ids{"a", "b", "c"});
}

TEST_CASE("reading a missing task is not an error", "[tasks]") {
    const auto store = store_with_room();
    CHECK(run(store->get_task("unknown")) == std::nullopt);
    CHECK(run(store->list_tasks("unknown")).empty());
    CHECK(run(store->list_tasks("room")).empty());
}

TEST_CASE("for a task id used in several rooms get_task uses the room with the smallest id",
          "[tasks]") {
    const auto store = fresh_store();
    for (const auto* room_id : {"b", "a", "B"}) {
        run(store->create_room(sample_room({.id = room_id})));
        auto task = make_task("task");
        task.room_id = room_id;
        task.title = room_id;
        run(store->add_task(task));
    }
    CHECK(run(store->get_task("task"))->title == "B");
    auto changed = make_task("task");
    changed.room_id = "a";
    changed.title = "changed";
    run(store->update_task(changed));
    CHECK(run(store->get_task("task"))->title == "B");
    REQUIRE(run(store->delete_room("B")));
    CHECK(run(store->get_task("task"))->title == "changed");
    CHECK(run(store->list_tasks("b")).front().title == "b");
}

}  // namespace roomstore::contract
