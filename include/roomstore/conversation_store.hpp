#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/changes.hpp"
#include "roomstore/detail/asio_check.hpp"
#include "roomstore/detail/visibility.hpp"
#include "roomstore/error.hpp"
#include "roomstore/inbox.hpp"
#include "roomstore/model/binding.hpp"
#include "roomstore/model/event.hpp"
#include "roomstore/model/identity.hpp"
#include "roomstore/model/observation.hpp"
#include "roomstore/model/participant.hpp"
#include "roomstore/model/room.hpp"
#include "roomstore/model/task.hpp"
#include "roomstore/query.hpp"
#include "roomstore/watch.hpp"

namespace roomstore {

/// Interface of a conversation store: rooms, their events, and everything attached to them.
///
/// An application uses a backend through a `ConversationStore&` or a
/// `std::shared_ptr<ConversationStore>`. All backends behave the same on every call.
///
/// @par Threads
/// Distinct stores are independent. One store may be called from any thread and any executor at any
/// time.
/// @par Executor
/// The calling coroutine resumes on its own executor, exactly once. No coroutine
/// or handler of the caller runs on a thread of the store. A backend may complete without
/// suspending.
/// @par Cancellation
/// All cancellation types are supported. A call that is cancelled before its work starts or while
/// it runs fails with `asio::error::operation_aborted`, and nothing is stored. Once the commit has
/// started, the call delivers its true outcome instead. `operation_aborted` always means that
/// nothing was stored.
/// @par Errors
/// A call fails with an `Error` that holds an `errc`. Every call can fail with `closed` (before
/// `init()`, after `close()`) and with `invalid_argument`. Arguments are checked before any I/O;
/// the text names the field and, for a value out of bounds, the bound. Calls that reach a server
/// can also fail with busy, timeout, unavailable, access_denied, storage_full, corrupt_data and
/// internal, writes also with read_only and commit_unknown. Each method lists its additional codes.
/// Unless a method lists not_found, a missing row is not an error: the result is an empty
/// `std::optional`, `false` or an empty list.
/// @par Lost commit
/// If a backend commits on a server, the reply to a COMMIT can be lost, and its outcome is then
/// unknown. Some writes settle it: the store runs the write again and returns the true outcome.
/// Such a write fails with commit_unknown only if the re-run cannot find out: its deadline expires,
/// the store is closed, or the re-run fails for another reason. Calling it again then settles the
/// outcome. The other writes report it: they fail with commit_unknown at once, because
/// a re-run could not distinguish their own effect from that of another caller. Each write
/// documents which of the two it does.
/// @par Unknown rooms
/// Reads of an unknown room return nothing, 0 or an empty list. Writes fail with not_found, unless
/// documented otherwise.
/// @par Lifetimes
/// Parameters are taken by value, because an awaitable starts only when it is awaited. The store
/// must outlive the calls in flight. Results are copies.
/// @par GCC 12
/// GCC 12 destroys parts of some temporaries twice if they are created in the same expression as a
/// `co_await`; store these in a named variable first. A struct of this library does not compile
/// there: `co_await store.create_room({.id = "lobby"})` fails with "array used as initializer", and
/// so does a braced list. A conditional expression of class type compiles but must not be used, as
/// in `co_await store.get_room(given ? id + "!" : "")`. Function results, literals, operator
/// expressions such as `a + b`, variables and queries that hold only numbers are safe.
/// @par Consistency
/// A write is atomic. What a call reads of one room is a consistent snapshot; each backend
/// documents whether this also holds for a result that spans rooms. Within a room, index order is
/// commit order: a reader that sees an index also sees every smaller one that was not deleted.
/// @par Lists
/// A row that this build cannot read, for example one written by a newer build, is left out of
/// every list. It does not affect other rows and does not shorten a page. A page that is not full
/// is the last one. Every `limit` is at most `Limits::max_page_rows` (default 10 000). A list whose
/// page is optional returns all rows if none is given; write `Page{.limit = 20}` to give one.
/// @par Bytes
/// Ids and keys compare by bytes; text is UTF-8 without NUL. A row that is passed to a call, and a
/// room after a patch, is at most `Limits::max_event_bytes` in size. A stored row can exceed this
/// by the addresses that `link_address` adds, one per call, and by the idempotency key that
/// `update_event` keeps.
/// @ingroup stores
class ROOMSTORE_SHARED ConversationStore {
public:
    /// Constructs a store that is not open yet: see `init()`.
    ConversationStore();
    ConversationStore(const ConversationStore&) = delete;
    ConversationStore& operator=(const ConversationStore&) = delete;
    /// Destroys the store; each backend documents what happens to calls in flight.
    virtual ~ConversationStore();

