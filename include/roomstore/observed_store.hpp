#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/call_observer.hpp"
#include "roomstore/conversation_store.hpp"
#include "roomstore/detail/not_null.hpp"
#include "roomstore/error.hpp"

namespace roomstore {

/// Does what another store does, and tells an observer of every call.
///
/// @par Cost
/// Two looks at the steady clock, copies of the room's id and one coroutine for each call.
/// @par Errors
/// Those of the other store, unchanged.
/// @ingroup decorators
class ROOMSTORE_SHARED ObservedStore final : public ConversationStore {
public:
    /// Forwards to `inner` and tells `observer`.
    /// @throws Error (invalid_argument) where one of them is null.
    ObservedStore(std::shared_ptr<ConversationStore> inner, std::shared_ptr<CallObserver> observer)
        : inner_(detail::not_null(std::move(inner), "ObservedStore.inner")),
          observer_(detail::not_null(std::move(observer), "ObservedStore.observer")) {}

    asio::awaitable<void> init() override { return observed("init", {}, inner_->init()); }
    asio::awaitable<void> close() override { return observed("close", {}, inner_->close()); }

    asio::awaitable<Room> create_room(Room room) override {
        auto id = room.id;
        return observed("create_room", std::move(id), inner_->create_room(std::move(room)));
    }
    asio::awaitable<std::optional<Room>> get_room(std::string room_id) override {
        return observed("get_room", room_id, inner_->get_room(room_id));
    }
    asio::awaitable<Room> update_room(Room room) override {
        auto id = room.id;
        return observed("update_room", std::move(id), inner_->update_room(std::move(room)));
    }
    asio::awaitable<std::optional<Room>> patch_room_metadata(
        std::string room_id,
        Json patch,
        std::vector<std::string> unset = {}) override {
        return observed("patch_room_metadata",
                        room_id,
                        inner_->patch_room_metadata(room_id, std::move(patch), std::move(unset)));
    }
    asio::awaitable<bool> delete_room(std::string room_id) override {
        return observed("delete_room", room_id, inner_->delete_room(room_id));
    }
    asio::awaitable<bool> room_exists(std::string room_id) override {
        return observed("room_exists", room_id, inner_->room_exists(room_id));
    }
    asio::awaitable<std::vector<Room>> list_rooms(Page page = {}) override {
        return observed("list_rooms", {}, inner_->list_rooms(page));
    }
    asio::awaitable<std::vector<Room>> find_rooms(RoomFilter filter,
                                                  Page page = {.offset = 0,
                                                               .limit = 100}) override {
        return observed("find_rooms", {}, inner_->find_rooms(std::move(filter), page));
    }
    asio::awaitable<std::optional<Room>> find_latest_room(
        std::string participant_id,
        LatestRoomFilter filter = LatestRoomFilter()) override {
        return observed("find_latest_room",
                        {},
                        inner_->find_latest_room(std::move(participant_id), std::move(filter)));
    }
    asio::awaitable<std::optional<std::string>> find_room_id_by_channel(
        std::string channel_id,
        std::optional<RoomStatus> status = {}) override {
        return observed("find_room_id_by_channel",
                        {},
                        inner_->find_room_id_by_channel(std::move(channel_id), status));
    }
    asio::awaitable<std::vector<std::string>> find_room_ids_by_channel(
        std::string channel_id,
        ChannelLookup lookup = {}) override {
        return observed("find_room_ids_by_channel",
                        {},
                        inner_->find_room_ids_by_channel(std::move(channel_id), lookup));
    }
    asio::awaitable<std::int64_t> get_delivered_index(std::string room_id) override {
        return observed("get_delivered_index", room_id, inner_->get_delivered_index(room_id));
    }
    asio::awaitable<bool> advance_delivered_index(std::string room_id,
                                                  std::int64_t index,
                                                  Gap gap = Gap::refuse) override {
        return observed("advance_delivered_index",
                        room_id,
                        inner_->advance_delivered_index(room_id, index, gap));
    }
    asio::awaitable<RoomContext> load_room_context(std::string room_id) override {
        return observed("load_room_context", room_id, inner_->load_room_context(room_id));
    }

