#pragma once

#include <utility>

#include "roomstore/decorators/forwarding_store.hpp"
#include "roomstore/detail/not_null.hpp"

namespace roomstore {

ForwardingStore::ForwardingStore(std::shared_ptr<ConversationStore> inner)
    : inner_(detail::not_null(std::move(inner), "ForwardingStore.inner")) {}

asio::awaitable<void> ForwardingStore::init() { return inner_->init(); }

asio::awaitable<void> ForwardingStore::close() { return inner_->close(); }

asio::awaitable<Room> ForwardingStore::create_room(Room room) {
    return inner_->create_room(std::move(room));
}

asio::awaitable<std::optional<Room>> ForwardingStore::get_room(std::string room_id) {
    return inner_->get_room(std::move(room_id));
}

asio::awaitable<Room> ForwardingStore::update_room(Room room) {
    return inner_->update_room(std::move(room));
}

asio::awaitable<std::optional<Room>> ForwardingStore::patch_room_metadata(
    std::string room_id,
    Json patch,
    std::vector<std::string> unset) {
    return inner_->patch_room_metadata(std::move(room_id), std::move(patch), std::move(unset));
}

asio::awaitable<bool> ForwardingStore::delete_room(std::string room_id) {
    return inner_->delete_room(std::move(room_id));
}

asio::awaitable<bool> ForwardingStore::room_exists(std::string room_id) {
    return inner_->room_exists(std::move(room_id));
}

asio::awaitable<std::vector<Room>> ForwardingStore::list_rooms(Page page) {
    return inner_->list_rooms(page);
}

asio::awaitable<std::vector<Room>> ForwardingStore::find_rooms(RoomFilter filter, Page page) {
    return inner_->find_rooms(std::move(filter), page);
}

asio::awaitable<std::optional<Room>> ForwardingStore::find_latest_room(std::string participant_id,
                                                                       LatestRoomFilter filter) {
    return inner_->find_latest_room(std::move(participant_id), std::move(filter));
}

asio::awaitable<std::optional<std::string>> ForwardingStore::find_room_id_by_channel(
    std::string channel_id,
    std::optional<RoomStatus> status) {
    return inner_->find_room_id_by_channel(std::move(channel_id), status);
}

asio::awaitable<std::vector<std::string>> ForwardingStore::find_room_ids_by_channel(
    std::string channel_id,
    ChannelLookup lookup) {
    return inner_->find_room_ids_by_channel(std::move(channel_id), lookup);
}

asio::awaitable<std::int64_t> ForwardingStore::get_delivered_index(std::string room_id) {
    return inner_->get_delivered_index(std::move(room_id));
}

asio::awaitable<bool> ForwardingStore::advance_delivered_index(std::string room_id,
                                                               std::int64_t index,
                                                               Gap gap) {
    return inner_->advance_delivered_index(std::move(room_id), index, gap);
}

asio::awaitable<RoomContext> ForwardingStore::load_room_context(std::string room_id) {
    return inner_->load_room_context(std::move(room_id));
}

asio::awaitable<RoomEvent> ForwardingStore::add_event_auto_index(std::string room_id,
                                                                 RoomEvent event) {
    return inner_->add_event_auto_index(std::move(room_id), std::move(event));
}

asio::awaitable<std::vector<RoomEvent>> ForwardingStore::append_events(
    std::string room_id,
    std::vector<RoomEvent> events,
    AppendOptions options) {
    return inner_->append_events(std::move(room_id), std::move(events), options);
}

asio::awaitable<RoomEvent> ForwardingStore::add_event(RoomEvent event) {
    return inner_->add_event(std::move(event));
}

asio::awaitable<std::optional<RoomEvent>> ForwardingStore::get_event(std::string event_id) {
    return inner_->get_event(std::move(event_id));
}

asio::awaitable<std::optional<RoomEvent>> ForwardingStore::get_event(std::string room_id,
                                                                     std::string event_id) {
    return inner_->get_event(std::move(room_id), std::move(event_id));
}

asio::awaitable<RoomEvent> ForwardingStore::update_event(RoomEvent event) {
    return inner_->update_event(std::move(event));
}

asio::awaitable<std::vector<std::string>> ForwardingStore::delete_event(std::string room_id,
                                                                        std::string event_id,
                                                                        Replies replies) {
    return inner_->delete_event(std::move(room_id), std::move(event_id), replies);
}

asio::awaitable<std::vector<RoomEvent>> ForwardingStore::list_events(std::string room_id,
                                                                     EventQuery query) {
    return inner_->list_events(std::move(room_id), std::move(query));
}

asio::awaitable<std::map<std::string, ThreadSummary>> ForwardingStore::get_thread_summaries(
    std::string room_id,
    std::vector<std::string> root_event_ids) {
    return inner_->get_thread_summaries(std::move(room_id), std::move(root_event_ids));
}

asio::awaitable<bool> ForwardingStore::check_idempotency(std::string room_id, std::string key) {
    return inner_->check_idempotency(std::move(room_id), std::move(key));
}

asio::awaitable<std::optional<RoomEvent>> ForwardingStore::get_event_by_idempotency_key(
    std::string room_id,
    std::string key) {
    return inner_->get_event_by_idempotency_key(std::move(room_id), std::move(key));
}

asio::awaitable<std::int64_t> ForwardingStore::get_event_count(std::string room_id) {
    return inner_->get_event_count(std::move(room_id));
}

asio::awaitable<ChannelBinding> ForwardingStore::add_binding(ChannelBinding binding) {
    return inner_->add_binding(std::move(binding));
}

asio::awaitable<std::optional<ChannelBinding>> ForwardingStore::get_binding(
    std::string room_id,
    std::string channel_id) {
    return inner_->get_binding(std::move(room_id), std::move(channel_id));
}

asio::awaitable<ChannelBinding> ForwardingStore::update_binding(ChannelBinding binding) {
    return inner_->update_binding(std::move(binding));
}

asio::awaitable<bool> ForwardingStore::remove_binding(std::string room_id, std::string channel_id) {
    return inner_->remove_binding(std::move(room_id), std::move(channel_id));
}

asio::awaitable<std::vector<ChannelBinding>> ForwardingStore::list_bindings(std::string room_id) {
    return inner_->list_bindings(std::move(room_id));
}

asio::awaitable<bool> ForwardingStore::binding_exists(std::string room_id, std::string channel_id) {
    return inner_->binding_exists(std::move(room_id), std::move(channel_id));
}

asio::awaitable<Participant> ForwardingStore::add_participant(Participant participant) {
    return inner_->add_participant(std::move(participant));
}

asio::awaitable<std::optional<Participant>> ForwardingStore::get_participant(
    std::string room_id,
    std::string participant_id) {
    return inner_->get_participant(std::move(room_id), std::move(participant_id));
}

asio::awaitable<Participant> ForwardingStore::update_participant(Participant participant) {
    return inner_->update_participant(std::move(participant));
}

asio::awaitable<bool> ForwardingStore::remove_participant(std::string room_id,
                                                          std::string participant_id) {
    return inner_->remove_participant(std::move(room_id), std::move(participant_id));
}

asio::awaitable<std::vector<Participant>> ForwardingStore::list_participants(std::string room_id) {
    return inner_->list_participants(std::move(room_id));
}

asio::awaitable<Identity> ForwardingStore::create_identity(Identity identity) {
    return inner_->create_identity(std::move(identity));
}

asio::awaitable<std::optional<Identity>> ForwardingStore::get_identity(std::string identity_id) {
    return inner_->get_identity(std::move(identity_id));
}

asio::awaitable<std::optional<Identity>> ForwardingStore::resolve_identity(
    ChannelType channel_type,
    std::string address,
    std::optional<std::string> organization_id) {
    return inner_->resolve_identity(
        std::move(channel_type), std::move(address), std::move(organization_id));
}

asio::awaitable<void> ForwardingStore::link_address(std::string identity_id,
                                                    ChannelType channel_type,
                                                    std::string address,
                                                    std::optional<std::string> organization_id) {
    return inner_->link_address(std::move(identity_id),
                                std::move(channel_type),
                                std::move(address),
                                std::move(organization_id));
}

asio::awaitable<Task> ForwardingStore::add_task(Task task) {
    return inner_->add_task(std::move(task));
}

asio::awaitable<std::optional<Task>> ForwardingStore::get_task(std::string task_id) {
    return inner_->get_task(std::move(task_id));
}

asio::awaitable<std::vector<Task>> ForwardingStore::list_tasks(std::string room_id,
                                                               std::optional<TaskStatus> status) {
    return inner_->list_tasks(std::move(room_id), status);
}

asio::awaitable<Task> ForwardingStore::update_task(Task task) {
    return inner_->update_task(std::move(task));
}

asio::awaitable<Observation> ForwardingStore::add_observation(Observation observation) {
    return inner_->add_observation(std::move(observation));
}

asio::awaitable<std::vector<Observation>> ForwardingStore::list_observations(std::string room_id) {
    return inner_->list_observations(std::move(room_id));
}

asio::awaitable<void> ForwardingStore::mark_read(std::string room_id,
                                                 std::string channel_id,
                                                 std::string event_id) {
    return inner_->mark_read(std::move(room_id), std::move(channel_id), std::move(event_id));
}

asio::awaitable<void> ForwardingStore::mark_all_read(std::string room_id, std::string channel_id) {
    return inner_->mark_all_read(std::move(room_id), std::move(channel_id));
}

asio::awaitable<std::int64_t> ForwardingStore::get_unread_count(std::string room_id,
                                                                std::string channel_id) {
    return inner_->get_unread_count(std::move(room_id), std::move(channel_id));
}

asio::awaitable<std::map<std::string, std::int64_t>> ForwardingStore::get_unread_counts(
    std::string channel_id,
    std::vector<std::string> room_ids) {
    return inner_->get_unread_counts(std::move(channel_id), std::move(room_ids));
}

asio::awaitable<std::map<std::string, std::int64_t>> ForwardingStore::list_read_markers(
    std::string room_id) {
    return inner_->list_read_markers(std::move(room_id));
}

}  // namespace roomstore
