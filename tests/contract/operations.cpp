#include "contract/operations.hpp"

#include <limits>
#include <utility>

#include "roomstore/detail/operations.hpp"

namespace roomstore::contract {

using enum TextKind;

namespace {

template <typename T>
asio::awaitable<void> ignore_result(asio::awaitable<T> call) {
    static_cast<void>(co_await std::move(call));
}

asio::awaitable<void> ignore_result(asio::awaitable<void> call) { return call; }

ChannelBinding make_binding(std::string room_id, std::string channel_id) {
    return {.channel_id = std::move(channel_id),
            .room_id = std::move(room_id),
            .channel_type = ChannelType::sms,
            .attached_at = at(1)};
}

Participant make_participant(std::string room_id, std::string id) {
    return {.id = std::move(id),
            .room_id = std::move(room_id),
            .channel_id = "channel",
            .joined_at = at(1)};
}

Task make_task(std::string room_id, std::string id) {
    return {.id = std::move(id), .room_id = std::move(room_id), .created_at = at(1)};
}

Observation make_observation(std::string room_id, std::string id) {
    return {.id = std::move(id),
            .room_id = std::move(room_id),
            .channel_id = "channel",
            .created_at = at(1)};
}

std::vector<RoomEvent> one_event() { return {make_event({.id = "new"})}; }

#define CALL(...) [](ConversationStore& store) { return ignore_result(store.__VA_ARGS__); }
#define WITH(path, kind, ...)                                                         \
    TextArgument {                                                                    \
        path, kind, [](ConversationStore& store, [[maybe_unused]] std::string text) { \
            return ignore_result(store.__VA_ARGS__);                                  \
        }                                                                             \
    }

std::vector<Operation> room_operations() {
    return {
        {"create_room",
         CALL(create_room(sample_room({.id = "new"}))),
         {WITH("Room.id", id, create_room(sample_room({.id = text})))}},
        {"get_room", CALL(get_room("room")), {WITH("room_id", id, get_room(text))}},
        {"update_room",
         CALL(update_room(sample_room())),
         {WITH("Room.id", id, update_room(sample_room({.id = text})))}},
        {"patch_room_metadata",
         CALL(patch_room_metadata("room", {{"new", 1}}, {"yes"})),
         {WITH("room_id", id, patch_room_metadata(text, {{"new", 1}})),
          WITH("unset/1", free, patch_room_metadata("room", {{"new", 1}}, {"yes", text}))}},
        {"delete_room", CALL(delete_room("room")), {WITH("room_id", id, delete_room(text))}},
        {"room_exists", CALL(room_exists("room")), {WITH("room_id", id, room_exists(text))}},
        {"list_rooms", CALL(list_rooms()), {}},
        {"find_rooms",
         CALL(find_rooms({})),
         {WITH("RoomFilter.organization_id", id, find_rooms({.organization_id = text})),
          WITH("RoomFilter.participant_id", id, find_rooms({.participant_id = text}))}},
        {"find_latest_room",
         CALL(find_latest_room("participant")),
         {WITH("participant_id", id, find_latest_room(text))}},
        {"find_room_id_by_channel",
         CALL(find_room_id_by_channel("channel")),
         {WITH("channel_id", id, find_room_id_by_channel(text))}},
        {"find_room_ids_by_channel",
         CALL(find_room_ids_by_channel("channel")),
         {WITH("channel_id", id, find_room_ids_by_channel(text))}},
        {"get_delivered_index",
         CALL(get_delivered_index("room")),
         {WITH("room_id", id, get_delivered_index(text))}},
        {"advance_delivered_index",
         CALL(advance_delivered_index("room", 100, Gap::skip)),
         {WITH("room_id", id, advance_delivered_index(text, 100, Gap::skip))}},
        {"load_room_context",
         CALL(load_room_context("room")),
         {WITH("room_id", id, load_room_context(text))}},
        {"list_inbox",
         CALL(list_inbox({.participant_id = "participant"})),
         {WITH("InboxQuery.participant_id", id, list_inbox({.participant_id = text})),
          WITH("InboxQuery.organization_id",
               id,
               list_inbox({.participant_id = "participant", .organization_id = text})),
          WITH("InboxQuery.before.room_id",
               id,
               list_inbox(
                   {.participant_id = "participant", .before = InboxCursor{.room_id = text}})),
          WITH("InboxQuery.count.visibility",
               free,
               list_inbox({.participant_id = "participant", .count = {.visibility = text}})),
          WITH("InboxQuery.preview.visibility",
               free,
               list_inbox({.participant_id = "participant", .preview = {.visibility = text}}))}},
    };
}

std::vector<Operation> event_write_operations() {
    return {
        {"add_event_auto_index",
         CALL(add_event_auto_index("room", make_event({.id = "new"}))),
         {WITH("room_id",
               id,
               add_event_auto_index(text, make_event({.id = "new", .room_id = text}))),
          WITH("RoomEvent.id", id, add_event_auto_index("room", make_event({.id = text})))}},
        {"append_events",
         CALL(append_events("room", one_event())),
         {WITH("room_id", id, append_events(text, {}))}},
        {"add_event",
         CALL(add_event(make_event({.id = "new", .index = 1000}))),
         {WITH("RoomEvent.id", id, add_event(make_event({.id = text, .index = 1000}))),
          WITH("RoomEvent.room_id", id, add_event(make_event({.room_id = text})))}},
        {"update_event",
         CALL(update_event(make_event())),
         {WITH("RoomEvent.id", id, update_event(make_event({.id = text})))}},
        {"delete_event",
         CALL(delete_event("room", "event")),
         {WITH("room_id", id, delete_event(text, "event")),
          WITH("event_id", id, delete_event("room", text))}},
        {"trim_room", CALL(trim_room("room", 1)), {WITH("room_id", id, trim_room(text, 1))}},
    };
}

std::vector<Operation> event_read_operations() {
    return {
        {"get_event", CALL(get_event("event")), {WITH("event_id", id, get_event(text))}},
        {"get_event in a room",
         CALL(get_event("room", "event")),
         {WITH("room_id", id, get_event(text, "event")),
          WITH("event_id", id, get_event("room", text))}},
        {"list_events",
         CALL(list_events("room")),
         {WITH("room_id", id, list_events(text)),
          WITH("EventFilter.visibility",
               free,
               list_events("room", {.filter = {.visibility = text}})),
          WITH("EventFilter.source_channel_id",
               id,
               list_events("room", {.filter = {.source_channel_id = text}})),
          WITH("EventFilter.correlation_id",
               id,
               list_events("room", {.filter = {.correlation_id = text}})),
          WITH("EventFilter.participant_id",
               id,
               list_events("room", {.filter = {.participant_id = text}})),
          WITH("EventFilter.parent_event_id",
               id,
               list_events("room", {.filter = {.parent_event_id = text}}))}},
        {"get_conversation",
         CALL(get_conversation("room")),
         {WITH("room_id", id, get_conversation(text))}},
        {"get_timeline", CALL(get_timeline("room")), {WITH("room_id", id, get_timeline(text))}},
        {"get_thread_summaries",
         CALL(get_thread_summaries("room", {"event"})),
         {WITH("room_id", id, get_thread_summaries(text, {"event"})),
          WITH("root_event_ids/1", id, get_thread_summaries("room", {"event", text})),
          WITH("EventFilter.correlation_id",
               id,
               get_thread_summaries("room", {"event"}, {.correlation_id = text}))}},
        {"check_idempotency",
         CALL(check_idempotency("room", "key")),
         {WITH("room_id", id, check_idempotency(text, "key")),
          WITH("key", key, check_idempotency("room", text))}},
        {"get_event_by_idempotency_key",
         CALL(get_event_by_idempotency_key("room", "key")),
         {WITH("room_id", id, get_event_by_idempotency_key(text, "key")),
          WITH("key", key, get_event_by_idempotency_key("room", text))}},
        {"get_event_count",
         CALL(get_event_count("room")),
         {WITH("room_id", id, get_event_count(text)),
          WITH("EventFilter.correlation_id",
               id,
               get_event_count("room", {.correlation_id = text}))}},
        {"get_context_window",
         CALL(get_context_window("room")),
         {WITH("room_id", id, get_context_window(text)),
          WITH("EventFilter.correlation_id",
               id,
               get_context_window("room", {.filter = {.correlation_id = text}}))}},
    };
}

std::vector<Operation> change_operations() {
    return {
        {"list_changes", CALL(list_changes("room")), {WITH("room_id", id, list_changes(text))}},
        {"reset_cursors", CALL(reset_cursors()), {}},
    };
}

std::vector<Operation> binding_operations() {
    return {
        {"add_binding",
         CALL(add_binding(make_binding("room", "new"))),
         {WITH("ChannelBinding.room_id", id, add_binding(make_binding(text, "new"))),
          WITH("ChannelBinding.channel_id", id, add_binding(make_binding("room", text)))}},
        {"get_binding",
         CALL(get_binding("room", "channel")),
         {WITH("room_id", id, get_binding(text, "channel")),
          WITH("channel_id", id, get_binding("room", text))}},
        {"update_binding",
         CALL(update_binding(make_binding("room", "channel"))),
         {WITH("ChannelBinding.room_id", id, update_binding(make_binding(text, "channel"))),
          WITH("ChannelBinding.channel_id", id, update_binding(make_binding("room", text)))}},
        {"remove_binding",
         CALL(remove_binding("room", "channel")),
         {WITH("room_id", id, remove_binding(text, "channel")),
          WITH("channel_id", id, remove_binding("room", text))}},
        {"list_bindings", CALL(list_bindings("room")), {WITH("room_id", id, list_bindings(text))}},
        {"binding_exists",
         CALL(binding_exists("room", "channel")),
         {WITH("room_id", id, binding_exists(text, "channel")),
          WITH("channel_id", id, binding_exists("room", text))}},
    };
}

std::vector<Operation> participant_operations() {
    return {
        {"add_participant",
         CALL(add_participant(make_participant("room", "new"))),
         {WITH("Participant.room_id", id, add_participant(make_participant(text, "new"))),
          WITH("Participant.id", id, add_participant(make_participant("room", text)))}},
        {"get_participant",
         CALL(get_participant("room", "participant")),
         {WITH("room_id", id, get_participant(text, "participant")),
          WITH("participant_id", id, get_participant("room", text))}},
        {"update_participant",
         CALL(update_participant(make_participant("room", "participant"))),
         {WITH(
              "Participant.room_id", id, update_participant(make_participant(text, "participant"))),
          WITH("Participant.id", id, update_participant(make_participant("room", text)))}},
        {"remove_participant",
         CALL(remove_participant("room", "participant")),
         {WITH("room_id", id, remove_participant(text, "participant")),
          WITH("participant_id", id, remove_participant("room", text))}},
        {"list_participants",
         CALL(list_participants("room")),
         {WITH("room_id", id, list_participants(text))}},
    };
}

std::vector<Operation> identity_operations() {
    return {
        {"create_identity",
         CALL(create_identity({.id = "new"})),
         {WITH("Identity.id", id, create_identity({.id = text}))}},
        {"get_identity",
         CALL(get_identity("identity")),
         {WITH("identity_id", id, get_identity(text))}},
        {"resolve_identity",
         CALL(resolve_identity(ChannelType::sms, "address")),
         {WITH("address", address, resolve_identity(ChannelType::sms, text)),
          WITH("organization_id", id, resolve_identity(ChannelType::sms, "address", text))}},
        {"link_address",
         CALL(link_address("identity", ChannelType::sms, "new")),
         {WITH("identity_id", id, link_address(text, ChannelType::sms, "new")),
          WITH("address", address, link_address("identity", ChannelType::sms, text)),
          WITH("organization_id", id, link_address("identity", ChannelType::sms, "new", text))}},
    };
}

std::vector<Operation> task_and_observation_operations() {
    return {
        {"add_task",
         CALL(add_task(make_task("room", "new"))),
         {WITH("Task.room_id", id, add_task(make_task(text, "new"))),
          WITH("Task.id", id, add_task(make_task("room", text)))}},
        {"get_task", CALL(get_task("task")), {WITH("task_id", id, get_task(text))}},
        {"list_tasks", CALL(list_tasks("room")), {WITH("room_id", id, list_tasks(text))}},
        {"update_task",
         CALL(update_task(make_task("room", "task"))),
         {WITH("Task.room_id", id, update_task(make_task(text, "task"))),
          WITH("Task.id", id, update_task(make_task("room", text)))}},
        {"add_observation",
         CALL(add_observation(make_observation("room", "new"))),
         {WITH("Observation.room_id", id, add_observation(make_observation(text, "new"))),
          WITH("Observation.id", id, add_observation(make_observation("room", text)))}},
        {"list_observations",
         CALL(list_observations("room")),
         {WITH("room_id", id, list_observations(text))}},
    };
}

std::vector<Operation> read_marker_operations() {
    return {
        {"mark_read",
         CALL(mark_read("room", "new", "event")),
         {WITH("room_id", id, mark_read(text, "new", "event")),
          WITH("channel_id", id, mark_read("room", text, "event")),
          WITH("event_id", id, mark_read("room", "new", text))}},
        {"mark_all_read",
         CALL(mark_all_read("room", "new")),
         {WITH("room_id", id, mark_all_read(text, "new")),
          WITH("channel_id", id, mark_all_read("room", text))}},
        {"mark_unread_from",
         CALL(mark_unread_from("room", "channel", 0)),
         {WITH("room_id", id, mark_unread_from(text, "channel", 0)),
          WITH("channel_id", id, mark_unread_from("room", text, 0))}},
        {"get_unread_count",
         CALL(get_unread_count("room", "channel")),
         {WITH("room_id", id, get_unread_count(text, "channel")),
          WITH("channel_id", id, get_unread_count("room", text)),
          WITH("UnreadQuery.exclude_participant",
               id,
               get_unread_count("room", "channel", {.exclude_participant = text}))}},
        {"get_unread_total",
         CALL(get_unread_total("participant")),
         {WITH("participant_id", id, get_unread_total(text))}},
        {"get_unread_counts",
         CALL(get_unread_counts("channel", {"room"})),
         {WITH("channel_id", id, get_unread_counts(text, {"room"})),
          WITH("room_ids/1", id, get_unread_counts("channel", {"room", text}))}},
        {"list_read_markers",
         CALL(list_read_markers("room")),
         {WITH("room_id", id, list_read_markers(text))}},
    };
}

}  // namespace

std::vector<Operation> operations() {
    std::vector<Operation> all;
    for (auto* part : {room_operations,
                       event_write_operations,
                       event_read_operations,
                       change_operations,
                       binding_operations,
                       participant_operations,
                       identity_operations,
                       task_and_observation_operations,
                       read_marker_operations}) {
        for (auto& operation : part()) all.push_back(std::move(operation));
    }
    return all;
}

std::vector<std::string> listed_operations() {
    return {
#define ROOMSTORE_DEFAULT(...)
#define ROOMSTORE_OPERATION(kind, result, name, ...) #name,
#include "roomstore/detail/operations.inc"
    };
}

}  // namespace roomstore::contract
