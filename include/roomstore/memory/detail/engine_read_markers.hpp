#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "roomstore/memory/detail/engine.hpp"

namespace roomstore::detail::memory {

inline void Engine::move_marker(RoomRecord& room,
                                const std::string& channel_id,
                                std::int64_t index) {
    std::int64_t& marker = room.contents.markers.try_emplace(channel_id, index).first->second;
    marker = (std::max)(marker, index);
}

inline std::int64_t Engine::unread_count(const RoomRecord& room, const std::string& channel_id) {
    const auto marker = room.contents.markers.find(channel_id);
    return room.contents.events.count_above(marker == room.contents.markers.end() ? -1
                                                                                  : marker->second);
}

inline void Engine::mark_read(const std::string& room_id,
                              const std::string& channel_id,
                              const std::string& event_id) {
    const auto room = lock_room(room_id);
    const auto event = room ? find_event(*room, event_id) : nullptr;
    if (!event) throw does_not_exist("mark_read", "event", event_id, room_id);
    move_marker(*room, channel_id, event->index());
}

inline void Engine::mark_all_read(const std::string& room_id, const std::string& channel_id) {
    const auto room = require_room("mark_all_read", room_id);
    const std::int64_t last = room->counters.last_given();
    if (last >= 0) move_marker(*room, channel_id, last);
}

inline std::int64_t Engine::get_unread_count(const std::string& room_id,
                                             const std::string& channel_id) {
    const auto room = lock_room(room_id);
    return room ? unread_count(*room, channel_id) : 0;
}

inline std::map<std::string, std::int64_t> Engine::get_unread_counts(
    const std::string& channel_id,
    const std::vector<std::string>& room_ids) {
    std::map<std::string, std::int64_t> counts;
    for (const auto& room_id : room_ids) {
        const auto room = lock_room(room_id);
        counts[room_id] = room ? unread_count(*room, channel_id) : 0;
    }
    return counts;
}

inline std::map<std::string, std::int64_t> Engine::list_read_markers(const std::string& room_id) {
    const auto room = lock_room(room_id);
    if (!room) return {};
    return {room->contents.markers.begin(), room->contents.markers.end()};
}

}  // namespace roomstore::detail::memory
