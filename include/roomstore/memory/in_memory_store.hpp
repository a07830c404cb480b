#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/conversation_store.hpp"
#include "roomstore/memory/detail/engine.hpp"

namespace roomstore {

/// Options of `InMemoryStore`.
/// @ingroup stores
struct InMemoryOptions {
    /// What the store accepts. `Limits::max_event_bytes`: bytes, 1 MiB by default, 1 byte to 64
    /// MiB.
    Limits limits{};
};

/// Keeps everything in the memory of the process, until the store is closed or destroyed.
///
/// @par Threads
/// As every store. Calls on different rooms do not wait for one another. Calls on one room wait for
/// an append as long as it takes to link an event, for `update_event` and `patch_room_metadata` as
/// long as it takes to copy one row, and for a list of events with a filter as long as it takes to
/// look at those that its query names.
/// @par Executor
/// No call suspends: it has ended when `co_await` returns, on the same thread.
/// @par Cancellation
/// A call that has begun ends with its true outcome.
/// @par Errors
/// Of those a store may throw: invalid_argument, not_found, already_exists, conflict, storage_full
/// and closed. `std::bad_alloc` where memory runs out; then nothing has changed. Where no memory at
/// all is left, the JSON library ends the process: it needs some to destroy an object or array.
/// @par Consistency
/// Each call is atomic in each room. A result that spans rooms (`list_rooms`, `find_rooms`,
/// `find_room_ids_by_channel`, `get_unread_counts`) shows every room at one moment, but not all of
/// them at the same.
/// @par Cost
/// No call costs more because there are more rooms or events, but for a logarithm. Filters look at
/// what they must: those of `list_events` at the events from the end that the query names, the one
/// by metadata at the rooms that the other conditions leave, where each object or array in an array
/// of the filter is looked for among those of the array in the room.
/// @ingroup stores
class InMemoryStore final : public ConversationStore {
public:
    /// An empty store.
    /// @par Errors
    /// invalid_argument: a limit is out of its bounds.
    explicit InMemoryStore(InMemoryOptions options = {}) : engine_(options.limits) {}

    /// Opens the store; nothing that takes time.
    asio::awaitable<void> init() override {
        engine_.init();
        co_return;
    }

    /// Does not wait for running calls: they end by themselves, with their outcome or with
    /// `closed`.
    asio::awaitable<void> close() override {
        engine_.close();
        co_return;
    }

    asio::awaitable<Room> create_room(Room room) override {
        co_return engine_.create_room(std::move(room));
    }

    asio::awaitable<std::optional<Room>> get_room(std::string room_id) override {
        co_return engine_.get_room(room_id);
    }

    asio::awaitable<Room> update_room(Room room) override {
        co_return engine_.update_room(std::move(room));
    }

    asio::awaitable<std::optional<Room>> patch_room_metadata(
        std::string room_id,
        Json patch,
        std::vector<std::string> unset = {}) override {
        co_return engine_.patch_room_metadata(room_id, std::move(patch), unset);
    }

    asio::awaitable<bool> delete_room(std::string room_id) override {
        co_return engine_.delete_room(room_id);
    }

    asio::awaitable<bool> room_exists(std::string room_id) override {
        co_return engine_.room_exists(room_id);
    }

    asio::awaitable<std::vector<Room>> list_rooms(Page page = {}) override {
        co_return engine_.list_rooms(page);
    }

    asio::awaitable<std::vector<Room>> find_rooms(RoomFilter filter,
                                                  Page page = {.offset = 0,
                                                               .limit = 100}) override {
        co_return engine_.find_rooms(filter, page);
    }

    asio::awaitable<std::optional<Room>> find_latest_room(
        std::string participant_id,
        LatestRoomFilter filter = LatestRoomFilter()) override {
        co_return engine_.find_latest_room(participant_id, filter);
    }

    asio::awaitable<std::optional<std::string>> find_room_id_by_channel(
        std::string channel_id,
        std::optional<RoomStatus> status = {}) override {
        co_return engine_.find_room_id_by_channel(channel_id, status);
    }

    asio::awaitable<std::vector<std::string>> find_room_ids_by_channel(
        std::string channel_id,
        ChannelLookup lookup = {}) override {
        co_return engine_.find_room_ids_by_channel(channel_id, lookup);
    }

    asio::awaitable<std::int64_t> get_delivered_index(std::string room_id) override {
        co_return engine_.get_delivered_index(room_id);
    }

    asio::awaitable<bool> advance_delivered_index(std::string room_id,
                                                  std::int64_t index,
                                                  Gap gap = Gap::refuse) override {
        co_return engine_.advance_delivered_index(room_id, index, gap);
    }

    asio::awaitable<RoomContext> load_room_context(std::string room_id) override {
        co_return engine_.load_room_context(room_id);
    }

    asio::awaitable<RoomEvent> add_event_auto_index(std::string room_id, RoomEvent event) override {
        co_return engine_.add_event_auto_index(room_id, std::move(event));
    }

    asio::awaitable<std::vector<RoomEvent>> append_events(std::string room_id,
                                                          std::vector<RoomEvent> events,
                                                          AppendOptions options = {}) override {
        co_return engine_.append_events(room_id, std::move(events), options);
    }

    asio::awaitable<RoomEvent> add_event(RoomEvent event) override {
        co_return engine_.add_event(std::move(event));
    }

    asio::awaitable<std::optional<RoomEvent>> get_event(std::string event_id) override {
        co_return engine_.get_event(event_id);
    }

    asio::awaitable<std::optional<RoomEvent>> get_event(std::string room_id,
                                                        std::string event_id) override {
        co_return engine_.get_event(room_id, event_id);
    }

