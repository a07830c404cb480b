#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pool/pending_call.hpp"

namespace roomstore::postgres {

/// The queue of appends that wait for a worker. Decides which of them form the next batch.
///
/// An idle worker takes all queued appends, up to the bounds of a batch; no append waits for others
/// to join it. Appends that arrive while a transaction runs form the next batch. The rooms of a
/// batch are held until its transaction has ended, so that no other worker of this pool waits for
/// their locks. The oldest appends go first.
///
/// Has no locks and no clock; the pool synchronizes access.
class AppendBatcher {
public:
    using CallPtr = std::shared_ptr<PendingCall>;
    using Rooms = std::vector<std::string>;

    /// Upper bounds of one batch. A call that exceeds them runs in a batch of its own.
    struct Bounds {
        std::size_t events = 256;
        std::size_t bytes = std::size_t{1} << 20;
    };

    explicit AppendBatcher(Bounds bounds) : bounds_(bounds) {}

    /// Adds a call with a batchable job, behind the queued calls to its room.
    void add(CallPtr call);

    /// Requeues calls that a worker has not finished, ahead of the other calls to their rooms.
    void put_back(std::vector<CallPtr> calls);

    /// The ticket of the first call that a worker may take now.
    std::optional<std::uint64_t> first() const;

    /// Number of rooms with calls to take now. A single worker may take all of them.
    std::size_t ready() const noexcept { return ready_.size(); }

    /// The first queued call of each of these rooms, at most `most`, the oldest first.
    std::vector<const PendingCall*> heads(std::size_t most) const;

    std::size_t size() const noexcept { return size_; }
    /// The sum of the queued calls' bytes.
    std::size_t bytes() const noexcept { return bytes_; }

    /// Takes the first call that is ready and all that may share its transaction, and holds their
    /// rooms.
    std::vector<CallPtr> take();

    /// Whether the room is held.
    bool holds(const std::string& room) const {
        const auto queue = room_queues_.find(room);
        return queue != room_queues_.end() && queue->second.held;
    }

    /// Releases rooms that `take` held.
    void release(const Rooms& rooms);

    /// Removes one call, or all for which `pred` is true.
    bool remove(PendingCall& call);
    template <typename Pred>
    void remove_if(Pred pred) {
        for (auto queue = room_queues_.begin(); queue != room_queues_.end();) {
            auto& waiting = queue->second.waiting;
            bytes_ -= waiting.bytes();
            size_ -= waiting.remove_if(pred);
            bytes_ += waiting.bytes();
            update_ready(queue++);
        }
    }

private:
    struct RoomQueue {
        CallQueue waiting{};
        bool held = false;
        std::optional<std::uint64_t> ready_as{};
    };
    using RoomQueues = std::map<std::string, RoomQueue>;

    /// Takes the calls of the room queue that may join the batch. Returns false if no more fit.
    bool take_from(RoomQueues::iterator queue,
                   std::vector<CallPtr>& taken,
                   BatchableJob::Size& size);
    bool fits(const BatchableJob::Size& have, const BatchableJob::Size& more) const noexcept;
    /// Updates the entry of the room queue in `ready_`; erases the queue if it is empty and not
    /// held.
    void update_ready(RoomQueues::iterator queue);

    Bounds bounds_;
    RoomQueues room_queues_;
    std::map<std::uint64_t, RoomQueues::iterator> ready_;  // by the ticket of the first queued call
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;
};

/// The rooms of `calls`, each once.
AppendBatcher::Rooms rooms_of(const std::vector<AppendBatcher::CallPtr>& calls);

}  // namespace roomstore::postgres
