#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "roomstore/model/event.hpp"
#include "roomstore/model/room.hpp"

namespace roomstore::benchmark {

/// A minimal store in memory: a mutex, and a vector of events for each room. It makes the copies
/// that the operations of a store make, and validates nothing.
class BareStore {
public:
    void create_room(Room room) {
        const std::lock_guard lock(mutex_);
        std::string id = room.id;
        rooms_[std::move(id)].room = std::move(room);
    }

    RoomEvent append(const std::string& room_id, RoomEvent event) {
        const std::lock_guard lock(mutex_);
        BareRoom& room = rooms_.at(room_id);
        event.index = static_cast<std::int64_t>(room.events.size());
        room.room.latest_index = event.index;
        ++room.room.event_count;
        room.room.timers.last_activity_at = event.created_at;
        room.events.push_back(event);
        return event;
    }

    std::optional<Room> get_room(const std::string& room_id) const {
        const std::lock_guard lock(mutex_);
        const auto found = rooms_.find(room_id);
        if (found == rooms_.end()) return std::nullopt;
        return found->second.room;
    }

    std::vector<RoomEvent> list_newest(const std::string& room_id, std::int64_t limit) const {
        const std::lock_guard lock(mutex_);
        const auto& events = rooms_.at(room_id).events;
        return {events.end() - std::min(limit, static_cast<std::int64_t>(events.size())),
                events.end()};
    }

    void mark_read(const std::string& room_id, const std::string& channel_id, std::int64_t index) {
        const std::lock_guard lock(mutex_);
        rooms_.at(room_id).markers[channel_id] = index;
    }

    std::int64_t get_unread_count(const std::string& room_id, const std::string& channel_id) const {
        const std::lock_guard lock(mutex_);
        const BareRoom& room = rooms_.at(room_id);
        const auto marker = room.markers.find(channel_id);
        const auto read = marker == room.markers.end() ? -1 : marker->second;
        return static_cast<std::int64_t>(room.events.size()) - 1 - read;
    }

private:
    struct BareRoom {
        Room room{};
        std::vector<RoomEvent> events{};
        std::map<std::string, std::int64_t> markers{};
    };

    mutable std::mutex mutex_;
    std::unordered_map<std::string, BareRoom> rooms_;
};

}  // namespace roomstore::benchmark