    /// @name Lifecycle
    /// @{

    /// Makes the store usable: opens connections and checks or creates the schema, if the backend
    /// has any. Calling it again has no effect.
    /// @par Errors
    /// schema_mismatch, access_denied, unavailable; closed after `close()`.
    virtual asio::awaitable<void> init() = 0;

    /// Stops accepting calls, waits up to 5 s for running calls and releases all resources. Calling
    /// it again has no effect.
    virtual asio::awaitable<void> close() = 0;

    /// @}
    /// @name Rooms
    /// @{

    /// Stores `room` and returns the stored row. Counters and `delivered_index` are stored as
    /// given, so that a room can be imported; the next automatic index is `latest_index + 1`, or 0
    /// while `event_count` is 0.
    /// @par Errors
    /// already_exists; busy (also: the rows of a deleted room with this id are still being removed;
    /// what the call has removed stays removed, so calling again goes on).
    /// @par Lost commit
    /// Reported: a re-run could not distinguish this room from one that another caller created.
    virtual asio::awaitable<Room> create_room(Room room) = 0;

    /// The room, or `nullopt`.
    virtual asio::awaitable<std::optional<Room>> get_room(std::string room_id) = 0;

    /// Replaces organization, status, timers, policy, metadata, `updated_at` and `closed_at`, and
    /// returns the stored row. `created_at`, `event_count`, `latest_index` and `delivered_index`
    /// are managed by the store and ignored here, so that a stale copy cannot rewind them.
    /// @par Errors
    /// not_found.
    /// @par Lost commit
    /// Settled by running again: the re-run overwrites what other callers wrote in between.
    virtual asio::awaitable<Room> update_room(Room room) = 0;

    /// Removes the keys `unset` from the metadata, then adds or replaces the keys of `patch` (a
    /// JSON object; nested objects are not merged), and sets `updated_at` to the current time.
    /// Concurrent patches do not overwrite each other's keys. Returns the stored row, or `nullopt`
    /// for an unknown room.
    /// @par Errors
    /// invalid_argument (also: `patch` is not a JSON object, or it makes the room too large).
    /// @par Lost commit
    /// Settled by running again: the re-run overwrites what other callers wrote in between.
    virtual asio::awaitable<std::optional<Room>>
    patch_room_metadata(std::string room_id, Json patch, std::vector<std::string> unset = {}) = 0;

    /// Deletes the room with its events, bindings, participants, tasks, observations, read markers
    /// and idempotency keys, but not identities. A room created again with the same id starts at
    /// index 0.
    ///
    /// From then on no call sees any of it, and the cost does not depend on the number of events:
    /// at most a thousand are removed by this call, the others afterwards, as each backend
    /// documents.
    /// @returns whether the room existed.
    /// @par Lost commit
    /// Reported: if the room is gone, another caller could have deleted it.
    virtual asio::awaitable<bool> delete_room(std::string room_id) = 0;

    /// Whether the room exists, without reading it.
    virtual asio::awaitable<bool> room_exists(std::string room_id) = 0;

    /// A page of all rooms, ordered by (`created_at`, `id`).
    virtual asio::awaitable<std::vector<Room>> list_rooms(Page page = {}) = 0;

    /// A page of the matching rooms, ordered by (`created_at`, `id`).
    /// @par Errors
    /// invalid_argument (also: `RoomFilter::metadata` is not a JSON object).
    virtual asio::awaitable<std::vector<Room>> find_rooms(RoomFilter filter,
                                                          Page page = {.offset = 0,
                                                                       .limit = 100}) = 0;

