#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "roomstore/detail/text_hash.hpp"
#include "roomstore/memory/detail/locked_room.hpp"
#include "roomstore/memory/detail/room_record.hpp"
#include "roomstore/memory/detail/shards.hpp"

namespace roomstore::detail::memory {

/// Finds rooms by id.
///
/// Thread-safe; its locks are leaves.
class RoomMap {
public:
    using RoomPtr = std::shared_ptr<RoomRecord>;

    /// The record with that id, or null.
    RoomPtr find(std::string_view room_id) const {
        const Key key(room_id);
        const auto& shard = shards_.of(key.hash);
        const std::lock_guard lock(shard.mutex);
        const auto room = shard.part.find(key);
        return room == shard.part.end() ? nullptr : room->second;
    }

    /// Locks the record with that id if there is one and its lock is free. Faster than `find`
    /// followed by a lock, because the lock alone keeps the record from being destroyed.
    /// @returns the record if its lock is held by another call, otherwise null.
    RoomPtr lock(std::string_view room_id, LockedRoom& locked) const {
        const Key key(room_id);
        const auto& shard = shards_.of(key.hash);
        const std::lock_guard lock(shard.mutex);
        const auto room = shard.part.find(key);
        if (room == shard.part.end()) return nullptr;
        if (locked.try_lock(*room->second)) return nullptr;
        return room->second;
    }

    /// Adds `room` if `allowed()`, called under the lock, returns true and its id is not taken.
    /// @returns the record that now has the id, or null if `allowed()` returned false.
    template <typename Allowed>
    RoomPtr insert(const RoomPtr& room, const Allowed& allowed) {
        const Key key(room->id);
        auto& shard = shards_.of(key.hash);
        const std::lock_guard lock(shard.mutex);
        if (!allowed()) return nullptr;
        return shard.part.try_emplace(key, room).first->second;
    }

    /// Removes the entry of this record, but not that of another record with the same id.
    void erase(const RoomRecord& room) noexcept {
        const Key key(room.id);
        auto& shard = shards_.of(key.hash);
        const std::lock_guard lock(shard.mutex);
        const auto entry = shard.part.find(key);
        if (entry != shard.part.end() && entry->second.get() == &room) shard.part.erase(entry);
    }

    /// Calls `remove`, which must erase the record, with each record, without holding a lock.
    /// Allocates no memory.
    template <typename Remove>
    void drain(const Remove& remove) {
        for (auto& shard : shards_) {
            while (const RoomPtr room = any_of(shard)) remove(room);
        }
    }

private:
    /// Refers to the id of a record or to an id that is looked up. The hash is computed once.
    struct Key {
        explicit Key(std::string_view room_id) : id(room_id), hash(TextHash{}(room_id)) {}

        std::string_view id;
        std::size_t hash;
        bool operator==(const Key& other) const noexcept {
            return hash == other.hash && id == other.id;
        }
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept { return key.hash; }
    };
    using Part = std::unordered_map<Key, RoomPtr, KeyHash>;

    static RoomPtr any_of(Shards<Part, 64>::Shard& shard) {
        const std::lock_guard lock(shard.mutex);
        return shard.part.empty() ? nullptr : shard.part.begin()->second;
    }

    Shards<Part, 64> shards_;
};

}  // namespace roomstore::detail::memory
