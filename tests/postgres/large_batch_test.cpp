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
    options.deadline = 60s;
    PostgresStore patient(options);
    run(patient.init());
    run(patient.create_room(sample_room({.id = "a"})));
    // The check of the arguments, which counts, takes a fraction of it.
    if (!cancels) options.deadline = 1000ms;
    PostgresStore store(options);
    await([&] {
        try {
            run(store.init());
            return true;
        } catch (const Error&) {
            return false;  // on a busy machine it may exceed the short deadline
        }
    });
    Caller caller;
    auto events = large_batch();
    const auto prepared_within = time_to_prepare(events);
    Task large(caller.context(), store.append_events("a", std::move(events)));
    const auto busy = Clock::now();
    if (cancels) {
        await([&] { return store.stats().connections_busy == 1; });
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
    // Preparing the parameters to their end would take as long as before. Three seconds, or two
    // after the deadline, are an allowance for a busy machine.
    CHECK(Clock::now() - busy < std::max<Clock::duration>(prepared_within * 3 / 4, 3000ms));
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

TEST_CASE("the arguments of waiting calls are bounded by queue_bytes") {
    FreshSchema schema;
    auto options = schema.options();
    options.connections = 1;
    options.deadline = 60s;
    options.lock_timeout = 60s;
    options.queue_bytes = 100'000;
    options.append_batch = GENERATE(std::size_t{1}, std::size_t{256});
    PostgresStore store(options);
    run(store.init());
    run(store.create_room(sample_room({.id = "a"})));
    Caller caller;
    const auto append = [&](const std::string& id, std::size_t bytes) {
        const auto event = make_event({.id = id, .room_id = "a", .body = std::string(bytes, 'x')});
        return store.add_event_auto_index("a", event);
    };
    const auto await_queue = [&](std::size_t length) {
        await([&] { return store.stats().queue_length == length; });
    };
    const auto check_refused = [](const auto& ending, const std::string& operation) {
        CHECK(ending.failed(errc::busy));
        CHECK(ending.text ==
              operation + ": the queue is full: 100000 bytes (PostgresOptions::queue_bytes)");
    };
    schema.query("BEGIN; LOCK TABLE {schema}.rooms");
    Task running(caller.context(), append("running", 200'000));
    await([&] { return store.stats().connections_busy == 1; });
    await_queue(0);
    // A call that waits alone always fits.
    Task alone(caller.context(), append("alone", 200'000));
    await_queue(1);
    check_refused(Task(caller.context(), append("one more", 1)).get(),
                  "add_event_auto_index in room 'a'");
    alone.cancel();
    CHECK(alone.get().aborted());
    Task first(caller.context(), append("first", 60'000));
    await_queue(1);
    check_refused(Task(caller.context(), append("too large", 50'000)).get(),
                  "add_event_auto_index in room 'a'");
    Room large = sample_room({.id = "b"});
    large.metadata["text"] = std::string(50'000, 'x');
    check_refused(Task(caller.context(), store.create_room(large)).get(),
                  "create_room in room 'b'");
    const std::vector<std::string> ids(5'000, "room");
    check_refused(Task(caller.context(), store.get_unread_counts("channel", ids)).get(),
                  "get_unread_counts");
    Task small(caller.context(), store.room_exists("a"));
    await_queue(2);
    schema.query("ROLLBACK");
    CHECK(running.get().result);
    CHECK(first.get().result);
    CHECK(small.get().result == true);
    CHECK(store.stats().calls_refused == 4);
}

}  // namespace roomstore::test
