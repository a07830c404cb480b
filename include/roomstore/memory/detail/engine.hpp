#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roomstore/changes.hpp"
#include "roomstore/detail/refusals.hpp"
#include "roomstore/detail/validate.hpp"
#include "roomstore/detail/watch_registry.hpp"
#include "roomstore/error.hpp"
#include "roomstore/inbox.hpp"
#include "roomstore/memory/detail/change_log.hpp"
#include "roomstore/memory/detail/cursor_hash.hpp"
#include "roomstore/memory/detail/event_index.hpp"
#include "roomstore/memory/detail/identity_index.hpp"
#include "roomstore/memory/detail/locked_room.hpp"
#include "roomstore/memory/detail/removal_queue.hpp"
#include "roomstore/memory/detail/rollback.hpp"
#include "roomstore/memory/detail/room_directory.hpp"
#include "roomstore/memory/detail/room_map.hpp"
#include "roomstore/memory/detail/room_record.hpp"
#include "roomstore/memory/detail/task_index.hpp"
#include "roomstore/query.hpp"

namespace roomstore::detail::memory {

/// The operations of `InMemoryStore`, without coroutines.
///
/// @par Locks
/// A call holds at most one room lock at a time. While holding it, the call may take one leaf lock:
/// that of a shard of the room map, of the event index or of the key index, of the directory, of
/// the task index, or of the removal queue. The lock of the identity index is taken on its own. No
/// call waits for a lock while it holds a leaf lock, and no lock is held when a call returns.
/// @par Stale entries
/// What an index reports about a room may be stale as soon as its leaf lock is released. A call
/// that proceeds to the room checks again under the room lock, where every change is complete.
/// @par Copies
/// Rows and events are immutable and held by shared pointers. A read copies the pointers under the
/// lock and builds the caller's copies after releasing it. A write that depends on the row it
/// replaces builds the new row under the lock.
/// @par Exceptions
/// A call that throws, even std::bad_alloc, changes nothing: steps that may throw come first or are
/// rolled back.
class Engine {
public:
    explicit Engine(const Limits& limits)
        : validator_(limits), change_history_(changes_to_remember(limits)) {}
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine() { watches_->close(); }

    void init();
    void close();

    /// Removes some of the events that deleted and trimmed rooms have left behind. Every call does
    /// so, so that none has to remove all events of a large room. Waits for no room: if the first
    /// one is in use, it is left to a later call.
    void continue_removals(std::size_t limit = events_per_call) noexcept;

    /// The validator of arguments. The engine itself assumes valid arguments.
    /// @throws Error closed, unless the store is open.
    const Validator& open_validator() const {
        require_open();
        return validator_;
    }

    Room create_room(Room room);
    std::optional<Room> get_room(const std::string& room_id);
    Room update_room(Room room);
    std::optional<Room> patch_room_metadata(const std::string& room_id,
                                            Json patch,
                                            const std::vector<std::string>& unset);
    bool delete_room(const std::string& room_id);
    bool room_exists(const std::string& room_id);
    std::vector<Room> list_rooms(const Page& page);
    std::vector<Room> find_rooms(const RoomFilter& filter, const Page& page);
    std::optional<Room> find_latest_room(const std::string& participant_id,
                                         const LatestRoomFilter& filter);
    std::optional<std::string> find_room_id_by_channel(const std::string& channel_id,
                                                       std::optional<RoomStatus> status);
    std::vector<std::string> find_room_ids_by_channel(const std::string& channel_id,
                                                      const ChannelLookup& lookup);
    std::int64_t get_delivered_index(const std::string& room_id);
    bool advance_delivered_index(const std::string& room_id, std::int64_t index, Gap gap);
    RoomContext load_room_context(const std::string& room_id);
    InboxPage list_inbox(const InboxQuery& query);

