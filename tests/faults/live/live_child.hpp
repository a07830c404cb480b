#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "faults/live/followers.hpp"
#include "support/process.hpp"

namespace roomstore::test::live {

/// What a process is to do.
struct ChildOptions {
    /// 0 or 1: which of the writers are its own.
    int number = 0;
    std::string connection_string{};
    /// `PostgresOptions::notify_connection_string`.
    std::string notify_connection_string{};
    /// Through a pooler in transaction mode: no prepared statements, so that it polls unless it has
    /// a connection of its own for notifications.
    bool pooled = false;
    /// Every second `next()` is cancelled, and every tenth read fails.
    bool troubled = false;
    /// How many changes it makes.
    int changes = 0;
};

/// What a process has counted, and what it has found wrong.
struct ChildReport {
    std::map<std::string, long> counts{};
    std::vector<std::string> problems{};
    /// States that a follower was told twice, and those that may have been written twice.
    std::set<EventState> repeated{};
    std::set<EventState> doubtful{};
};

/// This program as a further process, with a store, which follows all rooms and changes them.
class Child {
public:
    Child(const ChildOptions& options, std::filesystem::path log);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Whether it has made its changes.
    /// @throws std::runtime_error with its output if it has ended.
    bool has_written();
    /// Has it compare what its followers have with what is stored.
    void compare();
    /// Waits for its end.
    /// @throws std::runtime_error with its output if it has failed.
    ChildReport finish();

private:
    std::filesystem::path log_;
    std::optional<Process> process_;
    int lifeline_ = -1;
};

/// The `main` of such a process; returns the exit status.
int run_child(const std::vector<std::string>& arguments);

}  // namespace roomstore::test::live