    /// The newest room by (`created_at`, `id`) that has `participant_id` as a participant or as the
    /// `participant_id` of a binding.
    virtual asio::awaitable<std::optional<Room>> find_latest_room(
        std::string participant_id,
        LatestRoomFilter filter = LatestRoomFilter()) = 0;

    /// The id of the oldest room by (`created_at`, `id`) that has a binding of the channel.
    virtual asio::awaitable<std::optional<std::string>> find_room_id_by_channel(
        std::string channel_id,
        std::optional<RoomStatus> status = {}) = 0;

    /// The ids of the oldest rooms by (`created_at`, `id`) that have a binding of the channel.
    virtual asio::awaitable<std::vector<std::string>> find_room_ids_by_channel(
        std::string channel_id,
        ChannelLookup lookup = {}) = 0;

    /// The delivery cursor; -1 for an unknown room.
    virtual asio::awaitable<std::int64_t> get_delivered_index(std::string room_id) = 0;

    /// Moves the delivery cursor to `index` (>= 0), from `index - 1` or, with `Gap::skip`, from any
    /// smaller value. It never moves back. `index` is not compared with `Room::latest_index`: a
    /// cursor moved beyond it marks events as delivered before they exist, and stays there.
    /// @returns whether it moved; false for an unknown room.
    /// @par Lost commit
    /// Reported: another caller could have moved the cursor.
    virtual asio::awaitable<bool> advance_delivered_index(std::string room_id,
                                                          std::int64_t index,
                                                          Gap gap = Gap::refuse) = 0;

    /// The room with its bindings and participants, in the order of `list_bindings` and
    /// `list_participants`, as a consistent snapshot read in one round trip.
    virtual asio::awaitable<RoomContext> load_room_context(std::string room_id) = 0;

    /// The rooms of a participant, those with the latest activity first, with the number of unread
    /// events and the last event of each: the first screen of a chat, in one round trip.
    ///
    /// A room of the participant is one that has it as a participant or as the `participant_id` of
    /// a binding. Where there is a participant, bindings do not matter: one that has left or was
    /// banned does not see the room because of a binding that was left behind.
    ///
    /// The cost grows with the number of rooms of the participant, of which only the page is read
    /// in full, not with that of other rooms and events.
    ///
    /// A room that becomes active between two calls moves to the front: a later page may lack it,
    /// and one that was given may be given again. To keep a list that is complete, watch the rooms
    /// first (`watch_rooms`), replace entries by room id, and read the first page again.
    ///
    /// An entry lacks its participant or its last event if this build cannot read them.
    virtual asio::awaitable<InboxPage> list_inbox(InboxQuery query) = 0;

    /// @}
    /// @name Events
    /// @{

    /// Appends `event` to its room and returns it with the index that the store assigned: 0 in a
    /// new room, then consecutive. Failed appends leave no gaps, and no index is ever reused.
    ///
    /// Exactly once: if the same append is repeated, the event is returned as stored, and nothing
    /// is written. It is the same append if everything but the index is equal; once the stored
    /// event was updated, if its type, source, `created_at` and key are. If another event of the
    /// room already holds the `idempotency_key`, that event is returned instead, and nothing is
    /// written; compare the ids to detect this.
    ///
    /// The default implementation reads the newest event, calls `add_event` for the next index and
    /// retries a bounded number of times on conflict. A backend that can assign the index in one
    /// transaction overrides it.
    /// @par Atomicity
    /// Event, room counters and idempotency key change together or not at all.
    /// @par Errors
    /// not_found (no such room), already_exists (the room has an event with this id, and this is
    /// not the same append), invalid_argument
    /// (also: `event.room_id` is not `room_id`), storage_full (the room has no index left),
    /// conflict (default implementation only: too many concurrent appends).
    /// @par Lost commit
    /// Settled by running again: the re-run finds the event by its id, or stores it.
    virtual asio::awaitable<RoomEvent> add_event_auto_index(std::string room_id, RoomEvent event);

    /// `add_event_auto_index` to the room that the event names.
    asio::awaitable<RoomEvent> append(RoomEvent event);

