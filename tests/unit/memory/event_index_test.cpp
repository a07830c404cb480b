#include "roomstore/memory/detail/event_index.hpp"

#include <array>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace roomstore;
using roomstore::detail::memory::EventIndex;
using roomstore::detail::memory::KeyIndex;
using roomstore::detail::memory::PackedEvent;
using roomstore::detail::memory::RoomHandle;

namespace {

std::shared_ptr<RoomHandle> room(const std::string& id) {
    return std::make_shared<RoomHandle>(id, Timestamp{});
}

/// The rooms that may have the event, in the order of the index.
std::vector<const RoomHandle*> rooms_with(const EventIndex& index, const std::string& id) {
    std::vector<const RoomHandle*> rooms;
    for (auto next = index.first_room(id); next; next = index.first_room(id, next.get())) {
        rooms.push_back(next.get());
    }
    return rooms;
}

}  // namespace

TEST_CASE("an event index finds events by id and room, also if rooms share an id") {
    const std::array rooms{room("c"), room("a"), room("b"), room("d")};
    const std::array<std::string, 5> ids{"e0", "e1", "e2", "e3", "e4"};
    std::mt19937 random(3);
    EventIndex index;
    std::map<std::pair<std::string, std::string>, std::unique_ptr<PackedEvent>> model;
    for (int step = 0; step < 3000; ++step) {
        RoomHandle& here = *rooms[random() % rooms.size()];
        const auto& id = ids[random() % ids.size()];
        auto& stored = model[{id, here.id}];
        auto fresh = std::make_unique<PackedEvent>(RoomEvent{.id = id}, here);
        if (!stored) {
            index.insert(*fresh);
            stored = std::move(fresh);
        } else if (random() % 3 == 0) {
            index.replace(*stored, *fresh);
            stored = std::move(fresh);
        } else {
            index.erase(*stored);
            stored.reset();
        }
        for (const auto& wanted : ids) {
            std::vector<const RoomHandle*> expected;
            for (const auto& [key, event] : model) {
                if (key.first == wanted && event) expected.push_back(&event->room());
            }
            REQUIRE(rooms_with(index, wanted) == expected);
            for (const auto& each : rooms) {
                const auto entry = model.find({wanted, each->id});
                REQUIRE(index.find(*each, wanted) ==
                        (entry == model.end() ? nullptr : entry->second.get()));
            }
        }
    }
}

TEST_CASE("a room being deleted and a new room with its id have separate index entries") {
    const auto going = room("r");
    const auto coming = room("r");
    const PackedEvent old_event(RoomEvent{.id = "e"}, *going);
    const PackedEvent new_event(RoomEvent{.id = "e"}, *coming);
    EventIndex index;
    index.insert(old_event);
    index.insert(new_event);
    CHECK(index.find(*going, "e") == &old_event);
    CHECK(index.find(*coming, "e") == &new_event);
    CHECK(rooms_with(index, "e").size() == 2);
    index.erase(old_event);
    CHECK(index.find(*coming, "e") == &new_event);
    CHECK(rooms_with(index, "e") == std::vector<const RoomHandle*>{coming.get()});
}

TEST_CASE("an event index can have many events") {
    const auto here = room("r");
    std::vector<std::unique_ptr<PackedEvent>> events;
    EventIndex index;
    for (int i = 0; i < 20'000; ++i) {
        events.push_back(
            std::make_unique<PackedEvent>(RoomEvent{.id = "e" + std::to_string(i)}, *here));
        index.insert(*events.back());
    }
    for (std::size_t i = 0; i < events.size(); i += 2) index.erase(*events[i]);
    for (std::size_t i = 0; i < events.size(); ++i) {
        REQUIRE(index.find(*here, "e" + std::to_string(i)) ==
                (i % 2 == 0 ? nullptr : events[i].get()));
    }
}

TEST_CASE("a key index keeps the keys of different rooms apart") {
    const auto a = room("a");
    const auto b = room("b");
    const PackedEvent in_a(RoomEvent{.id = "1", .idempotency_key = "k"}, *a);
    const PackedEvent in_b(RoomEvent{.id = "2", .idempotency_key = "k"}, *b);
    const PackedEvent other(RoomEvent{.id = "3", .idempotency_key = "k"}, *a);
    KeyIndex index;
    CHECK(index.find(*a, "k") == nullptr);
    index.insert(in_a);
    CHECK(index.find(*a, "k") == &in_a);
    CHECK(index.find(*a, "j") == nullptr);
    CHECK(index.find(*b, "k") == nullptr);
    index.insert(in_b);
    CHECK(index.find(*b, "k") == &in_b);
    index.replace(in_a, other);
    CHECK(index.find(*a, "k") == &other);
    index.erase(other);
    CHECK(index.find(*a, "k") == nullptr);
    CHECK(index.find(*b, "k") == &in_b);
}
