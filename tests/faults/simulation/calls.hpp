#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "append_job.hpp"
#include "faults/simulation/process.hpp"
#include "faults/simulation/scheduler.hpp"
#include "pool/operation.hpp"
#include "roomstore/model/event.hpp"

namespace roomstore::simulation {

/// What a client asks for.
struct Request {
    enum class Kind : std::uint8_t { append, write_once, read };

    Kind kind = Kind::append;
    std::string room_id{};
    /// Of an append.
    std::vector<RoomEvent> events{};
    std::optional<std::int64_t> expected_next_index{};
    /// Of a write that must not be run twice.
    std::string token{};
    /// Whether its job, having written, refuses.
    bool refuses = false;

    std::chrono::milliseconds deadline{5000};
    /// When the caller loses interest, from the beginning.
    std::optional<std::chrono::nanoseconds> cancel_after{};
};
using RequestPtr = std::shared_ptr<const Request>;

/// A call, and how it ended.
struct CallRecord {
    RequestPtr request;
    const Process* process = nullptr;
    int client = 0;
    TimePoint began{};
    TimePoint ended{};
    std::uint64_t invoked = 0;
    std::uint64_t answered = 0;
    /// When the pool had been told.
    std::optional<TimePoint> cancelled{};
    std::uint64_t cancelled_at = 0;
    postgres::CallOutcome outcome{};
    /// The events as answered; of a read, index and id of each.
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

/// Makes the call in the pool of `process`, and returns when it has been answered. From a task.
CallRecord make_call(Process& process, int client, RequestPtr request);

/// Closes `pool` and returns when it is closed; `drains`: by close(), which lets what is queued
/// run.
void close_pool(postgres::PoolCore& pool, bool drains);

/// Lets answers reach their callers. From outside of tasks.
void deliver_answers();

}  // namespace roomstore::simulation
