#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "benchmark/database.hpp"
#include "benchmark/row.hpp"
#include "benchmark/settings.hpp"

namespace roomstore::benchmark {

/// The settings, output and server of all rows. The server is started on first use.
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

// Each function measures those of its rows that were requested, and writes them.

/// T1, T2, T3: appends, against pgbench and COPY.
void measure_appends(Bench& bench);
/// T4, T5, T6: get_room and the newest 50 events, against pgbench.
void measure_reads(Bench& bench);
/// T7: the memory store against a mutex and a vector.
void measure_memory(Bench& bench);
/// T8: the cost of operations in a large room, and with many rooms.
void measure_growth(Bench& bench);
/// T9: memory per event, and memory that a client holds while the server does not answer.
void measure_footprint(Bench& bench);
/// T10: a quiet room beside a busy one.
void measure_fairness(Bench& bench);
/// T11, T12: how soon another store is told of a change, and what that costs.
void measure_live(Bench& bench);
/// T13, T14, T15: the inbox, context windows, and lists of rooms by position.
void measure_inboxes(Bench& bench);
/// E1: messages through the chat server.
void measure_chat(Bench& bench);
/// E2: CPU time and object size of compiling a program that includes the library.
void measure_compiling(Bench& bench);

// Child processes. `arguments` are the words after `child NAME` on the command line.

/// Fills a memory store and prints the memory that it takes.
void run_filled_store(const std::vector<std::string>& arguments);
/// Appends to a room until the process is killed.
void run_hammer(const std::vector<std::string>& arguments);

}  // namespace roomstore::benchmark
