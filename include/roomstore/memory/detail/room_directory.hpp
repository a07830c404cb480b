#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roomstore/memory/detail/ranked_set.hpp"
#include "roomstore/memory/detail/rollback.hpp"
#include "roomstore/memory/detail/room_links.hpp"
#include "roomstore/memory/detail/room_record.hpp"

namespace roomstore::detail::memory {

/// All rooms in list order, in total and by organization and status, and the rooms of each channel
/// and participant.
///
/// Thread-safe; its lock is a leaf. The entries of a room are changed under the lock of that room,
/// in one step, which increments `RoomHandle::directory_version`.
class RoomDirectory {
public:
    /// Maximum number of rooms that a search examines without releasing the lock.
    static constexpr std::size_t max_chunk = 1024;

    /// The organization and status of a room. In a query, an absent value matches all rooms. A
    /// view, so that removing a room needs no memory.
    struct Group {
        std::optional<std::string_view> organization_id;
        std::optional<RoomStatus> status;
    };

    /// Adds a room that has no bindings and no participants. Strong exception guarantee.
    void add(RoomHandle& room, const Group& group) {
        const std::lock_guard lock(mutex_);
        change_groups(room, nullptr, &group);
        ++room.directory_version;
    }

    /// Moves a room and its links to another group. Strong exception guarantee.
    void move(RoomHandle& room, const Group& from, const Group& to, const RoomContents& contents) {
        const std::lock_guard lock(mutex_);
        change_groups(room, &from, &to);
        if (from.status != to.status) {
            for_each_link(contents, [&](RoomLinks& links, TextPairView key) {
                links.move(key, room, *from.status, *to.status);
            });
        }
        ++room.directory_version;
    }

    /// Removes a room and its links.
    void remove(RoomHandle& room, const Group& group, const RoomContents& contents) noexcept {
        const std::lock_guard lock(mutex_);
        change_groups(room, &group, nullptr);
        for_each_link(contents, [&](RoomLinks& links, TextPairView key) {
            links.remove(key, room, *group.status);
        });
        ++room.directory_version;
    }

    /// Replaces the links of the binding `before` by those of `now`; either may be null. Strong
    /// exception guarantee; does not throw if `now` is null.
    void exchange_binding(RoomHandle& room,
                          RoomStatus status,
                          const ChannelBinding* before,
                          const ChannelBinding* now) {
        const std::lock_guard lock(mutex_);
        if (now != nullptr) {
            std::array<Link, 3> added;
            std::size_t count = 0;
            Rollback undo([&] {
                while (count > 0) {
                    --count;
                    added[count].links->remove(added[count].key, room, status);
                }
            });
            for_each_link(*now, [&](RoomLinks& links, TextPairView key) {
                links.add(key, room, status);
                added[count++] = {&links, key};
            });
            undo.release();
        }
        if (before != nullptr) {
            for_each_link(*before, [&](RoomLinks& links, TextPairView key) {
                links.remove(key, room, status);
            });
        }
        ++room.directory_version;
    }

    /// Strong exception guarantee.
    void add_participant(RoomHandle& room, RoomStatus status, const std::string& participant_id) {
        const std::lock_guard lock(mutex_);
        participant_links_.add({participant_id, any}, room, status);
        Rollback undo([&] { participant_links_.remove({participant_id, any}, room, status); });
        participant_links_.add({participant_id, member}, room, status);
        undo.release();
        ++room.directory_version;
    }

    void remove_participant(RoomHandle& room,
                            RoomStatus status,
                            const std::string& participant_id) noexcept {
        const std::lock_guard lock(mutex_);
        participant_links_.remove({participant_id, any}, room, status);
        participant_links_.remove({participant_id, member}, room, status);
        ++room.directory_version;
    }

