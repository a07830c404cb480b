#pragma once

#include <chrono>
#include <exception>
#include <system_error>
#include <type_traits>
#include <utility>

#include "roomstore/decorators/observed_store.hpp"
#include "roomstore/detail/not_null.hpp"
#include "roomstore/error.hpp"

namespace roomstore {

namespace detail {

/// An awaitable does nothing before it is awaited: the clock starts first.
template <typename T>
asio::awaitable<T> observe(std::shared_ptr<CallObserver> observer,
                           const char* operation,
                           std::string room_id,
                           asio::awaitable<T> call) {
    const auto started = std::chrono::steady_clock::now();
    const auto tell = [&](std::error_code error) {
        const auto duration = std::chrono::steady_clock::now() - started;
        observer->on_call({operation, room_id, duration, error});
    };
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(call);
            tell({});
        } else {
            T result = co_await std::move(call);
            tell({});
            co_return result;
        }
    } catch (const std::system_error& error) {
        tell(error.code());
        throw;
    } catch (...) {
        tell(make_error_code(errc::internal));
        throw;
    }
}

}  // namespace detail

ObservedStore::ObservedStore(std::shared_ptr<ConversationStore> inner,
                             std::shared_ptr<CallObserver> observer)
    : inner_(detail::not_null(std::move(inner), "ObservedStore.inner")),
      observer_(detail::not_null(std::move(observer), "ObservedStore.observer")) {}

asio::awaitable<void> ObservedStore::init() {
    return detail::observe(observer_, "init", {}, inner_->init());
}

asio::awaitable<void> ObservedStore::close() {
    return detail::observe(observer_, "close", {}, inner_->close());
}

asio::awaitable<Room> ObservedStore::create_room(Room room) {
    auto id = room.id;
    return detail::observe(
        observer_, "create_room", std::move(id), inner_->create_room(std::move(room)));
}

asio::awaitable<std::optional<Room>> ObservedStore::get_room(std::string room_id) {
    return detail::observe(observer_, "get_room", room_id, inner_->get_room(room_id));
}

asio::awaitable<Room> ObservedStore::update_room(Room room) {
    auto id = room.id;
    return detail::observe(
        observer_, "update_room", std::move(id), inner_->update_room(std::move(room)));
}

asio::awaitable<std::optional<Room>> ObservedStore::patch_room_metadata(
    std::string room_id,
    Json patch,
    std::vector<std::string> unset) {
    return detail::observe(
        observer_,
        "patch_room_metadata",
        room_id,
        inner_->patch_room_metadata(room_id, std::move(patch), std::move(unset)));
}

asio::awaitable<bool> ObservedStore::delete_room(std::string room_id) {
    return detail::observe(observer_, "delete_room", room_id, inner_->delete_room(room_id));
}

asio::awaitable<bool> ObservedStore::room_exists(std::string room_id) {
    return detail::observe(observer_, "room_exists", room_id, inner_->room_exists(room_id));
}

asio::awaitable<std::vector<Room>> ObservedStore::list_rooms(Page page) {
    return detail::observe(observer_, "list_rooms", {}, inner_->list_rooms(page));
}

asio::awaitable<std::vector<Room>> ObservedStore::find_rooms(RoomFilter filter, Page page) {
    return detail::observe(
        observer_, "find_rooms", {}, inner_->find_rooms(std::move(filter), page));
}

asio::awaitable<std::optional<Room>> ObservedStore::find_latest_room(std::string participant_id,
                                                                     LatestRoomFilter filter) {
    return detail::observe(observer_,
                           "find_latest_room",
                           {},
                           inner_->find_latest_room(std::move(participant_id), std::move(filter)));
}

asio::awaitable<std::optional<std::string>> ObservedStore::find_room_id_by_channel(
    std::string channel_id,
    std::optional<RoomStatus> status) {
    return detail::observe(observer_,
                           "find_room_id_by_channel",
                           {},
                           inner_->find_room_id_by_channel(std::move(channel_id), status));
}

asio::awaitable<std::vector<std::string>> ObservedStore::find_room_ids_by_channel(
    std::string channel_id,
    ChannelLookup lookup) {
    return detail::observe(observer_,
                           "find_room_ids_by_channel",
                           {},
                           inner_->find_room_ids_by_channel(std::move(channel_id), lookup));
}

asio::awaitable<std::int64_t> ObservedStore::get_delivered_index(std::string room_id) {
    return detail::observe(
        observer_, "get_delivered_index", room_id, inner_->get_delivered_index(room_id));
}

asio::awaitable<bool> ObservedStore::advance_delivered_index(std::string room_id,
                                                             std::int64_t index,
                                                             Gap gap) {
    return detail::observe(observer_,
                           "advance_delivered_index",
                           room_id,
                           inner_->advance_delivered_index(room_id, index, gap));
}

asio::awaitable<RoomContext> ObservedStore::load_room_context(std::string room_id) {
    return detail::observe(
        observer_, "load_room_context", room_id, inner_->load_room_context(room_id));
}

