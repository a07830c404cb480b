#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/detail/asio_check.hpp"
#include "roomstore/detail/visibility.hpp"
#include "roomstore/error.hpp"
#include "roomstore/model/binding.hpp"
#include "roomstore/model/event.hpp"
#include "roomstore/model/identity.hpp"
#include "roomstore/model/observation.hpp"
#include "roomstore/model/participant.hpp"
#include "roomstore/model/room.hpp"
#include "roomstore/model/task.hpp"
#include "roomstore/query.hpp"

namespace roomstore {

/// Keeps conversations: rooms, their events, and everything attached to them.
///
/// An application holds a `ConversationStore&` or a `std::shared_ptr<ConversationStore>` and is
/// handed a backend. Every backend does the same on every call.
///
/// @par Threads
/// Distinct stores are independent. One store may be called from any thread and any executor at any
/// time.
/// @par Executor
/// The caller resumes on its own executor, exactly once. No user code runs on a thread of the
/// store. A backend may complete without suspending.
/// @par Cancellation
/// Any type of cancellation is honoured. Before the work began and while it runs:
/// `asio::error::operation_aborted`, and nothing is stored. Once the commit has begun, the true
/// outcome is delivered. `operation_aborted` always means not stored.
/// @par Errors
/// `Error` with an `errc`. Every call may fail with `closed` (before `init()`, after `close()`) and
/// `invalid_argument`, found before any input or output, with a text that names the field and, for
/// what is out of bounds, the bound; calls that reach a server also with busy, timeout,
/// unavailable, access_denied, storage_full, corrupt_data and internal, writes also with read_only
/// and commit_unknown. A method lists what it adds. Absent is not an error: `std::optional`,
/// `false` or empty.
/// @par Lost commit
/// Where a backend commits on a server, the answer to a COMMIT can be lost, so that nobody knows at
/// first whether it took effect. A write that settles this is run again, and then answers truly; it
/// fails with commit_unknown only where its deadline comes first, and calling it again settles it.
/// One that reports it fails with commit_unknown at once, since its second run could not tell its
/// own work from somebody else's. Each write says which it does.
/// @par Unknown rooms
/// Reads of an unknown room give nothing, 0 or an empty list. Writes are `not_found`, unless they
/// say otherwise.
/// @par Lifetimes
/// Parameters are taken by value, since an awaitable starts late. The store must outlive the calls
/// in flight. Results are copies.
/// @par GCC 12
/// In one expression with `co_await` it destroys parts of some temporaries twice; name these first.
/// A struct of this library does not compile there: `co_await store.create_room({.id = "lobby"})`
/// ends in "array used as initializer", and so does a list. A conditional expression of a class
/// type, `co_await store.get_room(given ? id + "!" : "")`, compiles and must not be written. What a
/// function returns is safe, and so are literals, sums, variables and queries of numbers.
/// @par Consistency
/// A write is atomic, and so is what a call reads of one room; whether a result that spans rooms is
/// of one moment is said by each backend. In a room, index order is commit order: a reader that
/// sees an index sees every smaller one that was not deleted.
/// @par Lists
/// A row that this build cannot read, written by a newer one for example, is left out of every
/// list: it makes no other row unreadable, and no page short. A page that is not full is the last
/// one.
/// @par Bytes
/// Ids and keys compare by bytes; text is UTF-8 without NUL. A row that is handed over, or patched,
/// is at most `Limits::max_event_bytes` large. What is stored may outgrow that by the addresses
/// that `link_address` adds, one at a time, and by the idempotency key that `update_event` keeps.
/// @ingroup stores
class ROOMSTORE_SHARED ConversationStore {
public:
    /// A store that is not open yet: see `init()`.
    ConversationStore();
    ConversationStore(const ConversationStore&) = delete;
    ConversationStore& operator=(const ConversationStore&) = delete;
    /// Ends the store; what that means for calls in flight is said by each backend.
    virtual ~ConversationStore();

    /// @name Lifecycle
    /// @{

    /// Makes the store usable: opens connections and checks or creates the schema, where there are
    /// any. Calling it again does nothing.
    /// @par Errors
    /// schema_mismatch, access_denied, unavailable; closed after `close()`.
    virtual asio::awaitable<void> init() = 0;

