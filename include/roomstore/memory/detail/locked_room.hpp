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

    /// Takes the lock of a room where nobody holds it. Who calls sees to it that the room stays
    /// until it is locked; from then on it stays because whoever removes a room holds its lock.
    /// @returns whether nobody held it. Where the room is not alive, this is nothing all the same.
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
    /// Afterwards nothing of the room may be used.
    void unlock() { lock_.unlock(); }

private:
    void release_if_deleted() {
        if (room_->alive) return;
        lock_ = {};
        room_ = nullptr;
        keeper_ = nullptr;
    }

    /// Null where the lock alone keeps the room.
    std::shared_ptr<RoomRecord> keeper_;
    RoomRecord* room_ = nullptr;
    std::unique_lock<std::mutex> lock_;
};

}  // namespace roomstore::detail::memory
