#include <limits>
#include <set>

#include "differential/reference_store.hpp"
#include "differential/reference_support.hpp"

namespace roomstore::differential {

namespace {

template <typename T>
bool has(const std::vector<T>& values, const T& value) {
    return std::ranges::find(values, value) != values.end();
}

bool matches(const EventFilter& filter, const RoomEvent& event) {
    if (filter.event_types && !has(*filter.event_types, event.type)) return false;
    if (filter.exclude_types && has(*filter.exclude_types, event.type)) return false;
    if (filter.statuses && !has(*filter.statuses, event.status)) return false;
    if (filter.exclude_statuses && has(*filter.exclude_statuses, event.status)) return false;
    if (filter.visibility && event.visibility != *filter.visibility) return false;
    if (filter.source_channel_id && event.source.channel_id != *filter.source_channel_id) {
        return false;
    }
    if (filter.source_channel_type && !(event.source.channel_type == *filter.source_channel_type)) {
        return false;
    }
    if (filter.correlation_id && event.correlation_id != filter.correlation_id) return false;
    if (filter.participant_id && event.source.participant_id != filter.participant_id) return false;
    if (filter.parent_event_id && event.parent_event_id != filter.parent_event_id) return false;
    if (filter.top_level_only && event.parent_event_id) return false;
    if (filter.after_time && event.created_at <= *filter.after_time) return false;
    if (filter.before_time && event.created_at >= *filter.before_time) return false;
    return true;
}

/// An empty key means no key.
RoomEvent without_empty_key(RoomEvent event) {
    if (event.idempotency_key == "") event.idempotency_key = std::nullopt;
    return event;
}

/// Two appends with the same id are the same if all is equal but the index; after an update, the
/// fields that updates may change are ignored.
bool is_repetition(const RoomEvent& stored, RoomEvent given, bool updated) {
    given.index = stored.index;
    if (!updated) return stored == given;
    if (stored.type != given.type) return false;
    if (stored.source != given.source) return false;
    if (stored.created_at != given.created_at) return false;
    return stored.idempotency_key == given.idempotency_key;
}

}  // namespace

std::int64_t ReferenceStore::next_index(const std::string& room_id) const {
    for (const auto& state : rooms_) {
        if (state.room.id == room_id) return state.next_index;
    }
    return 0;
}

RoomEvent* ReferenceStore::find_event(RoomState& state, const std::string& event_id) {
    return find_by(state.events, &RoomEvent::id, event_id);
}

RoomEvent* ReferenceStore::find_key(RoomState& state, const std::optional<std::string>& key) {
    if (!key || key->empty()) return nullptr;
    for (auto& event : state.events) {
        if (event.idempotency_key == key) return &event;
    }
    return nullptr;
}

RoomEvent* ReferenceStore::find_repeated(RoomState& state, const RoomEvent& event) {
    if (auto* stored = find_event(state, event.id)) {
        const bool updated = state.updated.contains(event.id);
        if (!is_repetition(*stored, event, updated)) refuse(errc::already_exists, "event");
        return stored;
    }
    return find_key(state, event.idempotency_key);
}

RoomEvent ReferenceStore::store_event(RoomState& state, RoomEvent event) {
    auto& room = state.room;
    room.latest_index =
        room.event_count == 0 ? event.index : std::max(room.latest_index, event.index);
    room.event_count += 1;
    auto& last = room.timers.last_activity_at;
    last = last ? std::max(*last, event.created_at) : event.created_at;
    state.next_index = std::max(state.next_index, event.index + 1);
    state.events.push_back(event);
    state.updated.erase(event.id);
    std::ranges::sort(state.events, {}, &RoomEvent::index);
    return event;
}

asio::awaitable<RoomEvent> ReferenceStore::add_event_auto_index(std::string room_id,
                                                                RoomEvent event) {
    require_open();
    validator_.add_event_auto_index(room_id, event);
    event = without_empty_key(std::move(event));
    auto& state = require(room_id);
    if (const auto* stored = find_repeated(state, event)) {
        watches_->tell(room_id);
        co_return *stored;
    }
    if (state.next_index == std::numeric_limits<std::int64_t>::max()) {
        refuse(errc::storage_full, "no index left");
    }
    event.index = state.next_index;
    watches_->tell(room_id);
    co_return store_event(state, event);
}

asio::awaitable<std::vector<RoomEvent>> ReferenceStore::append_events(std::string room_id,
                                                                      std::vector<RoomEvent> events,
                                                                      AppendOptions options) {
    require_open();
    validator_.append_events(room_id, events, options);
    auto& state = require(room_id);
    std::vector<RoomEvent> stored;
    for (auto& event : events) {
        event = without_empty_key(std::move(event));
        if (const auto* repeated = find_repeated(state, event)) stored.push_back(*repeated);
    }
    if (!events.empty() && stored.size() == events.size()) {
        watches_->tell(room_id);
        co_return stored;
    }
    if (!stored.empty()) refuse(errc::already_exists, "part of the batch");
    if (options.expected_next_index && *options.expected_next_index != state.next_index) {
        refuse(errc::conflict, "next index");
    }
    const auto room_left = std::numeric_limits<std::int64_t>::max() - state.next_index;
    if (static_cast<std::int64_t>(events.size()) > room_left) {
        refuse(errc::storage_full, "no index left");
    }
    for (auto& event : events) {
        event.index = state.next_index;
        stored.push_back(store_event(state, event));
    }
    watches_->tell(room_id);
    co_return stored;
}

asio::awaitable<RoomEvent> ReferenceStore::add_event(RoomEvent event) {
    require_open();
    validator_.add_event(event);
    event = without_empty_key(std::move(event));
    auto& state = require(event.room_id);
    if (const auto* stored = find_repeated(state, event)) {
        watches_->tell(event.room_id);
        co_return *stored;
    }
    if (event.index < state.first_index) refuse(errc::conflict, "below the first index");
    for (const auto& other : state.events) {
        if (other.index == event.index) refuse(errc::conflict, "index");
    }
    if (event.index < state.next_index) add_change(state, event);
    watches_->tell(event.room_id);
    co_return store_event(state, event);
}

asio::awaitable<std::optional<RoomEvent>> ReferenceStore::get_event(std::string event_id) {
    require_open();
    validator_.get_event(event_id);
    std::optional<RoomEvent> found;
    for (auto& state : rooms_) {
        const auto* event = find_event(state, event_id);
        if (event && (!found || event->room_id < found->room_id)) found = *event;
    }
    co_return found;
}

asio::awaitable<std::optional<RoomEvent>> ReferenceStore::get_event(std::string room_id,
                                                                    std::string event_id) {
    require_open();
    validator_.get_event(room_id, event_id);
    auto* state = find(room_id);
    co_return state ? copy_of(find_event(*state, event_id)) : std::nullopt;
}

asio::awaitable<RoomEvent> ReferenceStore::update_event(RoomEvent event) {
    require_open();
    validator_.update_event(event);
    auto& state = require(event.room_id);
    auto* stored = find_event(state, event.id);
    if (!stored) refuse(errc::not_found, "event");
    event.index = stored->index;
    event.created_at = stored->created_at;
    event.idempotency_key = stored->idempotency_key;
    *stored = event;
    state.updated.insert(event.id);
    add_change(state, event);
    watches_->tell(event.room_id);
    co_return event;
}

asio::awaitable<std::vector<std::string>> ReferenceStore::delete_event(std::string room_id,
                                                                       std::string event_id,
                                                                       Replies replies) {
    require_open();
    validator_.delete_event(room_id, event_id, replies);
    auto* state = find(room_id);
    std::vector<std::string> gone;
    const auto* root = state ? find_event(*state, event_id) : nullptr;
    if (!root) co_return gone;
    gone.push_back(event_id);
    add_change(*state, *root, true);
    for (const auto& event : state->events) {
        const bool reply = event.parent_event_id == event_id && event.id != event_id;
        if (!reply || replies == Replies::keep) continue;
        gone.push_back(event.id);
        add_change(*state, event, true);
    }
    watches_->tell(room_id);
    std::erase_if(state->events, [&](const RoomEvent& event) {
        return std::ranges::find(gone, event.id) != gone.end();
    });
    co_return gone;
}

asio::awaitable<std::int64_t> ReferenceStore::trim_room(std::string room_id,
                                                        std::int64_t before_index) {
    require_open();
    validator_.trim_room(room_id, before_index);
    auto& state = require(room_id);
    const auto first = std::min(before_index, state.next_index);
    if (first <= state.first_index) co_return state.first_index;
    state.first_index = first;
    ++state.revision;
    watches_->tell(room_id);
    std::erase_if(state.events, [&](const auto& event) { return event.index < state.first_index; });
    co_return state.first_index;
}

asio::awaitable<std::vector<RoomEvent>> ReferenceStore::list_events(std::string room_id,
                                                                    EventQuery query) {
    require_open();
    validator_.list_events(room_id, query);
    auto* state = find(room_id);
    std::vector<RoomEvent> found;
    if (!state) co_return found;
    for (const auto& event : state->events) {
        if (query.after_index && event.index <= *query.after_index) continue;
        if (query.before_index && event.index >= *query.before_index) continue;
        if (matches(query.filter, event)) found.push_back(event);
    }
    const bool cursor = query.after_index || query.before_index;
    const auto offset = cursor ? 0 : query.offset;
    const bool from_the_end = query.before_index || (query.newest_first && !cursor);
    if (from_the_end) std::ranges::reverse(found);
    found = page_of(found, offset, query.limit);
    if (from_the_end) std::ranges::reverse(found);
    co_return found;
}

asio::awaitable<std::map<std::string, ThreadSummary>> ReferenceStore::get_thread_summaries(
    std::string room_id,
    std::vector<std::string> root_event_ids,
    EventFilter filter) {
    require_open();
    validator_.get_thread_summaries(room_id, root_event_ids, filter);
    auto* state = find(room_id);
    std::map<std::string, ThreadSummary> summaries;
    if (!state) co_return summaries;
    for (const auto& root : std::set(root_event_ids.begin(), root_event_ids.end())) {
        ThreadSummary summary{.root_event_id = root};
        for (const auto& event : state->events) {
            if (event.parent_event_id != root || !matches(filter, event)) continue;
            summary.reply_count += 1;
            summary.last_reply_at = summary.last_reply_at
                                        ? std::max(*summary.last_reply_at, event.created_at)
                                        : event.created_at;
        }
        if (summary.reply_count > 0) summaries[root] = summary;
    }
    co_return summaries;
}

asio::awaitable<bool> ReferenceStore::check_idempotency(std::string room_id, std::string key) {
    require_open();
    validator_.check_idempotency(room_id, key);
    auto* state = find(room_id);
    co_return state&& find_key(*state, key);
}

asio::awaitable<std::optional<RoomEvent>> ReferenceStore::get_event_by_idempotency_key(
    std::string room_id,
    std::string key) {
    require_open();
    validator_.get_event_by_idempotency_key(room_id, key);
    auto* state = find(room_id);
    co_return state ? copy_of(find_key(*state, key)) : std::nullopt;
}

asio::awaitable<std::int64_t> ReferenceStore::get_event_count(std::string room_id,
                                                              EventFilter filter) {
    require_open();
    validator_.get_event_count(room_id, filter);
    const auto* state = find(room_id);
    if (!state) co_return 0;
    co_return std::ranges::count_if(state->events,
                                    [&](const RoomEvent& event) { return matches(filter, event); });
}

}  // namespace roomstore::differential