    /// Stops accepting calls, lets running ones finish (at most 5 s) and releases everything.
    /// Calling it again does nothing.
    virtual asio::awaitable<void> close() = 0;

    /// @}
    /// @name Rooms
    /// @{

    /// Stores `room` and returns the stored row. Counters and `delivered_index` are taken as given,
    /// so that a room can be imported; the next automatic index is `latest_index + 1`, or 0 while
    /// `event_count` is 0.
    /// @par Errors
    /// already_exists.
    /// @par Lost commit
    /// Reported: the room of a second run could be somebody else's.
    virtual asio::awaitable<Room> create_room(Room room) = 0;

    /// The room, or nothing.
    virtual asio::awaitable<std::optional<Room>> get_room(std::string room_id) = 0;

    /// Replaces organization, status, timers, policy, metadata, `updated_at` and `closed_at`, and
    /// returns the stored row. `created_at`, `event_count`, `latest_index` and `delivered_index`
    /// are managed by the store and ignored here: a stale copy must not rewind them.
    /// @par Errors
    /// not_found.
    /// @par Lost commit
    /// Settled by running again: written once more, over what others wrote in between.
    virtual asio::awaitable<Room> update_room(Room room) = 0;

    /// Removes the keys `unset` from the metadata, then adds or replaces the keys of `patch` (a
    /// JSON object; not merged any deeper), and sets `updated_at` to the present. Concurrent
    /// patches all survive. Returns the stored row, or nothing for an unknown room.
    /// @par Errors
    /// invalid_argument (also: `patch` is no JSON object, or the room becomes too large by it).
    /// @par Lost commit
    /// Settled by running again: written once more, over what others wrote in between.
    virtual asio::awaitable<std::optional<Room>>
    patch_room_metadata(std::string room_id, Json patch, std::vector<std::string> unset = {}) = 0;

    /// Deletes the room with its events, bindings, participants, tasks, observations, read markers
    /// and idempotency keys; identities stay. A room created again starts at index 0.
    /// @returns whether there was one.
    /// @par Lost commit
    /// Reported: a room that is gone could have been deleted by somebody else.
    virtual asio::awaitable<bool> delete_room(std::string room_id) = 0;

    /// Whether the room exists, without reading it.
    virtual asio::awaitable<bool> room_exists(std::string room_id) = 0;

    /// A page of all rooms, ordered by (`created_at`, `id`).
    virtual asio::awaitable<std::vector<Room>> list_rooms(Page page = {}) = 0;

    /// A page of the rooms that match, ordered by (`created_at`, `id`).
    /// @par Errors
    /// invalid_argument (also: `RoomFilter::metadata` is no JSON object).
    virtual asio::awaitable<std::vector<Room>> find_rooms(RoomFilter filter,
                                                          Page page = {.offset = 0,
                                                                       .limit = 100}) = 0;

    /// The newest room by (`created_at`, `id`) that has `participant_id` as a participant or as the
    /// `participant_id` of a binding.
    virtual asio::awaitable<std::optional<Room>> find_latest_room(
        std::string participant_id,
        LatestRoomFilter filter = LatestRoomFilter()) = 0;

    /// The oldest room by (`created_at`, `id`) that has a binding of the channel.
    virtual asio::awaitable<std::optional<std::string>> find_room_id_by_channel(
        std::string channel_id,
        std::optional<RoomStatus> status = {}) = 0;

    /// The oldest rooms by (`created_at`, `id`) that have a binding of the channel.
    virtual asio::awaitable<std::vector<std::string>> find_room_ids_by_channel(
        std::string channel_id,
        ChannelLookup lookup = {}) = 0;

    /// The delivery cursor; -1 for an unknown room.
    virtual asio::awaitable<std::int64_t> get_delivered_index(std::string room_id) = 0;

    /// Moves the delivery cursor to `index` (>= 0), from `index - 1` or, with `Gap::skip`, from any
    /// smaller value. Never back. `index` is not compared with `Room::latest_index`: a cursor moved
    /// beyond it counts events as delivered before they exist, and stays there.
    /// @returns whether it moved; false for an unknown room.
    /// @par Lost commit
    /// Reported: the cursor could have been moved by somebody else.
    virtual asio::awaitable<bool> advance_delivered_index(std::string room_id,
                                                          std::int64_t index,
                                                          Gap gap = Gap::refuse) = 0;

