#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "roomstore/model/timestamp.hpp"

namespace roomstore::detail::memory {

/// What indexes know of a room: the part that never changes.
struct RoomHandle : std::enable_shared_from_this<RoomHandle> {
    RoomHandle(std::string room_id, Timestamp created)
        : id(std::move(room_id)), created_at(created) {}

    const std::string id;
    const Timestamp created_at;
    /// Changes whenever the `RoomDirectory` changes about this room. Written under the lock of the
    /// room and that of the directory, so that either is enough to read it.
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
