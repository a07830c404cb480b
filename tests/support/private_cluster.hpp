#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/process.hpp"

namespace roomstore::test {

using TextRow = std::vector<std::optional<std::string>>;

/// A connection that is independent of the code under test, for setup and inspection.
class Admin {
public:
    explicit Admin(const std::string& connection_string);
    ~Admin();
    Admin(Admin&&) noexcept;

    /// Runs `sql`, one or more statements, and returns the rows of the last one. On error, throws
    /// with the server's message.
    std::vector<TextRow> query(const std::string& sql);
    /// The only field of the only row; empty if it is null.
    std::string value(const std::string& sql);

private:
    struct Close {
        void operator()(void* connection) const noexcept;
    };
    std::unique_ptr<void, Close> connection_;
};

/// A private PostgreSQL server for tests: a new cluster in a temporary folder, which is removed
/// afterwards, also when the tests are killed. It does not sync to disk unless configured to.
class PrivateCluster {
public:
    struct Options {
        std::vector<std::string> settings{};  ///< Such as `max_connections=5`.
        bool tcp = false;                     ///< Also listens on 127.0.0.1.
        /// Keeps PostgreSQL's default settings, syncing to disk: for measurements.
        bool as_shipped = false;
        std::vector<std::string> initdb{};  ///< More arguments, such as `--wal-segsize=1`.
        /// Starts as a copy of this server, and follows it as a hot standby.
        const PrivateCluster* primary = nullptr;
        /// `Process::Options::prepare` for initdb, pg_basebackup and the server.
        std::function<bool()> prepare{};
    };

    /// The shutdown modes of PostgreSQL; `immediate` is a crash, the next start runs recovery.
    enum class Stop { fast, immediate };

    explicit PrivateCluster(Options options);
    PrivateCluster() : PrivateCluster(Options{}) {}
    ~PrivateCluster();
    PrivateCluster(const PrivateCluster&) = delete;
    PrivateCluster& operator=(const PrivateCluster&) = delete;

    /// The server that all tests of a binary share. Calls `require()` first.
    static PrivateCluster& shared();
    /// The reason why no server can run on this machine; `nullopt` if it can.
    static std::optional<std::string> missing();
    /// Skips the running test, or fails it in CI, if no server can run.
    static void require();
    /// The folder of the server's programs, all of one version; `nullopt` if there is none.
    static std::optional<std::filesystem::path> programs();

    std::string connection_string(std::string_view database = "postgres",
                                  std::string_view user = "postgres") const;
    /// The same over TCP; needs `Options::tcp`.
    std::string tcp_connection_string(std::string_view database = "postgres",
                                      std::string_view user = "postgres") const;
    Admin admin(std::string_view database = "postgres") const;

    void start();
    void stop(Stop how = Stop::fast);
    void restart(Stop how = Stop::fast);
    /// Kills the postmaster, and waits until its child processes have ended.
    void kill_postmaster();

    /// Starts it as a standby without a primary that rejects connections, until `promote`.
    void start_recovering();
    /// Promotes a standby to a primary; returns when it accepts writes.
    void promote();

    /// Makes the server reload its configuration, and waits until it has.
    void reload();
    /// Replaces the client authentication rules (manual, section 21.1). `postgres` can always
    /// connect on the socket.
    void set_hba(std::string_view rules);

    const std::filesystem::path& folder() const noexcept { return folder_; }
    int port() const noexcept { return port_; }
    pid_t postmaster() const noexcept;
    /// Everything the server has logged.
    std::string log() const;

private:
    void watch_over();
    void make_data();
    void launch();
    /// Waits for this answer, a `PGPing`.
    void await_ping(int expected);

    Options options_;
    std::filesystem::path folder_;
    int port_ = 5432;
    std::optional<Process> server_;
    std::optional<Process> caretaker_;
    int lifeline_ = -1;
};

/// A database for tests that do not disturb the server: `ROOMSTORE_TEST_DATABASE_URL` if it is set,
/// otherwise a database of the shared private server.
std::string test_database();

}  // namespace roomstore::test
