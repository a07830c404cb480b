// Calls with large arguments: their time, their cancellation and their place in the queue.

#include <algorithm>
#include <chrono>
#include <ctime>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "postgres/fresh_schema.hpp"
#include "roomstore/detail/validate.hpp"
#include "sql/events/append.hpp"
#include "support/builders.hpp"
#include "support/fake_session.hpp"
#include "support/footprint.hpp"
#include "support/run.hpp"
#include "support/task.hpp"

namespace roomstore::test {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// 32 MB of text that takes long to write as JSON.
std::vector<RoomEvent> large_batch() {
    std::vector<RoomEvent> events;
    for (int i = 0; i < 32; ++i) {
        events.push_back(make_event({.id = "large-" + std::to_string(i),
                                     .room_id = "a",
                                     .body = std::string(1'000'000, '\x01')}));
    }
    return events;
}

/// How long the parameters of an append take.
Clock::duration time_to_prepare(const std::vector<RoomEvent>& events) {
    const postgres::sql::Append append("append_events", "a", events);
    FakeSession session;
    const auto began = Clock::now();
    static_cast<void>(postgres::sql::append(session, {&append}));
    return Clock::now() - began;
}

/// CPU time of this thread, which does not depend on what else the machine does.
template <typename Function>
std::chrono::nanoseconds cpu_time(Function function) {
    const auto now = [] {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
    };
    const auto began = now();
    function();
    return now() - began;
}

}  // namespace

TEST_CASE("a large batch that is cancelled or times out does not keep its room") {
    const bool cancels = GENERATE(true, false);
    CAPTURE(cancels);
    FreshSchema schema;
    auto options = schema.options();
    options.connections = 2;
    options.deadline = cancels ? 60'000ms : 300ms;
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(make_room({.id = "a"})));
    Caller caller;
    auto events = large_batch();
    const auto prepared_within = time_to_prepare(events);
    Task large(caller.context(), store.append_events("a", std::move(events)));
    await([&] { return store.stats().connections_busy == 1; });
    const auto busy = Clock::now();
    if (cancels) {
        large.cancel();
        CHECK(large.get().aborted());
    } else {
        CHECK(large.get().failed(errc::timeout));
    }
    // On a busy machine an append may itself exceed the short deadline.
    int appends = 0;
    await([&] {
        const auto event = make_event({.id = std::to_string(++appends), .room_id = "a"});
        return Task(caller.context(), store.add_event_auto_index("a", event))
            .get()
            .result.has_value();
    });
    // Preparing the parameters to their end would take as long as before. A second, or nearly that
    // after the deadline, is an allowance for a busy machine.
    CHECK(Clock::now() - busy < std::max<Clock::duration>(prepared_within * 3 / 4, 1300ms));
    CHECK(schema.value("SELECT count(*) FROM {schema}.events WHERE id LIKE 'large%'") == "0");
}

TEST_CASE("the time of a call includes the check of its arguments") {
    FreshSchema schema;
    auto options = schema.options();
    {
        PostgresStore setup(options);
        run(setup.init());
    }
    options.deadline = 100ms;
    options.limits.max_event_bytes = Limits::highest_max_event_bytes;
    PostgresStore store(options);
    await([&] {
        try {
            run(store.init());
            return true;
        } catch (const Error&) {
            return false;  // on a busy machine it may exceed the short deadline
        }
    });
    const roomstore::detail::Validator validator(options.limits);
    Identity identity{.id = "id"};
    auto& addresses = identity.channel_addresses["sms"];
    // Distinct addresses, which the check sorts.
    for (std::size_t count = 50'000;; count *= 2) {
        while (addresses.size() < count) {
            addresses.push_back(std::to_string(addresses.size() * 7'919 % 100'000'007));
        }
        const auto time = cpu_time([&] { validator.create_identity(identity); });
        if (time > 3 * options.deadline) break;
    }
    Caller caller;
    const auto ending = Task(caller.context(), store.create_identity(identity)).get();
    CHECK(ending.failed(errc::timeout));
    CHECK(ending.text == "create_identity: its arguments were not ready within 100 ms");
}

}  // namespace roomstore::test