    /// Appends `events` to the room at consecutive indexes and returns them as stored. Repeating
    /// the call with the same events returns the stored events, regardless of
    /// `AppendOptions::expected_next_index`.
    /// @par Atomicity
    /// All or nothing, in one round trip.
    /// @par Errors
    /// conflict (`expected_next_index`), already_exists (an id names another event, or only some of
    /// the events are stored), invalid_argument (also: an id or key occurs twice in `events`,
    /// or they exceed `Limits::max_batch_events` or `Limits::max_batch_bytes`), otherwise as
    /// `add_event_auto_index`.
    /// @par Lost commit
    /// Settled by running again: the re-run finds the events by their ids, or stores them.
    virtual asio::awaitable<std::vector<RoomEvent>> append_events(std::string room_id,
                                                                  std::vector<RoomEvent> events,
                                                                  AppendOptions options = {}) = 0;

    /// Stores `event` at `event.index`, for import. The next automatic index becomes at least
    /// `event.index + 1`; `event_count` grows by one, `latest_index` and `last_activity_at` never
    /// move back. Exactly once, as `add_event_auto_index`.
    /// @par Errors
    /// conflict (the index is taken, or below the first index of `trim_room`), otherwise as
    /// `add_event_auto_index`.
    /// @par Lost commit
    /// Settled by running again: the re-run finds the event by its id, or stores it.
    virtual asio::awaitable<RoomEvent> add_event(RoomEvent event) = 0;

    /// The event with that id in any room, or `nullopt`. If several rooms have an event with the
    /// id, the one in the room with the smallest `room_id`.
    virtual asio::awaitable<std::optional<RoomEvent>> get_event(std::string event_id) = 0;

    /// The event with that id in that room, or `nullopt`.
    virtual asio::awaitable<std::optional<RoomEvent>> get_event(std::string room_id,
                                                                std::string event_id) = 0;

    /// Replaces all fields except the immutable ones (`id`, `room_id`, `index`, `created_at`,
    /// `idempotency_key`) and returns the stored event.
    /// @par Errors
    /// not_found.
    /// @par Lost commit
    /// Settled by running again: the re-run overwrites what other callers wrote in between.
    virtual asio::awaitable<RoomEvent> update_event(RoomEvent event) = 0;

    /// Deletes the event permanently, by default with its direct replies, and frees their
    /// idempotency keys. Indexes, `Room::event_count` and read markers do not change.
    /// @returns the ids of the deleted events: the event first, then replies by index. Empty if the
    ///          room has no such event.
    /// @par Lost commit
    /// Reported: if the event is gone, another caller could have deleted it.
    virtual asio::awaitable<std::vector<std::string>>
    delete_event(std::string room_id, std::string event_id, Replies replies = Replies::cascade) = 0;

    /// Hides the events with an index below `before_index` (>= 0) permanently, and removes them as
    /// `delete_room` does. No call sees them, and they do not count as unread, except that until an
    /// event is removed, an append with its id or key is answered as if it were still there. Events
    /// at `before_index` and above, `Room::event_count`, `Room::latest_index` and read markers do
    /// not change. Events can no longer be imported below the first index.
    ///
    /// The cost does not depend on the number of hidden events. The exception is a room in
    /// PostgreSQL that lacks an event at or above `before_index`, because of a deletion or an
    /// import: there, the events that are hidden are counted, or those between `before_index` and
    /// the last missing one, whichever range of indexes is shorter.
    /// @returns the first index of the room: `before_index`, at most the next index of the room, or
    ///          a higher first index from an earlier call.
    /// @par Errors
    /// not_found.
    /// @par Lost commit
    /// Settled by running again.
    virtual asio::awaitable<std::int64_t> trim_room(std::string room_id,
                                                    std::int64_t before_index) = 0;

    /// A page of the room's events, always in ascending index order.
    virtual asio::awaitable<std::vector<RoomEvent>> list_events(std::string room_id,
                                                                EventQuery query = {}) = 0;

    /// The messages of the room: the newest, or those after or before a cursor.
    asio::awaitable<std::vector<RoomEvent>> get_conversation(std::string room_id,
                                                             ConversationQuery query = {});