    /// At most `limit` rooms of the group, starting at `offset`.
    std::vector<std::shared_ptr<RoomHandle>> page(const Group& group,
                                                  std::uint64_t offset,
                                                  std::size_t limit) const {
        const std::lock_guard lock(mutex_);
        const Rooms* rooms = find_rooms(group);
        if (rooms == nullptr || offset >= rooms->size()) return {};
        return take(*rooms, rooms->at(static_cast<std::size_t>(offset)), limit);
    }

    /// At most `limit` rooms of the group, starting after `last`.
    std::vector<std::shared_ptr<RoomHandle>> page_after(const Group& group,
                                                        const RoomOrder::Key& last,
                                                        std::size_t limit) const {
        const std::lock_guard lock(mutex_);
        const Rooms* rooms = find_rooms(group);
        if (rooms == nullptr) return {};
        return take(*rooms, rooms->upper_bound(last), limit);
    }

    /// At most `limit` rooms that have the participant, or a binding with it; if `after` is not
    /// null, starting after it.
    std::vector<std::shared_ptr<RoomHandle>> participant_rooms(const std::string& participant_id,
                                                               std::optional<RoomStatus> status,
                                                               const RoomOrder::Key* after,
                                                               std::size_t limit) const {
        std::vector<std::shared_ptr<RoomHandle>> found;
        const std::lock_guard lock(mutex_);
        const auto rooms = participant_links_.oldest({participant_id, any}, status, limit, after);
        found.reserve(rooms.size());
        for (RoomHandle* room : rooms) found.push_back(room->shared_from_this());
        return found;
    }

    /// The ids of the first `limit` rooms that the channel is attached to. Only each chunk of
    /// `max_chunk` rooms is read at one moment.
    std::vector<std::string> channel_rooms(const std::string& channel_id,
                                           std::optional<RoomStatus> status,
                                           std::size_t limit) const {
        std::vector<std::string> ids;
        std::shared_ptr<RoomHandle> last;
        RoomOrder::Key after;
        while (ids.size() < limit) {
            const std::size_t wanted = (std::min)(max_chunk, limit - ids.size());
            const std::lock_guard lock(mutex_);
            const auto rooms =
                channels_.oldest({channel_id, {}}, status, wanted, last ? &after : nullptr);
            for (const RoomHandle* room : rooms) ids.push_back(room->id);
            if (rooms.size() < wanted) break;
            last = rooms.back()->shared_from_this();
            after = RoomOrder::key(last.get());
        }
        return ids;
    }

    struct Found {
        /// Null if there is none.
        std::shared_ptr<RoomHandle> room;
        std::uint64_t directory_version = 0;
    };

    /// The last room that has the participant, or a binding with it. If `channel_type` is given,
    /// only bindings of that type count.
    Found latest(const std::string& participant_id,
                 const std::optional<ChannelType>& channel_type,
                 std::optional<RoomStatus> status) const {
        const std::lock_guard lock(mutex_);
        RoomHandle* room = nullptr;
        if (channel_type) {
            room = participant_links_.newest({participant_id, channel_type->name()}, status);
            RoomHandle* other = participant_links_.newest({participant_id, member}, status);
            if (room == nullptr ||
                (other != nullptr && RoomOrder::key(room) < RoomOrder::key(other))) {
                room = other;
            }
        } else {
            room = participant_links_.newest({participant_id, any}, status);
        }
        if (room == nullptr) return {};
        return {room->shared_from_this(), room->directory_version};
    }

private:
    using Rooms = RankedSet<RoomHandle*, RoomOrder>;

    struct RoomsByStatus {
        Rooms all;
        std::array<Rooms, enum_names<RoomStatus>.size()> by_status;

        Rooms& of(RoomStatus status) noexcept {
            return by_status[static_cast<std::size_t>(status)];
        }
    };

    /// Kinds of links from a participant to a room: `any` for every link, `member` for membership.
    /// A link by a binding has the channel type as its kind; no channel type has one of these
    /// names.
    static constexpr std::string_view any = "*";
    static constexpr std::string_view member = "@";

