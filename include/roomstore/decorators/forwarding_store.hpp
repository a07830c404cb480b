#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/conversation_store.hpp"

namespace roomstore {

/// Does what another store does: the base of a store that changes or watches some operations of it.
/// `ConversationStore::get_conversation` and `ConversationStore::get_timeline` arrive as
/// `list_events`.
/// @ingroup decorators
class ROOMSTORE_SHARED ForwardingStore : public ConversationStore {
public:
    /// Forwards to `inner`.
    /// @throws Error (invalid_argument) where `inner` is null.
    explicit ForwardingStore(std::shared_ptr<ConversationStore> inner);

    asio::awaitable<void> init() override;
    asio::awaitable<void> close() override;

    asio::awaitable<Room> create_room(Room room) override;
    asio::awaitable<std::optional<Room>> get_room(std::string room_id) override;
    asio::awaitable<Room> update_room(Room room) override;
    asio::awaitable<std::optional<Room>> patch_room_metadata(
        std::string room_id,
        Json patch,
        std::vector<std::string> unset = {}) override;
    asio::awaitable<bool> delete_room(std::string room_id) override;
    asio::awaitable<bool> room_exists(std::string room_id) override;
    asio::awaitable<std::vector<Room>> list_rooms(Page page = {}) override;
    asio::awaitable<std::vector<Room>> find_rooms(RoomFilter filter,
                                                  Page page = {.offset = 0, .limit = 100}) override;
    asio::awaitable<std::optional<Room>> find_latest_room(
        std::string participant_id,
        LatestRoomFilter filter = LatestRoomFilter()) override;
    asio::awaitable<std::optional<std::string>> find_room_id_by_channel(
        std::string channel_id,
        std::optional<RoomStatus> status = {}) override;
    asio::awaitable<std::vector<std::string>> find_room_ids_by_channel(
        std::string channel_id,
        ChannelLookup lookup = {}) override;
    asio::awaitable<std::int64_t> get_delivered_index(std::string room_id) override;
    asio::awaitable<bool> advance_delivered_index(std::string room_id,
                                                  std::int64_t index,
                                                  Gap gap = Gap::refuse) override;
    asio::awaitable<RoomContext> load_room_context(std::string room_id) override;

    asio::awaitable<RoomEvent> add_event_auto_index(std::string room_id, RoomEvent event) override;
    asio::awaitable<std::vector<RoomEvent>> append_events(std::string room_id,
                                                          std::vector<RoomEvent> events,
                                                          AppendOptions options = {}) override;
    asio::awaitable<RoomEvent> add_event(RoomEvent event) override;
    asio::awaitable<std::optional<RoomEvent>> get_event(std::string event_id) override;
    asio::awaitable<std::optional<RoomEvent>> get_event(std::string room_id,
                                                        std::string event_id) override;
    asio::awaitable<RoomEvent> update_event(RoomEvent event) override;
    asio::awaitable<std::vector<std::string>> delete_event(
        std::string room_id,
        std::string event_id,
        Replies replies = Replies::cascade) override;
    asio::awaitable<std::vector<RoomEvent>> list_events(std::string room_id,
                                                        EventQuery query = {}) override;
    asio::awaitable<std::map<std::string, ThreadSummary>> get_thread_summaries(
        std::string room_id,
        std::vector<std::string> root_event_ids) override;
    asio::awaitable<bool> check_idempotency(std::string room_id, std::string key) override;
    asio::awaitable<std::optional<RoomEvent>> get_event_by_idempotency_key(
        std::string room_id,
        std::string key) override;
    asio::awaitable<std::int64_t> get_event_count(std::string room_id) override;

    asio::awaitable<ChannelBinding> add_binding(ChannelBinding binding) override;
    asio::awaitable<std::optional<ChannelBinding>> get_binding(std::string room_id,
                                                               std::string channel_id) override;
    asio::awaitable<ChannelBinding> update_binding(ChannelBinding binding) override;
    asio::awaitable<bool> remove_binding(std::string room_id, std::string channel_id) override;
    asio::awaitable<std::vector<ChannelBinding>> list_bindings(std::string room_id) override;
    asio::awaitable<bool> binding_exists(std::string room_id, std::string channel_id) override;

    asio::awaitable<Participant> add_participant(Participant participant) override;
    asio::awaitable<std::optional<Participant>> get_participant(
        std::string room_id,
        std::string participant_id) override;
    asio::awaitable<Participant> update_participant(Participant participant) override;
    asio::awaitable<bool> remove_participant(std::string room_id,
                                             std::string participant_id) override;
    asio::awaitable<std::vector<Participant>> list_participants(std::string room_id) override;

    asio::awaitable<Identity> create_identity(Identity identity) override;
    asio::awaitable<std::optional<Identity>> get_identity(std::string identity_id) override;
    asio::awaitable<std::optional<Identity>> resolve_identity(
        ChannelType channel_type,
        std::string address,
        std::optional<std::string> organization_id = {}) override;
    asio::awaitable<void> link_address(std::string identity_id,
                                       ChannelType channel_type,
                                       std::string address,
                                       std::optional<std::string> organization_id = {}) override;

    asio::awaitable<Task> add_task(Task task) override;
    asio::awaitable<std::optional<Task>> get_task(std::string task_id) override;
    asio::awaitable<std::vector<Task>> list_tasks(std::string room_id,
                                                  std::optional<TaskStatus> status = {}) override;
    asio::awaitable<Task> update_task(Task task) override;

    asio::awaitable<Observation> add_observation(Observation observation) override;
    asio::awaitable<std::vector<Observation>> list_observations(std::string room_id) override;

    asio::awaitable<void> mark_read(std::string room_id,
                                    std::string channel_id,
                                    std::string event_id) override;
    asio::awaitable<void> mark_all_read(std::string room_id, std::string channel_id) override;
    asio::awaitable<std::int64_t> get_unread_count(std::string room_id,
                                                   std::string channel_id) override;
    asio::awaitable<std::map<std::string, std::int64_t>> get_unread_counts(
        std::string channel_id,
        std::vector<std::string> room_ids) override;
    asio::awaitable<std::map<std::string, std::int64_t>> list_read_markers(
        std::string room_id) override;

protected:
    /// The other store.
    ConversationStore& inner() const noexcept { return *inner_; }

private:
    std::shared_ptr<ConversationStore> inner_;
};

}  // namespace roomstore
