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

/// A call in the pool. Guarded by the lock of the pool, except for the job, which belongs to the
/// worker that runs it.
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
    /// The last failure before a stop, which is why the call did not succeed in time.
    std::optional<Failure> failure{};
    /// Sequence number among all calls of the pool, in order of arrival.
    std::uint64_t ticket = 0;
    /// The widest scope of a batch that the call may join, if its job is batchable.
    BatchScope scope = BatchScope::any_room;

    std::size_t bytes() const noexcept { return operation.bytes; }

    /// For the queue that holds the call.
    QueueLinks<PendingCall>& links() noexcept { return links_; }
    const QueueLinks<PendingCall>& links() const noexcept { return links_; }

private:
    QueueLinks<PendingCall> links_{};
};

using CallQueue = LinkedQueue<PendingCall>;

}  // namespace roomstore::postgres
