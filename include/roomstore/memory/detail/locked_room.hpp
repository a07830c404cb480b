#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "roomstore/memory/detail/room_record.hpp"

namespace roomstore::detail::memory {

/// A live room with its lock held, or nothing.
class LockedRoom {
public:
    LockedRoom() = default;
    /// Waits for the lock.
    explicit LockedRoom(std::shared_ptr<RoomRecord> room)
        : keeper_(std::move(room)), room_(keeper_.get()), lock_(room_->mutex) {
        release_if_deleted();
    }

    /// Takes the lock of a room if it is free. The caller keeps the record from being destroyed
    /// until it is locked; afterwards the lock does, since removing a room requires its lock.
    /// @returns whether the lock was free. If the room is not alive, this object stays empty in
    /// both cases.
    bool try_lock(RoomRecord& room) {
        std::unique_lock lock(room.mutex, std::try_to_lock);
        if (!lock) return false;
        room_ = &room;
        lock_ = std::move(lock);
        release_if_deleted();
        return true;
    }

    explicit operator bool() const noexcept { return room_ != nullptr; }
    RoomRecord& operator*() const noexcept { return *room_; }
    RoomRecord* operator->() const noexcept { return room_; }
    /// The room must not be used afterwards.
    void unlock() { lock_.unlock(); }

private:
    void release_if_deleted() {
        if (room_->alive) return;
        lock_ = {};
        room_ = nullptr;
        keeper_ = nullptr;
    }

    /// Null if the lock alone keeps the record from being destroyed.
    std::shared_ptr<RoomRecord> keeper_;
    RoomRecord* room_ = nullptr;
    std::unique_lock<std::mutex> lock_;
};

}  // namespace roomstore::detail::memory
