#include <iterator>
#include <limits>
#include <random>
#include <tuple>
#include <utility>

#include "differential/code.hpp"
#include "differential/operation.hpp"
#include "differential/outcome.hpp"
#include "differential/values.hpp"

namespace roomstore::differential {

namespace {

template <typename Call, typename... Args>
Operation make(const std::string& name, Call call, Args... args) {
    std::string text = "co_await store." + name + "(";
    std::size_t position = 0;
    ((text += (position++ ? ", " : "") + argument_code(args)), ...);
    return {.code = text + ");",
            .run = [=](ConversationStore& store) { return outcome_of(call(store, args...)); }};
}

// An overloaded or defaulted member cannot be named as a pointer without spelling its type.
#define ROOMSTORE_CALL(name) \
    [](ConversationStore& store, auto... args) { return store.name(std::move(args)...); }
#define ROOMSTORE_OPERATION(name, ...) make(#name, ROOMSTORE_CALL(name), __VA_ARGS__)

Operation room_operation(Values& v) {
    switch (v.below(14)) {
        case 0:
        case 1:
            return ROOMSTORE_OPERATION(create_room, v.room());
        case 2:
            return ROOMSTORE_OPERATION(get_room, v.room_id());
        case 3:
            return ROOMSTORE_OPERATION(update_room, v.room());
        case 4:
            return ROOMSTORE_OPERATION(patch_room_metadata, v.room_id(), v.object(), v.keys());
        case 5:
            return v.one_in(3) ? ROOMSTORE_OPERATION(delete_room, v.room_id())
                               : ROOMSTORE_OPERATION(room_exists, v.room_id());
        case 6:
            return ROOMSTORE_OPERATION(list_rooms, v.page());
        case 7:
            return ROOMSTORE_OPERATION(find_rooms, v.room_filter(), v.page());
        case 8:
            return ROOMSTORE_OPERATION(find_latest_room, v.participant_id(), v.latest_filter());
        case 9:
            return ROOMSTORE_OPERATION(
                find_room_id_by_channel, v.channel_id(), v.maybe(v.room_status()));
        case 10:
            return ROOMSTORE_OPERATION(find_room_ids_by_channel, v.channel_id(), v.lookup());
        case 11:
            return ROOMSTORE_OPERATION(get_delivered_index, v.room_id());
        case 12:
            return ROOMSTORE_OPERATION(advance_delivered_index,
                                       v.room_id(),
                                       v.index(),
                                       v.one_in(2) ? Gap::refuse : Gap::skip);
        default:
            return ROOMSTORE_OPERATION(load_room_context, v.room_id());
    }
}

Operation event_read(Values& v) {
    switch (v.below(9)) {
        case 0:
            return ROOMSTORE_OPERATION(get_event, v.event_id());
        case 1:
            return ROOMSTORE_OPERATION(get_event, v.room_id(), v.event_id());
        case 2:
            return ROOMSTORE_OPERATION(get_thread_summaries, v.room_id(), v.event_ids());
        case 3:
            return ROOMSTORE_OPERATION(check_idempotency, v.room_id(), v.key());
        case 4:
            return ROOMSTORE_OPERATION(get_event_by_idempotency_key, v.room_id(), v.key());
        case 5:
            return ROOMSTORE_OPERATION(get_event_count, v.room_id());
        default:
            return ROOMSTORE_OPERATION(list_events, v.room_id(), v.event_query());
    }
}

Operation event_operation(Values& v) {
    switch (v.below(12)) {
        case 0:
        case 1:
        case 2: {
            const auto room_id = v.room_id();
            return ROOMSTORE_OPERATION(add_event_auto_index, room_id, v.event(room_id));
        }
        case 3:
        case 4: {
            const auto room_id = v.room_id();
            return ROOMSTORE_OPERATION(append_events, room_id, v.events(room_id), v.options());
        }
        case 5:
        case 6:
            return ROOMSTORE_OPERATION(add_event, v.event(v.room_id()));
        case 7:
            return ROOMSTORE_OPERATION(update_event, v.event(v.room_id()));
        case 8:
            return ROOMSTORE_OPERATION(delete_event,
                                       v.room_id(),
                                       v.event_id(),
                                       v.one_in(2) ? Replies::cascade : Replies::keep);
        default:
            return event_read(v);
    }
}

Operation member_operation(Values& v) {
    switch (v.below(14)) {
        case 0:
        case 1:
            return ROOMSTORE_OPERATION(add_binding, v.binding());
        case 2:
            return ROOMSTORE_OPERATION(get_binding, v.room_id(), v.channel_id());
        case 3:
            return ROOMSTORE_OPERATION(update_binding, v.binding());
        case 4:
            return ROOMSTORE_OPERATION(remove_binding, v.room_id(), v.channel_id());
        case 5:
            return ROOMSTORE_OPERATION(list_bindings, v.room_id());
        case 6:
            return ROOMSTORE_OPERATION(binding_exists, v.room_id(), v.channel_id());
        case 7:
        case 8:
            return ROOMSTORE_OPERATION(add_participant, v.participant());
        case 9:
            return ROOMSTORE_OPERATION(get_participant, v.room_id(), v.participant_id());
        case 10:
            return ROOMSTORE_OPERATION(update_participant, v.participant());
        case 11:
            return ROOMSTORE_OPERATION(remove_participant, v.room_id(), v.participant_id());
        default:
            return ROOMSTORE_OPERATION(list_participants, v.room_id());
    }
}

Operation identity_operation(Values& v) {
    switch (v.below(6)) {
        case 0:
            return ROOMSTORE_OPERATION(create_identity, v.identity());
        case 1:
            return ROOMSTORE_OPERATION(get_identity, v.identity_id());
        case 2:
        case 3:
            return ROOMSTORE_OPERATION(
                link_address, v.identity_id(), v.channel_type(), v.address(), v.organization());
        default:
            return ROOMSTORE_OPERATION(
                resolve_identity, v.channel_type(), v.address(), v.organization());
    }
}

Operation task_operation(Values& v) {
    switch (v.below(7)) {
        case 0:
        case 1:
            return ROOMSTORE_OPERATION(add_task, v.task());
        case 2:
            return ROOMSTORE_OPERATION(get_task, v.task_id());
        case 3:
            return ROOMSTORE_OPERATION(list_tasks, v.room_id(), v.maybe(v.task_status()));
        case 4:
            return ROOMSTORE_OPERATION(update_task, v.task());
        case 5:
            return ROOMSTORE_OPERATION(add_observation, v.observation());
        default:
            return ROOMSTORE_OPERATION(list_observations, v.room_id());
    }
}

Operation marker_operation(Values& v) {
    switch (v.below(6)) {
        case 0:
        case 1:
            return ROOMSTORE_OPERATION(mark_read, v.room_id(), v.channel_id(), v.event_id());
        case 2:
            return ROOMSTORE_OPERATION(mark_all_read, v.room_id(), v.channel_id());
        case 3:
            return ROOMSTORE_OPERATION(get_unread_count, v.room_id(), v.channel_id());
        case 4:
            return ROOMSTORE_OPERATION(get_unread_counts, v.channel_id(), v.room_ids());
        default:
            return ROOMSTORE_OPERATION(list_read_markers, v.room_id());
    }
}

#undef ROOMSTORE_OPERATION
#undef ROOMSTORE_CALL

}  // namespace

std::vector<Operation> generate_sequence(std::uint64_t seed, int length, const std::string& scope) {
    Values values(seed, scope);
    std::vector<Operation> sequence;
    for (int i = 0; i < length; ++i) {
        const auto kind = values.below(20);
        if (i < 2) {
            sequence.push_back(make(
                "create_room",
                [](ConversationStore& store, Room room) { return store.create_room(room); },
                values.room()));
        } else if (kind < 3) {
            sequence.push_back(room_operation(values));
        } else if (kind < 10) {
            sequence.push_back(event_operation(values));
        } else if (kind < 13) {
            sequence.push_back(member_operation(values));
        } else if (kind < 15) {
            sequence.push_back(identity_operation(values));
        } else if (kind < 17) {
            sequence.push_back(task_operation(values));
        } else {
            sequence.push_back(marker_operation(values));
        }
    }
    return sequence;
}

asio::awaitable<Json> dump(ConversationStore& store, std::string scope) {
    Json all = Json::object();
    all["rooms"] = as_json(co_await store.list_rooms({.limit = 1000}));
    for (const auto& room_id : Values::all_room_ids()) {
        Json room = Json::object();
        room["count"] = co_await store.get_event_count(room_id);
        room["events"] = as_json(co_await store.list_events(room_id, {.limit = 10'000}));
        room["context"] = as_json(co_await store.load_room_context(room_id));
        room["tasks"] = as_json(co_await store.list_tasks(room_id, std::nullopt));
        room["observations"] = as_json(co_await store.list_observations(room_id));
        room["markers"] = as_json(co_await store.list_read_markers(room_id));
        room["threads"] =
            as_json(co_await store.get_thread_summaries(room_id, Values::all_event_ids()));
        all[room_id] = std::move(room);
    }
    for (const auto& channel_id : Values::all_channel_ids()) {
        all["unread"][channel_id] =
            as_json(co_await store.get_unread_counts(channel_id, Values::all_room_ids()));
        all["rooms of"][channel_id] =
            as_json(co_await store.find_room_ids_by_channel(channel_id, {.limit = 100}));
    }
    for (const auto& event_id : Values::all_event_ids()) {
        all["events"][event_id] = as_json(co_await store.get_event(event_id));
    }
    for (const auto& participant_id : Values::all_participant_ids()) {
        all["latest room of"][participant_id] =
            as_json(co_await store.find_latest_room(participant_id, {}));
    }
    for (const auto& identity_id : Values::all_identity_ids(scope)) {
        all["identities"][identity_id] = as_json(co_await store.get_identity(identity_id));
    }
    co_return all;
}

}  // namespace roomstore::differential
