// The client runs out of memory: at its first allocation after the call begins, at its second, and
// so on, on whichever thread of the store or of its caller, until an append needs no more than it
// gets.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <execinfo.h>
#include <filesystem>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "faults/fault_fixture.hpp"
#include "pool/worker_pool.hpp"
#include "support/fake_session.hpp"

namespace {

/// How many allocations succeed before one fails; negative: none is to fail.
std::atomic<long> allocations_left{-1};

struct Range {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
};

/// Where the functions of this program are that destroy JSON values. Their names are not among
/// those that the dynamic linker knows, and so are read from the file.
std::vector<Range> json_destructors() {
    Dl_info program{};
    ::dladdr(reinterpret_cast<void*>(&json_destructors), &program);
    const auto base = reinterpret_cast<std::uintptr_t>(program.dli_fbase);
    const auto file = std::filesystem::read_symlink("/proc/self/exe").string();
    const std::unique_ptr<FILE, int (*)(FILE*)> symbols(
        ::popen(("nm -n --defined-only '" + file + "'").c_str(), "r"), &::pclose);
    if (!symbols) throw std::runtime_error("nm does not start");
    std::vector<Range> found;
    bool inside = false;
    char* line = nullptr;
    std::size_t capacity = 0;
    while (::getline(&line, &capacity, symbols.get()) > 0) {
        const auto address = base + std::strtoull(line, nullptr, 16);
        if (inside) found.back().end = address;
        const std::string_view name(line);
        inside = name.find("10basic_json") != name.npos &&
                 (name.find("10json_value7destroy") != name.npos ||
                  name.find("ED2Ev") != name.npos || name.find("ED1Ev") != name.npos);
        if (inside) found.push_back({address, address});
    }
    std::free(line);
    return found;
}

/// nlohmann's destructor of a JSON value allocates; whoever lets that fail ends the process, and
/// nobody outside that library can do anything about it.
bool inside_json_destructor(const std::vector<Range>& destructors) {
    std::array<void*, 64> frames;
    const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
    return std::any_of(frames.begin(), frames.begin() + count, [&](void* frame) {
        const auto address = reinterpret_cast<std::uintptr_t>(frame);
        return std::ranges::any_of(destructors, [&](const Range& range) {
            return address > range.begin && address <= range.end;
        });
    });
}

/// Read before any allocation is made to fail.
const std::vector<Range>* destructors = nullptr;

void count_allocation() {
    if (allocations_left.load(std::memory_order_relaxed) < 0) return;
    if (allocations_left.fetch_sub(1) != 0) return;
    if (!inside_json_destructor(*destructors)) throw std::bad_alloc();
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

/// How many events were listed, or nothing where the call ran out of memory.
struct Listing {
    std::optional<std::size_t> events{};
    bool ran_out = false;
    std::string problem{};
};

asio::awaitable<Listing> list(PostgresStore& store, long allowed) {
    Listing listing;
    std::string room = "a";
    EventQuery query;
    allocations_left = allowed;
    try {
        auto call = store.list_events(std::move(room), std::move(query));
        const auto events = co_await std::move(call);
        listing.ran_out = allocations_left.exchange(-1) < 0;
        listing.events = events.size();
    } catch (const std::bad_alloc&) {
        listing.ran_out = allocations_left.exchange(-1) < 0;
    } catch (const Error& error) {
        listing.ran_out = allocations_left.exchange(-1) < 0;
        if (error.code() != errc::internal) listing.problem = error.what();
    }
    co_return listing;
}

void read_destructors() {
    static const auto found = json_destructors();
    REQUIRE_FALSE(found.empty());
    destructors = &found;
}

/// Makes sessions whose server is not there; the first to find out has no memory to say so.
class PoorSessions final : public postgres::SessionFactory {
public:
    std::atomic<int> attempts{0};

    std::unique_ptr<postgres::Session> make() override {
        auto session = std::make_unique<FakeSession>();
        session->script = [this](const std::string& step) {
            if (step != "connect") return;
            auto failure = postgres::classify({}, std::string(200, 'x'), true);
            if (attempts == 0) allocations_left = 0;
            ++attempts;
            throw failure;
        };
        return session;
    }
    std::string where() const override { return "nowhere"; }
    std::vector<postgres::StatementReading> read_metrics() const override { return {}; }
};

}  // namespace

TEST_CASE("a store that has no memory to say why it cannot connect goes on", "[F20]") {
    read_destructors();
    const auto sessions = std::make_shared<PoorSessions>();
    PostgresOptions options;
    options.connections = 1;
    options.deadline = 500ms;
    postgres::WorkerPool pool(options, sessions);
    pool.open();
    // No allocation here, which might be the one that fails.
    while (sessions->attempts == 0 || allocations_left >= 0) std::this_thread::yield();
    const auto nothing = [](postgres::Session&) {};
    const postgres::Operation operation{.name = "read", .mode = postgres::Mode::read};
    Caller caller;
    const auto ending = Task(caller.context(), pool.run<void>(operation, nothing)).get();
    CHECK(ending.failed(errc::unavailable));
    CHECK(ending.text.find("xxx") != std::string::npos);
    run(pool.close());
}

TEST_CASE("an append that runs out of memory says so, and leaves nothing behind", "[F20]") {
    read_destructors();
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

TEST_CASE("a list that runs out of memory fails, and leaves no event out", "[F20]") {
    read_destructors();
    StoreUnderFault fault(shared_server());
    constexpr std::size_t count = 3;
    std::vector<RoomEvent> events;
    for (std::size_t i = 0; i < count; ++i) {
        // Read by the parser, from several columns.
        auto event = make_event({.id = std::to_string(i), .room_id = "a"});
        event.content = SystemContent{.body = "body", .data = {{"key", {1, 2, 3}}}};
        event.metadata = {{"a key that is no short string", "a value that is none either"}};
        events.push_back(std::move(event));
    }
    run(fault.store().append_events("a", events));
    int failed = 0;
    for (long allowed = 0;; ++allowed) {
        CAPTURE(allowed);
        auto ending = Task(fault.caller().context(), list(fault.store(), allowed)).get();
        REQUIRE(ending.result);
        const auto& listing = *ending.result;
        CHECK(listing.problem.empty());
        if (listing.events) CHECK(*listing.events == count);
        if (!listing.events) ++failed;
        if (!listing.ran_out) break;
    }
    // Enough to have met every column of every event.
    CHECK(failed > 60);
    CHECK(fault.store().stats().rows_left_out == 0);
    fault.recover();
}

}  // namespace roomstore::test
