#include <set>

#include "differential/call.hpp"

namespace roomstore::differential {

namespace {

using Reads = std::vector<Operation>;

constexpr Page all_rooms{.limit = 1000};

void read_rooms(Reads& reads) {
    reads.push_back(ROOMSTORE_FIXED(list_rooms, all_rooms));
    for (const auto& organization_id : Values::all_organization_ids()) {
        const RoomFilter filter{.organization_id = organization_id};
        reads.push_back(ROOMSTORE_FIXED(find_rooms, filter, all_rooms));
    }
    for (const auto status : {RoomStatus::active, RoomStatus::closed}) {
        const RoomFilter filter{.status = status};
        reads.push_back(ROOMSTORE_FIXED(find_rooms, filter, all_rooms));
    }
}

void read_room(Reads& reads, const std::string& room_id) {
    const EventQuery all_events{.limit = 10'000};
    reads.push_back(ROOMSTORE_FIXED(get_event_count, room_id, EventFilter()));
    reads.push_back(ROOMSTORE_FIXED(list_events, room_id, all_events));
    reads.push_back(ROOMSTORE_FIXED(load_room_context, room_id));
    reads.push_back(changes_read(room_id, {.limit = 2, .start = Start::newest}));
    reads.push_back(
        ROOMSTORE_FIXED(list_tasks, room_id, std::optional<TaskStatus>(), std::optional<Page>()));
    reads.push_back(ROOMSTORE_FIXED(list_observations, room_id, std::optional<Page>()));
    reads.push_back(ROOMSTORE_FIXED(list_read_markers, room_id));
    const ContextQuery window{.max_tokens = 5, .default_tokens = 1};
    reads.push_back(ROOMSTORE_FIXED(get_context_window, room_id, window));
    reads.push_back(
        ROOMSTORE_FIXED(get_thread_summaries, room_id, Values::all_event_ids(), EventFilter()));
    for (const auto& event_id : Values::all_event_ids()) {
        reads.push_back(ROOMSTORE_FIXED(get_event, room_id, event_id));
    }
    for (const auto& key : Values::all_keys()) {
        reads.push_back(ROOMSTORE_FIXED(get_event_by_idempotency_key, room_id, key));
    }
}

void read_channels(Reads& reads, const std::vector<std::string>& room_ids) {
    auto channel_ids = Values::all_channel_ids();
    for (const auto& id : Values::odd_ids()) channel_ids.push_back(id);
    for (const auto& channel_id : channel_ids) {
        reads.push_back(ROOMSTORE_FIXED(get_unread_counts, channel_id, room_ids));
        reads.push_back(
            ROOMSTORE_FIXED(find_room_ids_by_channel, channel_id, ChannelLookup{.limit = 100}));
    }
}

void read_identities(Reads& reads, const std::string& scope) {
    for (const auto& identity_id : Values::all_identity_ids(scope)) {
        reads.push_back(ROOMSTORE_FIXED(get_identity, identity_id));
    }
    std::vector<std::optional<std::string>> organizations{std::nullopt};
    for (const auto& id : Values::all_organization_ids()) organizations.push_back(id);
    for (const auto& type : Values::all_channel_types()) {
        for (const auto& address : Values::all_addresses(scope)) {
            for (const auto& organization_id : organizations) {
                reads.push_back(ROOMSTORE_FIXED(resolve_identity, type, address, organization_id));
            }
        }
    }
}

}  // namespace

std::vector<Operation> all_reads(const std::vector<Room>& rooms, const std::string& scope) {
    std::set<std::string> ids;
    for (const auto& id : Values::all_room_ids()) ids.insert(id);
    for (const auto& room : rooms) ids.insert(room.id);
    const std::vector<std::string> room_ids(ids.begin(), ids.end());

    Reads reads;
    read_rooms(reads);
    for (const auto& room_id : room_ids) read_room(reads, room_id);
    for (const auto& room : rooms) {
        const RoomCursor seen{.room = Values::own_room,
                              .next_index = room.event_count > 0 ? room.latest_index + 1 : 0};
        reads.push_back(changes_read(room.id, {.since = seen, .limit = 10'000}));
    }
    read_channels(reads, room_ids);
    for (const auto& id : Values::all_event_ids()) reads.push_back(ROOMSTORE_FIXED(get_event, id));
    for (const auto& id : Values::all_task_ids()) reads.push_back(ROOMSTORE_FIXED(get_task, id));
    for (const auto& id : Values::all_participant_ids()) {
        reads.push_back(ROOMSTORE_FIXED(find_latest_room, id, LatestRoomFilter()));
        const InboxQuery inbox{.participant_id = id, .include_left = true};
        reads.push_back(ROOMSTORE_FIXED(list_inbox, inbox));
        reads.push_back(ROOMSTORE_FIXED(get_unread_total, id, UnreadTotalQuery()));
    }
    read_identities(reads, scope);
    return reads;
}

std::vector<Operation> removals(const std::vector<Room>& rooms) {
    std::vector<Operation> operations;
    for (const auto& room : rooms) {
        operations.push_back(ROOMSTORE_FIXED(delete_room, room.id));
    }
    operations.push_back(ROOMSTORE_FIXED(list_rooms, all_rooms));
    return operations;
}

}  // namespace roomstore::differential
