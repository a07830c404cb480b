#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "roomstore/detail/normalize.hpp"
#include "roomstore/memory/detail/engine.hpp"

namespace roomstore::detail::memory {

/// Replaces `before` by `now`; `before` is null for a new binding.
inline void Engine::store_binding(RoomRecord& room,
                                  const std::shared_ptr<const ChannelBinding>& before,
                                  std::shared_ptr<const ChannelBinding> now) {
    auto& bindings = room.contents.bindings;
    const RoomStatus status = room.row->status;
    if (!before) {
        bindings.insert(now);
        Rollback undo([&] { bindings.erase(now->channel_id); });
        directory_.exchange_binding(room, status, nullptr, now.get());
        undo.release();
        return;
    }
    if (before->participant_id != now->participant_id ||
        before->channel_type != now->channel_type) {
        directory_.exchange_binding(room, status, before.get(), now.get());
    }
    bindings.replace(std::move(now));
}

inline ChannelBinding Engine::add_binding(ChannelBinding binding) {
    auto row = std::make_shared<ChannelBinding>(binding);
    auto room = require_room("add_binding", binding.room_id);
    const auto before = room->contents.bindings.find(binding.channel_id);
    if (before) row->attached_at = binding.attached_at = before->attached_at;
    store_binding(*room, before, std::move(row));
    room.unlock();
    return binding;
}

inline std::optional<ChannelBinding> Engine::get_binding(const std::string& room_id,
                                                         const std::string& channel_id) {
    auto room = lock_room(room_id);
    if (!room) return std::nullopt;
    const auto binding = room->contents.bindings.find(channel_id);
    room.unlock();
    return copy(binding);
}

inline ChannelBinding Engine::update_binding(ChannelBinding binding) {
    auto row = std::make_shared<ChannelBinding>(binding);
    auto room = lock_room(binding.room_id);
    const auto before = room ? room->contents.bindings.find(binding.channel_id) : nullptr;
    if (!before) {
        throw does_not_exist("update_binding", "channel", binding.channel_id, binding.room_id);
    }
    row->attached_at = binding.attached_at = before->attached_at;
    store_binding(*room, before, std::move(row));
    room.unlock();
    return binding;
}

inline bool Engine::remove_binding(const std::string& room_id, const std::string& channel_id) {
    const auto room = lock_room(room_id);
    if (!room) return false;
    const auto binding = room->contents.bindings.find(channel_id);
    if (!binding) return false;
    directory_.exchange_binding(*room, room->row->status, binding.get(), nullptr);
    return room->contents.bindings.erase(channel_id);
}

inline std::vector<ChannelBinding> Engine::list_bindings(const std::string& room_id) {
    auto room = lock_room(room_id);
    if (!room) return {};
    const auto bindings = room->contents.bindings.list();
    room.unlock();
    return copy(bindings);
}

inline bool Engine::binding_exists(const std::string& room_id, const std::string& channel_id) {
    const auto room = lock_room(room_id);
    return room && room->contents.bindings.contains(channel_id);
}

inline Participant Engine::add_participant(Participant participant) {
    normalize_connected_via(participant);
    auto row = std::make_shared<Participant>(participant);
    auto room = require_room("add_participant", participant.room_id);
    auto& participants = room->contents.participants;
    if (const auto before = participants.find(participant.id)) {
        row->joined_at = participant.joined_at = before->joined_at;
        participants.replace(std::move(row));
    } else {
        participants.insert(std::move(row));
        Rollback undo([&] { participants.erase(participant.id); });
        directory_.add_participant(*room, room->row->status, participant.id);
        undo.release();
    }
    room.unlock();
    return participant;
}

inline std::optional<Participant> Engine::get_participant(const std::string& room_id,
                                                          const std::string& participant_id) {
    auto room = lock_room(room_id);
    if (!room) return std::nullopt;
    const auto participant = room->contents.participants.find(participant_id);
    room.unlock();
    return copy(participant);
}

inline Participant Engine::update_participant(Participant participant) {
    normalize_connected_via(participant);
    auto row = std::make_shared<Participant>(participant);
    auto room = lock_room(participant.room_id);
    const auto before = room ? room->contents.participants.find(participant.id) : nullptr;
    if (!before) {
        throw does_not_exist(
            "update_participant", "participant", participant.id, participant.room_id);
    }
    row->joined_at = participant.joined_at = before->joined_at;
    room->contents.participants.replace(std::move(row));
    room.unlock();
    return participant;
}

inline bool Engine::remove_participant(const std::string& room_id,
                                       const std::string& participant_id) {
    const auto room = lock_room(room_id);
    if (!room || !room->contents.participants.erase(participant_id)) return false;
    directory_.remove_participant(*room, room->row->status, participant_id);
    return true;
}

inline std::vector<Participant> Engine::list_participants(const std::string& room_id) {
    auto room = lock_room(room_id);
    if (!room) return {};
    const auto participants = room->contents.participants.list();
    room.unlock();
    return copy(participants);
}

}  // namespace roomstore::detail::memory
