#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "roomstore/detail/text_hash.hpp"
#include "roomstore/memory/detail/packed_event.hpp"
#include "roomstore/memory/detail/pointer_table.hpp"
#include "roomstore/memory/detail/shards.hpp"

namespace roomstore::detail::memory {

/// Finds the events of all rooms by id, and by id and room.
///
/// Thread-safe; its locks are leaves. An entry only says where to look: the state of an event is
/// certain only under the lock of its room. That lock must be held to change the entries of a room;
/// while it is held, pointers that belong to the room stay valid.
class EventIndex {
public:
    /// Adds an event; its room must not have one with this id. Strong exception guarantee.
    void insert(const PackedEvent& event) {
        const std::size_t hash = TextHash{}(event.id());
        auto& shard = shards_.of(hash);
        const std::lock_guard lock(shard.mutex);
        auto& [single, shared] = shard.part;
        if (const auto rooms = shared.find(event.id()); rooms != shared.end()) {
            rooms->second.emplace(&event.room(), &event);
            return;
        }
        const PackedEvent* other = single.find(hash, HasId{event.id()});
        if (other == nullptr) {
            single.insert(hash, &event);
            return;
        }
        Rooms rooms;
        rooms.emplace(&other->room(), other);
        rooms.emplace(&event.room(), &event);
        shared.emplace(event.id(), std::move(rooms));
        single.erase(hash, other);
    }

    void erase(const PackedEvent& event) noexcept {
        const std::size_t hash = TextHash{}(event.id());
        auto& shard = shards_.of(hash);
        const std::lock_guard lock(shard.mutex);
        auto& [single, shared] = shard.part;
        if (single.erase(hash, &event)) return;
        const auto rooms = shared.find(event.id());
        if (rooms == shared.end()) return;
        rooms->second.erase(&event.room());
        if (rooms->second.empty()) shared.erase(rooms);
    }

    /// Replaces `event` by `replacement`, which has the same id and room.
    void replace(const PackedEvent& event, const PackedEvent& replacement) noexcept {
        const std::size_t hash = TextHash{}(event.id());
        auto& shard = shards_.of(hash);
        const std::lock_guard lock(shard.mutex);
        auto& [single, shared] = shard.part;
        if (single.replace(hash, &event, &replacement)) return;
        if (const auto rooms = shared.find(event.id()); rooms != shared.end()) {
            const auto entry = rooms->second.find(&event.room());
            if (entry != rooms->second.end()) entry->second = &replacement;
        }
    }

    /// The event of the room with that id, or null. The caller holds the lock of the room.
    const PackedEvent* find(const RoomHandle& room, std::string_view id) const {
        const std::size_t hash = TextHash{}(id);
        const auto& shard = shards_.of(hash);
        const std::lock_guard lock(shard.mutex);
        const auto& [single, shared] = shard.part;
        if (const auto* event = single.find(hash, HasId{id})) {
            return &event->room() == &room ? event : nullptr;
        }
        const auto rooms = shared.find(id);
        if (rooms == shared.end()) return nullptr;
        const auto entry = rooms->second.find(&room);
        return entry == rooms->second.end() ? nullptr : entry->second;
    }

    /// The first room, in order of room ids, that may have an event with that id; if `after` is not
    /// null, the first one after it. The caller holds no lock.
    std::shared_ptr<RoomHandle> first_room(std::string_view id,
                                           const RoomHandle* after = nullptr) const {
        const std::size_t hash = TextHash{}(id);
        const auto& shard = shards_.of(hash);
        const std::lock_guard lock(shard.mutex);
        const auto& [single, shared] = shard.part;
        if (const auto* event = single.find(hash, HasId{id})) {
            const bool wanted = after == nullptr || ById{}(after, &event->room());
            return wanted ? event->room().shared_from_this() : nullptr;
        }
        const auto rooms = shared.find(id);
        if (rooms == shared.end()) return nullptr;
        const auto entry =
            after == nullptr ? rooms->second.begin() : rooms->second.upper_bound(after);
        return entry == rooms->second.end() ? nullptr : entry->second->room().shared_from_this();
    }

private:
    struct HasId {
        std::string_view id;
        bool operator()(const PackedEvent& event) const noexcept { return event.id() == id; }
    };
    /// A room that is being deleted and a new room may be present with the same id.
    struct ById {
        bool operator()(const RoomHandle* a, const RoomHandle* b) const noexcept {
            const int order = a->id.compare(b->id);
            return order != 0 ? order < 0 : std::less<>{}(a, b);
        }
    };
    using Rooms = std::map<const RoomHandle*, const PackedEvent*, ById>;

    struct Part {
        /// Events whose id is used in one room only: nearly all events.
        PointerTable<const PackedEvent> single;
        /// Ids that are or were used in several rooms; none of them is in `single`.
        std::map<std::string, Rooms, std::less<>> shared;
    };

    Shards<Part, 128> shards_;
};

/// Finds the events of all rooms by idempotency key and room.
///
/// Thread-safe; its locks are leaves. The entries of a room are read and changed under the lock of
/// the room.
class KeyIndex {
public:
    /// Adds an event with a key that no event of its room has. Strong exception guarantee.
    void insert(const PackedEvent& event) {
        const std::size_t hash = hash_of(event.room(), *event.idempotency_key());
        auto& shard = shards_.of(hash);
        const std::lock_guard lock(shard.mutex);
        shard.part.insert(hash, &event);
    }

    void erase(const PackedEvent& event) noexcept {
        const std::size_t hash = hash_of(event.room(), *event.idempotency_key());
        auto& shard = shards_.of(hash);
        const std::lock_guard lock(shard.mutex);
        shard.part.erase(hash, &event);
    }

    /// Replaces `event` by `replacement`, which has the same key and room.
    void replace(const PackedEvent& event, const PackedEvent& replacement) noexcept {
        const std::size_t hash = hash_of(event.room(), *event.idempotency_key());
        auto& shard = shards_.of(hash);
        const std::lock_guard lock(shard.mutex);
        shard.part.replace(hash, &event, &replacement);
    }

    /// The event of the room with that key, or null.
    const PackedEvent* find(const RoomHandle& room, std::string_view key) const {
        const std::size_t hash = hash_of(room, key);
        const auto& shard = shards_.of(hash);
        const std::lock_guard lock(shard.mutex);
        return shard.part.find(hash, [&](const PackedEvent& event) {
            return &event.room() == &room && event.idempotency_key() == key;
        });
    }

private:
    static std::size_t hash_of(const RoomHandle& room, std::string_view key) {
        // The odd constant (2^64 divided by the golden ratio) spreads the few bits in which
        // addresses of rooms differ.
        const auto number = std::hash<const RoomHandle*>{}(&room);
        return TextHash{}(key) ^ static_cast<std::size_t>(number * 0x9E3779B97F4A7C15U);
    }

    Shards<PointerTable<const PackedEvent>, 128> shards_;
};

}  // namespace roomstore::detail::memory
