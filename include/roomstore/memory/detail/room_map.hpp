#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "roomstore/memory/detail/room_record.hpp"
#include "roomstore/memory/detail/shards.hpp"
#include "roomstore/memory/detail/text_hash.hpp"

namespace roomstore::detail::memory {

/// Finds rooms by id.
///
/// May be used by several threads; its locks are leaves.
class RoomMap {
public:
    using RoomPtr = std::shared_ptr<RoomRecord>;

    /// The record under that id, or null.
    RoomPtr find(std::string_view room_id) const {
        const auto& shard = shards_.of(TextHash{}(room_id));
        const std::lock_guard lock(shard.mutex);
        const auto room = shard.part.find(room_id);
        return room == shard.part.end() ? nullptr : room->second;
    }

    /// Adds `room` where `allowed()`, asked under the lock, and unless its id is taken.
    /// @returns the record that is now under the id, or null where it was not allowed.
    template <typename Allowed>
    RoomPtr insert(const RoomPtr& room, const Allowed& allowed) {
        auto& shard = shards_.of(TextHash{}(room->id));
        const std::lock_guard lock(shard.mutex);
        if (!allowed()) return nullptr;
        return shard.part.try_emplace(room->id, room).first->second;
    }

    /// Removes the entry of that very record.
    void erase(const RoomRecord& room) noexcept {
        auto& shard = shards_.of(TextHash{}(room.id));
        const std::lock_guard lock(shard.mutex);
        const auto entry = shard.part.find(room.id);
        if (entry != shard.part.end() && entry->second.get() == &room) shard.part.erase(entry);
    }

    /// Hands every record to `remove`, which takes it out, and no lock. Needs no memory.
    template <typename Remove>
    void drain(const Remove& remove) {
        for (auto& shard : shards_) {
            while (const RoomPtr room = any_of(shard)) remove(room);
        }
    }

private:
    using Part = std::unordered_map<std::string, RoomPtr, TextHash, std::equal_to<>>;

    static RoomPtr any_of(Shards<Part, 64>::Shard& shard) {
        const std::lock_guard lock(shard.mutex);
        return shard.part.empty() ? nullptr : shard.part.begin()->second;
    }

    Shards<Part, 64> shards_;
};

}  // namespace roomstore::detail::memory
