#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "roomstore/conversation_store.hpp"
#include "roomstore/detail/operations.hpp"
#include "roomstore/detail/validate.hpp"
#include "roomstore/detail/watch_registry.hpp"

namespace roomstore::differential {

/// The contract in its simplest form: one thread, vectors, linear scans, no indexes, no
/// optimizations. Both backends are compared with it, so every line should be obviously correct.
class ReferenceStore : public ConversationStore {
public:
    explicit ReferenceStore(Limits limits = {});
    ~ReferenceStore() override;

    /// @name Contents
    /// Used to draw arguments. Keys begin with the id of the room.
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
    /// The number of the latest change of the room; 0 for an unknown room.
    std::int64_t revision(const std::string& room_id) const;
    /// @}

    asio::awaitable<void> init() override;
    asio::awaitable<void> close() override;

#include "roomstore/detail/declare_operations.inc"

private:
    /// An update, deletion or late import of an event.
    struct Change {
        std::int64_t revision = 0;
        std::int64_t index = 0;
        std::string id{};
        bool deleted = false;
    };

    struct RoomState {
        Room room{};
        /// Which of the rooms of this store it is.
        std::uint64_t number = 0;
        std::int64_t revision = 0;
        std::int64_t row_revision = 0;
        std::vector<Change> changes{};  // ascending by revision; all that ever were
        std::int64_t next_index = 0;
        std::int64_t first_index = 0;
        std::vector<RoomEvent> events{};  // ascending by index
        std::set<std::string> updated{};  // ids of events that were updated since they were stored
        std::vector<ChannelBinding> bindings{};
        std::vector<Participant> participants{};
        std::vector<Task> tasks{};
        std::vector<Observation> observations{};
        std::map<std::string, std::int64_t> markers{};
    };

    /// The identity that has an address. Links are in the order of linking.
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
    /// The stored event that `event` repeats, if any. Throws if another event has its id.
    static RoomEvent* find_repeated(RoomState& state, const RoomEvent& event);
    static RoomEvent store_event(RoomState& state, RoomEvent event);
    static void add_change(RoomState& state, const RoomEvent& event, bool deleted = false);
    std::uint64_t hash_of(const RoomState& state) const;
    bool continues(const RoomState& state, const RoomCursor& since) const;
    RoomChanges all_changes(const RoomState& state, const ChangesQuery& query) const;
    RoomChanges newest_events(const RoomState& state, const ChangesQuery& query) const;
    RoomChanges changes_since(const RoomState& state,
                              const RoomCursor& since,
                              std::int64_t limit) const;
    static std::int64_t unread(RoomState& state, const std::string& channel_id);
    /// The read marker; -1 if there is none.
    static std::int64_t marker(const RoomState& state, const std::string& channel_id);
    /// The channel whose marker counts for the participant; absent if it does not see the room.
    static std::optional<std::string> channel_of(RoomState& state,
                                                 const std::string& participant_id,
                                                 bool include_left);
    /// Of a room that the participant sees.
    static InboxEntry inbox_entry(RoomState& state, const InboxQuery& query);
    Identity* find_identity(const std::string& identity_id);
    void link(Identity& identity,
              const std::string& channel_type,
              const std::string& address,
              const std::optional<std::string>& organization_id);

    roomstore::detail::Validator validator_;
    bool initialised_ = false;
    bool closed_ = false;
    std::vector<RoomState> rooms_;
    /// Number of rooms created so far.
    std::uint64_t rooms_created_ = 0;
    /// Which of the stores of this process it is, and how often its cursors were reset.
    const std::uint64_t store_number_;
    std::uint64_t resets_ = 0;
    const std::shared_ptr<roomstore::detail::WatchRegistry> watches_;
    std::vector<Identity> identities_;
    std::vector<Link> links_;
};

}  // namespace roomstore::differential