    /// The room with its bindings and participants, ordered as their lists are, in one round trip
    /// and of one moment.
    virtual asio::awaitable<RoomContext> load_room_context(std::string room_id) = 0;

    /// @}
    /// @name Events
    /// @{

    /// Adds `event` at the end of its room and returns it with the index the store gave it: 0 in a
    /// new room, then +1 without a hole, whatever fails, and never one that was used before.
    ///
    /// Exactly once: an event whose id is stored already (with the same type, source, `created_at`
    /// and key) is returned as stored, and nothing is written. So is the original event where the
    /// `idempotency_key` was used before in the room; its id tells.
    ///
    /// The default reads the newest event, writes at the next index in a second step and repeats a
    /// bounded number of times on `conflict`. A backend that can assign the index in one
    /// transaction overrides it.
    /// @par Atomicity
    /// Event, room counters and idempotency key change together or not at all.
    /// @par Errors
    /// not_found (no such room), already_exists (the id names another event), invalid_argument
    /// (also: `event.room_id` is not `room_id`), storage_full (the room has no index left),
    /// conflict (default only: too many rivals).
    /// @par Lost commit
    /// Settled by running again: finds the event by its id, or stores it.
    virtual asio::awaitable<RoomEvent> add_event_auto_index(std::string room_id, RoomEvent event);

    /// Adds `events` at the end of the room at contiguous indexes and returns them as stored. The
    /// very same batch again returns the stored events, whatever is expected.
    /// @par Atomicity
    /// All or nothing, in one round trip.
    /// @par Errors
    /// conflict (`expected_next_index`), already_exists (an id names another event, or only a part
    /// of the batch is stored), invalid_argument (also: an id or key twice in the batch), otherwise
    /// as `add_event_auto_index`.
    /// @par Lost commit
    /// Settled by running again: finds the events by their ids, or stores them.
    virtual asio::awaitable<std::vector<RoomEvent>> append_events(std::string room_id,
                                                                  std::vector<RoomEvent> events,
                                                                  AppendOptions options = {}) = 0;

    /// Stores `event` at `event.index`, for import. The next automatic index becomes at least the
    /// one after it; `event_count` grows by one, `latest_index` and `last_activity_at` never move
    /// back. Exactly once as `add_event_auto_index`.
    /// @par Errors
    /// conflict (the index is taken), otherwise as `add_event_auto_index`.
    /// @par Lost commit
    /// Settled by running again: finds the event by its id, or stores it.
    virtual asio::awaitable<RoomEvent> add_event(RoomEvent event) = 0;

    /// The event with that id in any room; should two rooms share the id, the one in the smaller
    /// `room_id`.
    virtual asio::awaitable<std::optional<RoomEvent>> get_event(std::string event_id) = 0;

    /// The event with that id in that room.
    virtual asio::awaitable<std::optional<RoomEvent>> get_event(std::string room_id,
                                                                std::string event_id) = 0;

    /// Replaces everything but the immutable fields (`id`, `room_id`, `index`, `created_at`,
    /// `idempotency_key`) and returns the stored event.
    /// @par Errors
    /// not_found.
    /// @par Lost commit
    /// Settled by running again: written once more, over what others wrote in between.
    virtual asio::awaitable<RoomEvent> update_event(RoomEvent event) = 0;

    /// Deletes the event for good, by default with its direct replies, and frees their idempotency
    /// keys. Indexes, tally and read markers stay.
    /// @returns the ids that are gone: the event first, then replies by index. Empty where the room
    ///          holds no such event.
    /// @par Lost commit
    /// Reported: an event that is gone could have been deleted by somebody else.
    virtual asio::awaitable<std::vector<std::string>>
    delete_event(std::string room_id, std::string event_id, Replies replies = Replies::cascade) = 0;

    /// A page of the room's events, always ascending by index.
    virtual asio::awaitable<std::vector<RoomEvent>> list_events(std::string room_id,
                                                                EventQuery query = {}) = 0;

