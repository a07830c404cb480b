#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "driver/errors.hpp"
#include "driver/params.hpp"
#include "driver/row.hpp"
#include "driver/statement_metrics.hpp"
#include "roomstore/postgres/postgres_options.hpp"
#include "sql/statement.hpp"

namespace roomstore::postgres {

/// Stops the current call of a session, from another thread. The owner of the session calls `reset`
/// between two calls, so that no stop reaches the wrong one.
class SessionControl {
public:
    virtual ~SessionControl() = default;

    /// Begins a call: earlier stops no longer apply.
    virtual void reset() noexcept = 0;

    /// Ends an attempt to connect, or sends the server a request to cancel the running statement
    /// and returns once it has been sent. May block as long as the server does not answer.
    virtual void cancel() noexcept = 0;

    /// Cuts the connection: any operation that the session waits for fails at once. Never blocks.
    virtual void cut() noexcept = 0;
};

/// A statement and its parameters.
struct Request {
    Statement statement;
    Params params;
};

/// State of a session's transaction on the server.
enum class TransactionStatus {
    idle,
    open,
    /// A statement failed: only a rollback is accepted.
    failed,
    /// A statement is running, or there is no connection.
    unknown,
};

/// One connection, used by one thread.
///
/// Jobs run statements and commands. The worker that owns the session connects it and brackets each
/// job that writes with `begin` and `commit`; jobs that only read run each statement as its own
/// transaction. An interface, so that the code above it can be tested without a server.
class Session {
public:
    using Clock = std::chrono::steady_clock;

    virtual ~Session() = default;

    /// @name For jobs
    /// @{

    /// Runs `statement` and returns its rows.
    /// @throws Failure (driver/errors.hpp) on any error of the server or of the connection.
    virtual Result exec(const Statement& statement, const Params& params) = 0;

    /// Runs statements that do not depend on each other's rows, in this order; if one fails, all
    /// fail. Uses one round trip if the session can.
    /// @param results  receives their results, including those before one that fails
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

    /// Runs one command as a simple query: for DDL, which has no parameters, runs once, and is not
    /// worth preparing. No placeholders are expanded. Some engines refuse to change the schema by a
    /// message that holds more than one command.
    /// @throws Failure, as `exec`.
    virtual void run_command(const std::string& command) = 0;

    /// Throws if the call was stopped, or the connection is lost. The session itself checks before
    /// each statement; a job checks where it works for long without one, so that a stopped call
    /// ends soon and releases its rooms.
    /// @throws Failure, as `exec`.
    virtual void require_usable() const = 0;

    /// Tells the session that a job which may write has refused to, and confirms nothing that is
    /// stored. Its transaction is rolled back instead of committed, which does not wait for the
    /// disk.
    void nothing_to_commit() noexcept { has_changes_ = false; }

    /// Tells the session that a job which writes is not done: what it has done so far is committed,
    /// and it runs again. The caller, who sees nothing of that, gets `why` if the deadline comes
    /// first.
    void commit_and_repeat(Failure why) { repeat_ = std::move(why); }

    /// Has the pool run its background job once this job is committed.
    void wake_background_job() noexcept { wakes_background_job_ = true; }

    /// @}
    /// @name For workers
    /// @{

    /// Opens a new connection and sets up the session. Gives up at `deadline`.
    /// @throws Failure, which names the server.
    virtual void connect(Clock::time_point deadline) = 0;
    virtual void disconnect() noexcept = 0;
    /// As far as known without asking the server.
    virtual bool connected() const noexcept = 0;
    virtual TransactionStatus transaction_status() const noexcept = 0;

    /// Begins a transaction. The command may be sent only with the next statement.
    /// @throws Failure, as `exec`.
    virtual void begin() = 0;

    /// Makes the commit of the open transaction wait for disk and standbys like that of a
    /// transaction that wrote. For work that was found done: it may so far exist on this server
    /// only.
    /// @throws Failure, as `exec`.
    virtual void expect_durable() = 0;

    /// Commits. Returns only if the server confirmed the commit, or if no statement was run and so
    /// the transaction was never sent to it.
    /// @throws Failure: `in_doubt` if the answer was lost or leaves the outcome open, otherwise
    /// nothing was stored.
    virtual void commit() = 0;

    /// @throws Failure; then the connection must be closed, which also rolls back.
    virtual void rollback() = 0;

    /// The same object for the life of the session; may outlive it.
    virtual std::shared_ptr<SessionControl> control() noexcept = 0;

    /// Forgets what earlier calls have told the session.
    void start_call() noexcept { wakes_background_job_ = false; }
    /// Forgets what earlier runs of the job have told the session, except that the background job
    /// is to run: they may have been committed.
    void start_job() noexcept {
        has_changes_ = true;
        repeat_.reset();
    }
    bool has_changes() const noexcept { return has_changes_; }
    bool wakes_background_job() const noexcept { return wakes_background_job_; }
    /// Why the job must be repeated, if it must.
    const std::optional<Failure>& repeat() const noexcept { return repeat_; }

    /// @}

private:
    bool has_changes_ = true;
    bool wakes_background_job_ = false;
    std::optional<Failure> repeat_;
};

/// Makes the sessions of one store.
class SessionFactory {
public:
    virtual ~SessionFactory() = default;

    /// A session that is not connected yet. Thread-safe.
    virtual std::unique_ptr<Session> make() = 0;

    /// The server or servers, for error texts.
    virtual std::string where() const = 0;

    /// Counts and times of the statements that its sessions ran.
    virtual std::vector<StatementReading> read_metrics() const = 0;
};

/// The factory of real sessions. `options` must have been validated.
std::shared_ptr<SessionFactory> make_session_factory(const PostgresOptions& options);

}  // namespace roomstore::postgres
