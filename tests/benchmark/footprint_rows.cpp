#include <chrono>
#include <fstream>
#include <iostream>
#include <malloc.h>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include "benchmark/callers.hpp"
#include "benchmark/events.hpp"
#include "benchmark/rows.hpp"
#include "roomstore/error.hpp"
#include "roomstore/memory/in_memory_store.hpp"

namespace roomstore::benchmark {

namespace {

constexpr const char* schema = "bench";

/// The resident memory of this process (proc(5), statm).
double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double pages = 0;
    double resident = 0;
    if (!(file >> pages >> resident)) throw std::runtime_error("cannot read /proc/self/statm");
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

/// The memory that this process has allocated and not freed.
double allocated_bytes() {
    const auto info = ::mallinfo2();
    return static_cast<double>(info.uordblks + info.hblkhd);
}

void measure_memory_store(Bench& bench) {
    constexpr const char* limit = "limit";
    constexpr const char* resident = "resident";
    const auto events = bench.settings.count(1'000'000, 10'000);
    Row row("T9",
            "memory: bytes for each event",
            std::to_string(events) + " events in 64 rooms, in a separate process");
    for (int sample = 0; sample < bench.settings.samples; ++sample) {
        const std::filesystem::path log =
            std::filesystem::temp_directory_path() /
            ("roomstore-benchmark-" + std::to_string(::getpid()) + ".json");
        std::filesystem::remove(log);
        test::Process::run(
            {bench.settings.self.string(), "child", "filled_store", std::to_string(events)},
            {.log = log});
        const auto said = Json::parse(test::read_file(log));
        std::filesystem::remove(log);
        row.note(resident, "B", said.at("resident").get<double>() / static_cast<double>(events));
        row.note(
            "allocated", "B", said.at("allocated").get<double>() / static_cast<double>(events));
        row.note(limit, "B", 1536);
    }
    row.compare({.ours = resident, .yardstick = limit, .at_most = 1});
    bench.output.write(row);
}

/// Appends to a store whose server does not answer: they wait or are refused.
class Flood {
public:
    Flood(PostgresStore& store, std::size_t event_bytes) : store_(store), body_(event_bytes, 'x') {}

    void send(std::size_t calls) {
        for (std::size_t i = 0; i < calls; ++i) {
            asio::co_spawn(context_, append(), [this](std::exception_ptr failure) {
                if (failure) failure_ = std::move(failure);
            });
        }
        sent_ += calls;
    }

    /// Runs until no further call is accepted or refused for 200 ms.
    void run_until_quiet() {
        context_.restart();
        while (context_.run_for(std::chrono::milliseconds{200}) > 1) {
        }
        rethrow();
    }

    /// Runs until every call has returned.
    void finish() {
        context_.restart();
        context_.run();
        rethrow();
        if (stored_ + refused_ != sent_) throw std::runtime_error("a call did not return");
    }

    std::size_t stored() const noexcept { return stored_; }
    std::size_t refused() const noexcept { return refused_; }

private:
    asio::awaitable<void> append() {
        RoomEvent event = make_event(room_name(0));
        event.content = TextContent{.body = body_};
        try {
            co_await store_.add_event_auto_index(room_name(0), std::move(event));
            ++stored_;
        } catch (const Error& error) {
            if (error.code() != errc::busy) throw;
            ++refused_;
        }
    }

    void rethrow() const {
        if (failure_) std::rethrow_exception(failure_);
    }

    PostgresStore& store_;
    std::string body_;
    asio::io_context context_{1};
    std::size_t sent_ = 0;
    std::size_t stored_ = 0;
    std::size_t refused_ = 0;
    std::exception_ptr failure_;
};

void measure_postgres_client(Bench& bench) {
    constexpr std::size_t event_bytes = std::size_t{64} << 10;
    constexpr const char* limit = "queue_capacity x event";
    constexpr const char* twice = "held, 2 x as many calls";
    constexpr const char* often = "held, 8 x as many calls";
    constexpr const char* each = "held by a queued append";
    constexpr const char* text = "its text";
    const auto capacity = static_cast<std::size_t>(bench.settings.count(1024, 64));
    Row row("T9",
            "Postgres client: held while the server stands still",
            "events of 64 KiB; queue_capacity " + std::to_string(capacity));
    for (int sample = 0; sample < bench.settings.samples; ++sample) {
        bench.database().drop_schema(schema);
        auto options = bench.database().options(schema);
        options.queue_capacity = capacity;
        options.deadline = options.lock_timeout = std::chrono::minutes{2};
        const OpenStore store(options);
        complete(create_rooms(*store, 1));
        auto blocker = bench.database().admin();
        blocker.query("BEGIN");
        blocker.query("LOCK TABLE bench.rooms");
        const double before = allocated_bytes();
        Flood flood(*store, event_bytes);
        flood.send(2 * capacity);
        flood.run_until_quiet();
        row.note(twice, "MiB", (allocated_bytes() - before) / (1 << 20));
        flood.send(6 * capacity);
        flood.run_until_quiet();
        const double held = allocated_bytes() - before;
        const auto taken = static_cast<double>(8 * capacity - flood.refused());
        row.note(often, "MiB", held / (1 << 20));
        row.note(limit, "MiB", static_cast<double>(capacity * event_bytes) / (1 << 20));
        row.note("calls accepted", "", taken);
        row.note(each, "KiB", held / taken / 1024);
        row.note(text, "KiB", static_cast<double>(event_bytes) / 1024);
        blocker.query("COMMIT");
        flood.finish();
        if (flood.refused() == 0) throw std::runtime_error("no call was refused");
    }
    row.compare({.ours = often, .yardstick = twice, .at_most = 1.1});
    row.compare({.ours = often, .yardstick = limit, .at_most = 1.5});
    row.compare({.ours = each, .yardstick = text});
    bench.output.write(row);
}

}  // namespace

void run_filled_store(const std::vector<std::string>& arguments) {
    const auto events = std::stoll(arguments.at(0));
    constexpr std::int64_t rooms = 64;
    InMemoryStore store;
    complete(store.init());
    const double resident = resident_bytes();
    const double allocated = allocated_bytes();
    std::int64_t left = events;
    for (std::int64_t i = 0; i < rooms; ++i) {
        const std::int64_t share = left / (rooms - i);
        complete(fill_room(store, room_name(i), share));
        left -= share;
    }
    const Json said{{"resident", resident_bytes() - resident},
                    {"allocated", allocated_bytes() - allocated}};
    if (complete(count_events(store, rooms)) != events) throw std::runtime_error("events are lost");
    std::cout << said.dump() << std::endl;
}

void measure_footprint(Bench& bench) {
    if (!bench.settings.wants("T9")) return;
    measure_memory_store(bench);
    measure_postgres_client(bench);
}

}  // namespace roomstore::benchmark
