#include "differential/call.hpp"

namespace roomstore::differential {

Operation init_operation() { return ROOMSTORE_FIXED(init); }

Operation close_operation() { return ROOMSTORE_FIXED(close); }

Operation create_room_operation(Values& values) { return ROOMSTORE_DRAWN(create_room, v.room()); }

Operation room_operation(Values& values) {
    switch (values.below(19)) {
        case 0:
        case 1:
            return create_room_operation(values);
        case 2:
            return ROOMSTORE_DRAWN(get_room, v.room_id());
        case 3:
            return ROOMSTORE_DRAWN(update_room, v.known_room());
        case 4:
        case 15:
            return ROOMSTORE_DRAWN(patch_room_metadata, v.room_id(), v.patch(), v.unset_keys());
        case 5:
            return values.one_in(3) ? ROOMSTORE_DRAWN(delete_room, v.room_id())
                                    : ROOMSTORE_DRAWN(room_exists, v.room_id());
        case 6:
            return ROOMSTORE_DRAWN(list_rooms, v.room_page());
        case 7:
        case 14:
            return ROOMSTORE_DRAWN(find_rooms, v.room_filter(), v.room_page());
        case 8:
            return ROOMSTORE_DRAWN(find_latest_room, v.participant_id(), v.latest_filter());
        case 9:
            return ROOMSTORE_DRAWN(
                find_room_id_by_channel, v.channel_id(), v.maybe(v.room_status()));
        case 10:
            return ROOMSTORE_DRAWN(find_room_ids_by_channel, v.channel_id(), v.lookup());
        case 11:
            return ROOMSTORE_DRAWN(get_delivered_index, v.room_id());
        case 12:
            return ROOMSTORE_DRAWN(advance_delivered_index,
                                   v.room_id(),
                                   v.index(),
                                   v.one_in(2) ? Gap::refuse : Gap::skip);
        case 16:
        case 17:
        case 18:
            return ROOMSTORE_DRAWN(list_inbox, v.inbox_query());
        default:
            return ROOMSTORE_DRAWN(load_room_context, v.room_id());
    }
}

}  // namespace roomstore::differential
