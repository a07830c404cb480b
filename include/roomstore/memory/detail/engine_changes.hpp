#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "roomstore/memory/detail/engine.hpp"

namespace roomstore::detail::memory {

inline RoomChanges Engine::list_changes(const std::string& /*room_id*/,
                                        const ChangesQuery& /*query*/) {
    throw Error(errc::internal, "list_changes: not written yet");
}

inline void Engine::reset_cursors() {
    throw Error(errc::internal, "reset_cursors: not written yet");
}

inline std::shared_ptr<RoomWatch> Engine::watch_rooms(std::vector<std::string> rooms) {
    require_open();
    return watches_->watch(std::move(rooms));
}

}  // namespace roomstore::detail::memory