asio::awaitable<RoomEvent> ObservedStore::add_event_auto_index(std::string room_id,
                                                               RoomEvent event) {
    return detail::observe(observer_,
                           "add_event_auto_index",
                           room_id,
                           inner_->add_event_auto_index(room_id, std::move(event)));
}

asio::awaitable<std::vector<RoomEvent>> ObservedStore::append_events(std::string room_id,
                                                                     std::vector<RoomEvent> events,
                                                                     AppendOptions options) {
    return detail::observe(observer_,
                           "append_events",
                           room_id,
                           inner_->append_events(room_id, std::move(events), options));
}

asio::awaitable<RoomEvent> ObservedStore::add_event(RoomEvent event) {
    auto room = event.room_id;
    return detail::observe(
        observer_, "add_event", std::move(room), inner_->add_event(std::move(event)));
}

asio::awaitable<std::optional<RoomEvent>> ObservedStore::get_event(std::string event_id) {
    return detail::observe(observer_, "get_event", {}, inner_->get_event(std::move(event_id)));
}

asio::awaitable<std::optional<RoomEvent>> ObservedStore::get_event(std::string room_id,
                                                                   std::string event_id) {
    return detail::observe(
        observer_, "get_event", room_id, inner_->get_event(room_id, std::move(event_id)));
}

asio::awaitable<RoomEvent> ObservedStore::update_event(RoomEvent event) {
    auto room = event.room_id;
    return detail::observe(
        observer_, "update_event", std::move(room), inner_->update_event(std::move(event)));
}

asio::awaitable<std::vector<std::string>> ObservedStore::delete_event(std::string room_id,
                                                                      std::string event_id,
                                                                      Replies replies) {
    return detail::observe(observer_,
                           "delete_event",
                           room_id,
                           inner_->delete_event(room_id, std::move(event_id), replies));
}

asio::awaitable<std::vector<RoomEvent>> ObservedStore::list_events(std::string room_id,
                                                                   EventQuery query) {
    return detail::observe(
        observer_, "list_events", room_id, inner_->list_events(room_id, std::move(query)));
}

asio::awaitable<std::map<std::string, ThreadSummary>> ObservedStore::get_thread_summaries(
    std::string room_id,
    std::vector<std::string> root_event_ids) {
    return detail::observe(observer_,
                           "get_thread_summaries",
                           room_id,
                           inner_->get_thread_summaries(room_id, std::move(root_event_ids)));
}

asio::awaitable<bool> ObservedStore::check_idempotency(std::string room_id, std::string key) {
    return detail::observe(observer_,
                           "check_idempotency",
                           room_id,
                           inner_->check_idempotency(room_id, std::move(key)));
}

asio::awaitable<std::optional<RoomEvent>> ObservedStore::get_event_by_idempotency_key(
    std::string room_id,
    std::string key) {
    return detail::observe(observer_,
                           "get_event_by_idempotency_key",
                           room_id,
                           inner_->get_event_by_idempotency_key(room_id, std::move(key)));
}

asio::awaitable<std::int64_t> ObservedStore::get_event_count(std::string room_id) {
    return detail::observe(observer_, "get_event_count", room_id, inner_->get_event_count(room_id));
}

asio::awaitable<ChannelBinding> ObservedStore::add_binding(ChannelBinding binding) {
    auto room = binding.room_id;
    return detail::observe(
        observer_, "add_binding", std::move(room), inner_->add_binding(std::move(binding)));
}

asio::awaitable<std::optional<ChannelBinding>> ObservedStore::get_binding(std::string room_id,
                                                                          std::string channel_id) {
    return detail::observe(
        observer_, "get_binding", room_id, inner_->get_binding(room_id, std::move(channel_id)));
}

asio::awaitable<ChannelBinding> ObservedStore::update_binding(ChannelBinding binding) {
    auto room = binding.room_id;
    return detail::observe(
        observer_, "update_binding", std::move(room), inner_->update_binding(std::move(binding)));
}

asio::awaitable<bool> ObservedStore::remove_binding(std::string room_id, std::string channel_id) {
    return detail::observe(observer_,
                           "remove_binding",
                           room_id,
                           inner_->remove_binding(room_id, std::move(channel_id)));
}

asio::awaitable<std::vector<ChannelBinding>> ObservedStore::list_bindings(std::string room_id) {
    return detail::observe(observer_, "list_bindings", room_id, inner_->list_bindings(room_id));
}

asio::awaitable<bool> ObservedStore::binding_exists(std::string room_id, std::string channel_id) {
    return detail::observe(observer_,
                           "binding_exists",
                           room_id,
                           inner_->binding_exists(room_id, std::move(channel_id)));
}

asio::awaitable<Participant> ObservedStore::add_participant(Participant participant) {
    auto room = participant.room_id;
    return detail::observe(observer_,
                           "add_participant",
                           std::move(room),
                           inner_->add_participant(std::move(participant)));
}