    struct Link {
        RoomLinks* links = nullptr;
        TextPairView key;
    };

    template <typename Visit>
    void for_each_link(const ChannelBinding& binding, const Visit& visit) {
        visit(channels_, TextPairView{binding.channel_id, {}});
        if (!binding.participant_id) return;
        visit(participant_links_, TextPairView{*binding.participant_id, any});
        visit(participant_links_,
              TextPairView{*binding.participant_id, binding.channel_type.name()});
    }

    template <typename Visit>
    void for_each_link(const RoomContents& contents, const Visit& visit) {
        for (const auto& [id, binding] : contents.bindings.by_id()) for_each_link(*binding, visit);
        for (const auto& [id, participant] : contents.participants.by_id()) {
            visit(participant_links_, TextPairView{id, any});
            visit(participant_links_, TextPairView{id, member});
        }
    }

    using RoomSets = std::array<Rooms*, 4>;

    /// The sets that a room of that group is in.
    RoomSets sets_of(const Group& group) {
        RoomSets sets{&everywhere_.all, &everywhere_.of(*group.status)};
        if (group.organization_id) {
            auto organization = organizations_.find(*group.organization_id);
            if (organization == organizations_.end()) {
                organization =
                    organizations_.try_emplace(std::string(*group.organization_id)).first;
            }
            sets[2] = &organization->second.all;
            sets[3] = &organization->second.of(*group.status);
        }
        return sets;
    }

    /// Throws only if `to` is not null. Strong exception guarantee.
    void change_groups(RoomHandle& room, const Group* from, const Group* to) {
        RoomSets added{};
        RoomSets removed{};
        if (from != nullptr) removed = sets_of(*from);
        if (to != nullptr) added = sets_of(*to);
        for (Rooms*& set : added) {
            const auto stays = std::find(removed.begin(), removed.end(), set);
            if (stays != removed.end()) *stays = set = nullptr;
        }
        const auto key = RoomOrder::key(&room);
        std::size_t count = 0;
        Rollback undo([&] {
            while (count > 0) {
                if (Rooms* set = added[--count]) set->erase(key);
            }
            if (to != nullptr) drop_if_empty(*to);
        });
        for (Rooms* set : added) {
            if (set != nullptr) set->insert(&room);
            ++count;
        }
        undo.release();
        for (Rooms* set : removed) {
            if (set != nullptr) set->erase(key);
        }
        if (from != nullptr) drop_if_empty(*from);
    }

    void drop_if_empty(const Group& group) noexcept {
        if (!group.organization_id) return;
        const auto organization = organizations_.find(*group.organization_id);
        if (organization != organizations_.end() && organization->second.all.empty()) {
            organizations_.erase(organization);
        }
    }

    const Rooms* find_rooms(const Group& group) const noexcept {
        const RoomsByStatus* rooms = &everywhere_;
        if (group.organization_id) {
            const auto organization = organizations_.find(*group.organization_id);
            if (organization == organizations_.end()) return nullptr;
            rooms = &organization->second;
        }
        return group.status ? &rooms->by_status[static_cast<std::size_t>(*group.status)]
                            : &rooms->all;
    }

    static std::vector<std::shared_ptr<RoomHandle>> take(const Rooms& rooms,
                                                         Rooms::Iterator from,
                                                         std::size_t limit) {
        std::vector<std::shared_ptr<RoomHandle>> taken;
        for (; from != rooms.end() && taken.size() < limit; ++from) {
            taken.push_back((*from)->shared_from_this());
        }
        return taken;
    }

    mutable std::mutex mutex_;
    RoomsByStatus everywhere_;
    std::map<std::string, RoomsByStatus, std::less<>> organizations_;
    /// By (channel id, empty string).
    RoomLinks channels_;
    /// By (participant id, kind of link).
    RoomLinks participant_links_;
};

}  // namespace roomstore::detail::memory
