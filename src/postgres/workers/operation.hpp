#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
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
    /// answers
    /// truly.
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

/// The work of one call. May run several times; keeps the result of the last run.
class Job {
public:
    virtual ~Job() = default;
    virtual void run(Session& session) = 0;
};

/// How a call ended: a plain value, which crosses threads. The result itself stays in the job.
struct CallOutcome {
    enum class Kind : std::uint8_t { success, aborted, failed };

    Kind kind = Kind::success;
    errc code = errc::internal;
    std::string text{};
    std::string sqlstate{};

    static CallOutcome aborted() { return {.kind = Kind::aborted}; }
    static CallOutcome failed(errc code, std::string text, std::string sqlstate = {}) {
        return {.kind = Kind::failed,
                .code = code,
                .text = std::move(text),
                .sqlstate = std::move(sqlstate)};
    }
};

}  // namespace roomstore::postgres
