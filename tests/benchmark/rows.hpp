#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "benchmark/database.hpp"
#include "benchmark/row.hpp"
#include "benchmark/settings.hpp"

namespace roomstore::benchmark {

/// What every row is handed. The server is started by the first that asks for it.
class Bench {
public:
    explicit Bench(const Settings& given) : settings(given), output(given.output) {}

    Database& database() {
        if (!database_) database_.emplace(settings);
        return *database_;
    }

    const Settings& settings;
    Output output;

private:
    std::optional<Database> database_;
};

// Each measures its rows, those that are wanted, and writes them.

/// T1, T2, T3: appends, against pgbench and COPY.
void measure_appends(Bench& bench);
/// T4, T5, T6: get_room and the newest 50 events, against pgbench.
void measure_reads(Bench& bench);
/// T7: the memory store against a mutex and a vector.
void measure_memory(Bench& bench);
/// T8: what an operation costs in a large room, and among many rooms.
void measure_growth(Bench& bench);
/// T9: bytes for each event in memory, and what a client holds while the server stands still.
void measure_footprint(Bench& bench);
/// T10: a quiet room beside a busy one.
void measure_fairness(Bench& bench);
/// E1: messages through the chat server.
void measure_chat(Bench& bench);
/// E2: the compiler's work for a program that includes the library.
void measure_compiling(Bench& bench);

// Processes of their own: the words after `child` on the command line.

/// Fills a memory store and prints what that took.
void run_filled_store(const std::vector<std::string>& arguments);
/// Appends to a room until its standard input ends.
void run_hammer(const std::vector<std::string>& arguments);

}  // namespace roomstore::benchmark
