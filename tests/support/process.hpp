#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace roomstore::test {

/// The user that servers run as: `postgres` where the tests run as root, whom the server programs
/// refuse; otherwise the user of the tests.
struct ServerUser {
    static const ServerUser& get();

    void own(const std::filesystem::path& path) const;

    std::optional<uid_t> uid{};
    gid_t gid = 0;
    std::vector<gid_t> groups{};
};

/// A child process. Ended by its owner, by its pid, and by nobody else.
class Process {
public:
    struct Options {
        std::filesystem::path log{};  ///< Takes what the program prints; appended to.
        int standard_input = -1;      ///< A descriptor to read from; otherwise /dev/null.
        bool as_server_user = false;
        /// Runs in the child before it becomes the program, still as the user of the tests. System
        /// calls and nothing else. False: the child ends, with `errno` for its exit status.
        std::function<bool()> prepare{};
    };

    static Process start(std::vector<std::string> command, Options options);
    /// Runs to the end; throws with the text of the log unless it returns 0.
    static void run(std::vector<std::string> command, Options options);

    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;
    /// Kills it where it still runs.
    ~Process();

    pid_t pid() const noexcept { return pid_; }
    void signal(int number) const;
    bool running();
    /// Waits for the end and returns the status of `waitpid`.
    int wait();

private:
    explicit Process(pid_t pid) : pid_(pid) {}
    pid_t pid_ = -1;
};

/// Where a program is: in PATH, or in one of `folders`, which may hold one `*`; the newest of them.
std::optional<std::filesystem::path> find_program(const std::string& name,
                                                  const std::vector<std::string>& folders);

std::string read_file(const std::filesystem::path& path);

/// For a test that lacks something: a skip with a text on a desk, a failure where `CI` is set.
[[noreturn]] void skip_or_fail(const std::string& reason);

}  // namespace roomstore::test
