#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "roomstore/model/timestamp.hpp"

namespace roomstore::detail::memory {

/// The part of a room that indexes refer to. Constant, except for the directory version.
struct RoomHandle : std::enable_shared_from_this<RoomHandle> {
    RoomHandle(std::string room_id, Timestamp created)
        : id(std::move(room_id)), created_at(created) {}

    const std::string id;
    const Timestamp created_at;
    /// Incremented whenever the entries of this room in the `RoomDirectory` change. Written under
    /// the lock of the room and that of the directory, so that either lock suffices to read it.
    std::uint64_t directory_version = 0;
};

/// The order of every list of rooms: `created_at`, then `id` by bytes.
struct RoomOrder {
    struct Key {
        Timestamp created_at;
        std::string_view id;
        auto operator<=>(const Key&) const noexcept = default;
    };
    static Key key(const RoomHandle* room) noexcept { return {room->created_at, room->id}; }
};

}  // namespace roomstore::detail::memory
