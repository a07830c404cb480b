#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace roomstore::test {

/// The user that servers run as: `postgres` if the tests run as root, since the server programs
/// refuse to run as root; otherwise the user of the tests.
struct ServerUser {
    static const ServerUser& get();

    void own(const std::filesystem::path& path) const;

    std::optional<uid_t> uid{};
    gid_t gid = 0;
    std::vector<gid_t> groups{};
};

/// A child process. Only its owner ends it, by its pid.
class Process {
public:
    struct Options {
        std::filesystem::path log{};  ///< The output of the program is appended to it.
        int standard_input = -1;      ///< A descriptor to read from; otherwise /dev/null.
        bool as_server_user = false;
        /// Runs in the child before `exec`, still as the user of the tests. May only make system
        /// calls. If it returns false, the child exits with `errno` as its status.
        std::function<bool()> prepare{};
    };

    static Process start(std::vector<std::string> command, Options options);
    /// Waits for the end; throws with the text of the log unless the exit status is 0.
    static void run(std::vector<std::string> command, Options options);

    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;
    /// Kills it if it still runs.
    ~Process();

    pid_t pid() const noexcept { return pid_; }
    void signal(int number) const;
    bool running();
    /// Waits for the end; returns the status from `waitpid`.
    int wait();

private:
    explicit Process(pid_t pid) : pid_(pid) {}
    pid_t pid_ = -1;
};

/// Stops a process until the end of the scope.
class Frozen {
public:
    explicit Frozen(pid_t pid);
    ~Frozen();
    Frozen(const Frozen&) = delete;
    Frozen& operator=(const Frozen&) = delete;

private:
    pid_t pid_;
};

/// Searches PATH, then `folders`, which may contain a `*`; of several matches, the last by name.
std::optional<std::filesystem::path> find_program(const std::string& name,
                                                  const std::vector<std::string>& folders);

std::string read_file(const std::filesystem::path& path);

/// For a missing prerequisite of a test: fails the test if `CI` is set, otherwise skips it.
[[noreturn]] void skip_or_fail(const std::string& reason);

}  // namespace roomstore::test
