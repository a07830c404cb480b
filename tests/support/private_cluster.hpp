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

/// A connection beside the code under test, for arranging and looking.
class Admin {
public:
    explicit Admin(const std::string& connection_string);
    ~Admin();
    Admin(Admin&&) noexcept;

    /// Runs `sql`, one statement or many, and returns the rows of the last. Throws the server's
    /// text.
    std::vector<TextRow> query(const std::string& sql);
    /// The only field of the only row; empty where it is null.
    std::string value(const std::string& sql);

private:
    struct Close {
        void operator()(void* connection) const noexcept;
    };
    std::unique_ptr<void, Close> connection_;
};

/// A PostgreSQL server of the tests' own: a fresh cluster in a private folder, gone afterwards,
/// also when the tests are killed. It does not sync to disk unless it is told to.
class PrivateCluster {
public:
    struct Options {
        std::vector<std::string> settings{};  ///< Such as `max_connections=5`.
        bool tcp = false;                     ///< Listens on 127.0.0.1 too.
        /// With the settings that PostgreSQL comes with, syncing to disk: for measuring.
        bool as_shipped = false;
        std::vector<std::string> initdb{};  ///< More arguments, such as `--wal-segsize=1`.
        /// Begins as a copy of this server, and follows it as a hot standby.
        const PrivateCluster* primary = nullptr;
        /// `Process::Options::prepare` of every program of the server.
        std::function<bool()> prepare{};
    };

    /// How a server is stopped: `immediate` is a crash, from which the next start recovers.
    enum class Stop { fast, immediate };

    explicit PrivateCluster(Options options);
    PrivateCluster() : PrivateCluster(Options{}) {}
    ~PrivateCluster();
    PrivateCluster(const PrivateCluster&) = delete;
    PrivateCluster& operator=(const PrivateCluster&) = delete;

    /// The server that all tests of a binary share. Skips or fails where there is none to be had.
    static PrivateCluster& shared();
    /// Why there can be none on this machine; none: there can.
    static std::optional<std::string> missing();
    /// Skips the running test, or fails it in CI, where the server's programs are missing.
    static void require();
    /// The folder of the server's programs, all of one version; nothing where there are none.
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
    /// Kills the postmaster, and waits until the processes that miss it have ended.
    void kill_postmaster();

    /// Starts it as a standby that follows nobody and lets nobody in, until `promote`.
    void start_recovering();
    /// Makes a standby a server of its own; returns when it takes writes.
    void promote();

    /// Makes the server read its configuration anew, and waits until it has.
    void reload();
    /// Replaces the rules by which clients are let in (manual, section 21.1), but for `postgres` on
    /// the socket, who always may.
    void set_hba(std::string_view rules);

    const std::filesystem::path& folder() const noexcept { return folder_; }
    int port() const noexcept { return port_; }
    pid_t postmaster() const noexcept;
    /// All that the server has logged.
    std::string log() const;

private:
    void watch_over();
    void make_data();
    void launch();
    /// Until it answers so; a `PGPing`.
    void await_ping(int expected);

    Options options_;
    std::filesystem::path folder_;
    int port_ = 5432;
    std::optional<Process> server_;
    std::optional<Process> caretaker_;
    int lifeline_ = -1;
};

/// A database for tests that break nothing: of the server in `ROOMSTORE_TEST_DATABASE_URL` where it
/// is set, otherwise of the shared private server.
std::string test_database();

}  // namespace roomstore::test
