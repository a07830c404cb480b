#include "locked_store.hpp"

#include <mutex>
#include <utility>

#include "differential/reference_store.hpp"

namespace {

using namespace roomstore;

/// The single-threaded reference of the differential tests, protected by a mutex. Its coroutines
/// never suspend, so the lock is released by the thread that took it.
class LockedStore final : public ConversationStore {
public:
    explicit LockedStore(Limits limits) : store_(limits) {}

    asio::awaitable<void> init() override { return locked(store_.init()); }
    asio::awaitable<void> close() override { return locked(store_.close()); }

    asio::awaitable<Room> create_room(Room room) override {
        return locked(store_.create_room(std::move(room)));
    }
    asio::awaitable<std::optional<Room>> get_room(std::string room_id) override {
        return locked(store_.get_room(std::move(room_id)));
    }
    asio::awaitable<Room> update_room(Room room) override {
        return locked(store_.update_room(std::move(room)));
    }
    asio::awaitable<std::optional<Room>>
    patch_room_metadata(std::string room_id, Json patch, std::vector<std::string> unset) override {
        return locked(
            store_.patch_room_metadata(std::move(room_id), std::move(patch), std::move(unset)));
    }
    asio::awaitable<bool> delete_room(std::string room_id) override {
        return locked(store_.delete_room(std::move(room_id)));
    }
    asio::awaitable<bool> room_exists(std::string room_id) override {
        return locked(store_.room_exists(std::move(room_id)));
    }
    asio::awaitable<std::vector<Room>> list_rooms(Page page) override {
        return locked(store_.list_rooms(page));
    }
    asio::awaitable<std::vector<Room>> find_rooms(RoomFilter filter, Page page) override {
        return locked(store_.find_rooms(std::move(filter), page));
    }
    asio::awaitable<std::optional<Room>> find_latest_room(std::string participant_id,
                                                          LatestRoomFilter filter) override {
        return locked(store_.find_latest_room(std::move(participant_id), std::move(filter)));
    }
    asio::awaitable<std::optional<std::string>> find_room_id_by_channel(
        std::string channel_id,
        std::optional<RoomStatus> status) override {
        return locked(store_.find_room_id_by_channel(std::move(channel_id), status));
    }
    asio::awaitable<std::vector<std::string>> find_room_ids_by_channel(
        std::string channel_id,
        ChannelLookup lookup) override {
        return locked(store_.find_room_ids_by_channel(std::move(channel_id), std::move(lookup)));
    }
    asio::awaitable<std::int64_t> get_delivered_index(std::string room_id) override {
        return locked(store_.get_delivered_index(std::move(room_id)));
    }
    asio::awaitable<bool> advance_delivered_index(std::string room_id,
                                                  std::int64_t index,
                                                  Gap gap) override {
        return locked(store_.advance_delivered_index(std::move(room_id), index, gap));
    }
    asio::awaitable<RoomContext> load_room_context(std::string room_id) override {
        return locked(store_.load_room_context(std::move(room_id)));
    }
    asio::awaitable<InboxPage> list_inbox(InboxQuery query) override {
        return locked(store_.list_inbox(std::move(query)));
    }