    /// A page of the room's events, of all types unless filtered.
    asio::awaitable<std::vector<RoomEvent>> get_timeline(std::string room_id,
                                                         TimelineQuery query = {});

    /// For each of `root_event_ids`, counts the direct replies that match `filter`. The result has
    /// no entry for a root without such replies.
    virtual asio::awaitable<std::map<std::string, ThreadSummary>> get_thread_summaries(
        std::string room_id,
        std::vector<std::string> root_event_ids,
        EventFilter filter = EventFilter()) = 0;

    /// Whether a live event of the room holds the key. An empty key is never held.
    virtual asio::awaitable<bool> check_idempotency(std::string room_id, std::string key) = 0;

    /// The event of the room that holds the key, or `nullopt`. An empty key is never held.
    virtual asio::awaitable<std::optional<RoomEvent>> get_event_by_idempotency_key(
        std::string room_id,
        std::string key) = 0;

    /// Exact number of events that the room holds now and that match `filter`. Takes constant time
    /// without a filter; with one, it may examine every event of the room. (`Room::event_count`
    /// counts all events ever stored.)
    virtual asio::awaitable<std::int64_t> get_event_count(std::string room_id,
                                                          EventFilter filter = EventFilter()) = 0;

    /// The newest events that match and whose tokens together stay within a budget: what a language
    /// model is given of a room. The window ends before the first event that does not fit, so it
    /// has no gaps; it may be empty. An event that this build cannot read counts, but is not given.
    /// @par Cost
    /// That of the events that are given and of one page, whatever the size of the room. With a
    /// filter, events are examined until the window is full.
    virtual asio::awaitable<ContextWindow> get_context_window(
        std::string room_id,
        ContextQuery query = ContextQuery()) = 0;

    /// @}
    /// @name Changes
    /// @{

    /// What has changed in the room since a cursor: new events, events that were updated, deleted
    /// or imported at a lower index, and the room itself. A consistent snapshot, read in one round
    /// trip.
    ///
    /// Intermediate states are not told: of an event that was updated twice, the last state. There
    /// is no filter, because a reader that sees only some events could not tell an event that no
    /// longer matches from one that has not changed.
    /// @par Errors
    /// invalid_argument (also: the cursor has a negative field, or its `from_index` is above its
    /// `next_index`).
    virtual asio::awaitable<RoomChanges> list_changes(std::string room_id,
                                                      ChangesQuery query = {}) = 0;

    /// Makes all cursors invalid that were handed out so far, of all rooms: every reader begins
    /// anew. For operators, after acknowledged commits were lost: a backup was restored, or a
    /// standby took over that lacked some.
    /// @par Lost commit
    /// Settled by running again.
    virtual asio::awaitable<void> reset_cursors() = 0;

    /// A watch, which waits for changes of rooms. Makes no round trip.
    /// @throws Error as `RoomWatch::add`.
    virtual std::shared_ptr<RoomWatch> watch_rooms(WatchOptions options = {}) = 0;

    /// @}
    /// @name Bindings
    /// @{

    /// Attaches a channel to a room. Replaces an existing binding, except for its `attached_at`.
    /// Returns the stored row.
    /// @par Errors
    /// not_found (no such room).
    /// @par Lost commit
    /// Settled by running again: the re-run overwrites what other callers wrote in between.
    virtual asio::awaitable<ChannelBinding> add_binding(ChannelBinding binding) = 0;

    /// The binding of the channel, or `nullopt`.
    virtual asio::awaitable<std::optional<ChannelBinding>> get_binding(std::string room_id,
                                                                       std::string channel_id) = 0;

    /// Replaces a binding, except for its `attached_at`. Returns the stored row.
    /// @par Errors
    /// not_found.
    /// @par Lost commit
    /// Settled by running again: the re-run overwrites what other callers wrote in between.
    virtual asio::awaitable<ChannelBinding> update_binding(ChannelBinding binding) = 0;

    /// Detaches the channel; its read marker is kept.
    /// @returns whether it was attached.
    /// @par Lost commit
    /// Reported: if the binding is gone, another caller could have removed it.
    virtual asio::awaitable<bool> remove_binding(std::string room_id, std::string channel_id) = 0;