    RoomEvent add_event_auto_index(const std::string& room_id, RoomEvent event);
    std::vector<RoomEvent> append_events(const std::string& room_id,
                                         std::vector<RoomEvent> events,
                                         const AppendOptions& options);
    RoomEvent add_event(RoomEvent event);
    std::optional<RoomEvent> get_event(const std::string& event_id);
    std::optional<RoomEvent> get_event(const std::string& room_id, const std::string& event_id);
    RoomEvent update_event(RoomEvent event);
    std::vector<std::string> delete_event(const std::string& room_id,
                                          const std::string& event_id,
                                          Replies replies);
    std::int64_t trim_room(const std::string& room_id, std::int64_t before_index);
    std::vector<RoomEvent> list_events(const std::string& room_id, const EventQuery& query);
    std::map<std::string, ThreadSummary> get_thread_summaries(
        const std::string& room_id,
        const std::vector<std::string>& root_event_ids,
        const EventFilter& filter = EventFilter());
    bool check_idempotency(const std::string& room_id, const std::string& key);
    std::optional<RoomEvent> get_event_by_idempotency_key(const std::string& room_id,
                                                          const std::string& key);
    std::int64_t get_event_count(const std::string& room_id,
                                 const EventFilter& filter = EventFilter());
    ContextWindow get_context_window(const std::string& room_id, const ContextQuery& query);

    RoomChanges list_changes(const std::string& room_id, const ChangesQuery& query);
    void reset_cursors();
    std::shared_ptr<RoomWatch> watch_rooms(std::vector<std::string> rooms);

    ChannelBinding add_binding(ChannelBinding binding);
    std::optional<ChannelBinding> get_binding(const std::string& room_id,
                                              const std::string& channel_id);
    ChannelBinding update_binding(ChannelBinding binding);
    bool remove_binding(const std::string& room_id, const std::string& channel_id);
    std::vector<ChannelBinding> list_bindings(const std::string& room_id,
                                              const std::optional<Page>& page = {});
    bool binding_exists(const std::string& room_id, const std::string& channel_id);

    Participant add_participant(Participant participant);
    std::optional<Participant> get_participant(const std::string& room_id,
                                               const std::string& participant_id);
    Participant update_participant(Participant participant);
    bool remove_participant(const std::string& room_id, const std::string& participant_id);
    std::vector<Participant> list_participants(const std::string& room_id,
                                               const std::optional<Page>& page = {});

    Identity create_identity(Identity identity);
    std::optional<Identity> get_identity(const std::string& identity_id);
    std::optional<Identity> resolve_identity(const ChannelType& channel_type,
                                             const std::string& address,
                                             const std::optional<std::string>& organization_id);
    void link_address(const std::string& identity_id,
                      const ChannelType& channel_type,
                      const std::string& address,
                      const std::optional<std::string>& organization_id);

    Task add_task(Task task);
    std::optional<Task> get_task(const std::string& task_id);
    std::vector<Task> list_tasks(const std::string& room_id,
                                 std::optional<TaskStatus> status,
                                 const std::optional<Page>& page = {});
    Task update_task(Task task);

    Observation add_observation(Observation observation);
    std::vector<Observation> list_observations(const std::string& room_id,
                                               const std::optional<Page>& page = {});

    void mark_read(const std::string& room_id,
                   const std::string& channel_id,
                   const std::string& event_id);
    void mark_all_read(const std::string& room_id, const std::string& channel_id);
    void mark_unread_from(const std::string& room_id,
                          const std::string& channel_id,
                          std::int64_t index);
    std::int64_t get_unread_count(const std::string& room_id,
                                  const std::string& channel_id,
                                  const UnreadQuery& query = UnreadQuery());
    std::map<std::string, std::int64_t> get_unread_counts(const std::string& channel_id,
                                                          const std::vector<std::string>& room_ids);
    std::int64_t get_unread_total(const std::string& participant_id, const UnreadTotalQuery& query);
    std::map<std::string, std::int64_t> list_read_markers(const std::string& room_id);

private:
    enum class State { fresh, open, closed };
    using RoomPtr = RoomMap::RoomPtr;

    bool is_open() const noexcept { return state_.load() == State::open; }

    void require_open() const {
        switch (state_.load()) {
            case State::fresh:
                throw Error(errc::closed, "InMemoryStore: init() has not been called");
            case State::closed:
                throw Error(errc::closed, "InMemoryStore: closed by close()");
            case State::open:
                break;
        }
    }

