#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "roomstore/detail/normalize.hpp"
#include "roomstore/memory/detail/engine.hpp"

namespace roomstore::detail::memory {

inline void Engine::store_row(RoomRecord& room,
                              const std::shared_ptr<const Participant>& before,
                              std::shared_ptr<const Participant> now) {
    auto& participants = room.contents.participants;
    if (before) {
        participants.replace(std::move(now));
        return;
    }
    participants.insert(now);
    Rollback undo([&] { participants.erase(now->id); });
    directory_.add_participant(room, room.row->status, now->id);
    undo.release();
}

inline Participant Engine::add_participant(Participant participant) {
    normalize_connected_via(participant);
    return add_or_replace_row(
        &RoomContents::participants, "add_participant", std::move(participant));
}

inline std::optional<Participant> Engine::get_participant(const std::string& room_id,
                                                          const std::string& participant_id) {
    return get_row(&RoomContents::participants, room_id, participant_id);
}

inline Participant Engine::update_participant(Participant participant) {
    normalize_connected_via(participant);
    return update_row(
        &RoomContents::participants, "update_participant", "participant", std::move(participant));
}

inline bool Engine::remove_participant(const std::string& room_id,
                                       const std::string& participant_id) {
    const auto room = lock_room(room_id);
    if (!room || !room->contents.participants.erase(participant_id)) return false;
    directory_.remove_participant(*room, room->row->status, participant_id);
    return true;
}

inline std::vector<Participant> Engine::list_participants(const std::string& room_id,
                                                          const std::optional<Page>& page) {
    return copy(page_of(list_rows(&RoomContents::participants, room_id), page));
}

}  // namespace roomstore::detail::memory
