#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "benchmark/callers.hpp"
#include "benchmark/events.hpp"
#include "benchmark/guarded_process.hpp"
#include "benchmark/rows.hpp"
#include "benchmark/turns.hpp"

namespace roomstore::benchmark {

namespace {

constexpr const char* schema = "bench";
constexpr const char* busy_room = "r0";
constexpr const char* quiet_room = "r1";
constexpr int hammering = 64;

asio::awaitable<void> append(ConversationStore& store, std::string room_id) {
    RoomEvent event = make_event(room_id, Key::random);
    co_await store.add_event_auto_index(std::move(room_id), std::move(event));
}

struct Fairness {
    /// The calls in the quiet room.
    Calls quiet{};
    /// Events stored in the busy room in the same time, from get_event_count().
    double busy_per_second = 0;
};

void prepare(Bench& bench) {
    bench.database().drop_schema(schema);
    {
        const OpenStore store(bench.database().options(schema));
        complete(create_rooms(*store, 2));
    }
    bench.database().checkpoint();
}

/// Appends for one sample: the first caller to the quiet room, the others, if any, to the busy one.
Fairness append_in_quiet_room(PostgresStore& store, int callers, double seconds) {
    using Clock = std::chrono::steady_clock;
    const Call call = [&](int caller) {
        return append(store, caller == 0 ? quiet_room : busy_room);
    };
    const auto before = complete(store.get_event_count(busy_room));
    const auto began = Clock::now();
    Fairness seen;
    seen.quiet = call_repeatedly(call, {.callers = callers, .seconds = seconds, .timed = 1});
    const std::chrono::duration<double> took = Clock::now() - began;
    const auto after = complete(store.get_event_count(busy_room));
    seen.busy_per_second = static_cast<double>(after - before) / took.count();
    return seen;
}

Fairness beside_own_hammering(Bench& bench) {
    prepare(bench);
    const OpenStore store(bench.database().options(schema));
    return append_in_quiet_room(*store, 1 + hammering, bench.settings.seconds);
}

Fairness beside_hammering_of_others(Bench& bench) {
    prepare(bench);
    const OpenStore store(bench.database().options(schema));
    GuardedProcess hammer({bench.settings.self.string(),
                           "child",
                           "hammer",
                           bench.database().connection_string(),
                           schema,
                           busy_room,
                           std::to_string(hammering)});
    while (complete(store->get_event_count(busy_room)) < hammering) {
        hammer.require_running();
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    auto seen = append_in_quiet_room(*store, 1, bench.settings.seconds);
    hammer.require_running();
    return seen;
}

}  // namespace

void run_hammer(const std::vector<std::string>& arguments) {
    const PostgresOptions options{.connection_string = arguments.at(0), .schema = arguments.at(1)};
    const std::string room_id = arguments.at(2);
    const OpenStore store(options);
    const Call call = [&](int) { return append(*store, room_id); };
    constexpr double longest = 3600;  // the parent ends this process earlier
    call_repeatedly(call, {.callers = std::stoi(arguments.at(3)), .seconds = longest});
}

void measure_fairness(Bench& bench) {
    if (!bench.settings.wants("T10")) return;
    constexpr const char* own = "64 hammer by the same store";
    constexpr const char* others = "64 hammer by another process";
    constexpr const char* own_median = "median, same store";
    constexpr const char* others_median = "median, another process";
    constexpr const char* own_load = "into the busy room, same store";
    constexpr const char* others_load = "into the busy room, another process";
    Row row("T10",
            "append in a quiet room beside a busy one, p99",
            "1 caller without pauses; one thread of callers in each process");
    const auto note = [&](const Fairness& seen, auto* p99, auto* median, auto* load) {
        row.note(p99, "us", seen.quiet.percentile_microseconds(0.99));
        row.note(median, "us", seen.quiet.percentile_microseconds(0.5));
        row.note(load, "/s", seen.busy_per_second);
    };
    for (int sample = 0; sample < bench.settings.samples; ++sample) {
        take_turns(
            sample,
            {[&] { note(beside_own_hammering(bench), own, own_median, own_load); },
             [&] { note(beside_hammering_of_others(bench), others, others_median, others_load); }});
    }
    row.compare({.ours = own, .yardstick = others, .at_most = 3});
    row.compare({.ours = own_median, .yardstick = others_median});
    // Shows whether the server load was the same in both cases.
    row.compare({.ours = own_load, .yardstick = others_load});
    bench.output.write(row);
}

}  // namespace roomstore::benchmark