    /// The bindings of the room, all or a page of them, ordered by (`attached_at`, `channel_id`).
    virtual asio::awaitable<std::vector<ChannelBinding>> list_bindings(
        std::string room_id,
        std::optional<Page> page = {}) = 0;

    /// Whether the channel is attached, without reading the binding.
    virtual asio::awaitable<bool> binding_exists(std::string room_id, std::string channel_id) = 0;

    /// @}
    /// @name Participants
    /// @{

    /// Adds a participant to a room. Replaces an existing one, except for its `joined_at`. Returns
    /// the stored row, whose `connected_via` begins with `channel_id` and has no duplicates.
    /// @par Errors
    /// not_found (no such room).
    /// @par Lost commit
    /// Settled by running again: the re-run overwrites what other callers wrote in between.
    virtual asio::awaitable<Participant> add_participant(Participant participant) = 0;

    /// The participant, or `nullopt`.
    virtual asio::awaitable<std::optional<Participant>> get_participant(
        std::string room_id,
        std::string participant_id) = 0;

    /// Replaces a participant, except for its `joined_at`. Returns the stored row.
    /// @par Errors
    /// not_found.
    /// @par Lost commit
    /// Settled by running again: the re-run overwrites what other callers wrote in between.
    virtual asio::awaitable<Participant> update_participant(Participant participant) = 0;

    /// Removes the participant.
    /// @returns whether the participant existed.
    /// @par Lost commit
    /// Reported: if the participant is gone, another caller could have removed it.
    virtual asio::awaitable<bool> remove_participant(std::string room_id,
                                                     std::string participant_id) = 0;

    /// The participants of the room, all or a page of them, ordered by (`joined_at`, `id`).
    virtual asio::awaitable<std::vector<Participant>> list_participants(
        std::string room_id,
        std::optional<Page> page = {}) = 0;

    /// @}
    /// @name Identities
    /// @{

    /// Stores `identity` and returns the stored row. Its `channel_addresses` then belong to it
    /// within its `organization_id`; an identity that held one of them there loses it.
    /// @par Errors
    /// already_exists.
    /// @par Lost commit
    /// Reported: a re-run could not distinguish this identity from one that another caller created.
    virtual asio::awaitable<Identity> create_identity(Identity identity) = 0;

    /// The identity, or `nullopt`.
    virtual asio::awaitable<std::optional<Identity>> get_identity(std::string identity_id) = 0;

    /// The identity that holds the address within the organization, or `nullopt`. Without
    /// `organization_id`, only addresses assigned without an organization are found; with it, only
    /// addresses assigned within that organization.
    virtual asio::awaitable<std::optional<Identity>> resolve_identity(
        ChannelType channel_type,
        std::string address,
        std::optional<std::string> organization_id = {}) = 0;

    /// Assigns the address, within the organization, to the identity. An identity that held it
    /// there loses it; the address is also removed from the `channel_addresses` of that identity,
    /// unless it holds the address in another organization.
    /// @par Atomicity
    /// Both identities and the address change together or not at all.
    /// @par Errors
    /// not_found (no such identity).
    /// @par Lost commit
    /// Settled by running again: the re-run assigns the address again, also if another caller took
    /// it in between.
    virtual asio::awaitable<void> link_address(std::string identity_id,
                                               ChannelType channel_type,
                                               std::string address,
                                               std::optional<std::string> organization_id = {}) = 0;

    /// @}
    /// @name Tasks
    /// @{

    /// Stores `task` and returns the stored row.
    /// @par Errors
    /// not_found (no such room), already_exists (the room has a task with that id).
    /// @par Lost commit
    /// Reported: a re-run could not distinguish this task from one that another caller added.
    virtual asio::awaitable<Task> add_task(Task task) = 0;

    /// The task with that id, or `nullopt`. If several rooms have a task with the id, the one in
    /// the room with the smallest `room_id`.
    virtual asio::awaitable<std::optional<Task>> get_task(std::string task_id) = 0;