    asio::awaitable<RoomEvent> add_event_auto_index(std::string room_id, RoomEvent event) override {
        return locked(store_.add_event_auto_index(std::move(room_id), std::move(event)));
    }
    asio::awaitable<std::vector<RoomEvent>> append_events(std::string room_id,
                                                          std::vector<RoomEvent> events,
                                                          AppendOptions options) override {
        return locked(
            store_.append_events(std::move(room_id), std::move(events), std::move(options)));
    }
    asio::awaitable<RoomEvent> add_event(RoomEvent event) override {
        return locked(store_.add_event(std::move(event)));
    }
    asio::awaitable<std::optional<RoomEvent>> get_event(std::string event_id) override {
        return locked(store_.get_event(std::move(event_id)));
    }
    asio::awaitable<std::optional<RoomEvent>> get_event(std::string room_id,
                                                        std::string event_id) override {
        return locked(store_.get_event(std::move(room_id), std::move(event_id)));
    }
    asio::awaitable<RoomEvent> update_event(RoomEvent event) override {
        return locked(store_.update_event(std::move(event)));
    }
    asio::awaitable<std::vector<std::string>> delete_event(std::string room_id,
                                                           std::string event_id,
                                                           Replies replies) override {
#ifdef THIRD_BACKEND_DELETES_REPLIES
        replies = Replies::cascade;
#endif
        return locked(store_.delete_event(std::move(room_id), std::move(event_id), replies));
    }
    asio::awaitable<std::int64_t> trim_room(std::string room_id,
                                            std::int64_t before_index) override {
        return locked(store_.trim_room(std::move(room_id), before_index));
    }
    asio::awaitable<std::vector<RoomEvent>> list_events(std::string room_id,
                                                        EventQuery query) override {
        return locked(store_.list_events(std::move(room_id), std::move(query)));
    }
    asio::awaitable<std::map<std::string, ThreadSummary>> get_thread_summaries(
        std::string room_id,
        std::vector<std::string> root_event_ids,
        EventFilter filter) override {
        return locked(store_.get_thread_summaries(
            std::move(room_id), std::move(root_event_ids), std::move(filter)));
    }
    asio::awaitable<bool> check_idempotency(std::string room_id, std::string key) override {
        return locked(store_.check_idempotency(std::move(room_id), std::move(key)));
    }
    asio::awaitable<std::optional<RoomEvent>> get_event_by_idempotency_key(
        std::string room_id,
        std::string key) override {
        return locked(store_.get_event_by_idempotency_key(std::move(room_id), std::move(key)));
    }
    asio::awaitable<std::int64_t> get_event_count(std::string room_id,
                                                  EventFilter filter) override {
        return locked(store_.get_event_count(std::move(room_id), std::move(filter)));
    }
    asio::awaitable<ContextWindow> get_context_window(std::string room_id,
                                                      ContextQuery query) override {
        return locked(store_.get_context_window(std::move(room_id), std::move(query)));
    }

    asio::awaitable<RoomChanges> list_changes(std::string room_id, ChangesQuery query) override {
        return locked(store_.list_changes(std::move(room_id), std::move(query)));
    }
    asio::awaitable<void> reset_cursors() override { return locked(store_.reset_cursors()); }
    std::shared_ptr<RoomWatch> watch_rooms(WatchOptions options) override {
        const std::lock_guard lock(mutex_);
        return store_.watch_rooms(std::move(options));
    }

    asio::awaitable<ChannelBinding> add_binding(ChannelBinding binding) override {
        return locked(store_.add_binding(std::move(binding)));
    }
    asio::awaitable<std::optional<ChannelBinding>> get_binding(std::string room_id,
                                                               std::string channel_id) override {
        return locked(store_.get_binding(std::move(room_id), std::move(channel_id)));
    }
    asio::awaitable<ChannelBinding> update_binding(ChannelBinding binding) override {
        return locked(store_.update_binding(std::move(binding)));
    }
    asio::awaitable<bool> remove_binding(std::string room_id, std::string channel_id) override {
        return locked(store_.remove_binding(std::move(room_id), std::move(channel_id)));
    }
    asio::awaitable<std::vector<ChannelBinding>> list_bindings(std::string room_id,
                                                               std::optional<Page> page) override {
        return locked(store_.list_bindings(std::move(room_id), page));
    }
    asio::awaitable<bool> binding_exists(std::string room_id, std::string channel_id) override {
        return locked(store_.binding_exists(std::move(room_id), std::move(channel_id)));
    }

    asio::awaitable<Participant> add_participant(Participant participant) override {
        return locked(store_.add_participant(std::move(participant)));
    }
    asio::awaitable<std::optional<Participant>> get_participant(
        std::string room_id,
        std::string participant_id) override {
        return locked(store_.get_participant(std::move(room_id), std::move(participant_id)));
    }
    asio::awaitable<Participant> update_participant(Participant participant) override {
        return locked(store_.update_participant(std::move(participant)));
    }
    asio::awaitable<bool> remove_participant(std::string room_id,
                                             std::string participant_id) override {
        return locked(store_.remove_participant(std::move(room_id), std::move(participant_id)));
    }
    asio::awaitable<std::vector<Participant>> list_participants(std::string room_id,
                                                                std::optional<Page> page) override {
        return locked(store_.list_participants(std::move(room_id), page));
    }

