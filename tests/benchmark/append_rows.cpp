#include <cstddef>
#include <stdexcept>
#include <string>

#include "benchmark/callers.hpp"
#include "benchmark/events.hpp"
#include "benchmark/rows.hpp"
#include "benchmark/turns.hpp"

namespace roomstore::benchmark {

namespace {

constexpr const char* schema = "bench";

struct Appends {
    int callers = 1;
    int rooms = 1;
    std::size_t append_batch = PostgresOptions().append_batch;
};

struct Appended {
    double per_second = 0;
    double mean_microseconds = 0;
    double commits_per_event = 0;
};

asio::awaitable<void> append(ConversationStore& store, std::string room_id) {
    RoomEvent event = make_event(room_id, Key::random);
    co_await store.add_event_auto_index(std::move(room_id), std::move(event));
}

/// Appends for one sample in a new schema. The schema is kept, for copy_again().
Appended append_for_a_while(Bench& bench, const Appends& work) {
    Database& database = bench.database();
    database.drop_schema(schema);
    database.checkpoint();
    const auto commits_before = database.commits();
    Calls calls;
    {
        auto options = database.options(schema);
        options.append_batch = work.append_batch;
        const OpenStore store(options);
        complete(create_rooms(*store, work.rooms));
        const Call call = [&](int caller) {
            return append(*store, room_name(caller % work.rooms));
        };
        calls = call_repeatedly(call, {.callers = work.callers, .seconds = bench.settings.seconds});
        const auto stored = complete(count_events(*store, work.rooms));
        if (stored != static_cast<std::int64_t>(calls.all())) {
            throw std::runtime_error(std::to_string(calls.all()) + " appends stored " +
                                     std::to_string(stored) + " events");
        }
    }
    const auto commits = database.commits() - commits_before;
    return {.per_second = calls.per_second(),
            .mean_microseconds = calls.mean_microseconds(),
            .commits_per_event = static_cast<double>(commits) / static_cast<double>(calls.all())};
}

PgbenchResult pgbench(Bench& bench, const std::string& script, int clients, int rooms) {
    bench.database().fresh_yardstick(rooms);
    bench.database().checkpoint();
    return bench.database().pgbench(script, clients, rooms);
}

constexpr const char* ours = "roomstore";
constexpr const char* five = "pgbench, 5 statements, 10 clients";
constexpr const char* one = "pgbench, 1 statement, 10 clients";
constexpr const char* copy = "COPY, 1 connection";
constexpr const char* committed = "commits per event";
constexpr const char* committed_alone = "one commit per event";
constexpr const char* five_script = "append_five_statements.sql";
constexpr const char* one_script = "append_one_statement.sql";

void measure_one_room(Bench& bench) {
    Row row("T1",
            "append, 64 callers, one room",
            "64 coroutines on one thread; default PostgresOptions");
    for (int sample = 0; sample < bench.settings.samples; ++sample) {
        const auto append = [&] {
            const auto appended = append_for_a_while(bench, {.callers = 64});
            row.note(ours, "/s", appended.per_second);
            row.note(committed, "", appended.commits_per_event);
            row.note(committed_alone, "", 1);
        };
        // Copies the events of our last appends, of this sample or of the previous one.
        const auto copy_events = [&] {
            row.note(copy, "/s", bench.database().copy_again(std::string(schema) + ".events"));
        };
        take_turns(sample,
                   {append,
                    copy_events,
                    [&] { row.note(five, "/s", pgbench(bench, five_script, 10, 1).per_second); },
                    [&] { row.note(one, "/s", pgbench(bench, one_script, 10, 1).per_second); }});
    }
    row.compare({.ours = ours, .yardstick = five, .at_least = 15});
    row.compare({.ours = ours, .yardstick = one, .at_least = 10});
    row.compare({.ours = ours, .yardstick = copy, .at_least = 0.5});
    // 64 callers could all share one commit; on average, at least ten must.
    row.compare({.ours = committed, .yardstick = committed_alone, .at_most = 0.1});
    bench.output.write(row);
}

void measure_many_rooms(Bench& bench) {
    Row row("T2",
            "append, 64 callers, 64 rooms",
            "64 coroutines on one thread, each with its own room; default PostgresOptions");
    for (int sample = 0; sample < bench.settings.samples; ++sample) {
        const auto append = [&] {
            const auto appended = append_for_a_while(bench, {.callers = 64, .rooms = 64});
            row.note(ours, "/s", appended.per_second);
            row.note(committed, "", appended.commits_per_event);
        };
        take_turns(sample,
                   {append,
                    [&] { row.note(five, "/s", pgbench(bench, five_script, 10, 64).per_second); },
                    [&] { row.note(one, "/s", pgbench(bench, one_script, 10, 64).per_second); }});
    }
    row.compare({.ours = ours, .yardstick = five, .at_least = 3.5});
    row.compare({.ours = ours, .yardstick = one});
    bench.output.write(row);
}

void measure_one_caller(Bench& bench) {
    constexpr const char* unbatched = "roomstore, append_batch = 1";
    constexpr const char* alone = "pgbench, 1 statement, 1 client";
    Row row("T3", "append, 1 caller, mean latency", "default PostgresOptions, one room");
    for (int sample = 0; sample < bench.settings.samples; ++sample) {
        const auto append = [&](const char* name, const Appends& work) {
            row.note(name, "us", append_for_a_while(bench, work).mean_microseconds);
        };
        take_turns(
            sample,
            {[&] { append(ours, {}); },
             [&] { row.note(alone, "us", pgbench(bench, one_script, 1, 1).mean_microseconds); },
             [&] { append(unbatched, {.append_batch = 1}); }});
    }
    row.compare({.ours = ours, .yardstick = alone, .at_most = 1.3});
    // Batching must not slow down a single caller; the margin above 1 is for the noise of syncs.
    row.compare({.ours = ours, .yardstick = unbatched, .at_most = 1.05});
    bench.output.write(row);
}

}  // namespace

void measure_appends(Bench& bench) {
    if (bench.settings.wants("T1")) measure_one_room(bench);
    if (bench.settings.wants("T2")) measure_many_rooms(bench);
    if (bench.settings.wants("T3")) measure_one_caller(bench);
}

}  // namespace roomstore::benchmark
