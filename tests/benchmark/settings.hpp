#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

namespace roomstore::benchmark {

/// The settings of a benchmark run.
struct Settings {
    /// Tiny counts and one sample: only checks that every row works.
    bool brief = false;
    /// The length of each timed sample.
    double seconds = 3;
    int samples = 5;
    /// The rows to run, such as `T1`; all if empty.
    std::set<std::string> rows{};
    /// The output file, with one JSON object per line; standard output if empty.
    std::filesystem::path output{};
    /// The folder of the pgbench scripts.
    std::filesystem::path yardstick{};
    /// The chat server program; its row is left out if empty.
    std::filesystem::path chat_server{};
    /// This program, which also runs as its own child processes.
    std::filesystem::path self{};

    bool wants(const std::string& row) const { return rows.empty() || rows.contains(row); }

    /// A count, or a smaller one in a brief run.
    std::int64_t count(std::int64_t full, std::int64_t few) const { return brief ? few : full; }
};

}  // namespace roomstore::benchmark