    /// The messages of the room: the newest, or those after a cursor.
    asio::awaitable<std::vector<RoomEvent>> get_conversation(std::string room_id,
                                                             ConversationQuery query = {});

    /// Everything that happened in the room, in pages.
    asio::awaitable<std::vector<RoomEvent>> get_timeline(std::string room_id,
                                                         TimelineQuery query = {});

    /// Counts the direct replies of each of `root_event_ids`. Roots without replies are absent.
    virtual asio::awaitable<std::map<std::string, ThreadSummary>> get_thread_summaries(
        std::string room_id,
        std::vector<std::string> root_event_ids) = 0;

    /// Whether a live event of the room holds the key. The empty key is no key.
    virtual asio::awaitable<bool> check_idempotency(std::string room_id, std::string key) = 0;

    /// The event of the room that holds the key, or nothing. The empty key is no key.
    virtual asio::awaitable<std::optional<RoomEvent>> get_event_by_idempotency_key(
        std::string room_id,
        std::string key) = 0;

    /// How many events the room holds now, exactly and in constant time. (`Room::event_count` is
    /// the tally of all that were ever stored.)
    virtual asio::awaitable<std::int64_t> get_event_count(std::string room_id) = 0;

    /// @}
    /// @name Bindings
    /// @{

    /// Attaches a channel to a room, or replaces the attachment but for `attached_at`. Returns the
    /// stored row.
    /// @par Errors
    /// not_found (no such room).
    /// @par Lost commit
    /// Settled by running again: written once more, over what others wrote in between.
    virtual asio::awaitable<ChannelBinding> add_binding(ChannelBinding binding) = 0;

    /// The attachment of the channel, or nothing.
    virtual asio::awaitable<std::optional<ChannelBinding>> get_binding(std::string room_id,
                                                                       std::string channel_id) = 0;

    /// Replaces an attachment but for `attached_at`. Returns the stored row.
    /// @par Errors
    /// not_found.
    /// @par Lost commit
    /// Settled by running again: written once more, over what others wrote in between.
    virtual asio::awaitable<ChannelBinding> update_binding(ChannelBinding binding) = 0;

    /// Detaches the channel; its read marker stays.
    /// @returns whether it was attached.
    /// @par Lost commit
    /// Reported: the channel could have been detached by somebody else.
    virtual asio::awaitable<bool> remove_binding(std::string room_id, std::string channel_id) = 0;

    /// All attachments of the room, ordered by (`attached_at`, `channel_id`).
    virtual asio::awaitable<std::vector<ChannelBinding>> list_bindings(std::string room_id) = 0;

    /// Whether the channel is attached, without reading the attachment.
    virtual asio::awaitable<bool> binding_exists(std::string room_id, std::string channel_id) = 0;

    /// @}
    /// @name Participants
    /// @{

    /// Adds a participant to a room, or replaces it but for `joined_at`. Returns the stored row,
    /// whose `connected_via` holds `channel_id` first and nothing twice.
    /// @par Errors
    /// not_found (no such room).
    /// @par Lost commit
    /// Settled by running again: written once more, over what others wrote in between.
    virtual asio::awaitable<Participant> add_participant(Participant participant) = 0;

    /// The participant, or nothing.
    virtual asio::awaitable<std::optional<Participant>> get_participant(
        std::string room_id,
        std::string participant_id) = 0;

    /// Replaces a participant but for `joined_at`. Returns the stored row.
    /// @par Errors
    /// not_found.
    /// @par Lost commit
    /// Settled by running again: written once more, over what others wrote in between.
    virtual asio::awaitable<Participant> update_participant(Participant participant) = 0;

    /// Removes the participant.
    /// @returns whether there was one.
    /// @par Lost commit
    /// Reported: one who is gone could have been removed by somebody else.
    virtual asio::awaitable<bool> remove_participant(std::string room_id,
                                                     std::string participant_id) = 0;

    /// All participants of the room, ordered by (`joined_at`, `id`).
    virtual asio::awaitable<std::vector<Participant>> list_participants(std::string room_id) = 0;

