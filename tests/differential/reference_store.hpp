#pragma once

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "roomstore/conversation_store.hpp"
#include "roomstore/detail/validate.hpp"

namespace roomstore::differential {

/// The contract in its plainest form: one thread, vectors, linear scans, no index and no
/// cleverness. Slow on purpose. What both backends are measured against, so every line should be
/// obvious.
class ReferenceStore : public ConversationStore {
public:
    explicit ReferenceStore(Limits limits = {}) : validator_(limits) {}

    /// @name What is there
    /// For who draws arguments. Keys begin with the id of the room.
    /// @{
    using Keys = std::vector<std::pair<std::string, std::string>>;
    std::vector<Room> rooms() const;
    std::vector<std::string> room_ids() const;
    std::vector<std::string> identity_ids() const;
    Keys event_keys() const { return keys(&RoomState::events, &RoomEvent::id); }
    Keys binding_keys() const { return keys(&RoomState::bindings, &ChannelBinding::channel_id); }
    Keys participant_keys() const { return keys(&RoomState::participants, &Participant::id); }
    Keys task_keys() const { return keys(&RoomState::tasks, &Task::id); }
    /// The index that the next append to the room gets; 0 for an unknown room.
    std::int64_t next_index(const std::string& room_id) const;
    /// @}

    asio::awaitable<void> init() override;
    asio::awaitable<void> close() override;

    asio::awaitable<Room> create_room(Room room) override;
    asio::awaitable<std::optional<Room>> get_room(std::string room_id) override;
    asio::awaitable<Room> update_room(Room room) override;
    asio::awaitable<std::optional<Room>>
    patch_room_metadata(std::string room_id, Json patch, std::vector<std::string> unset) override;
    asio::awaitable<bool> delete_room(std::string room_id) override;
    asio::awaitable<bool> room_exists(std::string room_id) override;
    asio::awaitable<std::vector<Room>> list_rooms(Page page) override;
    asio::awaitable<std::vector<Room>> find_rooms(RoomFilter filter, Page page) override;
    asio::awaitable<std::optional<Room>> find_latest_room(std::string participant_id,
                                                          LatestRoomFilter filter) override;
    asio::awaitable<std::optional<std::string>> find_room_id_by_channel(
        std::string channel_id,
        std::optional<RoomStatus> status) override;
    asio::awaitable<std::vector<std::string>> find_room_ids_by_channel(
        std::string channel_id,
        ChannelLookup lookup) override;
    asio::awaitable<std::int64_t> get_delivered_index(std::string room_id) override;
    asio::awaitable<bool> advance_delivered_index(std::string room_id,
                                                  std::int64_t index,
                                                  Gap gap) override;
    asio::awaitable<RoomContext> load_room_context(std::string room_id) override;

    asio::awaitable<RoomEvent> add_event_auto_index(std::string room_id, RoomEvent event) override;
    asio::awaitable<std::vector<RoomEvent>> append_events(std::string room_id,
                                                          std::vector<RoomEvent> events,
                                                          AppendOptions options) override;
    asio::awaitable<RoomEvent> add_event(RoomEvent event) override;
    asio::awaitable<std::optional<RoomEvent>> get_event(std::string event_id) override;
    asio::awaitable<std::optional<RoomEvent>> get_event(std::string room_id,
                                                        std::string event_id) override;
    asio::awaitable<RoomEvent> update_event(RoomEvent event) override;
    asio::awaitable<std::vector<std::string>> delete_event(std::string room_id,
                                                           std::string event_id,
                                                           Replies replies) override;
    asio::awaitable<std::vector<RoomEvent>> list_events(std::string room_id,
                                                        EventQuery query) override;
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
        std::optional<std::string> organization_id) override;
    asio::awaitable<void> link_address(std::string identity_id,
                                       ChannelType channel_type,
                                       std::string address,
                                       std::optional<std::string> organization_id) override;

    asio::awaitable<Task> add_task(Task task) override;
    asio::awaitable<std::optional<Task>> get_task(std::string task_id) override;
    asio::awaitable<std::vector<Task>> list_tasks(std::string room_id,
                                                  std::optional<TaskStatus> status) override;
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

private:
    struct RoomState {
        Room room{};
        std::int64_t next_index = 0;
        std::vector<RoomEvent> events{};  // ascending by index
        std::vector<ChannelBinding> bindings{};
        std::vector<Participant> participants{};
        std::vector<Task> tasks{};
        std::vector<Observation> observations{};
        std::map<std::string, std::int64_t> markers{};
    };

    /// Who holds an address; the order is the order of linking.
    struct Link {
        std::optional<std::string> organization_id;
        std::string channel_type;
        std::string address;
        std::string identity_id;
    };

    template <typename Row>
    Keys keys(std::vector<Row> RoomState::* rows, std::string Row::* id) const {
        Keys found;
        for (const auto& state : rooms_) {
            for (const auto& row : state.*rows) found.emplace_back(state.room.id, row.*id);
        }
        return found;
    }

    void require_open() const;
    RoomState* find(const std::string& room_id);
    RoomState& require(const std::string& room_id);
    std::vector<RoomState*> ordered_rooms();
    static RoomEvent* find_event(RoomState& state, const std::string& event_id);
    static RoomEvent* find_key(RoomState& state, const std::optional<std::string>& key);
    /// The stored event that `event` repeats, if any; throws where its id names another one.
    static RoomEvent* find_repeated(RoomState& state, const RoomEvent& event);
    static RoomEvent store_event(RoomState& state, RoomEvent event);
    static std::int64_t unread(RoomState& state, const std::string& channel_id);
    Identity* find_identity(const std::string& identity_id);
    void link(Identity& identity,
              const std::string& channel_type,
              const std::string& address,
              const std::optional<std::string>& organization_id);

    roomstore::detail::Validator validator_;
    bool initialised_ = false;
    bool closed_ = false;
    std::vector<RoomState> rooms_;
    std::vector<Identity> identities_;
    std::vector<Link> links_;
};

}  // namespace roomstore::differential