    /// `close()` empties the store while calls are running, so a room that is not found may have
    /// been there: the call must then fail with `closed`. A call that searches several rooms checks
    /// again at the end, even if it found something, because a better match may have been removed.
    LockedRoom lock_room(RoomPtr room) const {
        if (room) {
            if (LockedRoom locked(std::move(room)); locked) return locked;
        }
        require_open();
        return {};
    }
    LockedRoom lock_room(const std::string& room_id) const {
        LockedRoom locked;
        if (RoomPtr busy = rooms_.lock(room_id, locked)) return lock_room(std::move(busy));
        if (!locked) require_open();
        return locked;
    }
    LockedRoom require_room(RoomPtr room,
                            std::string_view operation,
                            const std::string& room_id) const {
        return require(lock_room(std::move(room)), operation, room_id);
    }
    LockedRoom require_room(std::string_view operation, const std::string& room_id) const {
        return require(lock_room(room_id), operation, room_id);
    }
    static LockedRoom require(LockedRoom locked,
                              std::string_view operation,
                              const std::string& room_id) {
        if (!locked) throw no_room(operation, room_id);
        return locked;
    }

    /// Copies the rows. Needs no lock.
    template <typename Row>
    static std::optional<Row> copy(const std::shared_ptr<const Row>& row) {
        if (!row) return std::nullopt;
        return *row;
    }
    template <typename Row>
    static std::vector<Row> copy(const std::vector<std::shared_ptr<const Row>>& rows) {
        std::vector<Row> copies;
        copies.reserve(rows.size());
        for (const auto& row : rows) copies.push_back(*row);
        return copies;
    }

    /// The first room, in order of room ids, in which `find` finds something, and what it finds;
    /// null if there is none. `index` names the rooms that may have that id.
    template <typename Index, typename Find>
    auto find_in_rooms(const Index& index, const std::string& id, Find find) const {
        auto candidate = index.first_room(id);
        decltype(find(std::declval<RoomRecord&>())) found;
        while (candidate) {
            if (auto room = lock_room(std::static_pointer_cast<RoomRecord>(candidate))) {
                found = find(*room);
                room.unlock();
                if (found) break;
            }
            candidate = index.first_room(id, candidate.get());
        }
        require_open();
        return std::pair(std::move(candidate), std::move(found));
    }

    static RoomDirectory::Group group_of(const Room& room) {
        return {room.organization_id, room.status};
    }
    /// The numbers of events that a call removes for others, and that delete_room and trim_room
    /// remove at once.
    static constexpr std::size_t events_per_call = 128;
    static constexpr std::size_t events_at_once = 1000;

    bool remove_room(const RoomPtr& room);
    bool remove_hidden(RoomRecord& room, std::size_t limit) noexcept;
    void await_removal(RoomPtr room) noexcept;
    void finish_removals() noexcept;
    std::vector<Room> select_rooms(const RoomFilter& filter, const Page& page);

    EventPtr find_event(const RoomRecord& room, std::string_view event_id) const;
    EventPtr find_key(const RoomRecord& room, std::string_view key) const;
    static EventPtr visible(const RoomRecord& room, const PackedEvent* event);
    EventPtr find_repeated(const RoomRecord& room,
                           const RoomEvent& event,
                           std::string_view operation) const;
    void attach(RoomRecord& room, const EventPtr& event);
    void detach(RoomRecord& room, const PackedEvent& event) noexcept;
    static void count(RoomRecord& room, const PackedEvent& event) noexcept;
    void record_change(RoomRecord& room,
                       ChangeLog::Change change,
                       std::int64_t index) const noexcept;

