#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "roomstore/memory/detail/room_handle.hpp"
#include "roomstore/memory/detail/text_pair.hpp"
#include "roomstore/model/enums.hpp"

namespace roomstore::detail::memory {

/// Rooms by key, ordered by (`created_at`, `id`) within each status. Links are counted: a room may
/// be linked to a key several times and stays until the last link is removed.
class RoomLinks {
public:
    /// Adds a link. Strong exception guarantee.
    void add(TextPairView key, RoomHandle& room, RoomStatus status) {
        auto rooms = rooms_.find(key);
        if (rooms == rooms_.end()) {
            rooms = rooms_.try_emplace(TextPair(key.first, key.second)).first;
        }
        try {
            ++rooms->second[{status, &room}];
        } catch (...) {
            if (rooms->second.empty()) rooms_.erase(rooms);
            throw;
        }
    }

    /// Removes a link that was added with this status, or moved to it.
    void remove(TextPairView key, RoomHandle& room, RoomStatus status) noexcept {
        const auto rooms = rooms_.find(key);
        if (rooms == rooms_.end()) return;
        const auto place = rooms->second.find({status, &room});
        if (place == rooms->second.end() || --place->second > 0) return;
        rooms->second.erase(place);
        if (rooms->second.empty()) rooms_.erase(rooms);
    }

    /// Moves all links between the room and the key, if any, from one status to another.
    void move(TextPairView key, RoomHandle& room, RoomStatus from, RoomStatus to) noexcept {
        const auto rooms = rooms_.find(key);
        if (rooms == rooms_.end()) return;
        auto node = rooms->second.extract({from, &room});
        if (node.empty()) return;
        node.key().status = to;
        rooms->second.insert(std::move(node));
    }

    /// The first `limit` rooms; if `after` is not null, the first ones after this position.
    std::vector<RoomHandle*> oldest(TextPairView key,
                                    std::optional<RoomStatus> status,
                                    std::size_t limit,
                                    const RoomOrder::Key* after = nullptr) const {
        std::vector<RoomHandle*> found;
        const auto rooms = rooms_.find(key);
        if (rooms == rooms_.end()) return found;
        std::array<Range, statuses.size()> ranges;
        std::transform(statuses.begin(), statuses.end(), ranges.begin(), [&](RoomStatus wanted) {
            const auto end = rooms->second.end();
            return !status || *status == wanted ? range_of(rooms->second, wanted, after)
                                                : Range{end, end};
        });
        while (found.size() < limit) {
            const auto next =
                std::min_element(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
                    if (a.first == a.second || b.first == b.second) return a.first != a.second;
                    return is_before(a.first->first.room, b.first->first.room);
                });
            if (next->first == next->second) break;
            found.push_back(next->first->first.room);
            ++next->first;
        }
        return found;
    }

    /// The last room, or null.
    RoomHandle* newest(TextPairView key, std::optional<RoomStatus> status) const noexcept {
        const auto rooms = rooms_.find(key);
        if (rooms == rooms_.end()) return nullptr;
        RoomHandle* newest = nullptr;
        for (const RoomStatus wanted : statuses) {
            if (status && *status != wanted) continue;
            const Range range = range_of(rooms->second, wanted);
            if (range.first == range.second) continue;
            RoomHandle* last = std::prev(range.second)->first.room;
            if (newest == nullptr || is_before(newest, last)) newest = last;
        }
        return newest;
    }

private:
    static constexpr std::array statuses{RoomStatus::active,
                                         RoomStatus::paused,
                                         RoomStatus::closed,
                                         RoomStatus::archived};
    static_assert(statuses.size() == enum_names<RoomStatus>.size());

    static bool is_before(const RoomHandle* a, const RoomHandle* b) noexcept {
        return RoomOrder::key(a) < RoomOrder::key(b);
    }

    struct Place {
        RoomStatus status;
        RoomHandle* room;
    };
    /// That of a room which need not exist.
    struct Position {
        RoomStatus status;
        RoomOrder::Key room;
    };
    struct PlaceLess {
        using is_transparent = void;
        bool operator()(const Place& a, const Place& b) const noexcept {
            return a.status != b.status ? a.status < b.status : is_before(a.room, b.room);
        }
        bool operator()(const Position& a, const Place& b) const noexcept {
            return a.status != b.status ? a.status < b.status : a.room < RoomOrder::key(b.room);
        }
        bool operator()(const Place& a, RoomStatus b) const noexcept { return a.status < b; }
        bool operator()(RoomStatus a, const Place& b) const noexcept { return a < b.status; }
    };
    /// Number of links of each room.
    using Rooms = std::map<Place, std::uint32_t, PlaceLess>;
    using Range = std::pair<Rooms::const_iterator, Rooms::const_iterator>;

    static Range range_of(const Rooms& rooms,
                          RoomStatus status,
                          const RoomOrder::Key* after = nullptr) noexcept {
        const auto first = after == nullptr ? rooms.lower_bound(status)
                                            : rooms.upper_bound(Position{status, *after});
        return {first, rooms.upper_bound(status)};
    }

    std::map<TextPair, Rooms, TextPairLess> rooms_;
};

}  // namespace roomstore::detail::memory
