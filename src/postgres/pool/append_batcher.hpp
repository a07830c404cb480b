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

/// Appends that wait for a worker, and which of them go together in one transaction.
///
/// A worker that is free takes all that wait, up to a bound, and nobody waits for company: what
/// arrives while a transaction runs is the next one. The rooms of a transaction are held until it
/// has ended, so that no other worker of this pool waits for their locks. Those who wait longest
/// go first.
///
/// No locks and no clock: the pool guards it.
class AppendBatcher {
public:
    using CallPtr = std::shared_ptr<PendingCall>;
    using Rooms = std::vector<std::string>;

    /// What goes into one transaction at most. A call that is larger goes alone.
    struct Bounds {
        std::size_t events = 256;
        std::size_t bytes = std::size_t{1} << 20;
    };

    explicit AppendBatcher(Bounds bounds) : bounds_(bounds) {}

    /// Adds a call with a joint job, behind the others of its room.
    void add(CallPtr call);

    /// Takes back calls that a worker has not finished; they go before the others of their rooms.
    void put_back(std::vector<CallPtr> calls);

    /// The ticket of the first call that a worker may take now.
    std::optional<std::uint64_t> first() const;

    /// How many rooms have something to take now: one worker may take it all.
    std::size_t ready() const noexcept { return ready_.size(); }

    std::size_t size() const noexcept { return size_; }

    /// Takes the first call that may go and all that may go with it, and holds their rooms.
    std::vector<CallPtr> take();

    /// Whether the room is held.
    bool holds(const std::string& room) const {
        const auto queue = room_queues_.find(room);
        return queue != room_queues_.end() && queue->second.held;
    }

    /// Lets go of rooms that `take` held.
    void release(const Rooms& rooms);

    /// Takes out one call, or all for which `pred` is true.
    bool remove(PendingCall& call);
    template <typename Pred>
    void remove_if(Pred pred) {
        for (auto queue = room_queues_.begin(); queue != room_queues_.end();) {
            size_ -= queue->second.waiting.remove_if(pred);
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

    /// Takes the part of the lane that goes with what is taken already. False: no more fits.
    bool take_from(RoomQueues::iterator queue,
                   std::vector<CallPtr>& taken,
                   BatchableJob::Size& size);
    bool fits(const BatchableJob::Size& have, const BatchableJob::Size& more) const noexcept;
    /// Puts the lane in its place among those that are ready, or away where nothing is left of it.
    void update_ready(RoomQueues::iterator queue);

    Bounds bounds_;
    RoomQueues room_queues_;
    std::map<std::uint64_t, RoomQueues::iterator> ready_;  // by the ticket of the first that waits
    std::size_t size_ = 0;
};

/// The rooms of `calls`, each once.
AppendBatcher::Rooms rooms_of(const std::vector<AppendBatcher::CallPtr>& calls);

}  // namespace roomstore::postgres
