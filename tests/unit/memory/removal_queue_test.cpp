#include "roomstore/memory/detail/removal_queue.hpp"

#include <memory>
#include <string>

#include <catch2/catch_test_macros.hpp>

using namespace roomstore;
using roomstore::detail::memory::RemovalQueue;
using roomstore::detail::memory::RoomRecord;

namespace {

std::shared_ptr<RoomRecord> room(const std::string& id) {
    return std::make_shared<RoomRecord>(id, Timestamp{});
}

}  // namespace

TEST_CASE("a removal queue gives the rooms in the order in which they came") {
    RemovalQueue queue;
    CHECK(queue.empty());
    CHECK(queue.pop() == nullptr);
    for (const char* id : {"a", "b", "c"}) queue.push(room(id));
    CHECK_FALSE(queue.empty());
    CHECK(queue.pop()->id == "a");
    queue.push(room("d"));
    for (const char* id : {"b", "c", "d"}) CHECK(queue.pop()->id == id);
    CHECK(queue.empty());
    CHECK(queue.pop() == nullptr);
    queue.push(room("e"));
    CHECK(queue.pop()->id == "e");
}

TEST_CASE("a long removal queue can be destroyed") {
    RemovalQueue queue;
    for (int i = 0; i < 100'000; ++i) queue.push(room("room"));
}
