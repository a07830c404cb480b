// Calls with large arguments.

#include <algorithm>
#include <chrono>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "postgres/fresh_schema.hpp"
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

}  // namespace roomstore::test