    template <typename Table, typename Row = typename Table::Row>
    Row add_row(Table RoomContents::* table,
                std::string_view operation,
                std::string_view noun,
                Row row);
    template <typename Table, typename Row = typename Table::Row>
    Row add_or_replace_row(Table RoomContents::* table, std::string_view operation, Row row);
    template <typename Table, typename Row = typename Table::Row>
    Row update_row(Table RoomContents::* table,
                   std::string_view operation,
                   std::string_view noun,
                   Row row);
    template <typename Table, typename Row = typename Table::Row>
    std::optional<Row> get_row(Table RoomContents::* table,
                               const std::string& room_id,
                               const std::string& id) const;
    template <typename Table, typename RowPtr = typename Table::RowPtr>
    std::vector<RowPtr> list_rows(Table RoomContents::* table, const std::string& room_id) const;
    template <typename RowPtr>
    static std::vector<RowPtr> page_of(std::vector<RowPtr> rows, const std::optional<Page>& page);

    /// Stores `now` and updates the indexes of the store; `before` is the row that it replaces, or
    /// null. The caller holds the lock of the room.
    void store_row(RoomRecord& room,
                   const std::shared_ptr<const ChannelBinding>& before,
                   std::shared_ptr<const ChannelBinding> now);
    void store_row(RoomRecord& room,
                   const std::shared_ptr<const Participant>& before,
                   std::shared_ptr<const Participant> now);
    void store_row(RoomRecord& room,
                   const std::shared_ptr<const Task>& before,
                   std::shared_ptr<const Task> now);
    void store_row(RoomRecord& room,
                   const std::shared_ptr<const Observation>& before,
                   std::shared_ptr<const Observation> now);

    /// How a participant sees a room: the channel whose marker counts, and its row, if there is
    /// one.
    struct InboxLink {
        std::shared_ptr<const Participant> participant;
        std::string channel_id;
    };
    struct InboxPlace {
        std::optional<Timestamp> last_activity_at;
        RoomPtr room;
    };
    static bool has_participant(const RoomRecord& room, const std::string& participant_id);
    static std::optional<InboxLink> inbox_link(const RoomRecord& room,
                                               const std::string& participant_id,
                                               bool include_left);
    template <typename Visit>
    void for_each_room_of(const std::string& participant_id,
                          std::optional<RoomStatus> status,
                          const Visit& visit) const;
    std::vector<InboxPlace> inbox_places(const InboxQuery& query) const;

    static std::int64_t marker_of(const RoomRecord& room, const std::string& channel_id);
    static void move_marker(RoomRecord& room, const std::string& channel_id, std::int64_t index);
    static std::int64_t unread_count(const RoomRecord& room, const std::string& channel_id);

    static std::size_t changes_to_remember(const Limits& limits) noexcept;

    const Validator validator_;
    /// Number of changes that a room remembers.
    const std::size_t change_history_;
    CursorHash cursor_hash_;
    std::atomic<State> state_ = State::fresh;
    RoomMap rooms_;
    RoomDirectory directory_;
    EventIndex ids_;
    KeyIndex keys_;
    TaskIndex tasks_;
    IdentityIndex identities_;
    RemovalQueue removals_;
    const std::shared_ptr<WatchRegistry> watches_ = WatchRegistry::make();
};

inline void Engine::init() {
    State expected = State::fresh;
    if (!state_.compare_exchange_strong(expected, State::open) && expected == State::closed) {
        require_open();
    }
}

inline void Engine::close() {
    if (state_.exchange(State::closed) == State::closed) return;
    rooms_.drain([this](const RoomPtr& room) { remove_room(room); });
    finish_removals();
    identities_.clear();
    watches_->close();
}

}  // namespace roomstore::detail::memory

#include "roomstore/memory/detail/engine_bindings.hpp"
#include "roomstore/memory/detail/engine_changes.hpp"
#include "roomstore/memory/detail/engine_events.hpp"
#include "roomstore/memory/detail/engine_identities.hpp"
#include "roomstore/memory/detail/engine_inbox.hpp"
#include "roomstore/memory/detail/engine_observations.hpp"
#include "roomstore/memory/detail/engine_participants.hpp"
#include "roomstore/memory/detail/engine_read_markers.hpp"
#include "roomstore/memory/detail/engine_rooms.hpp"
#include "roomstore/memory/detail/engine_rows.hpp"
#include "roomstore/memory/detail/engine_tasks.hpp"
