#pragma once

#include <memory>
#include <string>

#include "roomstore/conversation_store.hpp"
#include "roomstore/postgres/export.hpp"
#include "roomstore/postgres/postgres_options.hpp"
#include "roomstore/postgres/postgres_stats.hpp"

namespace roomstore {

/// A store in a PostgreSQL database (13 or newer), shared by any number of processes.
///
/// @par Threads
/// The calls run on threads of the store, `PostgresOptions::connections` of them; the caller's
/// thread never waits for the server. `PostgresOptions::log` has a thread of its own.
/// @par Retries
/// A call that fails for a passing reason (a lost connection, a deadlock, a server that restarts)
/// is repeated within its deadline.
/// @par Doubt       Where the answer to a COMMIT is lost, or is an error of class 08 or XX or
/// 40003, which
///                  a cluster of servers may give when some of them have committed, nobody knows
///                  at first whether it took effect. These are run again, and then answer truly:
///                  - add_event_auto_index, append_events, add_event: the second run finds the
///                    event by its id, or stores it. One that somebody else deletes between the
///                    two runs is stored again;
///                  - mark_read, mark_all_read: a marker never moves back, and mark_all_read goes
///                    as far as events reach at the second run;
///                  - update_room, patch_room_metadata, update_event, add_binding,
///                    update_binding, add_participant, update_participant, link_address,
///                    update_task: written once more, over what others may have written between
///                    the two runs; `not_found` where they deleted it.
///
///                  They report `commit_unknown` where the deadline leaves no time for that. At
///                  once it comes from create_room, delete_room, advance_delivered_index,
///                  delete_event, remove_binding, remove_participant, create_identity, add_task
///                  and add_observation: their second run could not tell its own work from
///                  somebody else's. Look whether the row is there, and call again if it must be.
/// @par Failover    With several hosts and `target_session_attrs=read-write` the store follows to
///                  whichever takes writes. What is acknowledged survives if the standby is
///                  synchronous. A former primary that returns must be kept from taking writes
///                  (`pg_rewind`): the store prefers the host that answered last, but a new store
///                  takes the first of the list that lets it write.
/// @par Consistency
/// A result is of one moment, also one that spans rooms; but for a page that was read on because of
/// rows which cannot be read.
/// @par Lists       Rows that cannot be read are left out, counted in
///                  `PostgresStats::rows_left_out`, and replaced by those that follow, in further
///                  round trips of a bounded size. An offset makes the server count; once a list of
///                  this store has left out a row of the same kind, the store reads all rows that
///                  an offset passes, and counts those that can be read. So pages neither repeat
///                  nor skip a row if they are read one after the other, from offset 0 on, through
///                  one store. Others may repeat or skip as many as cannot be read and no list has
///                  met. A cursor knows no such exception, and costs the same everywhere. A page of
///                  rooms in which some cannot be read may repeat or lack one that others create or
///                  delete between its round trips.
/// @par Cost
/// An `update_room` that changes the status costs more with every binding and participant of the
/// room: it is repeated in them, so that rooms are found by it. Appends to the room wait meanwhile.
/// @par Destruction
/// Ends as `close()` does. Before the executors of its callers go away, preferably: callers whose
/// context is gone are dropped.
/// @par Fork
/// Threads and connections stay with the process that called `init()`. In a child that it forks
/// later every call that would need them is refused at once with `closed`, `stats()` is empty,
/// `close()` and the destructor return at once, and the connections of the parent are left alone;
/// calls that were under way in the parent end there, and never in the child. The child opens a
/// store of its own. Its copies of the sockets stay open until it ends or becomes another program.
/// @ingroup stores
class ROOMSTORE_POSTGRES_EXPORT PostgresStore final : public ConversationStore {
public:
    /// Connects to nothing yet.
    /// @throws Error invalid_argument, naming the field.
    explicit PostgresStore(PostgresOptions options);
    /// Ends the store where `close()` did not: blocks until the calls that run have ended, at most
    /// 5 s and another for what has to be cut off, and a call of `PostgresOptions::log` that runs;
    /// those that wait fail with `closed`.
    ~PostgresStore() override;

    /// The statements that create the schema of `options` in an empty database, for whoever runs
    /// them by hand; the store can then do with `create_schema = false` and a role that may do
    /// nothing else than use the tables.
    /// @throws Error invalid_argument, naming the field.
    static std::string schema_sql(const PostgresOptions& options);

    /// What the store is doing and has done.
    PostgresStats stats() const;

    /// Opens the connections, and creates, migrates or checks the schema. It has succeeded once one
    /// connection is there; where the server allows fewer than `PostgresOptions::connections`, the
    /// store works with those, goes on trying for the others, and says so in `stats()`
    /// (`PostgresStats::connections_open`, `failed_connects`) and to `PostgresOptions::log`.
    /// @par Errors
    /// schema_mismatch (a newer schema, an older one and `create_schema = false`, or a server older
    /// than PostgreSQL 13), access_denied (the text has the missing GRANT), unavailable, timeout;
    /// closed after `close()`.
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

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace roomstore
