#include "differential/reference_store.hpp"
#include "differential/reference_support.hpp"

namespace roomstore::differential {

namespace {

bool has(const auto& values, const auto& value) {
    return std::ranges::find(values, value) != values.end();
}

/// Whether the event meets the conditions of InboxCount or InboxPreview.
bool meets(const auto& conditions, const RoomEvent& event) {
    if (conditions.event_types && !has(*conditions.event_types, event.type)) return false;
    if (conditions.exclude_types && has(*conditions.exclude_types, event.type)) return false;
    if (conditions.visibility && event.visibility != *conditions.visibility) return false;
    return !conditions.exclude_statuses || !has(*conditions.exclude_statuses, event.status);
}

/// Whether the room `a` comes before the room with this time and id.
bool comes_before(const Room& a, const std::optional<Timestamp>& time, const std::string& id) {
    const auto& a_time = a.timers.last_activity_at;
    if (a_time == time) return a.id < id;
    if (!a_time || !time) return a_time.has_value();
    return *a_time > *time;
}

}  // namespace

std::optional<std::string> ReferenceStore::channel_of(RoomState& state,
                                                      const std::string& participant_id,
                                                      bool include_left) {
    if (const auto* row = find_by(state.participants, &Participant::id, participant_id)) {
        const bool gone =
            row->status == ParticipantStatus::left || row->status == ParticipantStatus::banned;
        if (gone && !include_left) return std::nullopt;
        return row->channel_id;
    }
    std::optional<std::string> smallest;
    for (const auto& binding : state.bindings) {
        if (binding.participant_id != participant_id) continue;
        if (!smallest || binding.channel_id < *smallest) smallest = binding.channel_id;
    }
    return smallest;
}

std::int64_t ReferenceStore::marker(const RoomState& state, const std::string& channel_id) {
    const auto found = state.markers.find(channel_id);
    return found == state.markers.end() ? -1 : found->second;
}

InboxEntry ReferenceStore::inbox_entry(RoomState& state, const InboxQuery& query) {
    InboxEntry entry;
    entry.room = state.room;
    entry.participant =
        copy_of(find_by(state.participants, &Participant::id, query.participant_id));
    entry.channel_id = *channel_of(state, query.participant_id, query.include_left);
    entry.last_read_index = marker(state, entry.channel_id);
    const InboxCount& count = query.count;
    const bool counts_all = count.own && !count.event_types && !count.exclude_types &&
                            !count.visibility && !count.exclude_statuses;
    std::int64_t counted = 0;
    std::int64_t looked_at = 0;
    bool more = false;
    for (auto event = state.events.rbegin(); event != state.events.rend(); ++event) {
        if (event->index <= entry.last_read_index) break;
        if (!counts_all && looked_at++ == 1000) {
            more = true;
            break;
        }
        const bool own = event->source.participant_id == query.participant_id;
        if ((count.own || !own) && meets(count, *event)) ++counted;
    }
    entry.unread = std::min(counted, query.unread_cap);
    entry.unread_capped = more || counted > query.unread_cap;
    looked_at = 0;
    for (auto event = state.events.rbegin(); event != state.events.rend(); ++event) {
        if (looked_at++ == 200) break;
        if (!meets(query.preview, *event)) continue;
        entry.last_event = *event;
        break;
    }
    return entry;
}

asio::awaitable<InboxPage> ReferenceStore::list_inbox(InboxQuery query) {
    require_open();
    validator_.list_inbox(query);
    std::vector<RoomState*> states;
    for (auto& state : rooms_) {
        const Room& room = state.room;
        if (query.organization_id && room.organization_id != query.organization_id) continue;
        if (query.status && room.status != *query.status) continue;
        if (!channel_of(state, query.participant_id, query.include_left)) continue;
        if (query.before) {
            const auto& before = *query.before;
            if (room.id == before.room_id &&
                room.timers.last_activity_at == before.last_activity_at) {
                continue;
            }
            if (comes_before(room, before.last_activity_at, before.room_id)) continue;
        }
        states.push_back(&state);
    }
    std::ranges::sort(states, [](const RoomState* a, const RoomState* b) {
        return comes_before(a->room, b->room.timers.last_activity_at, b->room.id);
    });
    InboxPage page;
    for (auto* state : states) {
        if (static_cast<std::int64_t>(page.entries.size()) == query.limit) {
            const Room& last = page.entries.back().room;
            page.next =
                InboxCursor{.last_activity_at = last.timers.last_activity_at, .room_id = last.id};
            break;
        }
        page.entries.push_back(inbox_entry(*state, query));
    }
    co_return page;
}

asio::awaitable<std::int64_t> ReferenceStore::get_unread_total(std::string participant_id,
                                                               UnreadTotalQuery query) {
    require_open();
    validator_.get_unread_total(participant_id, query);
    std::int64_t total = 0;
    for (auto& state : rooms_) {
        const auto channel_id = channel_of(state, participant_id, false);
        if (channel_id) total += unread(state, *channel_id);
    }
    co_return query.cap ? std::min(total, *query.cap) : total;
}

asio::awaitable<void> ReferenceStore::mark_unread_from(std::string room_id,
                                                       std::string channel_id,
                                                       std::int64_t index) {
    require_open();
    validator_.mark_unread_from(room_id, channel_id, index);
    auto& state = require(room_id);
    const auto found = state.markers.find(channel_id);
    if (found != state.markers.end() && found->second >= index) found->second = index - 1;
    co_return;
}

asio::awaitable<ContextWindow> ReferenceStore::get_context_window(std::string room_id,
                                                                  ContextQuery query) {
    require_open();
    validator_.get_context_window(room_id, query);
    ContextWindow window;
    const EventQuery matching{
        .limit = Limits::default_max_page_rows, .newest_first = true, .filter = query.filter};
    auto all = co_await list_events(room_id, matching);
    std::int64_t tokens = 0;
    while (!all.empty()) {
        const auto& event = all.back();
        const auto added = event.token_count.value_or(query.default_tokens);
        const bool too_many = static_cast<std::int64_t>(window.events.size()) == query.max_events;
        if (too_many || (query.max_tokens && added > *query.max_tokens - tokens)) {
            window.omitted_before = event.index + 1;
            break;
        }
        if (query.max_tokens) tokens += added;
        window.events.insert(window.events.begin(), event);
        all.pop_back();
    }
    co_return window;
}

}  // namespace roomstore::differential
