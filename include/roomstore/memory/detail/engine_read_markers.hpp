#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "roomstore/memory/detail/engine.hpp"
#include "roomstore/memory/detail/event_matcher.hpp"

namespace roomstore::detail::memory {

inline void Engine::move_marker(RoomRecord& room,
                                const std::string& channel_id,
                                std::int64_t index) {
    std::int64_t& marker = room.contents.markers.try_emplace(channel_id, index).first->second;
    marker = (std::max)(marker, index);
}

/// The read marker of the channel; -1 if there is none.
inline std::int64_t Engine::marker_of(const RoomRecord& room, const std::string& channel_id) {
    const auto marker = room.contents.markers.find(channel_id);
    return marker == room.contents.markers.end() ? -1 : marker->second;
}

inline std::int64_t Engine::unread_count(const RoomRecord& room, const std::string& channel_id) {
    return room.contents.events.count_above(marker_of(room, channel_id));
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

inline void Engine::mark_unread_from(const std::string& room_id,
                                     const std::string& channel_id,
                                     std::int64_t index) {
    const auto room = require_room("mark_unread_from", room_id);
    const auto marker = room->contents.markers.find(channel_id);
    if (marker == room->contents.markers.end()) return;
    marker->second = (std::min)(marker->second, index - 1);
}

inline std::int64_t Engine::get_unread_count(const std::string& room_id,
                                             const std::string& channel_id,
                                             const UnreadQuery& query) {
    const EventFilter filter{.event_types = query.event_types,
                             .exclude_types = query.exclude_types};
    const EventMatcher matches(filter);
    const auto most = query.cap.value_or((std::numeric_limits<std::int64_t>::max)());
    const auto room = lock_room(room_id);
    if (!room) return 0;
    if (matches.passes_all() && !query.exclude_participant) {
        return (std::min)(unread_count(*room, channel_id), most);
    }
    const EventLog& log = room->contents.events;
    std::int64_t count = 0;
    for (auto place = log.upper_bound(marker_of(*room, channel_id));
         place != log.end() && count < most;
         ++place) {
        const bool excluded = query.exclude_participant &&
                              place->event->participant_id() == *query.exclude_participant;
        if (!excluded && matches(*place->event)) ++count;
    }
    return count;
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
