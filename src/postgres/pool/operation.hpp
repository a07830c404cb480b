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
    /// Changes nothing; each statement is a transaction of its own. Run again after any loss.
    read,
    /// One transaction, which the worker begins and ends.
    write,
};

/// What running a write once more does after its COMMIT was lost.
enum class Rerun : std::uint8_t {
    /// It might answer wrongly (`already_exists` for its own row) or do the work twice: the caller
    /// learns that the outcome is unknown.
    unsafe,
    /// It finds what became of the first run, or does the same again to the same effect, and
    /// answers truly.
    settles,
};

/// What a job is, to the workers.
struct Operation {
    std::string_view name;  ///< A literal: the method of the store.
    Mode mode = Mode::read;
    Rerun rerun = Rerun::unsafe;
    std::string room_id{};                                ///< For error texts; may be empty.
    std::optional<std::chrono::milliseconds> deadline{};  ///< Instead of the store's.
};

class BatchableJob;

/// The work of one call. May run several times; keeps the result of the last run.
class Job {
public:
    virtual ~Job() = default;
    virtual void run(Session& session) = 0;
    /// Itself, where it can share a transaction.
    virtual BatchableJob* batchable() noexcept { return nullptr; }
};

/// Work for one room that can share a transaction with work of its kind. All joint jobs of a pool
/// are of one kind.
class BatchableJob : public Job {
public:
    struct Size {
        std::size_t events = 0;
        std::size_t bytes = 0;
    };

    virtual Size size() const noexcept = 0;

    /// Runs `jobs`, one of which is this one, in the transaction that is open. Each keeps its own
    /// result or refusal; the refusal of one leaves the others untouched.
    virtual void run_batch(Session& session, std::span<BatchableJob* const> jobs) = 0;

    /// Why the last run refused this one, if it did.
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

/// How a call ended: a plain value, which crosses threads. The result itself stays in the job.
struct CallOutcome {
    enum class Kind : std::uint8_t { success, aborted, failed };

    Kind kind = Kind::success;
    errc code = errc::internal;
    std::string text{};
    std::string sqlstate{};
    /// The text lacks the names of the operation and of its room.
    bool needs_context = false;
    /// The work of one may have failed that of all: each is to be run again in this company.
    std::optional<BatchScope> retry_scope{};
    /// What the same is called by those of several whose own COMMIT was never sent, where that of
    /// others is in doubt.
    std::optional<errc> code_if_not_committed{};
    /// Not run: there was no connection here, but there is one elsewhere.
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
