// A call whose allocation fails changes nothing. Every write is run with its first allocation
// failing, then with its second, and so on, until it succeeds.

#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "roomstore/memory/detail/engine.hpp"
#include "support/builders.hpp"
#include "unit/memory/store_dump.hpp"

namespace {

/// Number of allocations of this thread before one fails; negative: none fails.
thread_local long allocations_left = -1;
/// Allocations smaller than this never fail and are not counted.
thread_local std::size_t smallest = 0;
/// Number of blocks that this thread has allocated and not freed.
thread_local long blocks = 0;

void count_allocation(std::size_t size) {
    if (allocations_left < 0 || size < smallest) return;
    if (allocations_left-- == 0) throw std::bad_alloc();
}

void* allocate(std::size_t size) {
    count_allocation(size);
    ++blocks;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}

void* allocate(std::size_t size, std::align_val_t alignment) {
    count_allocation(size);
    ++blocks;
    const auto align = static_cast<std::size_t>(alignment);
    if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) return memory;
    throw std::bad_alloc();
}

void release(void* memory) {
    if (memory != nullptr) --blocks;
    std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return allocate(size, alignment);
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

using namespace roomstore;
using roomstore::detail::memory::Engine;
using roomstore::detail::memory::RankedSet;
using test::at;
using test::make_event;
using test::sample_room;

namespace {

/// Too long for the small string optimization, so that every copy allocates.
std::string name(const char* short_name) {
    return std::string(short_name) + ", which is too long to be kept in a string itself";
}

const std::string a1 = name("a1");
const std::string a2 = name("a2");
const std::string a3 = name("a3");
const std::string c1 = name("c1");
const std::string c2 = name("c2");
const std::string c3 = name("c3");
const std::string c4 = name("c4");
const std::string i1 = name("i1");
const std::string i2 = name("i2");
const std::string i3 = name("i3");
const std::string k1 = name("k1");
const std::string k2 = name("k2");
const std::string k3 = name("k3");
const std::string k4 = name("k4");
const std::string keyed_id = name("keyed");
const std::string new_id = name("new");
const std::string o1 = name("o1");
const std::string o2 = name("o2");
const std::string ob1 = name("ob1");
const std::string ob2 = name("ob2");
const std::string other_id = name("other");
const std::string p1 = name("p1");
const std::string p2 = name("p2");
const std::string p3 = name("p3");
const std::string p4 = name("p4");
const std::string room_id = name("room");
const std::string t1 = name("t1");
const std::string t2 = name("t2");

const test::KnownIds known{.channels = {c1, c2, c3, c4},
                           .people = {p1, p2, p3, p4},
                           .identities = {i1, i2, i3},
                           .addresses = {a1, a2, a3},
                           .organizations = {o1, o2},
                           .keys = {k1, k2, k3, k4}};

std::string event_id(int number) { return "event-with-a-long-id-" + std::to_string(number); }

RoomEvent reply(const std::string& id, const std::string& parent, const std::string& key) {
    return make_event({.id = id, .room_id = room_id, .key = key, .parent = parent});
}

/// A small store with a row of every kind, full chunks, and tables that grow on the next insertion.
std::unique_ptr<Engine> make_store() {
    // A full history, so that every change lets another be forgotten.
    auto engine = std::make_unique<Engine>(Limits{.change_history = 3});
    engine->init();
    engine->create_room(sample_room({.id = room_id, .organization_id = o1}));
    engine->create_room(sample_room({.id = other_id, .created_at = at(1)}));
    for (int i = 0; i < 300; ++i) {
        auto event = make_event({.id = event_id(i), .room_id = room_id, .created_at = at(i)});
        if (i % 100 == 7) event.parent_event_id = event_id(0);
        engine->add_event_auto_index(room_id, event);
    }
    engine->add_event_auto_index(room_id, reply(keyed_id, event_id(1), k1));
    engine->add_event_auto_index(other_id, make_event({.id = event_id(3), .room_id = other_id}));
    for (const int number : {20, 40, 60, 200}) {
        engine->update_event(make_event({.id = event_id(number), .room_id = room_id}));
    }
    engine->delete_event(room_id, event_id(100), Replies::keep);
    engine->delete_event(room_id, event_id(101), Replies::keep);
    engine->add_binding({.channel_id = c1,
                         .room_id = room_id,
                         .channel_type = "sms",
                         .participant_id = p1,
                         .attached_at = at(0)});
    engine->add_participant({.id = p2, .room_id = room_id, .channel_id = c1, .joined_at = at(0)});
    engine->add_task({.id = t1, .room_id = room_id, .title = "one", .created_at = at(0)});
    engine->add_observation(
        {.id = ob1, .room_id = room_id, .channel_id = c1, .content = "seen", .created_at = at(0)});
    engine->mark_read(room_id, c1, event_id(5));
    engine->create_identity({.id = i1, .channel_addresses = {{"sms", {a1, a2}}}});
    engine->create_identity({.id = i3});
    return engine;
}

/// Runs `write` on one store with the first allocation failing, then with the second, and so on.
void check_all_or_nothing(const std::function<void(Engine&)>& write) {
    const auto store = make_store();
    const auto twin = make_store();
    const Json before = test::dump(*store, known);
    REQUIRE(test::dump(*twin, known) == before);
    write(*twin);
    const Json after = test::dump(*twin, known);
    REQUIRE(after != before);
    int failures = 0;
    for (long allowed = 0;; ++allowed) {
        bool succeeded = false;
        allocations_left = allowed;
        try {
            write(*store);
            succeeded = true;
        } catch (const std::bad_alloc&) {
        }
        allocations_left = -1;
        if (succeeded) break;
        ++failures;
        INFO("allocation " << allowed << " failed");
        REQUIRE(test::dump(*store, known) == before);
    }
    REQUIRE(test::dump(*store, known) == after);
    CHECK(failures > 0);
}

/// Checks that `write`, a deletion, succeeds without allocating.
void check_needs_no_memory(const std::function<void(Engine&)>& write) {
    const auto store = make_store();
    const Json before = test::dump(*store, known);
    allocations_left = 0;
    write(*store);
    allocations_left = -1;
    REQUIRE(test::dump(*store, known) != before);
}

}  // namespace

TEST_CASE("room writes are atomic on allocation failure") {
    SECTION("create") {
        const auto room = sample_room({.id = new_id, .organization_id = o2});
        check_all_or_nothing([&](Engine& engine) { engine.create_room(room); });
    }
    SECTION("update with another status and organization") {
        const auto room =
            sample_room({.id = room_id, .organization_id = o2, .status = RoomStatus::closed});
        check_all_or_nothing([&](Engine& engine) { engine.update_room(room); });
    }
    SECTION("update to no organization") {
        const auto room = sample_room({.id = room_id, .status = RoomStatus::paused});
        check_all_or_nothing([&](Engine& engine) { engine.update_room(room); });
    }
    SECTION("delete") {
        check_needs_no_memory([](Engine& engine) { engine.delete_room(room_id); });
    }
}

TEST_CASE("metadata patches are atomic on allocation failure") {
    const auto engine = make_store();
    const Json first{{"k", 1}, {"l", 2}};
    engine->patch_room_metadata(room_id, first, {});
    const Json patch{{"b", std::string(100, 'b')}, {"c", std::string(200, 'c')}};
    // The JSON library allocates a list of the members when it destroys an object. A failure must
    // not be thrown from there; with few members the list is smaller than this limit.
    smallest = 65;
    int failures = 0;
    for (long allowed = 0;; ++allowed) {
        bool succeeded = false;
        allocations_left = allowed;
        try {
            engine->patch_room_metadata(room_id, patch, {"k"});
            succeeded = true;
        } catch (const std::bad_alloc&) {
        }
        allocations_left = -1;
        if (succeeded) break;
        ++failures;
        REQUIRE(engine->get_room(room_id)->metadata == first);
    }
    smallest = 0;
    CHECK(failures > 3);
    CHECK(engine->get_room(room_id)->metadata ==
          Json{{"b", patch["b"]}, {"c", patch["c"]}, {"l", 2}});
}

TEST_CASE("event writes are atomic on allocation failure") {
    SECTION("append") {
        const auto event = reply(new_id, event_id(2), k2);
        check_all_or_nothing([&](Engine& engine) { engine.add_event_auto_index(room_id, event); });
    }
    SECTION("append an id that exists in another room") {
        const auto event = reply(event_id(3), event_id(2), k2);
        check_all_or_nothing([&](Engine& engine) {
            auto there = event;
            there.room_id = other_id;
            there.id = event_id(4);
            engine.add_event_auto_index(other_id, there);
        });
    }
    SECTION("append a batch") {
        std::vector<RoomEvent> events;
        for (int i = 0; i < 3; ++i) {
            events.push_back(reply("new-" + std::to_string(i), event_id(i), known.keys[i + 1U]));
        }
        check_all_or_nothing([&](Engine& engine) { engine.append_events(room_id, events, {}); });
    }
    SECTION("add into a gap") {
        auto event = reply(new_id, event_id(2), k2);
        event.index = 100;
        check_all_or_nothing([&](Engine& engine) { engine.add_event(event); });
    }
    SECTION("add far above the highest index") {
        auto event = reply(new_id, event_id(2), k2);
        event.index = 1'000'000;
        check_all_or_nothing([&](Engine& engine) { engine.add_event(event); });
    }
    SECTION("update of an event that has changed before") {
        const auto event = make_event({.id = event_id(200), .room_id = room_id, .body = "new"});
        check_all_or_nothing([&](Engine& engine) { engine.update_event(event); });
    }
    SECTION("update with another parent") {
        const auto event = reply(keyed_id, event_id(250), "ignored");
        check_all_or_nothing([&](Engine& engine) { engine.update_event(event); });
    }
    SECTION("trim") {
        check_needs_no_memory([](Engine& engine) { engine.trim_room(room_id, 50); });
    }
    SECTION("delete with replies") {
        check_all_or_nothing(
            [](Engine& engine) { engine.delete_event(room_id, event_id(0), Replies::cascade); });
    }
}

TEST_CASE("a read that fails to allocate returns no event and leaks nothing") {
    const auto engine = make_store();
    const auto expected = engine->get_event(room_id, event_id(7));
    REQUIRE(expected);
    int failures = 0;
    for (long allowed = 0;; ++allowed) {
        std::optional<RoomEvent> read;
        const long before = blocks;
        allocations_left = allowed;
        try {
            read = engine->get_event(room_id, event_id(7));
        } catch (const std::bad_alloc&) {
        }
        allocations_left = -1;
        if (read) {
            CHECK(read == expected);
            break;
        }
        ++failures;
        const long left = blocks - before;
        INFO("allocation " << allowed << " failed");
        REQUIRE(left == 0);
    }
    CHECK(failures > 0);
}

TEST_CASE("binding and participant writes are atomic on allocation failure") {
    ChannelBinding binding{.channel_id = c2,
                           .room_id = room_id,
                           .channel_type = "email",
                           .participant_id = p3,
                           .attached_at = at(5)};
    SECTION("add a binding") {
        check_all_or_nothing([&](Engine& engine) { engine.add_binding(binding); });
    }
    SECTION("replace a binding") {
        binding.channel_id = c1;
        check_all_or_nothing([&](Engine& engine) { engine.add_binding(binding); });
    }
    SECTION("update a binding") {
        binding.channel_id = c1;
        check_all_or_nothing([&](Engine& engine) { engine.update_binding(binding); });
    }
    SECTION("remove a binding") {
        check_needs_no_memory([](Engine& engine) { engine.remove_binding(room_id, c1); });
    }
    Participant participant{.id = p4, .room_id = room_id, .channel_id = c3, .joined_at = at(6)};
    SECTION("add a participant") {
        check_all_or_nothing([&](Engine& engine) { engine.add_participant(participant); });
    }
    SECTION("update a participant") {
        participant.id = p2;
        check_all_or_nothing([&](Engine& engine) { engine.update_participant(participant); });
    }
    SECTION("remove a participant") {
        check_needs_no_memory([](Engine& engine) { engine.remove_participant(room_id, p2); });
    }
}

TEST_CASE("identity writes are atomic on allocation failure") {
    SECTION("create, taking over an address") {
        const Identity identity{.id = i2, .channel_addresses = {{"sms", {a3, a1}}}};
        check_all_or_nothing([&](Engine& engine) { engine.create_identity(identity); });
    }
    SECTION("link a free address") {
        check_all_or_nothing(
            [](Engine& engine) { engine.link_address(i1, "sms", a3, std::nullopt); });
    }
    SECTION("link an address that another identity holds") {
        check_all_or_nothing(
            [](Engine& engine) { engine.link_address(i3, "sms", a1, std::nullopt); });
    }
}

TEST_CASE("task, observation and read marker writes are atomic on allocation failure") {
    Task task{.id = t2, .room_id = room_id, .title = "two", .created_at = at(1)};
    SECTION("add a task") {
        check_all_or_nothing([&](Engine& engine) { engine.add_task(task); });
    }
    SECTION("update a task") {
        task.id = t1;
        check_all_or_nothing([&](Engine& engine) { engine.update_task(task); });
    }
    SECTION("add an observation") {
        const Observation observation{.id = ob2,
                                      .room_id = room_id,
                                      .channel_id = c1,
                                      .content = "seen",
                                      .created_at = at(1)};
        check_all_or_nothing([&](Engine& engine) { engine.add_observation(observation); });
    }
    SECTION("mark a channel that has no marker") {
        check_all_or_nothing([](Engine& engine) { engine.mark_read(room_id, c4, event_id(9)); });
        check_all_or_nothing([](Engine& engine) { engine.mark_all_read(room_id, c4); });
    }
}

TEST_CASE("a failed insertion into a ranked set leaves it unchanged") {
    struct Numbers {
        using Key = int;
        static int key(int number) noexcept { return number; }
    };
    std::mt19937 random(5);
    RankedSet<int, Numbers, 4> set;
    std::set<int> model;
    int failures = 0;
    for (int step = 0; step < 5000; ++step) {
        const int number = static_cast<int>(random() % 300);
        if (random() % 3 == 0) {
            // Erasing must not allocate.
            allocations_left = 0;
            const bool erased = set.erase(number);
            allocations_left = -1;
            REQUIRE(erased == (model.erase(number) == 1));
        } else {
            allocations_left = static_cast<long>(random() % 3);
            try {
                const bool inserted = set.insert(number);
                allocations_left = -1;
                REQUIRE(inserted == model.insert(number).second);
            } catch (const std::bad_alloc&) {
                allocations_left = -1;
                ++failures;
            }
        }
        REQUIRE(std::vector<int>(set.begin(), set.end()) ==
                std::vector<int>(model.begin(), model.end()));
        std::size_t rank = 0;
        for (const int each : model) REQUIRE(*set.at(rank++) == each);
    }
    REQUIRE(failures > 20);
}

TEST_CASE("close() needs no memory and frees the data of the store") {
    const auto store = make_store();
    const long held = blocks;
    allocations_left = 0;
    store->close();
    allocations_left = -1;
    // Two blocks per event: the event and its texts.
    CHECK(held - blocks > 2 * 300);
}
