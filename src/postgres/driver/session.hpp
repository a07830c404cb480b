#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "driver/errors.hpp"
#include "driver/params.hpp"
#include "driver/row.hpp"
#include "driver/statement_metrics.hpp"
#include "roomstore/postgres/postgres_options.hpp"
#include "sql/statement.hpp"

namespace roomstore::postgres {

/// Stops what a session is doing, from another thread. Whoever runs calls on the session says
/// between two of them that the next begins (`reset`), so that no stop reaches the wrong one.
class SessionControl {
public:
    virtual ~SessionControl() = default;

    /// Begins a call: stops asked for earlier no longer count.
    virtual void reset() noexcept = 0;

    /// Ends an attempt to connect, or asks the server to cancel the running statement and returns
    /// when it has been asked. May block for as long as the server is silent.
    virtual void cancel() noexcept = 0;

    /// Cuts the connection: whatever the session waits for fails at once. Never blocks.
    virtual void cut() noexcept = 0;
};

/// A statement and what it is run with.
struct Request {
    Statement statement;
    Params params;
};

/// Where a session stands on its server.
enum class TransactionStatus {
    idle,
    open,
    /// A statement failed: nothing but a rollback is accepted.
    failed,
    /// A statement is running, or there is no connection.
    unknown,
};

/// One connection, used by one thread.
///
/// Jobs run statements and commands. The worker that owns the session connects it and brackets each
/// job that writes with `begin` and `commit`; jobs that only read run each statement as its own
/// transaction. An interface, so that decisions above it are tested without a server.
class Session {
public:
    using Clock = std::chrono::steady_clock;

    virtual ~Session() = default;

    /// @name For jobs
    /// @{

    /// Runs `statement` and returns its rows.
    /// @throws Failure (driver/errors.hpp) on any error of the server or of the connection.
    virtual Result exec(const Statement& statement, const Params& params) = 0;

    /// Runs statements that do not wait for each other's rows, in this order; the first that fails
    /// fails all. In one round trip, where the session can.
    /// @param results  what they answer is added, also by those before one that fails
    /// @throws Failure, as `exec`.
    virtual void exec_all(const std::vector<Request>& requests, std::vector<Result>& results) {
        for (const auto& request : requests) {
            results.push_back(exec(request.statement, request.params));
        }
    }
    std::vector<Result> exec_all(const std::vector<Request>& requests) {
        std::vector<Result> results;
        results.reserve(requests.size());
        exec_all(requests, results);
        return results;
    }

    /// Runs one command as a simple query: for DDL, which has no parameters, is run once, and is
    /// not worth preparing. Nothing is substituted in it. Some engines refuse to change the schema
    /// by a message that holds more than one.
    /// @throws Failure, as `exec`.
    virtual void run_command(const std::string& command) = 0;

    /// Says that a job which may write has refused to, and answers for nothing that is stored. Its
    /// transaction is rolled back instead of committed, which waits for no disk.
    void nothing_to_commit() noexcept { has_changes_ = false; }

    /// @}
    /// @name For workers
    /// @{

    /// Connects anew and sets the session up. Gives up at `deadline`.
    /// @throws Failure; it names the server that was asked.
    virtual void connect(Clock::time_point deadline) = 0;
    virtual void disconnect() noexcept = 0;
    /// As far as is known without asking the server.
    virtual bool connected() const noexcept = 0;
    virtual TransactionStatus transaction_status() const noexcept = 0;

    /// Begins a transaction. May leave it to the next statement to tell the server.
    /// @throws Failure, as `exec`.
    virtual void begin() = 0;

    /// Makes the commit of the open transaction wait for disk and standbys as that of one that
    /// wrote does. For work which was found done: it may be there on this server alone so far.
    /// @throws Failure, as `exec`.
    virtual void expect_durable() = 0;

    /// Commits. Returns only if the server said that the transaction is committed, or never heard
    /// of it, because no statement was run in it.
    /// @throws Failure: `in_doubt` where the answer was lost or leaves it open, otherwise nothing
    /// was stored.
    virtual void commit() = 0;

    /// @throws Failure; then the connection must be given up, which rolls back too.
    virtual void rollback() = 0;

    /// The same object for the life of the session; may outlive it.
    virtual std::shared_ptr<SessionControl> control() noexcept = 0;

    void expect_changes() noexcept { has_changes_ = true; }
    bool has_changes() const noexcept { return has_changes_; }

    /// @}

private:
    bool has_changes_ = true;
};

/// Makes the sessions of one store.
class SessionFactory {
public:
    virtual ~SessionFactory() = default;

    /// A session that is not connected yet. Any thread may ask.
    virtual std::unique_ptr<Session> make() = 0;

    /// The server or servers, for texts.
    virtual std::string where() const = 0;

    /// Counts and times of the statements that its sessions ran.
    virtual std::vector<StatementReading> read_metrics() const = 0;
};

/// The factory of real sessions. `options` have been validated.
std::shared_ptr<SessionFactory> make_session_factory(const PostgresOptions& options);

}  // namespace roomstore::postgres