    /// The tasks of the room, or those with the given status, ordered by (`created_at`, `id`): all
    /// of them or a page.
    virtual asio::awaitable<std::vector<Task>> list_tasks(std::string room_id,
                                                          std::optional<TaskStatus> status = {},
                                                          std::optional<Page> page = {}) = 0;

    /// Replaces the task (`room_id`, `id`), except for its `created_at`. Returns the stored row.
    /// @par Errors
    /// not_found.
    /// @par Lost commit
    /// Settled by running again: the re-run overwrites what other callers wrote in between.
    virtual asio::awaitable<Task> update_task(Task task) = 0;

    /// @}
    /// @name Observations
    /// @{

    /// Stores `observation` and returns the stored row.
    /// @par Errors
    /// not_found (no such room), already_exists (the room has an observation with that id).
    /// @par Lost commit
    /// Reported: a re-run could not distinguish this observation from one that another caller
    /// added.
    virtual asio::awaitable<Observation> add_observation(Observation observation) = 0;

    /// The observations of the room, all or a page of them, ordered by (`created_at`, `id`).
    virtual asio::awaitable<std::vector<Observation>> list_observations(
        std::string room_id,
        std::optional<Page> page = {}) = 0;

    /// @}
    /// @name Read markers
    ///
    /// A read marker is the highest index that a channel has read in a room. Only
    /// `mark_unread_from` moves it back. Deleting events or detaching the channel does not change
    /// it; the channel need not be attached.
    /// @{

    /// Moves the marker to the event's index, unless the marker is already there or beyond.
    /// @par Errors
    /// not_found (no such room, or no such event in it).
    /// @par Lost commit
    /// Settled by running again: the re-run has no further effect, unless another caller has moved
    /// the marker back in between.
    virtual asio::awaitable<void> mark_read(std::string room_id,
                                            std::string channel_id,
                                            std::string event_id) = 0;

    /// Moves the marker to the last index assigned so far. For a room that never had an event no
    /// marker is set, so that its first event is unread.
    /// @par Errors
    /// not_found (no such room).
    /// @par Lost commit
    /// Settled by running again: the re-run uses the last index at that time.
    virtual asio::awaitable<void> mark_all_read(std::string room_id, std::string channel_id) = 0;

    /// Moves the marker back to `index - 1` (`index` >= 0), so that the event at `index` and all
    /// above are unread; with 0, the marker becomes -1. A marker that is there or below already, or
    /// absent, stays as it is. There need not be an event at `index`.
    /// @par Errors
    /// not_found (no such room).
    /// @par Lost commit
    /// Reported: a re-run would undo what another caller has marked as read in between.
    virtual asio::awaitable<void> mark_unread_from(std::string room_id,
                                                   std::string channel_id,
                                                   std::int64_t index) = 0;

    /// Number of live events with an index above the marker, or of all live events if there is no
    /// marker; with a query, of those that match, up to `UnreadQuery::cap`.
    /// @par Cost
    /// Constant time if the indexes above the marker have no gaps. With conditions, events above
    /// the marker are examined until as many as the cap have matched.
    virtual asio::awaitable<std::int64_t> get_unread_count(std::string room_id,
                                                           std::string channel_id,
                                                           UnreadQuery query = UnreadQuery()) = 0;

    /// `get_unread_count` of the channel for each of `room_ids`, in one round trip. The result has
    /// an entry for every requested room; the count of an unknown room is 0.
    virtual asio::awaitable<std::map<std::string, std::int64_t>> get_unread_counts(
        std::string channel_id,
        std::vector<std::string> room_ids) = 0;

    /// Number of unread events of a participant in all rooms, up to `UnreadTotalQuery::cap`: the
    /// number on a badge. The sum of `InboxEntry::unread` over all pages of `list_inbox`, if that
    /// counts without any condition (`InboxCount::own` is true) and without a cap.
    virtual asio::awaitable<std::int64_t> get_unread_total(std::string participant_id,
                                                           UnreadTotalQuery query = {}) = 0;

    /// The read markers of the room by channel id.
    virtual asio::awaitable<std::map<std::string, std::int64_t>> list_read_markers(
        std::string room_id) = 0;

    /// @}
};

}  // namespace roomstore
