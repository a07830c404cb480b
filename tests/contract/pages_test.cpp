#include <functional>
#include <limits>

#include "contract/fixture.hpp"
#include "support/populated.hpp"

/// The lists that return all rows of a room unless a page is asked for.
namespace roomstore::contract {

namespace {

using MaybePage = std::optional<Page>;

struct List {
    const char* name;
    /// Adds the row with this id, the number-th in the order of the list.
    std::function<void(ConversationStore&, const std::string& id, int number)> add;
    std::function<Ids(ConversationStore&, const std::string& room_id, MaybePage)> list;
};

void add_task(ConversationStore& store, const std::string& id, int number, TaskStatus status) {
    auto task = full_task();
    task.id = id;
    task.status = status;
    task.created_at = at(number);
    run(store.add_task(task));
}

const std::vector<List> lists{
    {"list_bindings",
     [](ConversationStore& store, const std::string& id, int number) {
         auto binding = full_binding();
         binding.channel_id = id;
         binding.attached_at = at(number);
         run(store.add_binding(binding));
     },
     [](ConversationStore& store, const std::string& room_id, MaybePage page) {
         Ids ids;
         for (const auto& binding : run(store.list_bindings(room_id, page))) {
             ids.push_back(binding.channel_id);
         }
         return ids;
     }},
    {"list_participants",
     [](ConversationStore& store, const std::string& id, int number) {
         auto participant = full_participant();
         participant.id = id;
         participant.joined_at = at(number);
         run(store.add_participant(participant));
     },
     [](ConversationStore& store, const std::string& room_id, MaybePage page) {
         return ids_of(run(store.list_participants(room_id, page)));
     }},
    {"list_tasks",
     [](ConversationStore& store, const std::string& id, int number) {
         add_task(store, id, number, TaskStatus::pending);
     },
     [](ConversationStore& store, const std::string& room_id, MaybePage page) {
         return ids_of(run(store.list_tasks(room_id, {}, page)));
     }},
    {"list_observations",
     [](ConversationStore& store, const std::string& id, int number) {
         auto observation = full_observation();
         observation.id = id;
         observation.created_at = at(number);
         run(store.add_observation(observation));
     },
     [](ConversationStore& store, const std::string& room_id, MaybePage page) {
         return ids_of(run(store.list_observations(room_id, page)));
     }},
};

}  // namespace

TEST_CASE("bindings, participants, tasks and observations can be listed by pages", "[pages]") {
    for (const auto& [name, add, list] : lists) {
        CAPTURE(name);
        const auto store = store_with_room();
        // Later rows first: the order is not that of insertion.
        for (int number = 4; number >= 0; --number)
            add(*store, std::string(1, "abcde"[number]), number);
        const auto page = [&](std::int64_t offset, std::int64_t limit) {
            return list(*store, "room", Page{.offset = offset, .limit = limit});
        };
        constexpr auto huge = std::numeric_limits<std::int64_t>::max();
        CHECK(list(*store, "room", {}) == Ids{"a", "b", "c", "d", "e"});
        CHECK(list(*store, "room", Page()) == Ids{"a", "b", "c", "d", "e"});
        CHECK(page(0, 2) == Ids{"a", "b"});
        CHECK(page(2, 2) == Ids{"c", "d"});
        CHECK(page(4, 2) == Ids{"e"});
        CHECK(page(5, 2).empty());
        CHECK(page(1, 0).empty());
        CHECK(page(1, Limits::default_max_page_rows) == Ids{"b", "c", "d", "e"});
        CHECK(page(huge, Limits::default_max_page_rows).empty());
        CHECK(list(*store, "unknown", Page()).empty());
    }
}

TEST_CASE("without a page, a list is not bounded by max_page_rows", "[pages]") {
    for (const auto& [name, add, list] : lists) {
        CAPTURE(name);
        const auto store = fresh_store({.max_page_rows = 2});
        run(store->create_room(sample_room()));
        for (int number = 0; number < 3; ++number) add(*store, std::to_string(number), number);
        CHECK(list(*store, "room", {}) == Ids{"0", "1", "2"});
        CHECK(list(*store, "room", Page{.offset = 1, .limit = 2}) == Ids{"1", "2"});
    }
}

TEST_CASE("a page of tasks with a status has only tasks of that status", "[pages][tasks]") {
    const auto store = store_with_room();
    for (int number = 0; number < 6; ++number) {
        const auto status = number % 2 == 0 ? TaskStatus::pending : TaskStatus::completed;
        add_task(*store, std::to_string(number), number, status);
    }
    const auto page = [&](TaskStatus status, std::int64_t offset, std::int64_t limit) {
        return ids_of(
            run(store->list_tasks("room", status, Page{.offset = offset, .limit = limit})));
    };
    CHECK(page(TaskStatus::pending, 0, 2) == Ids{"0", "2"});
    CHECK(page(TaskStatus::pending, 2, 2) == Ids{"4"});
    CHECK(page(TaskStatus::completed, 1, 1) == Ids{"3"});
    CHECK(page(TaskStatus::failed, 0, 5).empty());
}

TEST_CASE("a page out of bounds is refused by every list", "[pages][validation]") {
    const auto store = store_with_room();
    for (const auto& [name, add, list] : lists) {
        CAPTURE(name);
        const auto refused = [&](const Page& page, const char* field) {
            CHECK_THROWS_MATCHES(
                list(*store, "room", page), Error, fails_with(errc::invalid_argument, field));
        };
        refused({.offset = -1}, "Page.offset");
        refused({.limit = -1}, "Page.limit");
        refused({.limit = Limits::default_max_page_rows + 1}, "Page.limit");
    }
}

}  // namespace roomstore::contract
