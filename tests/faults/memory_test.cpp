// The client runs out of memory: at its first allocation after the call begins, at its second, and
// so on, on whichever thread of the store or of its caller, until an append needs no more than it
// gets.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <dlfcn.h>
#include <execinfo.h>
#include <new>
#include <string_view>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "faults/fault_fixture.hpp"

namespace {

/// How many allocations succeed before one fails; negative: none is to fail.
std::atomic<long> allocations_left{-1};

/// nlohmann's destructor of a JSON value allocates; whoever lets that fail ends the process, and
/// nobody outside that library can do anything about it.
bool inside_json_destructor() {
    std::array<void*, 64> frames;
    const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
    return std::any_of(frames.begin(), frames.begin() + count, [](void* frame) {
        Dl_info info{};
        if (::dladdr(frame, &info) == 0 || info.dli_sname == nullptr) return false;
        const std::string_view name(info.dli_sname);
        return name.find("10basic_json") != name.npos &&
               (name.find("10json_value7destroy") != name.npos || name.find("ED2Ev") != name.npos ||
                name.find("ED1Ev") != name.npos);
    });
}

void count_allocation() {
    if (allocations_left.load(std::memory_order_relaxed) < 0) return;
    if (allocations_left.fetch_sub(1) != 0) return;
    if (!inside_json_destructor()) throw std::bad_alloc();
    allocations_left = 0;
}

void* allocate(std::size_t size) {
    count_allocation();
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}

void* allocate(std::size_t size, std::align_val_t alignment) {
    count_allocation();
    const auto align = static_cast<std::size_t>(alignment);
    if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) return memory;
    throw std::bad_alloc();
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
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace roomstore::test {

namespace {

struct Attempt {
    AppendOutcome outcome = AppendOutcome::unknown;
    std::int64_t index = -1;
    bool ran_out = false;
    std::string problem{};
};

/// On the caller's thread, with allocation number `allowed` failing, counted from the call on.
asio::awaitable<Attempt> append(PostgresStore& store, std::string id, long allowed) {
    Attempt attempt;
    auto event = make_event({.id = std::move(id), .room_id = "a"});
    std::string room = "a";
    allocations_left = allowed;
    try {
        auto call = store.add_event_auto_index(std::move(room), std::move(event));
        const auto stored = co_await std::move(call);
        attempt.ran_out = allocations_left.exchange(-1) < 0;
        attempt.outcome = AppendOutcome::stored;
        attempt.index = stored.index;
    } catch (const std::bad_alloc&) {
        // Before the store had it.
        attempt.ran_out = allocations_left.exchange(-1) < 0;
        attempt.outcome = AppendOutcome::refused;
    } catch (const Error& error) {
        attempt.ran_out = allocations_left.exchange(-1) < 0;
        attempt.outcome =
            error.applied() == Applied::no ? AppendOutcome::refused : AppendOutcome::unknown;
        if (error.code() != errc::internal && error.code() != errc::commit_unknown) {
            attempt.problem = error.what();
        }
    }
    co_return attempt;
}

}  // namespace

TEST_CASE("an append that runs out of memory says so, and leaves nothing behind", "[F20]") {
    StoreUnderFault fault(shared_server(), patient_options(GENERATE(256, 1)));
    REQUIRE(run(append(fault.store(), "first", -1)).index == 0);
    std::int64_t next = 1;
    int refused = 0;
    for (long allowed = 0;; ++allowed) {
        CAPTURE(allowed);
        const auto id = std::to_string(allowed);
        auto ending = Task(fault.caller().context(), append(fault.store(), id, allowed)).get();
        REQUIRE(ending.result);
        const auto& attempt = *ending.result;
        CHECK(attempt.problem.empty());
        const bool stored = fault.times_stored(id) == "1";
        if (attempt.outcome == AppendOutcome::stored) CHECK(attempt.index == next);
        if (attempt.outcome != AppendOutcome::unknown) {
            CHECK(stored == (attempt.outcome == AppendOutcome::stored));
        }
        next += stored ? 1 : 0;
        refused += attempt.outcome == AppendOutcome::refused ? 1 : 0;
        if (!attempt.ran_out) break;
    }
    // Enough to have met every step of a call.
    CHECK(refused > 30);
    CHECK(run(fault.store().get_event_count("a")) == next);
    const auto events = all_events(fault.store(), {"a"}).at("a");
    for (std::size_t i = 0; i < events.size(); ++i) {
        CHECK(events[i].index == static_cast<std::int64_t>(i));
    }
    fault.recover();
}

}  // namespace roomstore::test