    /// @}
    /// @name Identities
    /// @{

    /// Stores `identity` and files its `channel_addresses` under its `organization_id`, taking each
    /// from the identity that held it there. Returns the stored row.
    /// @par Errors
    /// already_exists.
    /// @par Lost commit
    /// Reported: the identity of a second run could be somebody else's.
    virtual asio::awaitable<Identity> create_identity(Identity identity) = 0;

    /// The identity, or nothing.
    virtual asio::awaitable<std::optional<Identity>> get_identity(std::string identity_id) = 0;

    /// Who holds the address inside the organization. Without an organization only addresses filed
    /// without one are found, and with one only those filed under it.
    virtual asio::awaitable<std::optional<Identity>> resolve_identity(
        ChannelType channel_type,
        std::string address,
        std::optional<std::string> organization_id = {}) = 0;

    /// Gives the address, inside the organization, to the identity. An identity that held it there
    /// loses it, also from its `channel_addresses` unless it holds it in another organization.
    /// @par Atomicity
    /// Both identities and the address change together or not at all.
    /// @par Errors
    /// not_found (no such identity).
    /// @par Lost commit
    /// Settled by running again: given once more, also if others took the address in between.
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
    /// Reported: the task of a second run could be somebody else's.
    virtual asio::awaitable<Task> add_task(Task task) = 0;

    /// The task with that id; should two rooms share the id, the one in the smaller `room_id`.
    virtual asio::awaitable<std::optional<Task>> get_task(std::string task_id) = 0;

    /// The tasks of the room, all or those in one status, ordered by (`created_at`, `id`).
    virtual asio::awaitable<std::vector<Task>> list_tasks(
        std::string room_id,
        std::optional<TaskStatus> status = {}) = 0;

    /// Replaces everything of the task (`room_id`, `id`) but `created_at`. Returns the stored row.
    /// @par Errors
    /// not_found.
    /// @par Lost commit
    /// Settled by running again: written once more, over what others wrote in between.
    virtual asio::awaitable<Task> update_task(Task task) = 0;

    /// @}
    /// @name Observations
    /// @{

    /// Stores `observation` and returns the stored row.
    /// @par Errors
    /// not_found (no such room), already_exists (the room has one with that id).
    /// @par Lost commit
    /// Reported: the observation of a second run could be somebody else's.
    virtual asio::awaitable<Observation> add_observation(Observation observation) = 0;

    /// The observations of the room, ordered by (`created_at`, `id`).
    virtual asio::awaitable<std::vector<Observation>> list_observations(std::string room_id) = 0;

    /// @}
    /// @name Read markers
    ///
    /// A marker is the highest index that a channel has read in a room. It never moves back and
    /// survives deletions; the channel need not be attached.
    /// @{

    /// Moves the marker to the event's index, unless it is there or beyond.
    /// @par Errors
    /// not_found (no such room, or no such event in it).
    /// @par Lost commit
    /// Settled by running again: a marker never moves back.
    virtual asio::awaitable<void> mark_read(std::string room_id,
                                            std::string channel_id,
                                            std::string event_id) = 0;

    /// Moves the marker to the last index given so far. A room that never had an event gets none,
    /// so that its first event is unread.
    /// @par Errors
    /// not_found (no such room).
    /// @par Lost commit
    /// Settled by running again: the last index of the second run counts.
    virtual asio::awaitable<void> mark_all_read(std::string room_id, std::string channel_id) = 0;

    /// How many live events lie above the marker; all of them without one. Constant time where the
    /// indexes above it have no hole.
    virtual asio::awaitable<std::int64_t> get_unread_count(std::string room_id,
                                                           std::string channel_id) = 0;

    /// `get_unread_count` of the channel for each of `room_ids`, in one round trip. Every room
    /// asked for has an entry; an unknown one counts 0.
    virtual asio::awaitable<std::map<std::string, std::int64_t>> get_unread_counts(
        std::string channel_id,
        std::vector<std::string> room_ids) = 0;

    /// The markers of the room by channel.
    virtual asio::awaitable<std::map<std::string, std::int64_t>> list_read_markers(
        std::string room_id) = 0;

    /// @}
};

}  // namespace roomstore
