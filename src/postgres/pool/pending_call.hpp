#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "pool/call.hpp"
#include "pool/call_queue.hpp"
#include "pool/completion.hpp"
#include "pool/operation.hpp"

namespace roomstore::postgres {

/// One call on its way through the pool. Guarded by the lock of the pool, but for the job, which
/// belongs to the worker that runs it.
struct PendingCall {
    PendingCall(Operation what,
                std::shared_ptr<Job> how,
                Call::TimePoint deadline,
                StopTimeouts stop_timeouts)
        : state(deadline, stop_timeouts), operation(std::move(what)), job(std::move(how)) {}

    Call state;
    const Operation operation;
    const std::shared_ptr<Job> job;
    std::shared_ptr<PendingCompletion> completion;
    /// The last failure from before a stop: why the call did not succeed in time.
    std::optional<Failure> failure{};
    /// Its place among all calls of the pool, by arrival.
    std::uint64_t ticket = 0;
    /// The most company that it may have, if its job is joint.
    BatchScope scope = BatchScope::any_room;

    /// For the queue that it waits in.
    QueueLinks<PendingCall>& links() noexcept { return links_; }
    const QueueLinks<PendingCall>& links() const noexcept { return links_; }

private:
    QueueLinks<PendingCall> links_{};
};

using CallQueue = LinkedQueue<PendingCall>;

}  // namespace roomstore::postgres
