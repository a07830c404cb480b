#pragma once

#include <utility>

#include "roomstore/memory/detail/engine.hpp"
#include "roomstore/memory/in_memory_store.hpp"

namespace roomstore {

InMemoryStore::InMemoryStore(InMemoryOptions options)
    : engine_(std::make_unique<detail::memory::Engine>(options.limits)) {}

InMemoryStore::~InMemoryStore() = default;

asio::awaitable<void> InMemoryStore::init() {
    engine_->init();
    co_return;
}

asio::awaitable<void> InMemoryStore::close() {
    engine_->close();
    co_return;
}

asio::awaitable<Room> InMemoryStore::create_room(Room room) {
    co_return engine_->create_room(std::move(room));
}

asio::awaitable<std::optional<Room>> InMemoryStore::get_room(std::string room_id) {
    co_return engine_->get_room(room_id);
}

asio::awaitable<Room> InMemoryStore::update_room(Room room) {
    co_return engine_->update_room(std::move(room));
}

asio::awaitable<std::optional<Room>> InMemoryStore::patch_room_metadata(
    std::string room_id,
    Json patch,
    std::vector<std::string> unset) {
    co_return engine_->patch_room_metadata(room_id, std::move(patch), unset);
}

asio::awaitable<bool> InMemoryStore::delete_room(std::string room_id) {
    co_return engine_->delete_room(room_id);
}

asio::awaitable<bool> InMemoryStore::room_exists(std::string room_id) {
    co_return engine_->room_exists(room_id);
}

asio::awaitable<std::vector<Room>> InMemoryStore::list_rooms(Page page) {
    co_return engine_->list_rooms(page);
}

asio::awaitable<std::vector<Room>> InMemoryStore::find_rooms(RoomFilter filter, Page page) {
    co_return engine_->find_rooms(filter, page);
}

asio::awaitable<std::optional<Room>> InMemoryStore::find_latest_room(std::string participant_id,
                                                                     LatestRoomFilter filter) {
    co_return engine_->find_latest_room(participant_id, filter);
}

asio::awaitable<std::optional<std::string>> InMemoryStore::find_room_id_by_channel(
    std::string channel_id,
    std::optional<RoomStatus> status) {
    co_return engine_->find_room_id_by_channel(channel_id, status);
}

asio::awaitable<std::vector<std::string>> InMemoryStore::find_room_ids_by_channel(
    std::string channel_id,
    ChannelLookup lookup) {
    co_return engine_->find_room_ids_by_channel(channel_id, lookup);
}

asio::awaitable<std::int64_t> InMemoryStore::get_delivered_index(std::string room_id) {
    co_return engine_->get_delivered_index(room_id);
}

asio::awaitable<bool> InMemoryStore::advance_delivered_index(std::string room_id,
                                                             std::int64_t index,
                                                             Gap gap) {
    co_return engine_->advance_delivered_index(room_id, index, gap);
}

asio::awaitable<RoomContext> InMemoryStore::load_room_context(std::string room_id) {
    co_return engine_->load_room_context(room_id);
}

asio::awaitable<RoomEvent> InMemoryStore::add_event_auto_index(std::string room_id,
                                                               RoomEvent event) {
    co_return engine_->add_event_auto_index(room_id, std::move(event));
}

asio::awaitable<std::vector<RoomEvent>> InMemoryStore::append_events(std::string room_id,
                                                                     std::vector<RoomEvent> events,
                                                                     AppendOptions options) {
    co_return engine_->append_events(room_id, std::move(events), options);
}

asio::awaitable<RoomEvent> InMemoryStore::add_event(RoomEvent event) {
    co_return engine_->add_event(std::move(event));
}

asio::awaitable<std::optional<RoomEvent>> InMemoryStore::get_event(std::string event_id) {
    co_return engine_->get_event(event_id);
}

asio::awaitable<std::optional<RoomEvent>> InMemoryStore::get_event(std::string room_id,
                                                                   std::string event_id) {
    co_return engine_->get_event(room_id, event_id);
}

asio::awaitable<RoomEvent> InMemoryStore::update_event(RoomEvent event) {
    co_return engine_->update_event(std::move(event));
}

asio::awaitable<std::vector<std::string>> InMemoryStore::delete_event(std::string room_id,
                                                                      std::string event_id,
                                                                      Replies replies) {
    co_return engine_->delete_event(room_id, event_id, replies);
}

asio::awaitable<std::vector<RoomEvent>> InMemoryStore::list_events(std::string room_id,
                                                                   EventQuery query) {
    co_return engine_->list_events(room_id, query);
}

asio::awaitable<std::map<std::string, ThreadSummary>> InMemoryStore::get_thread_summaries(
    std::string room_id,
    std::vector<std::string> root_event_ids) {
    co_return engine_->get_thread_summaries(room_id, root_event_ids);
}

asio::awaitable<bool> InMemoryStore::check_idempotency(std::string room_id, std::string key) {
    co_return engine_->check_idempotency(room_id, key);
}

asio::awaitable<std::optional<RoomEvent>> InMemoryStore::get_event_by_idempotency_key(
    std::string room_id,
    std::string key) {
    co_return engine_->get_event_by_idempotency_key(room_id, key);
}

asio::awaitable<std::int64_t> InMemoryStore::get_event_count(std::string room_id) {
    co_return engine_->get_event_count(room_id);
}

asio::awaitable<ChannelBinding> InMemoryStore::add_binding(ChannelBinding binding) {
    co_return engine_->add_binding(std::move(binding));
}

asio::awaitable<std::optional<ChannelBinding>> InMemoryStore::get_binding(std::string room_id,
                                                                          std::string channel_id) {
    co_return engine_->get_binding(room_id, channel_id);
}

asio::awaitable<ChannelBinding> InMemoryStore::update_binding(ChannelBinding binding) {
    co_return engine_->update_binding(std::move(binding));
}

asio::awaitable<bool> InMemoryStore::remove_binding(std::string room_id, std::string channel_id) {
    co_return engine_->remove_binding(room_id, channel_id);
}

asio::awaitable<std::vector<ChannelBinding>> InMemoryStore::list_bindings(std::string room_id) {
    co_return engine_->list_bindings(room_id);
}

asio::awaitable<bool> InMemoryStore::binding_exists(std::string room_id, std::string channel_id) {
    co_return engine_->binding_exists(room_id, channel_id);
}

asio::awaitable<Participant> InMemoryStore::add_participant(Participant participant) {
    co_return engine_->add_participant(std::move(participant));
}

asio::awaitable<std::optional<Participant>> InMemoryStore::get_participant(
    std::string room_id,
    std::string participant_id) {
    co_return engine_->get_participant(room_id, participant_id);
}

asio::awaitable<Participant> InMemoryStore::update_participant(Participant participant) {
    co_return engine_->update_participant(std::move(participant));
}

asio::awaitable<bool> InMemoryStore::remove_participant(std::string room_id,
                                                        std::string participant_id) {
    co_return engine_->remove_participant(room_id, participant_id);
}

asio::awaitable<std::vector<Participant>> InMemoryStore::list_participants(std::string room_id) {
    co_return engine_->list_participants(room_id);
}

asio::awaitable<Identity> InMemoryStore::create_identity(Identity identity) {
    co_return engine_->create_identity(std::move(identity));
}

asio::awaitable<std::optional<Identity>> InMemoryStore::get_identity(std::string identity_id) {
    co_return engine_->get_identity(identity_id);
}

asio::awaitable<std::optional<Identity>> InMemoryStore::resolve_identity(
    ChannelType channel_type,
    std::string address,
    std::optional<std::string> organization_id) {
    co_return engine_->resolve_identity(channel_type, address, organization_id);
}

asio::awaitable<void> InMemoryStore::link_address(std::string identity_id,
                                                  ChannelType channel_type,
                                                  std::string address,
                                                  std::optional<std::string> organization_id) {
    engine_->link_address(identity_id, channel_type, address, organization_id);
    co_return;
}

asio::awaitable<Task> InMemoryStore::add_task(Task task) {
    co_return engine_->add_task(std::move(task));
}

asio::awaitable<std::optional<Task>> InMemoryStore::get_task(std::string task_id) {
    co_return engine_->get_task(task_id);
}

asio::awaitable<std::vector<Task>> InMemoryStore::list_tasks(std::string room_id,
                                                             std::optional<TaskStatus> status) {
    co_return engine_->list_tasks(room_id, status);
}

asio::awaitable<Task> InMemoryStore::update_task(Task task) {
    co_return engine_->update_task(std::move(task));
}

asio::awaitable<Observation> InMemoryStore::add_observation(Observation observation) {
    co_return engine_->add_observation(std::move(observation));
}

asio::awaitable<std::vector<Observation>> InMemoryStore::list_observations(std::string room_id) {
    co_return engine_->list_observations(room_id);
}

asio::awaitable<void> InMemoryStore::mark_read(std::string room_id,
                                               std::string channel_id,
                                               std::string event_id) {
    engine_->mark_read(room_id, channel_id, event_id);
    co_return;
}

asio::awaitable<void> InMemoryStore::mark_all_read(std::string room_id, std::string channel_id) {
    engine_->mark_all_read(room_id, channel_id);
    co_return;
}

asio::awaitable<std::int64_t> InMemoryStore::get_unread_count(std::string room_id,
                                                              std::string channel_id) {
    co_return engine_->get_unread_count(room_id, channel_id);
}

asio::awaitable<std::map<std::string, std::int64_t>> InMemoryStore::get_unread_counts(
    std::string channel_id,
    std::vector<std::string> room_ids) {
    co_return engine_->get_unread_counts(channel_id, room_ids);
}

asio::awaitable<std::map<std::string, std::int64_t>> InMemoryStore::list_read_markers(
    std::string room_id) {
    co_return engine_->list_read_markers(room_id);
}

}  // namespace roomstore
