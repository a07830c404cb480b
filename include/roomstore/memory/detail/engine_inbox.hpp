#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roomstore/inbox.hpp"
#include "roomstore/memory/detail/engine.hpp"
#include "roomstore/memory/detail/event_log.hpp"
#include "roomstore/memory/detail/event_matcher.hpp"

namespace roomstore::detail::memory {

/// The conditions of an inbox as a filter.
template <typename Conditions>
EventFilter filter_of(const Conditions& conditions) {
    return {.event_types = conditions.event_types,
            .exclude_types = conditions.exclude_types,
            .exclude_statuses = conditions.exclude_statuses,
            .visibility = conditions.visibility};
}

/// Counts the unread events of a room for `list_inbox`.
class InboxCounter {
public:
    /// The most events of a room that are examined.
    static constexpr std::int64_t most_examined = 1000;

    struct Unread {
        std::int64_t count = 0;
        bool capped = false;
    };

    /// `query` must outlive this object.
    explicit InboxCounter(const InboxQuery& query)
        : query_(query), filter_(filter_of(query.count)), matches_(filter_) {}
    InboxCounter(const InboxCounter&) = delete;
    InboxCounter& operator=(const InboxCounter&) = delete;
    ~InboxCounter() = default;

    Unread count(const EventLog& log, std::int64_t marker) const {
        const std::int64_t cap = query_.unread_cap;
        if (matches_.passes_all() && query_.count.own) {
            const std::int64_t above = log.count_above(marker);
            return {(std::min)(above, cap), above > cap};
        }
        Unread unread;
        std::int64_t examined = 0;
        const auto first = log.upper_bound(marker);
        for (auto place = log.end(); place != first; ++examined) {
            if (examined == most_examined) return {unread.count, true};
            --place;
            if (!accepts(*place->event)) continue;
            if (unread.count == cap) return {cap, true};
            ++unread.count;
        }
        return unread;
    }

private:
    bool accepts(const PackedEvent& event) const noexcept {
        const bool own = event.participant_id() == query_.participant_id;
        return (query_.count.own || !own) && matches_(event);
    }

