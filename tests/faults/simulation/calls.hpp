#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "faults/simulation/process.hpp"
#include "faults/simulation/scheduler.hpp"
#include "pool/operation.hpp"
#include "room_write_job.hpp"
#include "roomstore/model/event.hpp"

namespace roomstore::simulation {

/// A request of a client.
struct Request {
    enum class Kind : std::uint8_t { append, write_once, read };

    Kind kind = Kind::append;
    std::string room_id{};
    /// For append.
    std::vector<RoomEvent> events{};
    std::optional<std::int64_t> expected_next_index{};
    /// For write_once, which must not be re-run.
    std::string token{};
    /// For write_once: the job throws after it has written.
    bool refuses = false;

    /// Size of its arguments, which counts while it waits.
    std::size_t bytes = 0;
    std::chrono::milliseconds deadline{5000};
    /// Time from the start of the call until it is cancelled.
    std::optional<std::chrono::nanoseconds> cancel_after{};
};
using RequestPtr = std::shared_ptr<const Request>;

/// A call and its outcome.
struct CallRecord {
    RequestPtr request;
    const Process* process = nullptr;
    int client = 0;
    TimePoint began{};
    TimePoint ended{};
    std::uint64_t invoked = 0;
    std::uint64_t answered = 0;
    /// When PoolCore::cancel() had returned.
    std::optional<TimePoint> cancelled{};
    std::uint64_t cancelled_at = 0;
    postgres::CallOutcome outcome{};
    /// Index and id of each event in the answer.
    std::vector<std::pair<std::int64_t, std::string>> answer{};

    TimePoint deadline() const { return began + request->deadline; }
    bool success() const { return outcome.kind == postgres::CallOutcome::Kind::success; }
    bool aborted() const { return outcome.kind == postgres::CallOutcome::Kind::aborted; }
    bool failed(errc code) const {
        return outcome.kind == postgres::CallOutcome::Kind::failed && outcome.code == code;
    }
    bool unknown() const { return failed(errc::commit_unknown); }
    std::string summary() const;
};

/// Makes a call in the pool of `process` and waits for its outcome. Must be called from a task.
CallRecord make_call(Process& process, int client, RequestPtr request);

/// Closes `pool` and waits until it is closed. With `drains`, uses close(), which runs the queued
/// calls first.
void close_pool(postgres::PoolCore& pool, bool drains);

/// Runs the completion handlers that are ready. Must be called outside of tasks.
void deliver_answers();

}  // namespace roomstore::simulation
