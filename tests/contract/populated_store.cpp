#include "contract/populated_store.hpp"

#include <optional>
#include <utility>

#include "roomstore/model/json.hpp"
#include "support/populated.hpp"

namespace roomstore::contract {

namespace {

constexpr auto everything = Limits::default_max_page_rows;

template <typename T>
Json json_of(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json dump_event(ConversationStore& store, RoomEvent event) {
    Json out = event;
    // Also through the other lookups of an event, to detect a stale index.
    out["by id"] = json_of(run(store.get_event(event.room_id, event.id)));
    if (event.idempotency_key) {
        out["by key"] =
            json_of(run(store.get_event_by_idempotency_key(event.room_id, *event.idempotency_key)));
    }
    return out;
}

Json dump_room(ConversationStore& store, std::string id) {
    Json out;
    const auto context = run(store.load_room_context(id));
    out["room"] = json_of(context.room);
    out["bindings"] = context.bindings;
    out["participants"] = context.participants;
    const auto events = run(store.list_events(id, {.limit = everything}));
    out["events"] = Json::array();
    std::vector<std::string> event_ids;
    for (const auto& event : events) {
        out["events"].push_back(dump_event(store, event));
        event_ids.push_back(event.id);
        event_ids.push_back(event.parent_event_id.value_or(event.id));
    }
    out["event count"] = run(store.get_event_count(id));
    out["threads"] = run(store.get_thread_summaries(id, event_ids));
    out["tasks"] = run(store.list_tasks(id));
    out["observations"] = run(store.list_observations(id));
    const auto markers = run(store.list_read_markers(id));
    out["markers"] = markers;
    for (const auto& [channel_id, marker] : markers) {
        out["unread"][channel_id] = run(store.get_unread_count(id, channel_id));
    }
    for (const auto& binding : context.bindings) {
        out["rooms of"][binding.channel_id] =
            run(store.find_room_ids_by_channel(binding.channel_id, {.limit = everything}));
    }
    for (const auto& participant : context.participants) {
        out["latest room of"][participant.id] =
            json_of(run(store.find_latest_room(participant.id)));
    }
    return out;
}

Json dump_identity(ConversationStore& store, std::string id) {
    const auto identity = run(store.get_identity(id));
    Json out{{"identity", json_of(identity)}};
    if (!identity) return out;
    for (const auto& [type, addresses] : identity->channel_addresses) {
        for (const auto& address : addresses) {
            out["holders"][type][address] =
                json_of(run(store.resolve_identity(type, address, "organization")));
        }
    }
    return out;
}

void populate(ConversationStore& store) {
    Room room = full_room();
    room.event_count = 0;
    run(store.create_room(room));
    run(store.create_room(sample_room({.id = "other room"})));
    run(store.add_event(full_event()));
    run(store.add_event_auto_index("room", make_event({.id = "reply", .parent = "event"})));
    run(store.add_event_auto_index("other room",
                                   make_event({.id = "event", .room_id = "other room"})));
    run(store.add_binding(full_binding()));
    run(store.add_participant(full_participant()));
    run(store.create_identity(full_identity()));
    Identity other = full_identity();
    other.id = "other identity";
    other.channel_addresses = {{"sms", {"+1 555 0100"}}};
    run(store.create_identity(other));
    run(store.add_task(full_task()));
    run(store.add_observation(full_observation()));
    run(store.mark_read("room", "channel", "event"));
}

}  // namespace

std::shared_ptr<ConversationStore> populated_store(Limits limits) {
    auto store = fresh_store(limits);
    populate(*store);
    return store;
}

Json dump(ConversationStore& store) {
    Json out;
    for (const auto& room : run(store.list_rooms({.limit = everything}))) {
        out["rooms"][room.id] = dump_room(store, room.id);
    }
    for (const std::string id : {"identity", "other identity"}) {
        out["identities"][id] = dump_identity(store, id);
    }
    return out;
}

}  // namespace roomstore::contract
