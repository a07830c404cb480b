#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "roomstore/detail/contains.hpp"
#include "roomstore/detail/normalize.hpp"
#include "roomstore/memory/detail/engine.hpp"
#include "roomstore/model/timestamp.hpp"

namespace roomstore::detail::memory {

inline Room Engine::create_room(Room room) {
    normalize_numbers(room.metadata);
    const auto record = std::make_shared<RoomRecord>(room.id, room.created_at);
    record->generation = cursor_hash_.next_generation();
    record->row = std::make_shared<const Room>(room);
    record->counters = {
        room.event_count, room.latest_index, room.delivered_index, room.timers.last_activity_at};
    for (;;) {
        std::unique_lock lock(record->mutex);
        const RoomPtr holder = rooms_.insert(record, [this] { return is_open(); });
        if (!holder) require_open();
        if (holder == record) {
            Rollback undo([&] { rooms_.erase(*record); });
            directory_.add(*record, group_of(room));
            undo.release();
            record->alive = true;
            lock.unlock();
            watches_->tell(room.id);
            return room;
        }
        lock.unlock();
        // A holder that is not alive was removed from the map before its lock was released.
        if (LockedRoom(holder)) {
            throw exists_already("create_room", "room", room.id);
        }
    }
}

inline std::optional<Room> Engine::get_room(const std::string& room_id) {
    auto room = lock_room(room_id);
    if (!room) return std::nullopt;
    const RoomSnapshot snapshot = room->snapshot();
    room.unlock();
    return snapshot.to_room();
}

inline Room Engine::update_room(Room room) {
    normalize_numbers(room.metadata);
    auto row = std::make_shared<Room>(room);
    auto record = require_room("update_room", room.id);
    row->created_at = room.created_at = record->created_at;
    room.event_count = record->counters.event_count;
    room.latest_index = record->counters.latest_index;
    room.delivered_index = record->counters.delivered_index;
    if (row->status != record->row->status ||
        row->organization_id != record->row->organization_id) {
        directory_.move(*record, group_of(*record->row), group_of(*row), record->contents);
    }
    record->counters.last_activity_at = room.timers.last_activity_at;
    record->row = std::move(row);
    record->row_revision = ++record->revision;
    record.unlock();
    watches_->tell(room.id);
    return room;
}

inline std::optional<Room> Engine::patch_room_metadata(const std::string& room_id,
                                                       Json patch,
                                                       const std::vector<std::string>& unset) {
    normalize_numbers(patch);
    auto record = lock_room(room_id);
    if (!record) return std::nullopt;
    Room room = record->snapshot().to_room();
    for (const auto& key : unset) room.metadata.erase(key);
    for (auto& [key, value] : patch.items()) room.metadata[key] = std::move(value);
    room.updated_at = now();
    validator_.patched_room(room);
    record->row = std::make_shared<const Room>(room);
    record->row_revision = ++record->revision;
    record.unlock();
    watches_->tell(room_id);
    return room;
}

inline bool Engine::delete_room(const std::string& room_id) {
    const auto room = rooms_.find(room_id);
    const bool deleted = room && remove_room(room);
    if (!deleted) require_open();
    if (deleted) watches_->tell(room_id);
    return deleted;
}

inline bool Engine::remove_room(const RoomPtr& room) {
    RoomContents contents;
    {
        const LockedRoom record(room);
        if (!record) return false;
        record->alive = false;
        directory_.remove(*record, group_of(*record->row), record->contents);
        for (const auto& [id, task] : record->contents.tasks.by_id()) tasks_.erase(id, *record);
        rooms_.erase(*record);
        std::swap(contents, record->contents);
        std::swap(contents.events, record->contents.events);
        std::swap(contents.threads, record->contents.threads);
        record->contents.events.hide_below(max_index + 1);
        // The event indexes refer to the record, not to the room id, so a new room with the same id
        // is not affected.
        if (!remove_hidden(*record, events_at_once)) return true;
    }
    await_removal(room);
    return true;
}

/// Removes hidden events of a room, which is locked, and as many of its changes of hidden events.
/// @returns whether more are left, and the room has to be added to the queue.
inline bool Engine::remove_hidden(RoomRecord& room, std::size_t limit) noexcept {
    const EventLog& events = room.contents.events;
    bool more = room.changes.drop_below(events.first_index(), limit);
    for (; limit > 0 && events.hidden() != nullptr; --limit) detach(room, **events.hidden());
    more = more || events.hidden() != nullptr;
    return more && !std::exchange(room.awaits_removal, true);
}

inline void Engine::await_removal(RoomPtr room) noexcept {
    removals_.push(std::move(room));
    if (state_.load() == State::closed) finish_removals();
}

inline void Engine::continue_removals(std::size_t limit) noexcept {
    if (removals_.empty()) return;
    RoomPtr room = removals_.pop();
    if (!room) return;
    {
        std::unique_lock lock(room->mutex, std::try_to_lock);
        if (lock) {
            room->awaits_removal = false;
            if (!remove_hidden(*room, limit)) return;
        }
    }
    await_removal(std::move(room));
}

inline void Engine::finish_removals() noexcept {
    while (const RoomPtr room = removals_.pop()) {
        const std::lock_guard lock(room->mutex);
        room->awaits_removal = false;
        remove_hidden(*room, (std::numeric_limits<std::size_t>::max)());
    }
}

inline bool Engine::room_exists(const std::string& room_id) {
    return static_cast<bool>(lock_room(room_id));
}

inline std::vector<Room> Engine::list_rooms(const Page& page) { return select_rooms({}, page); }

inline std::vector<Room> Engine::find_rooms(const RoomFilter& filter, const Page& page) {
    return select_rooms(filter, page);
}

inline std::vector<Room> Engine::select_rooms(const RoomFilter& filter, const Page& page) {
    // The directory applies every condition except metadata, and for the rooms of a participant
    // only the status. It is read in bounded chunks, so that a long list does not block other
    // calls; rooms that were removed meanwhile are replaced by later ones.
    constexpr std::uint64_t max_chunk = RoomDirectory::max_chunk;
    const RoomDirectory::Group group{filter.organization_id, filter.status};
    const auto limit = static_cast<std::uint64_t>(page.limit);
    auto to_skip = static_cast<std::uint64_t>(page.offset);
    const bool selects = filter.metadata || filter.participant_id;
    std::vector<RoomSnapshot> found;
    const auto chunk = [&] {
        return static_cast<std::size_t>(selects ? max_chunk
                                                : (std::min)(max_chunk, limit - found.size()));
    };
    std::optional<RoomOrder::Key> after;
    if (page.after) after = {page.after->created_at(), page.after->id()};
    const auto next = [&](std::size_t wanted) {
        if (filter.participant_id) {
            return directory_.participant_rooms(
                *filter.participant_id, filter.status, after ? &*after : nullptr, wanted);
        }
        if (after) return directory_.page_after(group, *after, wanted);
        return directory_.page(group, selects ? 0 : std::exchange(to_skip, 0), wanted);
    };
    if (limit == 0) return {};
    std::size_t wanted = chunk();
    auto candidates = next(wanted);
    while (!candidates.empty()) {
        for (const auto& candidate : candidates) {
            auto room = lock_room(std::static_pointer_cast<RoomRecord>(candidate));
            if (!room) continue;
            if (filter.participant_id && !has_participant(*room, *filter.participant_id)) continue;
            RoomSnapshot snapshot = room->snapshot();
            room.unlock();
            const Room& row = *snapshot.row;
            if (filter.status && row.status != *filter.status) continue;
            if (filter.organization_id && row.organization_id != filter.organization_id) continue;
            if (filter.metadata && !json_contains(row.metadata, *filter.metadata)) continue;
            if (to_skip > 0) {
                --to_skip;
                continue;
            }
            found.push_back(std::move(snapshot));
            if (found.size() == limit) break;
        }
        if (found.size() == limit || candidates.size() < wanted) break;
        wanted = chunk();
        after = RoomOrder::key(candidates.back().get());
        candidates = next(wanted);
    }
    require_open();
    std::vector<Room> rooms;
    rooms.reserve(found.size());
    for (const auto& snapshot : found) rooms.push_back(snapshot.to_room());
    return rooms;
}

inline std::optional<Room> Engine::find_latest_room(const std::string& participant_id,
                                                    const LatestRoomFilter& filter) {
    for (;;) {
        const auto found = directory_.latest(participant_id, filter.channel_type, filter.status);
        require_open();
        if (!found.room) return std::nullopt;
        auto room = lock_room(std::static_pointer_cast<RoomRecord>(found.room));
        if (!room || room->directory_version != found.directory_version) continue;
        const RoomSnapshot snapshot = room->snapshot();
        room.unlock();
        return snapshot.to_room();
    }
}

inline std::optional<std::string> Engine::find_room_id_by_channel(
    const std::string& channel_id,
    std::optional<RoomStatus> status) {
    auto ids = directory_.channel_rooms(channel_id, status, 1);
    require_open();
    if (ids.empty()) return std::nullopt;
    return std::move(ids.front());
}

inline std::vector<std::string> Engine::find_room_ids_by_channel(const std::string& channel_id,
                                                                 const ChannelLookup& lookup) {
    auto ids =
        directory_.channel_rooms(channel_id, lookup.status, static_cast<std::size_t>(lookup.limit));
    require_open();
    return ids;
}

inline std::int64_t Engine::get_delivered_index(const std::string& room_id) {
    const auto room = lock_room(room_id);
    return room ? room->counters.delivered_index : -1;
}

inline bool Engine::advance_delivered_index(const std::string& room_id,
                                            std::int64_t index,
                                            Gap gap) {
    const auto room = lock_room(room_id);
    if (!room) return false;
    std::int64_t& delivered = room->counters.delivered_index;
    const bool moves = gap == Gap::skip ? delivered < index : delivered == index - 1;
    if (moves) delivered = index;
    return moves;
}

inline RoomContext Engine::load_room_context(const std::string& room_id) {
    auto room = lock_room(room_id);
    if (!room) return {};
    const RoomSnapshot snapshot = room->snapshot();
    const auto bindings = room->contents.bindings.list();
    const auto participants = room->contents.participants.list();
    room.unlock();
    return {snapshot.to_room(), copy(bindings), copy(participants)};
}

}  // namespace roomstore::detail::memory
