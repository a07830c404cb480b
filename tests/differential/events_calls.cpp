#include "differential/call.hpp"

namespace roomstore::differential {

namespace {

Operation event_read(Values& values) {
    switch (values.below(13)) {
        case 0:
            return ROOMSTORE_DRAWN(get_event, v.event_id());
        case 1:
            return ROOMSTORE_DRAWN(get_event, v.room_id(), v.event_id());
        case 2:
            return ROOMSTORE_DRAWN(
                get_thread_summaries, v.room_id(), v.event_ids(), v.event_filter());
        case 3:
            return ROOMSTORE_DRAWN(check_idempotency, v.room_id(), v.key());
        case 4:
            return ROOMSTORE_DRAWN(get_event_by_idempotency_key, v.room_id(), v.key());
        case 5:
            return ROOMSTORE_DRAWN(get_event_count, v.room_id(), v.event_filter());
        case 6:
            return ROOMSTORE_DRAWN(get_conversation, v.room_id(), v.conversation_query());
        case 7:
            return ROOMSTORE_DRAWN(get_timeline, v.room_id(), v.timeline_query());
        case 8:
        case 9:
            return ROOMSTORE_DRAWN(get_context_window, v.room_id(), v.context_query());
        default:
            return ROOMSTORE_DRAWN(list_events, v.room_id(), v.event_query());
    }
}

// The room_id of an event is mostly that of the call.

std::tuple<std::string, RoomEvent> append(Values& v) {
    auto room_id = v.room_id();
    auto event = v.event(room_id);
    return {std::move(room_id), std::move(event)};
}

std::tuple<std::string, std::vector<RoomEvent>, AppendOptions> batch(Values& v) {
    auto room_id = v.room_id();
    auto events = v.events(room_id);
    const auto options = v.options(room_id);
    return {std::move(room_id), std::move(events), options};
}

std::tuple<std::string, std::string, Replies> deletion(Values& v) {
    auto [room_id, event_id] = v.event_key();
    const auto replies = v.one_in(2) ? Replies::cascade : Replies::keep;
    return {std::move(room_id), std::move(event_id), replies};
}

/// Mostly the first events only: later calls need some.
std::tuple<std::string, std::int64_t> trimming(Values& v) {
    auto room_id = v.room_id();
    const std::int64_t before_index = v.one_in(6) ? v.index() : v.below(4);
    return {std::move(room_id), before_index};
}

}  // namespace

Operation event_operation(Values& values) {
    switch (values.below(13)) {
        case 0:
        case 1:
        case 2:
            return ROOMSTORE_DRAWN_BY(add_event_auto_index, append);
        case 3:
        case 4:
            return ROOMSTORE_DRAWN_BY(append_events, batch);
        case 5:
        case 6:
            return ROOMSTORE_DRAWN(add_event, v.event(v.room_id()));
        case 7:
            return ROOMSTORE_DRAWN(update_event, v.known_event());
        case 8:
            return ROOMSTORE_DRAWN_BY(delete_event, deletion);
        case 9:
            return ROOMSTORE_DRAWN_BY(trim_room, trimming);
        default:
            return event_read(values);
    }
}

}  // namespace roomstore::differential
