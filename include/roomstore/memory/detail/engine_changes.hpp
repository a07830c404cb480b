#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "roomstore/memory/detail/changes_page.hpp"
#include "roomstore/memory/detail/engine.hpp"

namespace roomstore::detail::memory {

inline std::size_t Engine::changes_to_remember(const Limits& limits) noexcept {
    if (limits.change_history == 0) return (std::numeric_limits<std::size_t>::max)();
    return static_cast<std::size_t>(limits.change_history);
}

inline RoomChanges Engine::list_changes(const std::string& room_id, const ChangesQuery& query) {
    auto room = lock_room(room_id);
    if (!room) {
        RoomChanges none;
        none.reset = query.since && query.since->room != 0;
        return none;
    }
    ChangesPage page(*room, cursor_hash_.of(room->generation), query);
    room.unlock();
    return page.to_changes(room_id);
}

inline void Engine::reset_cursors() {
    require_open();
    cursor_hash_.renew();
}

inline std::shared_ptr<RoomWatch> Engine::watch_rooms(std::vector<std::string> rooms) {
    require_open();
    return watches_->watch(std::move(rooms));
}

}  // namespace roomstore::detail::memory