asio::awaitable<std::optional<Participant>> ObservedStore::get_participant(
    std::string room_id,
    std::string participant_id) {
    return detail::observe(observer_,
                           "get_participant",
                           room_id,
                           inner_->get_participant(room_id, std::move(participant_id)));
}

asio::awaitable<Participant> ObservedStore::update_participant(Participant participant) {
    auto room = participant.room_id;
    return detail::observe(observer_,
                           "update_participant",
                           std::move(room),
                           inner_->update_participant(std::move(participant)));
}

asio::awaitable<bool> ObservedStore::remove_participant(std::string room_id,
                                                        std::string participant_id) {
    return detail::observe(observer_,
                           "remove_participant",
                           room_id,
                           inner_->remove_participant(room_id, std::move(participant_id)));
}

asio::awaitable<std::vector<Participant>> ObservedStore::list_participants(std::string room_id) {
    return detail::observe(
        observer_, "list_participants", room_id, inner_->list_participants(room_id));
}

asio::awaitable<Identity> ObservedStore::create_identity(Identity identity) {
    return detail::observe(
        observer_, "create_identity", {}, inner_->create_identity(std::move(identity)));
}

asio::awaitable<std::optional<Identity>> ObservedStore::get_identity(std::string identity_id) {
    return detail::observe(
        observer_, "get_identity", {}, inner_->get_identity(std::move(identity_id)));
}

asio::awaitable<std::optional<Identity>> ObservedStore::resolve_identity(
    ChannelType channel_type,
    std::string address,
    std::optional<std::string> organization_id) {
    return detail::observe(
        observer_,
        "resolve_identity",
        {},
        inner_->resolve_identity(
            std::move(channel_type), std::move(address), std::move(organization_id)));
}

asio::awaitable<void> ObservedStore::link_address(std::string identity_id,
                                                  ChannelType channel_type,
                                                  std::string address,
                                                  std::optional<std::string> organization_id) {
    return detail::observe(observer_,
                           "link_address",
                           {},
                           inner_->link_address(std::move(identity_id),
                                                std::move(channel_type),
                                                std::move(address),
                                                std::move(organization_id)));
}

asio::awaitable<Task> ObservedStore::add_task(Task task) {
    auto room = task.room_id;
    return detail::observe(
        observer_, "add_task", std::move(room), inner_->add_task(std::move(task)));
}

asio::awaitable<std::optional<Task>> ObservedStore::get_task(std::string task_id) {
    return detail::observe(observer_, "get_task", {}, inner_->get_task(std::move(task_id)));
}

asio::awaitable<std::vector<Task>> ObservedStore::list_tasks(std::string room_id,
                                                             std::optional<TaskStatus> status) {
    return detail::observe(observer_, "list_tasks", room_id, inner_->list_tasks(room_id, status));
}

asio::awaitable<Task> ObservedStore::update_task(Task task) {
    auto room = task.room_id;
    return detail::observe(
        observer_, "update_task", std::move(room), inner_->update_task(std::move(task)));
}

asio::awaitable<Observation> ObservedStore::add_observation(Observation observation) {
    auto room = observation.room_id;
    return detail::observe(observer_,
                           "add_observation",
                           std::move(room),
                           inner_->add_observation(std::move(observation)));
}

asio::awaitable<std::vector<Observation>> ObservedStore::list_observations(std::string room_id) {
    return detail::observe(
        observer_, "list_observations", room_id, inner_->list_observations(room_id));
}

asio::awaitable<void> ObservedStore::mark_read(std::string room_id,
                                               std::string channel_id,
                                               std::string event_id) {
    return detail::observe(observer_,
                           "mark_read",
                           room_id,
                           inner_->mark_read(room_id, std::move(channel_id), std::move(event_id)));
}

asio::awaitable<void> ObservedStore::mark_all_read(std::string room_id, std::string channel_id) {
    return detail::observe(
        observer_, "mark_all_read", room_id, inner_->mark_all_read(room_id, std::move(channel_id)));
}

asio::awaitable<std::int64_t> ObservedStore::get_unread_count(std::string room_id,
                                                              std::string channel_id) {
    return detail::observe(observer_,
                           "get_unread_count",
                           room_id,
                           inner_->get_unread_count(room_id, std::move(channel_id)));
}

asio::awaitable<std::map<std::string, std::int64_t>> ObservedStore::get_unread_counts(
    std::string channel_id,
    std::vector<std::string> room_ids) {
    return detail::observe(observer_,
                           "get_unread_counts",
                           {},
                           inner_->get_unread_counts(std::move(channel_id), std::move(room_ids)));
}

asio::awaitable<std::map<std::string, std::int64_t>> ObservedStore::list_read_markers(
    std::string room_id) {
    return detail::observe(
        observer_, "list_read_markers", room_id, inner_->list_read_markers(room_id));
}

}  // namespace roomstore
