#include "roomstore/memory/detail/row_table.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "roomstore/memory/detail/room_handle.hpp"
#include "roomstore/memory/detail/task_index.hpp"

using roomstore::Timestamp;
using roomstore::detail::memory::RoomHandle;
using roomstore::detail::memory::RowTable;
using roomstore::detail::memory::TaskIndex;

namespace {

struct Row {
    std::string id;
    Timestamp time;
    int value;
};

}  // namespace

TEST_CASE("a row table finds by id and lists by time and id") {
    std::mt19937 random(11);
    RowTable<Row, &Row::id, &Row::time> table;
    std::map<std::string, Row> model;
    for (int step = 0; step < 2000; ++step) {
        // Long ids are on the heap, short ones in the string object.
        const auto number = random() % 20;
        const std::string id = std::string(number % 2 == 0 ? 1 : 40, 'i') + std::to_string(number);
        const auto entry = model.find(id);
        if (entry == model.end()) {
            const Row row{id, Timestamp{std::chrono::microseconds{random() % 4}}, step};
            table.insert(std::make_shared<const Row>(row));
            model.emplace(id, row);
        } else if (random() % 2 == 0) {
            entry->second.value = step;
            table.replace(std::make_shared<const Row>(entry->second));
        } else {
            REQUIRE(table.erase(id));
            REQUIRE_FALSE(table.erase(id));
            model.erase(entry);
        }
        std::map<std::tuple<Timestamp, std::string>, int> ordered;
        for (const auto& [key, row] : model) ordered.emplace(std::tuple(row.time, key), row.value);
        std::map<std::tuple<Timestamp, std::string>, int> listed;
        std::vector<std::tuple<Timestamp, std::string>> order;
        for (const auto& row : table.list()) {
            order.emplace_back(row->time, row->id);
            listed.emplace(order.back(), row->value);
        }
        REQUIRE(listed == ordered);
        REQUIRE(std::is_sorted(order.begin(), order.end()));
        REQUIRE(table.size() == model.size());
        REQUIRE(table.contains(id) == model.contains(id));
        REQUIRE((table.find(id) != nullptr) == model.contains(id));
    }
}

TEST_CASE("a task index finds the rooms that have a task id") {
    const auto a = std::make_shared<RoomHandle>("a", Timestamp{});
    const auto b = std::make_shared<RoomHandle>("b", Timestamp{});
    TaskIndex index;
    CHECK(index.first_room("t") == nullptr);
    index.insert("t", *b);
    index.insert("tt", *a);
    CHECK(index.first_room("t") == b);
    index.insert("t", *a);
    CHECK(index.first_room("t") == a);
    CHECK(index.first_room("t", a.get()) == b);
    CHECK(index.first_room("t", b.get()) == nullptr);
    index.erase("t", *a);
    index.erase("t", *a);
    CHECK(index.first_room("t") == b);
    CHECK(index.first_room("s") == nullptr);
}
