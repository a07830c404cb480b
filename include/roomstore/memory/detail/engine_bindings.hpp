#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "roomstore/memory/detail/engine.hpp"

namespace roomstore::detail::memory {

inline void Engine::store_row(RoomRecord& room,
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
    return add_or_replace_row(&RoomContents::bindings, "add_binding", std::move(binding));
}

inline std::optional<ChannelBinding> Engine::get_binding(const std::string& room_id,
                                                         const std::string& channel_id) {
    return get_row(&RoomContents::bindings, room_id, channel_id);
}

inline ChannelBinding Engine::update_binding(ChannelBinding binding) {
    return update_row(&RoomContents::bindings, "update_binding", "channel", std::move(binding));
}

inline bool Engine::remove_binding(const std::string& room_id, const std::string& channel_id) {
    const auto room = lock_room(room_id);
    if (!room) return false;
    const auto binding = room->contents.bindings.find(channel_id);
    if (!binding) return false;
    directory_.exchange_binding(*room, room->row->status, binding.get(), nullptr);
    return room->contents.bindings.erase(channel_id);
}

inline std::vector<ChannelBinding> Engine::list_bindings(const std::string& room_id,
                                                         const std::optional<Page>& page) {
    return copy(page_of(list_rows(&RoomContents::bindings, room_id), page));
}

inline bool Engine::binding_exists(const std::string& room_id, const std::string& channel_id) {
    const auto room = lock_room(room_id);
    return room && room->contents.bindings.contains(channel_id);
}

}  // namespace roomstore::detail::memory
