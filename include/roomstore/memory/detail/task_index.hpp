#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "roomstore/memory/detail/room_handle.hpp"
#include "roomstore/memory/detail/text_pair.hpp"

namespace roomstore::detail::memory {

/// Finds the rooms that may have a task, by the id of the task.
///
/// Thread-safe; its lock is a leaf. The entries of a room are changed under the lock of the room.
/// Whether a task exists is certain only under that lock.
class TaskIndex {
public:
    /// Adds a new entry. Strong exception guarantee.
    void insert(const std::string& task_id, RoomHandle& room) {
        const std::lock_guard lock(mutex_);
        rooms_.emplace(TextPair(task_id, room.id), &room);
    }

    void erase(const std::string& task_id, const RoomHandle& room) noexcept {
        const std::lock_guard lock(mutex_);
        const auto entry = rooms_.find(TextPairView{task_id, room.id});
        if (entry != rooms_.end()) rooms_.erase(entry);
    }

    /// The first room, in order of room ids, with an entry for the task; if `after` is not null,
    /// the first one after it.
    std::shared_ptr<RoomHandle> first_room(std::string_view task_id,
                                           const RoomHandle* after = nullptr) const {
        const std::lock_guard lock(mutex_);
        const auto entry = after == nullptr ? rooms_.lower_bound(TextPairView{task_id, {}})
                                            : rooms_.upper_bound(TextPairView{task_id, after->id});
        if (entry == rooms_.end() || entry->first.first != task_id) return nullptr;
        return entry->second->shared_from_this();
    }

private:
    mutable std::mutex mutex_;
    /// By (task id, room id).
    std::map<TextPair, RoomHandle*, TextPairLess> rooms_;
};

}  // namespace roomstore::detail::memory
