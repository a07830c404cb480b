#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "roomstore/memory/detail/room_record.hpp"

namespace roomstore::detail::memory {

/// Rooms with events to remove: those of deleted rooms, and hidden ones. First in, first out.
///
/// Thread-safe; its lock is a leaf. Allocates no memory: a room is a member once at most, which
/// `RoomRecord::awaits_removal` tells.
class RemovalQueue {
public:
    RemovalQueue() = default;
    RemovalQueue(const RemovalQueue&) = delete;
    RemovalQueue& operator=(const RemovalQueue&) = delete;
    // Otherwise each room would destroy the next, on a stack as deep as the queue is long.
    ~RemovalQueue() {
        while (pop()) {
        }
    }

    /// As far as known without the lock.
    bool empty() const noexcept { return empty_.load(std::memory_order_relaxed); }

    void push(std::shared_ptr<RoomRecord> room) noexcept {
        const std::lock_guard lock(mutex_);
        RoomRecord* const added = room.get();
        (last_ == nullptr ? first_ : last_->next_removal) = std::move(room);
        last_ = added;
        empty_.store(false, std::memory_order_relaxed);
    }

    /// The first room, or null.
    std::shared_ptr<RoomRecord> pop() noexcept {
        const std::lock_guard lock(mutex_);
        auto room = std::move(first_);
        if (room) first_ = std::move(room->next_removal);
        if (!first_) {
            last_ = nullptr;
            empty_.store(true, std::memory_order_relaxed);
        }
        return room;
    }

private:
    std::mutex mutex_;
    std::shared_ptr<RoomRecord> first_;
    RoomRecord* last_ = nullptr;
    std::atomic<bool> empty_ = true;
};

}  // namespace roomstore::detail::memory
