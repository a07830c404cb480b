#include <random>
#include <stdexcept>
#include <string>

#include "benchmark/callers.hpp"
#include "benchmark/events.hpp"
#include "benchmark/rows.hpp"
#include "benchmark/turns.hpp"

namespace roomstore::benchmark {

namespace {

constexpr const char* schema = "bench";
constexpr int rooms = 64;

/// A store and the yardstick's tables with the same number of events, for reads only.
class Reads {
public:
    explicit Reads(Bench& bench) : bench_(bench), events_(bench.settings.count(1000, 60)) {
        bench.database().drop_schema(schema);
        {
            const OpenStore store(bench.database().options(schema));
            for (int room = 0; room < rooms; ++room) {
                complete(fill_room(*store, room_name(room), events_));
            }
        }
        bench.database().fresh_yardstick(rooms, events_);
        bench.database().vacuum();
    }

    Calls get_room(int callers) {
        return read(callers, [this](PostgresStore& store) { return get_one(store, any_room()); });
    }
    Calls list_newest(int callers) {
        return read(callers, [this](PostgresStore& store) { return list_one(store, any_room()); });
    }

private:
    template <typename OneRead>
    Calls read(int callers, OneRead one_read) {
        const OpenStore store(bench_.database().options(schema));
        const Call call = [&](int) { return one_read(*store); };
        return call_repeatedly(call, {.callers = callers, .seconds = bench_.settings.seconds});
    }

    std::string any_room() {
        return room_name(std::uniform_int_distribution(0, rooms - 1)(random_));
    }

    static asio::awaitable<void> get_one(PostgresStore& store, std::string room_id) {
        const auto room = co_await store.get_room(std::move(room_id));
        if (!room) throw std::runtime_error("get_room: no room");
    }

    static asio::awaitable<void> list_one(PostgresStore& store, std::string room_id) {
        EventQuery query;
        query.newest_first = true;
        const auto events = co_await store.list_events(std::move(room_id), std::move(query));
        if (events.size() != 50) throw std::runtime_error("list_events: not 50 events");
    }

    Bench& bench_;
    std::int64_t events_;
    std::minstd_rand random_{1};
};

constexpr const char* ours = "roomstore";

/// The latency of 1 caller against 1 client, or the throughput of 64 callers against 10 clients.
struct ReadRow {
    std::string id;
    std::string work;
    Calls (Reads::*read)(int callers);
    std::string script;
    int callers;
    double target;
};

void measure(Bench& bench, Reads& reads, const ReadRow& what) {
    const bool alone = what.callers == 1;
    const int clients = alone ? 1 : 10;
    const auto* const unit = alone ? "us" : "/s";
    const auto yardstick = "pgbench, " + std::to_string(clients) + (alone ? " client" : " clients");
    Row row(what.id, what.work, "64 rooms, one thread of callers; default PostgresOptions");
    for (int sample = 0; sample < bench.settings.samples; ++sample) {
        const auto call = [&] {
            const auto calls = (reads.*what.read)(what.callers);
            row.note(ours, unit, alone ? calls.mean_microseconds() : calls.per_second());
        };
        const auto run_pgbench = [&] {
            const auto said = bench.database().pgbench(what.script, clients, rooms);
            row.note(yardstick, unit, alone ? said.mean_microseconds : said.per_second);
        };
        take_turns(sample, {call, run_pgbench});
    }
    Comparison comparison{.ours = ours, .yardstick = yardstick};
    (alone ? comparison.at_most : comparison.at_least) = what.target;
    row.compare(comparison);
    bench.output.write(row);
}

}  // namespace

void measure_reads(Bench& bench) {
    const auto& settings = bench.settings;
    if (!settings.wants("T4") && !settings.wants("T5") && !settings.wants("T6")) return;
    Reads reads(bench);
    const std::vector<ReadRow> all{
        {"T4", "get_room, 1 caller, mean latency", &Reads::get_room, "get_room.sql", 1, 1.6},
        {"T5", "get_room, 64 callers", &Reads::get_room, "get_room.sql", 64, 0.5},
        {"T6",
         "list newest 50, 1 caller, mean latency",
         &Reads::list_newest,
         "list_newest_50.sql",
         1,
         1.6},
        {"T6", "list newest 50, 64 callers", &Reads::list_newest, "list_newest_50.sql", 64, 0.5},
    };
    for (const ReadRow& row : all) {
        if (settings.wants(row.id)) measure(bench, reads, row);
    }
}

}  // namespace roomstore::benchmark
