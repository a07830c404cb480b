#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

namespace roomstore::benchmark {

/// What one run of the benchmark does, and how long it takes over it.
struct Settings {
    /// Tiny counts, one sample: to see that every row works, not how fast anything is.
    bool brief = false;
    /// Of each sample that has a length.
    double seconds = 3;
    int samples = 5;
    /// Rows to run, such as `T1`; all where it is empty.
    std::set<std::string> rows{};
    /// Takes one JSON object a line; standard output where it is empty.
    std::filesystem::path output{};
    /// The pgbench scripts.
    std::filesystem::path yardstick{};
    /// The chat server; its row is left out where it is empty.
    std::filesystem::path chat_server{};
    /// This program, which is also the processes that it starts.
    std::filesystem::path self{};

    bool wants(const std::string& row) const { return rows.empty() || rows.contains(row); }

    /// A count, or how much of it is enough to see that it works.
    std::int64_t count(std::int64_t full, std::int64_t few) const { return brief ? few : full; }
};

}  // namespace roomstore::benchmark
