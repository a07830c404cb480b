// The memory of watches is bounded, telling needs none, and a failed allocation loses no report.

#include <cstddef>
#include <cstdlib>
#include <malloc.h>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>

#include "roomstore/detail/watch_registry.hpp"
#include "unit/watch/waiting.hpp"

namespace {

/// What this thread has allocated and not freed, with the overhead of each block.
thread_local long long bytes = 0;
thread_local long long allocations = 0;
/// Number of allocations before one fails; negative: none fails.
thread_local long long allocations_left = -1;
/// Whether an allocation of this size may fail.
thread_local bool (*may_fail)(std::size_t size) = nullptr;

constexpr long long block_overhead = 8;

void* counted(void* memory) {
    if (memory == nullptr) throw std::bad_alloc();
    ++allocations;
    bytes += static_cast<long long>(::malloc_usable_size(memory)) + block_overhead;
    return memory;
}

void fail_if_due(std::size_t size) {
    if (allocations_left < 0 || (may_fail != nullptr && !may_fail(size))) return;
    if (allocations_left-- == 0) throw std::bad_alloc();
}

void* allocate(std::size_t size) {
    fail_if_due(size);
    return counted(std::malloc(size == 0 ? 1 : size));
}

void* allocate(std::size_t size, std::align_val_t alignment) {
    fail_if_due(size);
    const auto align = static_cast<std::size_t>(alignment);
    return counted(std::aligned_alloc(align, (size + align - 1) / align * align));
}

void release(void* memory) {
    if (memory == nullptr) return;
    bytes -= static_cast<long long>(::malloc_usable_size(memory)) + block_overhead;
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
using detail::WatchRegistry;
using test::reported;
using test::Rooms;
using test::Waiting;

namespace {

/// An id as RoomKit makes them: a name and 32 hexadecimal digits.
std::string room_id(int number) {
    std::string digits = std::to_string(number);
    return "room_" + std::string(32 - digits.size(), '0') + digits;
}
constexpr std::size_t id_size = 5 + 32;

Rooms room_ids(int first, int count) {
    Rooms rooms;
    for (int i = 0; i < count; ++i) rooms.push_back(room_id(first + i));
    return rooms;
}

}  // namespace

TEST_CASE("a watched room takes at most 512 bytes", "[watch]") {
    constexpr int count = 10'000;
    const auto rooms = room_ids(0, count);
    const auto registry = WatchRegistry::make();
    const auto before = bytes;
    auto watch = registry->watch(rooms);
    const auto per_room = (bytes - before) / count;
    CAPTURE(per_room);
    CHECK(per_room <= 512);
    CHECK(per_room >= 64);  // the measurement works

    // A watch whose next() is never called does not grow.
    const auto filled = bytes;
    for (int times = 0; times < 20; ++times) {
        for (const auto& room : rooms) registry->tell(room);
    }
    CHECK(bytes == filled);

    // Only the tables of the registry keep their size.
    watch.reset();
    CHECK((bytes - before) / count <= 16);
}

TEST_CASE("a watch of one room takes at most 1 KiB", "[watch]") {
    constexpr int count = 1000;
    const auto registry = WatchRegistry::make();
    std::vector<std::shared_ptr<RoomWatch>> watches;
    watches.reserve(count);
    const auto rooms = room_ids(0, count);
    const auto before = bytes;
    // Half of them watch a room of their own, half the same room.
    for (std::size_t i = 0; i < count; ++i) watches.push_back(registry->watch({rooms[i / 2 * 2]}));
    const auto per_watch = (bytes - before) / count;
    CAPTURE(per_watch);
    CHECK(per_watch <= 1024);
    CHECK(per_watch >= 64);
    watches.clear();
    CHECK((bytes - before) / count <= 32);
}

TEST_CASE("telling allocates nothing, also to wake a waiter", "[watch]") {
    const auto registry = WatchRegistry::make();
    const auto watch = registry->watch(room_ids(0, 2));
    asio::io_context context;
    const Waiting first(context.get_executor(), watch->next());
    context.poll();
    REQUIRE(first.ended());
    const Waiting second(context.get_executor(), watch->next());
    context.restart();
    context.poll();
    REQUIRE_FALSE(second.ended());

    const auto room = room_id(1);
    const auto before = allocations;
    allocations_left = 0;
    registry->tell(room);
    allocations_left = -1;
    CHECK(allocations == before);
    context.poll();
    CHECK(reported(second) == Rooms{room});
}

TEST_CASE("next() that runs out of memory loses nothing", "[watch]") {
    constexpr int count = 1000;
    const auto registry = WatchRegistry::make();
    const auto rooms = room_ids(0, count);
    const auto watch = registry->watch(rooms);
    // The notices and their texts, and nothing that asio allocates: it could not report a failure.
    may_fail = [](std::size_t size) {
        return size == id_size + 1 || size >= count * sizeof(RoomNotice);
    };
    Rooms told;
    int failures = 0;
    for (long long i = 0; told.empty(); i += i < 5 ? 1 : 97) {
        asio::io_context context;
        asio::co_spawn(context,
                       watch->next(),
                       [&](const std::exception_ptr& failure, std::vector<RoomNotice> notices) {
                           allocations_left = -1;
                           try {
                               if (failure) std::rethrow_exception(failure);
                           } catch (const std::bad_alloc&) {
                               ++failures;
                           }
                           told = test::rooms_of(notices);
                       });
        allocations_left = i;
        context.poll();
        allocations_left = -1;
    }
    may_fail = nullptr;
    CHECK(failures >= 10);
    CHECK(told == rooms);
}

TEST_CASE("adding a room that runs out of memory changes nothing", "[watch]") {
    const auto registry = WatchRegistry::make();
    const auto watch = registry->watch({"a"});
    bool added = false;
    int failures = 0;
    for (long long i = 0; !added; ++i) {
        auto room = room_id(1);
        allocations_left = i;
        try {
            watch->add(std::move(room));
            added = true;
        } catch (const std::bad_alloc&) {
            ++failures;
        }
        allocations_left = -1;
        if (added) break;
        CHECK(watch->rooms() == Rooms{"a"});
        CHECK(registry->rooms() == Rooms{"a"});
    }
    CHECK(failures >= 2);
    CHECK(watch->rooms() == Rooms{"a", room_id(1)});
    CHECK(registry->rooms_watched() == 2);
}
