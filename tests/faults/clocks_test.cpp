// Clocks that are equal, go back, or are far off: those of the clients, and the one of this
// process.

#include <atomic>
#include <ctime>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "faults/fault_fixture.hpp"
#include "support/tcp_proxy.hpp"

namespace {

/// Offset in seconds that is added to the time of day in this process.
std::atomic<long> time_is_off{0};

}  // namespace

// Replace those of the C library in the whole process, and shift the time of day. The steady clock
// is not affected.
extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
    const auto result = ::syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += time_is_off;
    return static_cast<int>(result);
}

int gettimeofday(timeval* time, void*) noexcept {
    timespec now{};
    const int result = clock_gettime(CLOCK_REALTIME, &now);
    *time = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return result;
}

time_t time(time_t* out) noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (out != nullptr) *out = now.tv_sec;
    return now.tv_sec;
}
}

namespace roomstore::test {

namespace {

constexpr long day = 86'400;

/// Shifts the time of day until the end of the scope.
class ClockSet {
public:
    explicit ClockSet(long seconds) { time_is_off = seconds; }
    ~ClockSet() { time_is_off = 0; }
    ClockSet(const ClockSet&) = delete;
    ClockSet& operator=(const ClockSet&) = delete;
};

}  // namespace

TEST_CASE("events keep the order of their appends, whatever their timestamps", "[F25]") {
    StoreUnderFault fault(shared_server(), patient_options(GENERATE(256, 1)));
    const std::vector<Timestamp> times{at(100),
                                       at(100),
                                       at(99),
                                       at(100 + 86'400),
                                       at(100 - 86'400),
                                       parse_iso8601("9999-12-31T23:59:59.999999Z").value(),
                                       parse_iso8601("0001-01-01T00:00:00Z").value(),
                                       at(100)};
    for (std::size_t i = 0; i < times.size(); ++i) {
        const auto event =
            make_event({.id = std::to_string(i), .room_id = "a", .created_at = times[i]});
        CHECK(run(fault.store().add_event_auto_index("a", event)).index ==
              static_cast<std::int64_t>(i));
    }
    const auto stored = run(fault.store().list_events("a"));
    REQUIRE(stored.size() == times.size());
    for (std::size_t i = 0; i < times.size(); ++i) {
        CHECK(stored[i].id == std::to_string(i));
        CHECK(stored[i].index == static_cast<std::int64_t>(i));
        CHECK(stored[i].created_at == times[i]);
    }
    const auto newest = run(fault.store().list_events("a", {.limit = 3, .newest_first = true}));
    CHECK(indexes_of(newest) == Indexes{5, 6, 7});
    const auto after = run(fault.store().list_events("a", {.after_index = 3}));
    CHECK(indexes_of(after) == Indexes{4, 5, 6, 7});
    fault.recover();
}

TEST_CASE("setting the clock ends no call early, and none later than its deadline", "[F25]") {
    const auto by = GENERATE(-day, day);
    const auto present = now();
    {
        // Checks that the library sees the shifted clock.
        const ClockSet set(by);
        REQUIRE((by < 0) == (now() < present));
        REQUIRE((by < 0) ==
                (std::chrono::system_clock::now().time_since_epoch() < present.time_since_epoch()));
    }
    auto& server = shared_server();
    TcpProxy proxy(server.port());
    auto options = patient_options(GENERATE(256, 1));
    options.connection_string = proxy.connection_string();
    SECTION("running and queued calls continue") {
        StoreUnderFault fault(server, options);
        RoomLock lock(server, fault, "a");
        auto running = fault.append("a", "running");
        await([&] { return fault.waits_for_lock(); });
        auto queued = fault.append("b", "queued");
        await([&] { return fault.store().stats().queue_length == 1; });
        const ClockSet set(by);
        // The pool reads its clock when a call arrives, and when a call is cancelled.
        auto passing = fault.append("c", "passing");
        await([&] { return fault.store().stats().queue_length == 2; });
        passing.cancel();
        CHECK(passing.get().aborted());
        CHECK_FALSE(running.ended());
        CHECK_FALSE(queued.ended());
        lock.release();
        CHECK(running.get().result);
        CHECK(queued.get().result);
        // Reconnecting depends on the steady clock too.
        proxy.cut_all();
        CHECK(fault.append("c", "reconnected").get().result);
        fault.recover();
    }
    SECTION("a deadline still ends the call") {
        options.deadline = 1s;
        StoreUnderFault fault(server, options);
        const auto held = proxy.inject({.action = TcpProxy::Action::hold});
        auto late = fault.append("a", "late");
        await([&] { return proxy.holding(held) == 1; });
        const ClockSet set(by);
        CHECK(late.get().failed(errc::commit_unknown));
        proxy.remove(held);
        await([&] { return fault.append("a", "late").get().result.has_value(); });
        CHECK(fault.times_stored("late") == "1");
        fault.recover();
    }
}

}  // namespace roomstore::test