    asio::awaitable<RoomEvent> add_event_auto_index(std::string room_id, RoomEvent event) override {
        return observed("add_event_auto_index",
                        room_id,
                        inner_->add_event_auto_index(room_id, std::move(event)));
    }
    asio::awaitable<std::vector<RoomEvent>> append_events(std::string room_id,
                                                          std::vector<RoomEvent> events,
                                                          AppendOptions options = {}) override {
        return observed(
            "append_events", room_id, inner_->append_events(room_id, std::move(events), options));
    }
    asio::awaitable<RoomEvent> add_event(RoomEvent event) override {
        auto room = event.room_id;
        return observed("add_event", std::move(room), inner_->add_event(std::move(event)));
    }
    asio::awaitable<std::optional<RoomEvent>> get_event(std::string event_id) override {
        return observed("get_event", {}, inner_->get_event(std::move(event_id)));
    }
    asio::awaitable<std::optional<RoomEvent>> get_event(std::string room_id,
                                                        std::string event_id) override {
        return observed("get_event", room_id, inner_->get_event(room_id, std::move(event_id)));
    }
    asio::awaitable<RoomEvent> update_event(RoomEvent event) override {
        auto room = event.room_id;
        return observed("update_event", std::move(room), inner_->update_event(std::move(event)));
    }
    asio::awaitable<std::vector<std::string>> delete_event(
        std::string room_id,
        std::string event_id,
        Replies replies = Replies::cascade) override {
        return observed(
            "delete_event", room_id, inner_->delete_event(room_id, std::move(event_id), replies));
    }
    asio::awaitable<std::vector<RoomEvent>> list_events(std::string room_id,
                                                        EventQuery query = {}) override {
        return observed("list_events", room_id, inner_->list_events(room_id, std::move(query)));
    }
    asio::awaitable<std::map<std::string, ThreadSummary>> get_thread_summaries(
        std::string room_id,
        std::vector<std::string> root_event_ids) override {
        return observed("get_thread_summaries",
                        room_id,
                        inner_->get_thread_summaries(room_id, std::move(root_event_ids)));
    }
    asio::awaitable<bool> check_idempotency(std::string room_id, std::string key) override {
        return observed(
            "check_idempotency", room_id, inner_->check_idempotency(room_id, std::move(key)));
    }
    asio::awaitable<std::optional<RoomEvent>> get_event_by_idempotency_key(
        std::string room_id,
        std::string key) override {
        return observed("get_event_by_idempotency_key",
                        room_id,
                        inner_->get_event_by_idempotency_key(room_id, std::move(key)));
    }
    asio::awaitable<std::int64_t> get_event_count(std::string room_id) override {
        return observed("get_event_count", room_id, inner_->get_event_count(room_id));
    }

    asio::awaitable<ChannelBinding> add_binding(ChannelBinding binding) override {
        auto room = binding.room_id;
        return observed("add_binding", std::move(room), inner_->add_binding(std::move(binding)));
    }
    asio::awaitable<std::optional<ChannelBinding>> get_binding(std::string room_id,
                                                               std::string channel_id) override {
        return observed(
            "get_binding", room_id, inner_->get_binding(room_id, std::move(channel_id)));
    }
    asio::awaitable<ChannelBinding> update_binding(ChannelBinding binding) override {
        auto room = binding.room_id;
        return observed(
            "update_binding", std::move(room), inner_->update_binding(std::move(binding)));
    }
    asio::awaitable<bool> remove_binding(std::string room_id, std::string channel_id) override {
        return observed(
            "remove_binding", room_id, inner_->remove_binding(room_id, std::move(channel_id)));
    }
    asio::awaitable<std::vector<ChannelBinding>> list_bindings(std::string room_id) override {
        return observed("list_bindings", room_id, inner_->list_bindings(room_id));
    }
    asio::awaitable<bool> binding_exists(std::string room_id, std::string channel_id) override {
        return observed(
            "binding_exists", room_id, inner_->binding_exists(room_id, std::move(channel_id)));
    }

    asio::awaitable<Participant> add_participant(Participant participant) override {
        auto room = participant.room_id;
        return observed(
            "add_participant", std::move(room), inner_->add_participant(std::move(participant)));
    }
    asio::awaitable<std::optional<Participant>> get_participant(
        std::string room_id,
        std::string participant_id) override {
        return observed("get_participant",
                        room_id,
                        inner_->get_participant(room_id, std::move(participant_id)));
    }
    asio::awaitable<Participant> update_participant(Participant participant) override {
        auto room = participant.room_id;
        return observed("update_participant",
                        std::move(room),
                        inner_->update_participant(std::move(participant)));
    }
    asio::awaitable<bool> remove_participant(std::string room_id,
                                             std::string participant_id) override {
        return observed("remove_participant",
                        room_id,
                        inner_->remove_participant(room_id, std::move(participant_id)));
    }
    asio::awaitable<std::vector<Participant>> list_participants(std::string room_id) override {
        return observed("list_participants", room_id, inner_->list_participants(room_id));
    }

