#include "differential/call.hpp"

namespace roomstore::differential {

Operation member_operation(Values& values) {
    switch (values.below(14)) {
        case 0:
        case 1:
            return ROOMSTORE_DRAWN(add_binding, v.binding());
        case 2:
            return ROOMSTORE_DRAWN(get_binding, v.room_id(), v.channel_id());
        case 3:
            return ROOMSTORE_DRAWN(update_binding, v.known_binding());
        case 4:
            return ROOMSTORE_DRAWN(remove_binding, v.room_id(), v.channel_id());
        case 5:
            return ROOMSTORE_DRAWN(list_bindings, v.room_id(), v.maybe(v.page()));
        case 6:
            return ROOMSTORE_DRAWN(binding_exists, v.room_id(), v.channel_id());
        case 7:
        case 8:
            return ROOMSTORE_DRAWN(add_participant, v.participant());
        case 9:
            return ROOMSTORE_DRAWN(get_participant, v.room_id(), v.participant_id());
        case 10:
            return ROOMSTORE_DRAWN(update_participant, v.known_participant());
        case 11:
            return ROOMSTORE_DRAWN(remove_participant, v.room_id(), v.participant_id());
        default:
            return ROOMSTORE_DRAWN(list_participants, v.room_id(), v.maybe(v.page()));
    }
}

Operation identity_operation(Values& values) {
    switch (values.below(6)) {
        case 0:
            return ROOMSTORE_DRAWN(create_identity, v.identity());
        case 1:
            return ROOMSTORE_DRAWN(get_identity, v.identity_id());
        case 2:
        case 3:
            return ROOMSTORE_DRAWN(link_address,
                                   v.known_identity_id(),
                                   v.channel_type(),
                                   v.address(),
                                   v.organization());
        default:
            return ROOMSTORE_DRAWN(
                resolve_identity, v.channel_type(), v.address(), v.organization());
    }
}

Operation task_operation(Values& values) {
    switch (values.below(7)) {
        case 0:
        case 1:
            return ROOMSTORE_DRAWN(add_task, v.task());
        case 2:
            return ROOMSTORE_DRAWN(get_task, v.task_id());
        case 3:
            return ROOMSTORE_DRAWN(
                list_tasks, v.room_id(), v.maybe(v.task_status()), v.maybe(v.page()));
        case 4:
            return ROOMSTORE_DRAWN(update_task, v.known_task());
        case 5:
            return ROOMSTORE_DRAWN(add_observation, v.observation());
        default:
            return ROOMSTORE_DRAWN(list_observations, v.room_id(), v.maybe(v.page()));
    }
}

namespace {

std::tuple<std::string, std::string, std::string> mark(Values& v) {
    auto [room_id, event_id] = v.event_key();
    auto channel_id = v.channel_id();
    return {std::move(room_id), std::move(channel_id), std::move(event_id)};
}

}  // namespace

Operation marker_operation(Values& values) {
    switch (values.below(9)) {
        case 0:
        case 1:
            return ROOMSTORE_DRAWN_BY(mark_read, mark);
        case 2:
            return ROOMSTORE_DRAWN(mark_all_read, v.room_id(), v.channel_id());
        case 3:
        case 6:
            return ROOMSTORE_DRAWN(get_unread_count, v.room_id(), v.channel_id(), v.unread_query());
        case 7:
            return ROOMSTORE_DRAWN(mark_unread_from, v.room_id(), v.channel_id(), v.index());
        case 8:
            return ROOMSTORE_DRAWN(get_unread_total, v.participant_id(), v.unread_total_query());
        case 4:
            return ROOMSTORE_DRAWN(get_unread_counts, v.channel_id(), v.room_ids());
        default:
            return ROOMSTORE_DRAWN(list_read_markers, v.room_id());
    }
}

}  // namespace roomstore::differential
