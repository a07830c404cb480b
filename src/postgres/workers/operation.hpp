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

class JointJob;

/// The work of one call. May run several times; keeps the result of the last run.
class Job {
public:
    virtual ~Job() = default;
    virtual void run(Session& session) = 0;
    /// Itself, where it can share a transaction.
    virtual JointJob* joint() noexcept { return nullptr; }
};

/// Work for one room that can share a transaction with work of its kind. All joint jobs of a pool
/// are of one kind.
class JointJob : public Job {
public:
    struct Size {
        std::size_t events = 0;
        std::size_t bytes = 0;
    };

    virtual Size size() const noexcept = 0;

    /// Runs `jobs`, one of which is this one, in the transaction that is open. Each keeps its own
    /// result or refusal; the refusal of one leaves the others untouched.
    virtual void run_together(Session& session, std::span<JointJob* const> jobs) = 0;

    /// Why the last run refused this one, if it did.
    virtual std::optional<Error> refusal() const = 0;

    void run(Session& session) final {
        JointJob* const alone = this;
        run_together(session, {&alone, 1});
    }
    JointJob* joint() noexcept final { return this; }
};

/// With whom a call shares its transaction.
enum class Company : std::uint8_t {
    none,
    /// Calls to the same room.
    room,
    /// Calls to any room.
    any,
};

/// How a call ended: a plain value, which crosses threads. The result itself stays in the job.
struct CallOutcome {
    enum class Kind : std::uint8_t { success, aborted, failed };

    Kind kind = Kind::success;
    errc code = errc::internal;
    std::string text{};
    std::string sqlstate{};
    /// The text lacks the names of the operation and of its room.
    bool nameless = false;
    /// The work of one may have failed that of all: each is to be run again in this company.
    std::optional<Company> apart{};
    /// What the same is called by those of several whose own COMMIT was never sent, where that of
    /// others is in doubt.
    std::optional<errc> beside_doubt{};
    /// Not run: there was no connection here, but there is one elsewhere.
    bool elsewhere = false;

    static CallOutcome aborted() { return {.kind = Kind::aborted}; }
    static CallOutcome failed(errc code, std::string text, std::string sqlstate = {}) {
        return {.kind = Kind::failed,
                .code = code,
                .text = std::move(text),
                .sqlstate = std::move(sqlstate)};
    }
};

}  // namespace roomstore::postgres