    asio::awaitable<RoomEvent> update_event(RoomEvent event) override {
        co_return engine_.update_event(std::move(event));
    }

    asio::awaitable<std::vector<std::string>> delete_event(
        std::string room_id,
        std::string event_id,
        Replies replies = Replies::cascade) override {
        co_return engine_.delete_event(room_id, event_id, replies);
    }

    asio::awaitable<std::vector<RoomEvent>> list_events(std::string room_id,
                                                        EventQuery query = {}) override {
        co_return engine_.list_events(room_id, query);
    }

    asio::awaitable<std::map<std::string, ThreadSummary>> get_thread_summaries(
        std::string room_id,
        std::vector<std::string> root_event_ids) override {
        co_return engine_.get_thread_summaries(room_id, root_event_ids);
    }

    asio::awaitable<bool> check_idempotency(std::string room_id, std::string key) override {
        co_return engine_.check_idempotency(room_id, key);
    }

    asio::awaitable<std::optional<RoomEvent>> get_event_by_idempotency_key(
        std::string room_id,
        std::string key) override {
        co_return engine_.get_event_by_idempotency_key(room_id, key);
    }

    asio::awaitable<std::int64_t> get_event_count(std::string room_id) override {
        co_return engine_.get_event_count(room_id);
    }

    asio::awaitable<ChannelBinding> add_binding(ChannelBinding binding) override {
        co_return engine_.add_binding(std::move(binding));
    }

    asio::awaitable<std::optional<ChannelBinding>> get_binding(std::string room_id,
                                                               std::string channel_id) override {
        co_return engine_.get_binding(room_id, channel_id);
    }

    asio::awaitable<ChannelBinding> update_binding(ChannelBinding binding) override {
        co_return engine_.update_binding(std::move(binding));
    }

    asio::awaitable<bool> remove_binding(std::string room_id, std::string channel_id) override {
        co_return engine_.remove_binding(room_id, channel_id);
    }

    asio::awaitable<std::vector<ChannelBinding>> list_bindings(std::string room_id) override {
        co_return engine_.list_bindings(room_id);
    }

    asio::awaitable<bool> binding_exists(std::string room_id, std::string channel_id) override {
        co_return engine_.binding_exists(room_id, channel_id);
    }

    asio::awaitable<Participant> add_participant(Participant participant) override {
        co_return engine_.add_participant(std::move(participant));
    }

    asio::awaitable<std::optional<Participant>> get_participant(
        std::string room_id,
        std::string participant_id) override {
        co_return engine_.get_participant(room_id, participant_id);
    }

    asio::awaitable<Participant> update_participant(Participant participant) override {
        co_return engine_.update_participant(std::move(participant));
    }

    asio::awaitable<bool> remove_participant(std::string room_id,
                                             std::string participant_id) override {
        co_return engine_.remove_participant(room_id, participant_id);
    }

    asio::awaitable<std::vector<Participant>> list_participants(std::string room_id) override {
        co_return engine_.list_participants(room_id);
    }

    asio::awaitable<Identity> create_identity(Identity identity) override {
        co_return engine_.create_identity(std::move(identity));
    }

    asio::awaitable<std::optional<Identity>> get_identity(std::string identity_id) override {
        co_return engine_.get_identity(identity_id);
    }

    asio::awaitable<std::optional<Identity>> resolve_identity(
        ChannelType channel_type,
        std::string address,
        std::optional<std::string> organization_id = {}) override {
        co_return engine_.resolve_identity(channel_type, address, organization_id);
    }

    asio::awaitable<void> link_address(std::string identity_id,
                                       ChannelType channel_type,
                                       std::string address,
                                       std::optional<std::string> organization_id = {}) override {
        engine_.link_address(identity_id, channel_type, address, organization_id);
        co_return;
    }

    asio::awaitable<Task> add_task(Task task) override {
        co_return engine_.add_task(std::move(task));
    }

    asio::awaitable<std::optional<Task>> get_task(std::string task_id) override {
        co_return engine_.get_task(task_id);
    }

    asio::awaitable<std::vector<Task>> list_tasks(std::string room_id,
                                                  std::optional<TaskStatus> status = {}) override {
        co_return engine_.list_tasks(room_id, status);
    }

    asio::awaitable<Task> update_task(Task task) override {
        co_return engine_.update_task(std::move(task));
    }

    asio::awaitable<Observation> add_observation(Observation observation) override {
        co_return engine_.add_observation(std::move(observation));
    }

    asio::awaitable<std::vector<Observation>> list_observations(std::string room_id) override {
        co_return engine_.list_observations(room_id);
    }

    asio::awaitable<void> mark_read(std::string room_id,
                                    std::string channel_id,
                                    std::string event_id) override {
        engine_.mark_read(room_id, channel_id, event_id);
        co_return;
    }

    asio::awaitable<void> mark_all_read(std::string room_id, std::string channel_id) override {
        engine_.mark_all_read(room_id, channel_id);
        co_return;
    }

    asio::awaitable<std::int64_t> get_unread_count(std::string room_id,
                                                   std::string channel_id) override {
        co_return engine_.get_unread_count(room_id, channel_id);
    }

    asio::awaitable<std::map<std::string, std::int64_t>> get_unread_counts(
        std::string channel_id,
        std::vector<std::string> room_ids) override {
        co_return engine_.get_unread_counts(channel_id, room_ids);
    }

    asio::awaitable<std::map<std::string, std::int64_t>> list_read_markers(
        std::string room_id) override {
        co_return engine_.list_read_markers(room_id);
    }

private:
    detail::memory::Engine engine_;
};

}  // namespace roomstore