    const InboxQuery& query_;
    const EventFilter filter_;
    const EventMatcher matches_;
};

/// The newest event that passes among the newest 200, or null.
inline EventPtr last_for_inbox(const EventLog& log, const EventMatcher& matches) {
    constexpr int most_examined = 200;
    auto place = log.end();
    for (int examined = 0; examined < most_examined && place != log.begin(); ++examined) {
        --place;
        if (matches(*place->event)) return place->event;
    }
    return nullptr;
}

inline bool Engine::has_participant(const RoomRecord& room, const std::string& participant_id) {
    const RoomContents& contents = room.contents;
    if (contents.participants.contains(participant_id)) return true;
    return std::ranges::any_of(contents.bindings.by_id(), [&](const auto& entry) {
        return entry.second->participant_id == participant_id;
    });
}

/// How the participant sees the room; absent if it does not.
inline std::optional<Engine::InboxLink> Engine::inbox_link(const RoomRecord& room,
                                                           const std::string& participant_id,
                                                           bool include_left) {
    const RoomContents& contents = room.contents;
    if (auto participant = contents.participants.find(participant_id)) {
        const bool gone = participant->status == ParticipantStatus::left ||
                          participant->status == ParticipantStatus::banned;
        if (gone && !include_left) return std::nullopt;
        std::string channel_id = participant->channel_id;
        return InboxLink{std::move(participant), std::move(channel_id)};
    }
    for (const auto& [channel_id, binding] : contents.bindings.by_id()) {
        if (binding->participant_id == participant_id) return InboxLink{nullptr, channel_id};
    }
    return std::nullopt;
}

/// Calls `visit(room)` for every room of the participant, locked, in the order of all lists of
/// rooms. `visit` may unlock it.
template <typename Visit>
void Engine::for_each_room_of(const std::string& participant_id,
                              std::optional<RoomStatus> status,
                              const Visit& visit) const {
    std::vector<std::shared_ptr<RoomHandle>> rooms;
    do {
        std::optional<RoomOrder::Key> after;
        if (!rooms.empty()) after = RoomOrder::key(rooms.back().get());
        rooms = directory_.participant_rooms(
            participant_id, status, after ? &*after : nullptr, RoomDirectory::max_chunk);
        for (const auto& room : rooms) {
            auto locked = lock_room(std::static_pointer_cast<RoomRecord>(room));
            if (!locked) continue;
            if (status && locked->row->status != *status) continue;
            visit(locked, std::static_pointer_cast<RoomRecord>(room));
        }
    } while (rooms.size() == RoomDirectory::max_chunk);
    require_open();
}

/// The rooms that follow the cursor, in the order of the inbox.
inline std::vector<Engine::InboxPlace> Engine::inbox_places(const InboxQuery& query) const {
    // Descending by time, absent ones last, then ascending by id.
    const auto precedes = [](const std::optional<Timestamp>& a_time,
                             std::string_view a_id,
                             const std::optional<Timestamp>& b_time,
                             std::string_view b_id) {
        return a_time != b_time ? a_time > b_time : a_id < b_id;
    };
    std::vector<InboxPlace> places;
    for_each_room_of(
        query.participant_id, query.status, [&](LockedRoom& room, const RoomPtr& handle) {
            const auto& organization_id = room->row->organization_id;
            if (query.organization_id && organization_id != query.organization_id) return;
            const auto& time = room->counters.last_activity_at;
            if (query.before &&
                !precedes(
                    query.before->last_activity_at, query.before->room_id, time, handle->id)) {
                return;
            }
            if (!inbox_link(*room, query.participant_id, query.include_left)) return;
            places.push_back({time, handle});
        });
    std::ranges::sort(places, [&](const InboxPlace& a, const InboxPlace& b) {
        return precedes(a.last_activity_at, a.room->id, b.last_activity_at, b.room->id);
    });
    return places;
}

inline InboxPage Engine::list_inbox(const InboxQuery& query) {
    const InboxCounter counter(query);
    const EventFilter preview = filter_of(query.preview);
    const EventMatcher shows(preview);
    InboxPage page;
    const InboxPlace* last = nullptr;
    const auto places = inbox_places(query);
    for (const InboxPlace& place : places) {
        if (static_cast<std::int64_t>(page.entries.size()) == query.limit) {
            page.next =
                InboxCursor{.last_activity_at = last->last_activity_at, .room_id = last->room->id};
            break;
        }
        auto room = lock_room(place.room);
        if (!room) continue;
        auto link = inbox_link(*room, query.participant_id, query.include_left);
        if (!link) continue;
        const RoomSnapshot snapshot = room->snapshot();
        const EventLog& log = room->contents.events;
        const std::int64_t marker = marker_of(*room, link->channel_id);
        const auto unread = counter.count(log, marker);
        const EventPtr newest = last_for_inbox(log, shows);
        room.unlock();
        InboxEntry& entry = page.entries.emplace_back();
        entry.room = snapshot.to_room();
        entry.participant = copy(link->participant);
        entry.channel_id = std::move(link->channel_id);
        entry.last_read_index = marker;
        entry.unread = unread.count;
        entry.unread_capped = unread.capped;
        if (newest) entry.last_event = newest->unpack(place.room->id);
        last = &place;
    }
    return page;
}

inline std::int64_t Engine::get_unread_total(const std::string& participant_id,
                                             const UnreadTotalQuery& query) {
    std::int64_t total = 0;
    for_each_room_of(participant_id, std::nullopt, [&](LockedRoom& room, const RoomPtr&) {
        const auto link = inbox_link(*room, participant_id, false);
        if (link) total += unread_count(*room, link->channel_id);
    });
    return (std::min)(total, query.cap.value_or((std::numeric_limits<std::int64_t>::max)()));
}

}  // namespace roomstore::detail::memory