    asio::awaitable<Identity> create_identity(Identity identity) override {
        return observed("create_identity", {}, inner_->create_identity(std::move(identity)));
    }
    asio::awaitable<std::optional<Identity>> get_identity(std::string identity_id) override {
        return observed("get_identity", {}, inner_->get_identity(std::move(identity_id)));
    }
    asio::awaitable<std::optional<Identity>> resolve_identity(
        ChannelType channel_type,
        std::string address,
        std::optional<std::string> organization_id = {}) override {
        return observed(
            "resolve_identity",
            {},
            inner_->resolve_identity(
                std::move(channel_type), std::move(address), std::move(organization_id)));
    }
    asio::awaitable<void> link_address(std::string identity_id,
                                       ChannelType channel_type,
                                       std::string address,
                                       std::optional<std::string> organization_id = {}) override {
        return observed("link_address",
                        {},
                        inner_->link_address(std::move(identity_id),
                                             std::move(channel_type),
                                             std::move(address),
                                             std::move(organization_id)));
    }

    asio::awaitable<Task> add_task(Task task) override {
        auto room = task.room_id;
        return observed("add_task", std::move(room), inner_->add_task(std::move(task)));
    }
    asio::awaitable<std::optional<Task>> get_task(std::string task_id) override {
        return observed("get_task", {}, inner_->get_task(std::move(task_id)));
    }
    asio::awaitable<std::vector<Task>> list_tasks(std::string room_id,
                                                  std::optional<TaskStatus> status = {}) override {
        return observed("list_tasks", room_id, inner_->list_tasks(room_id, status));
    }
    asio::awaitable<Task> update_task(Task task) override {
        auto room = task.room_id;
        return observed("update_task", std::move(room), inner_->update_task(std::move(task)));
    }

    asio::awaitable<Observation> add_observation(Observation observation) override {
        auto room = observation.room_id;
        return observed(
            "add_observation", std::move(room), inner_->add_observation(std::move(observation)));
    }
    asio::awaitable<std::vector<Observation>> list_observations(std::string room_id) override {
        return observed("list_observations", room_id, inner_->list_observations(room_id));
    }

    asio::awaitable<void> mark_read(std::string room_id,
                                    std::string channel_id,
                                    std::string event_id) override {
        return observed("mark_read",
                        room_id,
                        inner_->mark_read(room_id, std::move(channel_id), std::move(event_id)));
    }
    asio::awaitable<void> mark_all_read(std::string room_id, std::string channel_id) override {
        return observed(
            "mark_all_read", room_id, inner_->mark_all_read(room_id, std::move(channel_id)));
    }
    asio::awaitable<std::int64_t> get_unread_count(std::string room_id,
                                                   std::string channel_id) override {
        return observed(
            "get_unread_count", room_id, inner_->get_unread_count(room_id, std::move(channel_id)));
    }
    asio::awaitable<std::map<std::string, std::int64_t>> get_unread_counts(
        std::string channel_id,
        std::vector<std::string> room_ids) override {
        return observed("get_unread_counts",
                        {},
                        inner_->get_unread_counts(std::move(channel_id), std::move(room_ids)));
    }
    asio::awaitable<std::map<std::string, std::int64_t>> list_read_markers(
        std::string room_id) override {
        return observed("list_read_markers", room_id, inner_->list_read_markers(room_id));
    }

private:
    /// An awaitable does nothing before it is awaited: the clock starts first.
    template <typename T>
    asio::awaitable<T> observed(const char* operation,
                                std::string room_id,
                                asio::awaitable<T> call) const {
        return observe(observer_, operation, std::move(room_id), std::move(call));
    }

    template <typename T>
    static asio::awaitable<T> observe(std::shared_ptr<CallObserver> observer,
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

    std::shared_ptr<ConversationStore> inner_;
    std::shared_ptr<CallObserver> observer_;
};

}  // namespace roomstore
