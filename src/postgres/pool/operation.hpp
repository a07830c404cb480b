#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "driver/session.hpp"
#include "roomstore/error.hpp"

namespace roomstore::postgres {

enum class Mode : std::uint8_t {
    /// Changes nothing; each statement is its own transaction. Re-run after any lost connection.
    read,
    /// One transaction, which the worker begins and ends.
    write,
};

/// Effect of re-running a write after the answer to its COMMIT was lost.
enum class Rerun : std::uint8_t {
    /// The re-run could give a wrong answer (`already_exists` for its own row) or do the work
    /// twice: the caller is told that the outcome is unknown.
    unsafe,
    /// The re-run finds the outcome of the first run, or repeats it with the same effect, and gives
    /// the true answer.
    settles,
};

/// Description of a job for the workers.
struct Operation {
    std::string_view name;  ///< The method of the store; a string literal.
    Mode mode = Mode::read;
    Rerun rerun = Rerun::unsafe;
    /// The room, for error texts and, for a batchable job, the key of its queue. May be empty.
    std::string room_id{};
    std::optional<std::chrono::milliseconds> deadline{};  ///< Overrides the store's.
    /// It gives way to who holds a lock, and is repeated for that reason as often as the deadline
    /// permits.
    bool patient = false;
    /// It fails if no server is found, unless this worker was connected before.
    bool first_contact = false;
    /// Size of the arguments, which the job keeps while it waits.
    std::size_t bytes = 0;
    /// It changes the room: whoever watches it is told once it is committed, or may be.
    bool changes_room = false;
    /// When the caller made the call, if that is earlier than the call's arrival in the pool.
    std::optional<std::chrono::steady_clock::time_point> began{};
};

class BatchableJob;

/// The work of one call. May run several times; keeps the result of the last run.
class Job {
public:
    virtual ~Job() = default;
    virtual void run(Session& session) = 0;
    /// This job, if it can share a transaction; otherwise null.
    virtual BatchableJob* batchable() noexcept { return nullptr; }
};

/// A job for one room that can share a transaction with jobs of the same type. All batchable jobs
/// of a pool have the same type.
class BatchableJob : public Job {
public:
    struct Size {
        std::size_t events = 0;
        std::size_t bytes = 0;
    };

    virtual Size size() const noexcept = 0;

    /// Runs `jobs`, one of which is this one, in the open transaction. Each job keeps its own
    /// result or refusal; the refusal of one does not affect the others.
    virtual void run_batch(Session& session, std::span<BatchableJob* const> jobs) = 0;

    /// The error with which the last run refused this job, if it did.
    virtual std::optional<Error> refusal() const = 0;

    void run(Session& session) final {
        BatchableJob* const alone = this;
        run_batch(session, {&alone, 1});
    }
    BatchableJob* batchable() noexcept final { return this; }
};

/// Which calls a call may share its transaction with.
enum class BatchScope : std::uint8_t {
    /// With none.
    alone,
    /// With calls to the same room.
    one_room,
    /// With calls to any room.
    any_room,
};

/// Outcome of a call: a plain value that is passed between threads. The result itself stays in the
/// job.
struct CallOutcome {
    enum class Kind : std::uint8_t { success, aborted, failed };

    Kind kind = Kind::success;
    errc code = errc::internal;
    std::string text{};
    std::string sqlstate{};
    /// The text lacks the names of the operation and of its room.
    bool needs_context = false;
    /// One call may have caused the failure of the whole batch: each call must be re-run in this
    /// scope.
    std::optional<BatchScope> retry_scope{};
    /// Replaces `code`, which is `commit_unknown`, for calls whose own COMMIT was never sent.
    std::optional<errc> code_if_not_committed{};
    /// Not run: this worker has no connection, but another worker has one.
    bool reroute = false;

    static CallOutcome aborted() { return {.kind = Kind::aborted}; }
    static CallOutcome failed(errc code, std::string text, std::string sqlstate = {}) {
        return {.kind = Kind::failed,
                .code = code,
                .text = std::move(text),
                .sqlstate = std::move(sqlstate)};
    }
};

}  // namespace roomstore::postgres
