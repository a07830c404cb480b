#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roomstore/detail/normalize.hpp"
#include "roomstore/detail/same_event.hpp"
#include "roomstore/inbox.hpp"
#include "roomstore/memory/detail/engine.hpp"
#include "roomstore/memory/detail/event_page.hpp"

namespace roomstore::detail::memory {

/// Indexes the event in the room and in the store.
inline void Engine::attach(RoomRecord& room, const EventPtr& event) {
    EventLog& log = room.contents.events;
    ThreadIndex& threads = room.contents.threads;
    const auto parent = event->parent_event_id();
    log.insert(event);
    Rollback undo_log([&] { log.erase(event->index()); });
    if (parent) threads.add(*parent, event->index(), event->created_at());
    Rollback undo_thread([&] {
        if (parent) threads.remove(*parent, event->index(), event->created_at());
    });
    if (event->idempotency_key()) keys_.insert(*event);
    Rollback undo_key([&] {
        if (event->idempotency_key()) keys_.erase(*event);
    });
    ids_.insert(*event);
    undo_key.release();
    undo_thread.release();
    undo_log.release();
}

inline void Engine::detach(RoomRecord& room, const PackedEvent& event) noexcept {
    ids_.erase(event);
    if (event.idempotency_key()) keys_.erase(event);
    if (const auto parent = event.parent_event_id()) {
        room.contents.threads.remove(*parent, event.index(), event.created_at());
    }
    // Last, since the log owns the event.
    room.contents.events.erase(event.index());
}

/// Updates the counters for an event that was attached.
inline void Engine::count(RoomRecord& room, const PackedEvent& event) noexcept {
    RoomCounters& counters = room.counters;
    counters.latest_index = (std::max)(counters.last_given(), event.index());
    ++counters.event_count;
    counters.last_activity_at =
        (std::max)(counters.last_activity_at.value_or(event.created_at()), event.created_at());
}

/// Gives a change of the event at `index` the next revision of the room.
inline void Engine::record_change(RoomRecord& room,
                                  ChangeLog::Change change,
                                  std::int64_t index) const noexcept {
    room.changes.add(std::move(change), index, ++room.revision);
    room.changes.forget_beyond(change_history_);
}

/// The event of the room with that id, or null. The caller holds the lock of the room.
inline EventPtr Engine::find_event(const RoomRecord& room, std::string_view event_id) const {
    return visible(room, ids_.find(room, event_id));
}

/// Like `find_event`, by idempotency key.
inline EventPtr Engine::find_key(const RoomRecord& room, std::string_view key) const {
    return visible(room, keys_.find(room, key));
}

/// An event that an index of the store has found, or null if it is hidden or null.
inline EventPtr Engine::visible(const RoomRecord& room, const PackedEvent* event) {
    if (event == nullptr) return nullptr;
    const EventPtr* found = room.contents.events.find(event->index());
    return found == nullptr ? nullptr : *found;
}

/// The stored event that `event` repeats, by its id or its key, or null. A hidden event counts as
/// long as it is there: its id and key are taken.
inline EventPtr Engine::find_repeated(const RoomRecord& room,
                                      const RoomEvent& event,
                                      std::string_view operation) const {
    const EventLog& log = room.contents.events;
    if (const PackedEvent* found = ids_.find(room, event.id)) {
        const EventPtr& stored = *log.find_any(found->index());
        if (repeats_append(stored->unpack(room.id), event, stored->updated())) return stored;
        throw names_another_event(operation, event.id, room.id);
    }
    if (!event.idempotency_key) return nullptr;
    const PackedEvent* found = keys_.find(room, *event.idempotency_key);
    return found == nullptr ? nullptr : *log.find_any(found->index());
}

inline RoomEvent Engine::add_event_auto_index(const std::string& room_id, RoomEvent event) {
    constexpr std::string_view operation = "add_event_auto_index";
    normalize_idempotency_key(event);
    auto record = rooms_.find(room_id);
    // Allocates before taking the lock, since many calls may wait for it.
    const auto packed = record ? std::make_shared<PackedEvent>(event, *record) : nullptr;
    auto room = require_room(std::move(record), operation, room_id);
    if (const EventPtr stored = find_repeated(*room, event, operation)) {
        room.unlock();
        watches_->tell(room_id);
        return stored->unpack(room_id);
    }
    const std::int64_t last = room->counters.last_given();
    if (last >= max_index) throw no_index_left(operation, room_id);
    event.index = last + 1;
    packed->set_index(event.index);
    attach(*room, packed);
    count(*room, *packed);
    room.unlock();
    watches_->tell(room_id);
    return event;
}

inline std::vector<RoomEvent> Engine::append_events(const std::string& room_id,
                                                    std::vector<RoomEvent> events,
                                                    const AppendOptions& options) {
    constexpr std::string_view operation = "append_events";
    // More than it adds, or rooms that are trimmed as fast as they grow would grow for ever.
    continue_removals(2 * events.size());
    auto record = rooms_.find(room_id);
    std::vector<std::shared_ptr<PackedEvent>> packed;
    packed.reserve(events.size());
    for (auto& event : events) {
        normalize_idempotency_key(event);
        if (record) packed.push_back(std::make_shared<PackedEvent>(event, *record));
    }
    auto room = require_room(std::move(record), operation, room_id);
    std::vector<EventPtr> stored;
    for (const auto& event : events) {
        if (auto repeated = find_repeated(*room, event, operation)) {
            stored.push_back(std::move(repeated));
        }
    }
    if (!stored.empty()) {
        room.unlock();
        if (stored.size() != events.size()) {
            throw partly_stored(operation, stored.size(), events.size(), room_id);
        }
        watches_->tell(room_id);
        return unpack(stored, room_id);
    }
    const std::int64_t last = room->counters.last_given();
    if (options.expected_next_index && *options.expected_next_index != last + 1) {
        throw expected_other_index(operation, room_id, last + 1, *options.expected_next_index);
    }
    if (events.size() > static_cast<std::uint64_t>(max_index - last)) {
        throw no_index_left(operation, room_id);
    }
    std::size_t attached = 0;
    Rollback undo([&] {
        while (attached > 0) detach(*room, *packed[--attached]);
    });
    for (; attached < events.size(); ++attached) {
        events[attached].index = last + 1 + static_cast<std::int64_t>(attached);
        packed[attached]->set_index(events[attached].index);
        attach(*room, packed[attached]);
    }
    undo.release();
    for (const auto& event : packed) count(*room, *event);
    room.unlock();
    watches_->tell(room_id);
    return events;
}

inline RoomEvent Engine::add_event(RoomEvent event) {
    constexpr std::string_view operation = "add_event";
    normalize_idempotency_key(event);
    auto record = rooms_.find(event.room_id);
    const EventPtr packed = record ? std::make_shared<PackedEvent>(event, *record) : nullptr;
    auto room = require_room(std::move(record), operation, event.room_id);
    if (const EventPtr stored = find_repeated(*room, event, operation)) {
        room.unlock();
        watches_->tell(event.room_id);
        return stored->unpack(event.room_id);
    }
    const EventLog& log = room->contents.events;
    if (event.index < log.first_index()) {
        throw index_is_trimmed(operation, event.index, event.room_id, log.first_index());
    }
    if (log.find(event.index) != nullptr) {
        throw index_is_taken(operation, event.index, event.room_id);
    }
    // Readers that have seen a higher index look for new events above it only.
    std::optional<ChangeLog::Change> late;
    if (event.index <= room->counters.last_given()) late.emplace();
    attach(*room, packed);
    count(*room, *packed);
    if (late) record_change(*room, std::move(*late), event.index);
    room.unlock();
    watches_->tell(event.room_id);
    return event;
}

inline std::optional<RoomEvent> Engine::get_event(const std::string& event_id) {
    const auto find = [&](const RoomRecord& room) { return find_event(room, event_id); };
    const auto [room, event] = find_in_rooms(ids_, event_id, find);
    if (!event) return std::nullopt;
    return event->unpack(room->id);
}

inline std::optional<RoomEvent> Engine::get_event(const std::string& room_id,
                                                  const std::string& event_id) {
    auto room = lock_room(room_id);
    if (!room) return std::nullopt;
    const EventPtr event = find_event(*room, event_id);
    room.unlock();
    if (!event) return std::nullopt;
    return event->unpack(room_id);
}

inline RoomEvent Engine::update_event(RoomEvent event) {
    ChangeLog::Change change;
    auto room = lock_room(event.room_id);
    const EventPtr stored = room ? find_event(*room, event.id) : nullptr;
    if (!stored) throw does_not_exist("update_event", "event", event.id, event.room_id);
    event.index = stored->index();
    event.created_at = stored->created_at();
    event.idempotency_key = stored->idempotency_key();
    const auto packed = std::make_shared<PackedEvent>(event, *room);
    packed->set_updated();
    auto& threads = room->contents.threads;
    if (packed->parent_event_id() != stored->parent_event_id()) {
        if (const auto parent = packed->parent_event_id()) {
            threads.add(*parent, event.index, event.created_at);
        }
        if (const auto parent = stored->parent_event_id()) {
            threads.remove(*parent, event.index, event.created_at);
        }
    }
    if (packed->idempotency_key()) keys_.replace(*stored, *packed);
    ids_.replace(*stored, *packed);
    room->contents.events.replace(packed);
    record_change(*room, std::move(change), event.index);
    room.unlock();
    watches_->tell(event.room_id);
    return event;
}

inline std::vector<std::string> Engine::delete_event(const std::string& room_id,
                                                     const std::string& event_id,
                                                     Replies replies) {
    std::vector<EventPtr> doomed;
    std::vector<ChangeLog::Change> changes;
    std::vector<std::string> ids;
    auto room = lock_room(room_id);
    if (!room) return ids;
    const EventPtr root = find_event(*room, event_id);
    if (!root) return ids;
    doomed.push_back(root);
    if (replies == Replies::cascade) {
        for (const std::int64_t index : room->contents.threads.replies(event_id)) {
            const EventPtr* reply = room->contents.events.find(index);
            if (reply != nullptr && index != root->index()) doomed.push_back(*reply);
        }
    }
    ids.reserve(doomed.size());
    changes.reserve(doomed.size());
    for (const auto& event : doomed) {
        changes.emplace_back(ids.emplace_back(event->id()));
    }
    for (std::size_t i = 0; i < doomed.size(); ++i) {
        detach(*room, *doomed[i]);
        record_change(*room, std::move(changes[i]), doomed[i]->index());
    }
    room.unlock();
    watches_->tell(room_id);
    return ids;
}

inline std::int64_t Engine::trim_room(const std::string& room_id, std::int64_t before_index) {
    auto record = rooms_.find(room_id);
    std::int64_t first = 0;
    bool more = false;
    {
        const auto room = require_room(record, "trim_room", room_id);
        auto& events = room->contents.events;
        first = (std::min)(before_index, room->counters.last_given() + 1);
        if (first <= events.first_index()) return events.first_index();
        events.hide_below(first);
        ++room->revision;
        more = remove_hidden(*room, events_at_once);
    }
    if (more) await_removal(std::move(record));
    watches_->tell(room_id);
    return first;
}

inline std::vector<RoomEvent> Engine::list_events(const std::string& room_id,
                                                  const EventQuery& query) {
    auto room = lock_room(room_id);
    if (!room) return {};
    const auto page = EventPage(room->contents.events, room->contents.threads, query).select();
    room.unlock();
    return unpack(page, room_id);
}

inline std::map<std::string, ThreadSummary> Engine::get_thread_summaries(
    const std::string& room_id,
    const std::vector<std::string>& root_event_ids,
    const EventFilter& filter) {
    const EventMatcher matches(filter);
    std::map<std::string, ThreadSummary> summaries;
    const auto room = lock_room(room_id);
    if (!room) return summaries;
    for (const auto& root : root_event_ids) {
        const auto& contents = room->contents;
        auto summary = summarize_thread(contents.events, contents.threads, root, matches);
        if (summary) summaries.emplace(root, std::move(*summary));
    }
    return summaries;
}

inline bool Engine::check_idempotency(const std::string& room_id, const std::string& key) {
    const auto room = lock_room(room_id);
    return room && !key.empty() && find_key(*room, key) != nullptr;
}

inline std::optional<RoomEvent> Engine::get_event_by_idempotency_key(const std::string& room_id,
                                                                     const std::string& key) {
    auto room = lock_room(room_id);
    if (!room || key.empty()) return std::nullopt;
    const EventPtr event = find_key(*room, key);
    room.unlock();
    if (!event) return std::nullopt;
    return event->unpack(room_id);
}

inline std::int64_t Engine::get_event_count(const std::string& room_id, const EventFilter& filter) {
    const auto room = lock_room(room_id);
    return room ? count_events(room->contents.events, room->contents.threads, filter) : 0;
}

inline ContextWindow Engine::get_context_window(const std::string& room_id,
                                                const ContextQuery& query) {
    constexpr std::int64_t page_size = 100;
    EventQuery next{.limit = page_size, .newest_first = true, .filter = query.filter};
    auto tokens_left = query.max_tokens.value_or((std::numeric_limits<std::int64_t>::max)());
    std::vector<EventPtr> newest;
    ContextWindow window;
    auto room = lock_room(room_id);
    if (!room) return window;
    for (bool more = true; more;) {
        const auto page = EventPage(room->contents.events, room->contents.threads, next).select();
        more = static_cast<std::int64_t>(page.size()) == page_size;
        if (more) next.before_index = page.front()->index();
        for (auto place = page.rbegin(); place != page.rend(); ++place) {
            const auto tokens = (*place)->token_count().value_or(query.default_tokens);
            const bool fits = static_cast<std::int64_t>(newest.size()) < query.max_events &&
                              (!query.max_tokens || tokens <= tokens_left);
            if (!fits) {
                window.omitted_before = (*place)->index() + 1;
                more = false;
                break;
            }
            if (query.max_tokens) tokens_left -= tokens;
            newest.push_back(*place);
        }
    }
    room.unlock();
    std::reverse(newest.begin(), newest.end());
    window.events = unpack(newest, room_id);
    return window;
}

}  // namespace roomstore::detail::memory
