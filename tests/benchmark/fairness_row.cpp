#include <algorithm>
#include <chrono>
#include <filesystem>
#include <stdexcept>
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

/// Times of one caller in the quiet room; the others of the store are not timed.
class Quiet {
public:
    double p50() const { return percentile(0.5); }
    double p99() const { return percentile(0.99); }
    std::vector<double> microseconds{};

private:
    double percentile(double share) const {
        auto sorted = microseconds;
        if (sorted.empty()) throw std::runtime_error("no call ended in the quiet room");
        std::sort(sorted.begin(), sorted.end());
        return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
    }
};

/// Appends for a while: the first caller to the quiet room, the others to the busy one.
Quiet call_in_quiet_room(PostgresStore& store, int callers, double seconds) {
    using Clock = std::chrono::steady_clock;
    Quiet quiet;
    const auto one_call = [&](int caller) -> asio::awaitable<void> {
        const auto began = Clock::now();
        const std::string room_id = caller == 0 ? quiet_room : busy_room;
        co_await append(store, room_id);
        if (caller != 0) co_return;
        quiet.microseconds.push_back(
            std::chrono::duration<double, std::micro>(Clock::now() - began).count());
    };
    call_repeatedly(one_call, {.callers = callers, .seconds = seconds});
    return quiet;
}

void prepare(Bench& bench) {
    bench.database().drop_schema(schema);
    {
        const OpenStore store(bench.database().options(schema));
        complete(create_rooms(*store, 2));
    }
    bench.database().checkpoint();
}

Quiet beside_own_hammering(Bench& bench) {
    prepare(bench);
    const OpenStore store(bench.database().options(schema));
    return call_in_quiet_room(*store, 1 + hammering, bench.settings.seconds);
}

Quiet beside_hammering_of_others(Bench& bench) {
    prepare(bench);
    const OpenStore store(bench.database().options(schema));
    const auto log = std::filesystem::temp_directory_path() / "roomstore-benchmark-hammer.log";
    GuardedProcess hammer({bench.settings.self.string(),
                           "child",
                           "hammer",
                           bench.database().connection_string(),
                           schema,
                           busy_room,
                           std::to_string(hammering)},
                          log);
    while (complete(store->get_event_count(busy_room)) < hammering) {
        hammer.require_running();
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    auto quiet = call_in_quiet_room(*store, 1, bench.settings.seconds);
    hammer.require_running();
    return quiet;
}

}  // namespace

void run_hammer(const std::vector<std::string>& arguments) {
    const PostgresOptions options{.connection_string = arguments.at(0), .schema = arguments.at(1)};
    const std::string room_id = arguments.at(2);
    const OpenStore store(options);
    const Call call = [&](int) { return append(*store, room_id); };
    constexpr double longest = 3600;  // ended by its parent before that
    call_repeatedly(call, {.callers = std::stoi(arguments.at(3)), .seconds = longest});
}

void measure_fairness(Bench& bench) {
    if (!bench.settings.wants("T10")) return;
    constexpr const char* own = "64 hammer by the same store";
    constexpr const char* others = "64 hammer by another process";
    Row row("T10",
            "append in a quiet room beside a busy one, p99",
            "1 caller, without a pause; one thread of callers in each process");
    for (int sample = 0; sample < bench.settings.samples; ++sample) {
        const auto beside_own = [&] {
            const auto quiet = beside_own_hammering(bench);
            row.note(own, "us", quiet.p99());
            row.note("median, same store", "us", quiet.p50());
        };
        const auto beside_others = [&] {
            const auto quiet = beside_hammering_of_others(bench);
            row.note(others, "us", quiet.p99());
            row.note("median, another process", "us", quiet.p50());
        };
        take_turns(sample, {beside_own, beside_others});
    }
    row.compare({.ours = own, .yardstick = others, .at_most = 3});
    row.compare({.ours = "median, same store", .yardstick = "median, another process"});
    bench.output.write(row);
}

}  // namespace roomstore::benchmark
