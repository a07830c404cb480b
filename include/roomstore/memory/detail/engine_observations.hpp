#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "roomstore/memory/detail/engine.hpp"

namespace roomstore::detail::memory {

inline void Engine::store_row(RoomRecord& room,
                              const std::shared_ptr<const Observation>&,
                              std::shared_ptr<const Observation> now) {
    room.contents.observations.insert(std::move(now));
}

inline Observation Engine::add_observation(Observation observation) {
    return add_row(
        &RoomContents::observations, "add_observation", "observation", std::move(observation));
}

inline std::vector<Observation> Engine::list_observations(const std::string& room_id,
                                                          const std::optional<Page>& page) {
    return copy(page_of(list_rows(&RoomContents::observations, room_id), page));
}

}  // namespace roomstore::detail::memory
