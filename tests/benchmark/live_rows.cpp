#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <libpq-fe.h>

#include "benchmark/callers.hpp"
#include "benchmark/events.hpp"
#include "benchmark/guarded_process.hpp"
#include "benchmark/rows.hpp"
#include "benchmark/turns.hpp"

namespace roomstore::benchmark {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* schema = "bench";
constexpr const char* watched_room = "r0";
constexpr const char* busy_room = "r1";
constexpr int hammering = 64;
constexpr auto patience = std::chrono::seconds{20};

double microseconds(Clock::duration time) {
    return std::chrono::duration<double, std::micro>(time).count();
}

double percentile(std::vector<double> values, double share) {
    std::ranges::sort(values);
    return values.at(static_cast<std::size_t>(share * static_cast<double>(values.size() - 1)));
}

void prepare(Bench& bench, int rooms) {
    bench.database().drop_schema(schema);
    {
        const OpenStore store(bench.database().options(schema));
        complete(create_rooms(*store, rooms));
    }
    bench.database().checkpoint();
}

void wait_until_listening(const PostgresStore& store) {
    const auto until = Clock::now() + patience;
    while (store.stats().watch_mode != WatchMode::listening) {
        if (Clock::now() > until) throw std::runtime_error("the store does not listen");
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
}

/// The delays of single messages, in microseconds.
struct Delays {
    std::vector<double> all{};

    double p50() const { return percentile(all, 0.5); }
    double p99() const { return percentile(all, 0.99); }
};

/// A coroutine on a thread of its own that notes when `next()` returns.
class Watcher {
public:
    explicit Watcher(PostgresStore& store) : watch_(store.watch_rooms({.rooms = {watched_room}})) {
        thread_ = std::thread([this] {
            try {
                complete(run());
            } catch (const std::exception&) {
                // The watch was closed.
            }
        });
    }
    ~Watcher() {
        watch_->close();
        thread_.join();
    }
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    /// The number of times that it was told.
    std::uint64_t told() const noexcept { return told_.load(); }
    /// Waits until it was told more often than `before`.
    /// @returns when.
    Clock::time_point wait_beyond(std::uint64_t before) const {
        const auto until = Clock::now() + patience;
        while (told_.load() == before) {
            if (Clock::now() > until) throw std::runtime_error("the watch was not told");
            std::this_thread::yield();
        }
        return Clock::time_point(Clock::duration(when_.load()));
    }

private:
    asio::awaitable<void> run() {
        for (;;) {
            static_cast<void>(co_await watch_->next());
            when_ = Clock::now().time_since_epoch().count();
            ++told_;
        }
    }

    const std::shared_ptr<RoomWatch> watch_;
    std::atomic<Clock::rep> when_{0};
    std::atomic<std::uint64_t> told_{0};
    std::thread thread_;
};

/// Appends in one store, with pauses, and measures from each answer until the watch of another
/// store is told.
Delays delays_of_watch(Bench& bench) {
    const OpenStore writer(bench.database().options(schema));
    const OpenStore reader(bench.database().options(schema));
    Watcher watcher(*reader);
    wait_until_listening(*reader);
    Delays delays;
    const auto count = bench.settings.count(200, 5);
    for (std::int64_t i = -3; i < count; ++i) {
        // Longer than messages are held back after another, so that each is sent at once.
        std::this_thread::sleep_for(std::chrono::milliseconds{15});
        const auto before = watcher.told();
        RoomEvent event = make_event(watched_room, Key::random);
        static_cast<void>(complete(writer->add_event_auto_index(watched_room, std::move(event))));
        const auto answered = Clock::now();
        const auto told = watcher.wait_beyond(before);
        if (i >= 0) delays.all.push_back(std::max(0.0, microseconds(told - answered)));
    }
    return delays;
}

struct Finish {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using Connection = std::unique_ptr<PGconn, Finish>;

Connection connect(const std::string& where) {
    Connection connection(PQconnectdb(where.c_str()));
    if (PQstatus(connection.get()) != CONNECTION_OK) {
        throw std::runtime_error(PQerrorMessage(connection.get()));
    }
    return connection;
}

void run(PGconn* connection, const char* sql) {
    PGresult* const result = PQexec(connection, sql);
    const auto status = PQresultStatus(result);
    PQclear(result);
    if (status != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(connection));
}

/// NOTIFY in one session, and another that waits for it: from sending it to hearing it.
Delays delays_of_raw_notify(Bench& bench) {
    const auto sender = connect(bench.database().connection_string());
    const auto listener = connect(bench.database().connection_string());
    run(listener.get(), "LISTEN raw");
    Delays delays;
    const auto count = bench.settings.count(200, 5);
    for (std::int64_t i = -3; i < count; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds{15});
        auto heard = std::async(std::launch::async, [&] {
            for (;;) {
                pollfd socket{.fd = PQsocket(listener.get()), .events = POLLIN, .revents = 0};
                if (::poll(&socket, 1, 20'000) <= 0 || PQconsumeInput(listener.get()) == 0) {
                    throw std::runtime_error("no notification");
                }
                if (PGnotify* const notification = PQnotifies(listener.get())) {
                    PQfreemem(notification);
                    return Clock::now();
                }
            }
        });
        const auto began = Clock::now();
        run(sender.get(), "NOTIFY raw, 'x'");
        const auto told = heard.get();
        if (i >= 0) delays.all.push_back(microseconds(told - began));
    }
    return delays;
}

void measure_delay(Bench& bench, bool busy) {
    constexpr const char* watch_p50 = "append answered to next(), p50";
    constexpr const char* watch_p99 = "append answered to next(), p99";
    const std::string raw_p50 =
        busy ? "NOTIFY to hearing it, p50, + 10 ms" : "NOTIFY to hearing it, p50";
    const std::string raw_p99 =
        busy ? "NOTIFY to hearing it, p99, + 20 ms" : "NOTIFY to hearing it, p99";
    Row row("T11",
            busy ? "a watch in another store, while 64 callers append elsewhere"
                 : "a watch in another store",
            "two stores that share only the server, each with its own threads; raw: two sessions");
    for (int sample = 0; sample < bench.settings.samples; ++sample) {
        prepare(bench, 2);
        std::unique_ptr<GuardedProcess> hammer;
        if (busy) {
            hammer = std::make_unique<GuardedProcess>(
                std::vector<std::string>{bench.settings.self.string(),
                                         "child",
                                         "hammer",
                                         bench.database().connection_string(),
                                         schema,
                                         busy_room,
                                         std::to_string(hammering)});
            const OpenStore store(bench.database().options(schema));
            while (complete(store->get_event_count(busy_room)) < hammering) {
                hammer->require_running();
                std::this_thread::sleep_for(std::chrono::milliseconds{5});
            }
        }
        take_turns(sample,
                   {[&] {
                        const auto delays = delays_of_watch(bench);
                        row.note(watch_p50, "us", delays.p50());
                        row.note(watch_p99, "us", delays.p99());
                    },
                    [&] {
                        const auto delays = delays_of_raw_notify(bench);
                        row.note(raw_p50, "us", delays.p50() + (busy ? 10'000 : 0));
                        row.note(raw_p99, "us", delays.p99() + (busy ? 20'000 : 0));
                    }});
        if (hammer) hammer->require_running();
    }
    row.compare({.ours = watch_p50, .yardstick = raw_p50, .at_most = busy ? 1 : 2});
    row.compare({.ours = watch_p99, .yardstick = raw_p99, .at_most = busy ? 1 : 5});
    bench.output.write(row);
}

struct Appends {
    const char* row = "";
    int callers = 1;
    int rooms = 1;
};

asio::awaitable<void> append(ConversationStore& store, std::string room_id) {
    RoomEvent event = make_event(room_id, Key::random);
    co_await store.add_event_auto_index(std::move(room_id), std::move(event));
}

double appends_per_second(Bench& bench, const Appends& work, bool watched) {
    prepare(bench, work.rooms);
    std::unique_ptr<OpenStore> other;
    std::shared_ptr<RoomWatch> watch;
    if (watched) {
        other = std::make_unique<OpenStore>(bench.database().options(schema));
        WatchOptions rooms;
        for (int i = 0; i < work.rooms; ++i) rooms.rooms.push_back(room_name(i));
        watch = (*other)->watch_rooms(std::move(rooms));
        wait_until_listening(**other);
    }
    const OpenStore store(bench.database().options(schema));
    const Call call = [&](int caller) { return append(*store, room_name(caller % work.rooms)); };
    const auto calls =
        call_repeatedly(call, {.callers = work.callers, .seconds = bench.settings.seconds});
    return calls.per_second();
}

void measure_cost(Bench& bench, const Appends& work) {
    constexpr const char* with = "every room watched by another store";
    constexpr const char* without = "nothing watched";
    Row row("T12",
            std::string("append, ") + std::to_string(work.callers) + " callers, " +
                std::to_string(work.rooms) + " rooms",
            std::string("as ") + work.row);
    for (int sample = 0; sample < bench.settings.samples; ++sample) {
        take_turns(sample,
                   {[&] { row.note(with, "/s", appends_per_second(bench, work, true)); },
                    [&] { row.note(without, "/s", appends_per_second(bench, work, false)); }});
    }
    row.compare({.ours = with, .yardstick = without, .at_least = 0.97});
    bench.output.write(row);
}

// Why changes are told after their transaction.
void measure_notify_in_transaction(Bench& bench) {
    constexpr const char* with = "pgbench, 1 statement and NOTIFY";
    constexpr const char* without = "pgbench, 1 statement";
    Row row("T12", "append, NOTIFY in its transaction", "10 clients, 64 rooms; nobody listens");
    const auto run = [&](const char* script) {
        bench.database().fresh_yardstick(64);
        bench.database().checkpoint();
        return bench.database().pgbench(script, 10, 64).per_second;
    };
    for (int sample = 0; sample < bench.settings.samples; ++sample) {
        take_turns(sample,
                   {[&] { row.note(with, "/s", run("append_one_statement_notify.sql")); },
                    [&] { row.note(without, "/s", run("append_one_statement.sql")); }});
    }
    row.compare({.ours = with, .yardstick = without});
    bench.output.write(row);
}

}  // namespace

void measure_live(Bench& bench) {
    if (bench.settings.wants("T11")) {
        measure_delay(bench, false);
        measure_delay(bench, true);
    }
    if (bench.settings.wants("T12")) {
        measure_cost(bench, {.row = "T1", .callers = 64});
        measure_cost(bench, {.row = "T2", .callers = 64, .rooms = 64});
        measure_cost(bench, {.row = "T3"});
        measure_notify_in_transaction(bench);
    }
}

}  // namespace roomstore::benchmark