    asio::awaitable<Identity> create_identity(Identity identity) override {
        return locked(store_.create_identity(std::move(identity)));
    }
    asio::awaitable<std::optional<Identity>> get_identity(std::string identity_id) override {
        return locked(store_.get_identity(std::move(identity_id)));
    }
    asio::awaitable<std::optional<Identity>> resolve_identity(
        ChannelType channel_type,
        std::string address,
        std::optional<std::string> organization_id) override {
        return locked(store_.resolve_identity(
            std::move(channel_type), std::move(address), std::move(organization_id)));
    }
    asio::awaitable<void> link_address(std::string identity_id,
                                       ChannelType channel_type,
                                       std::string address,
                                       std::optional<std::string> organization_id) override {
        return locked(store_.link_address(std::move(identity_id),
                                          std::move(channel_type),
                                          std::move(address),
                                          std::move(organization_id)));
    }

    asio::awaitable<Task> add_task(Task task) override {
        return locked(store_.add_task(std::move(task)));
    }
    asio::awaitable<std::optional<Task>> get_task(std::string task_id) override {
        return locked(store_.get_task(std::move(task_id)));
    }
    asio::awaitable<std::vector<Task>> list_tasks(std::string room_id,
                                                  std::optional<TaskStatus> status,
                                                  std::optional<Page> page) override {
        return locked(store_.list_tasks(std::move(room_id), status, page));
    }
    asio::awaitable<Task> update_task(Task task) override {
        return locked(store_.update_task(std::move(task)));
    }

    asio::awaitable<Observation> add_observation(Observation observation) override {
        return locked(store_.add_observation(std::move(observation)));
    }
    asio::awaitable<std::vector<Observation>> list_observations(std::string room_id,
                                                                std::optional<Page> page) override {
        return locked(store_.list_observations(std::move(room_id), page));
    }

    asio::awaitable<void> mark_read(std::string room_id,
                                    std::string channel_id,
                                    std::string event_id) override {
        return locked(
            store_.mark_read(std::move(room_id), std::move(channel_id), std::move(event_id)));
    }
    asio::awaitable<void> mark_all_read(std::string room_id, std::string channel_id) override {
        return locked(store_.mark_all_read(std::move(room_id), std::move(channel_id)));
    }
    asio::awaitable<void> mark_unread_from(std::string room_id,
                                           std::string channel_id,
                                           std::int64_t index) override {
        return locked(store_.mark_unread_from(std::move(room_id), std::move(channel_id), index));
    }
    asio::awaitable<std::int64_t> get_unread_count(std::string room_id,
                                                   std::string channel_id,
                                                   UnreadQuery query) override {
        return locked(
            store_.get_unread_count(std::move(room_id), std::move(channel_id), std::move(query)));
    }
    asio::awaitable<std::int64_t> get_unread_total(std::string participant_id,
                                                   UnreadTotalQuery query) override {
        return locked(store_.get_unread_total(std::move(participant_id), query));
    }
    asio::awaitable<std::map<std::string, std::int64_t>> get_unread_counts(
        std::string channel_id,
        std::vector<std::string> room_ids) override {
        return locked(store_.get_unread_counts(std::move(channel_id), std::move(room_ids)));
    }
    asio::awaitable<std::map<std::string, std::int64_t>> list_read_markers(
        std::string room_id) override {
        return locked(store_.list_read_markers(std::move(room_id)));
    }

private:
    /// An awaitable does nothing before it is awaited, so the call runs under the lock.
    template <typename T>
    asio::awaitable<T> locked(asio::awaitable<T> call) {
        const std::lock_guard lock(mutex_);
        co_return co_await std::move(call);
    }

    std::mutex mutex_;
    differential::ReferenceStore store_;
};

}  // namespace

std::shared_ptr<roomstore::ConversationStore> make_locked_store(roomstore::Limits limits) {
    return std::make_shared<LockedStore>(limits);
}
