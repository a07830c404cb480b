#pragma once

#include <memory>
#include <string>

#include "roomstore/conversation_store.hpp"
#include "roomstore/detail/operations.hpp"
#include "roomstore/postgres/export.hpp"
#include "roomstore/postgres/postgres_options.hpp"
#include "roomstore/postgres/postgres_stats.hpp"

namespace roomstore {

/// A store in a PostgreSQL database (13 or newer), shared by any number of processes.
///
/// @par Threads
/// Calls run on threads of the store, one per connection; the caller's thread never waits for the
/// server. `PostgresOptions::log` is called on a separate thread.
/// @par Cancellation
/// A cancelled call ends at once while it waits, and while a large statement is prepared or sent,
/// for which its connection may be closed. A statement that the server runs is cancelled there; if
/// that has no effect within 1 s, the connection is closed.
/// @par Retries
/// A call that fails for a transient reason (a lost connection, a deadlock, a server restart) is
/// retried within its deadline.
/// @par Doubt about a COMMIT
/// If the answer to a COMMIT is lost, or is an error of class 08 or XX or 40003, which a cluster of
/// servers may return after some of them have committed, it is unknown at first whether the COMMIT
/// took effect. The following operations are re-run, and then report the true outcome:
/// - add_event_auto_index, append_events, add_event: the re-run finds the event by its id, or
///   stores it. An event that another client deletes between the two runs is stored again;
/// - mark_read, mark_all_read, trim_room: these never move a marker or the first index back;
///   mark_all_read and trim_room cover the events that exist at the re-run;
/// - reset_cursors: cursors are invalid after each run;
/// - update_room, patch_room_metadata, update_event, add_binding, update_binding, add_participant,
///   update_participant, link_address, update_task: written again, which overwrites changes that
///   other clients made between the two runs; `not_found` if they deleted the row.
///
/// They report `commit_unknown` if the deadline leaves no time for the re-run, or the re-run fails
/// for a reason that says nothing of the first run. At once it is
/// reported by create_room, delete_room, advance_delivered_index, delete_event, remove_binding,
/// remove_participant, create_identity, add_task, add_observation and mark_unread_from, because
/// their re-run could not distinguish its own work from that of another client, or would undo it.
/// Check whether the row exists, and repeat the call if necessary.
/// @par Deleted rooms
/// delete_room and trim_room hide what they delete, and remove at most 1000 rows of each table
/// themselves. The rest is removed afterwards by this store, between its calls, in transactions of
/// the same size. A removal that fails is written to `PostgresOptions::log`, and continued after
/// the next call that succeeds. If the process ends, it is continued by the next store that is
/// opened on the schema, deletes a room or trims one. Processes of version 0.1 must not run beside:
/// they do not know what is hidden. create_room first removes what is left of a
/// deleted room with the same id; if that takes longer than its deadline, it fails with `busy`, and
/// calling it again goes on.
/// @par Failover
/// With several hosts and `target_session_attrs=read-write`, the store connects to the host that
/// accepts writes. Acknowledged writes survive a failover if the standby is synchronous. A former
/// primary that comes back must be prevented from accepting writes (`pg_rewind`): the store prefers
/// the host that answered last, but a new store uses the first host of the list that accepts
/// writes.
/// @par Watches
/// A watch is told of a change that was made through the same store before its caller has the
/// answer, and of one that was made through another store normally within milliseconds: by a
/// notification, which is sent after the transaction. Whatever happens to notifications, it is told
/// no later than after `PostgresOptions::watch_poll_interval` and the time of a statement, while
/// the server answers. For this, a store has one more connection and one more thread, from when
/// something is watched or, with `PostgresOptions::notify`, changed. They never make `init()` or a
/// call fail; `PostgresStats::watch_mode` tells their state. Notifications name rooms by a keyed
/// hash, because every role of the database may listen. What version 0.1 updates or deletes is not
/// told; after its last process has ended, call reset_cursors().
/// @par Consistency
/// A result shows one moment, even if it spans rooms. The exception is a page that needed further
/// round trips because some rows could not be read.
/// @par Lists
/// Rows that cannot be read are left out, counted in `PostgresStats::rows_left_out`, and replaced
/// by the rows that follow, in further round trips of a bounded size. An offset is counted by the
/// server, over all rows; once a list of this store has left out a row of the same kind, the store
/// reads all rows before the offset and counts those that can be read. Pages therefore neither
/// repeat nor skip a row if they are read one after the other, from offset 0 on, through one store.
/// Otherwise they may repeat or skip as many rows as there are unreadable ones that no list has met
/// yet. Pages by cursor have no such exception, and their cost does not depend on the position. A
/// page of rooms, bindings, participants, tasks or observations of which some cannot be read may
/// repeat or miss a row that another client adds or removes between its round trips. A page of
/// bindings, participants or observations costs as much as the list of all in the room: the server
/// sorts them.
/// @par Cost
/// The cost of an `update_room` that changes the status grows with the number of bindings and
/// participants of the room: the status is duplicated in their rows, so that rooms can be found by
/// it. Appends to the room wait meanwhile.
/// @par Destruction
/// Closes the store as `close()` does. Should happen before the execution contexts of the callers
/// are destroyed: calls whose context no longer exists are dropped.
/// @par Fork
/// Threads and connections belong to the process that called `init()`. In a child that it forks
/// later, every call that would need them fails at once with `closed`, `stats()` is empty,
/// `close()` and the destructor return at once, and the connections of the parent are not touched;
/// calls in progress at the fork complete in the parent, and never in the child. The child can open
/// its own store. Its copies of the sockets stay open until it exits or executes another program.
/// @ingroup stores
class ROOMSTORE_POSTGRES_EXPORT PostgresStore final : public ConversationStore {
public:
    /// Does not connect yet.
    /// @throws Error invalid_argument, naming the field.
    explicit PostgresStore(PostgresOptions options);
    /// Closes the store if `close()` has not. Blocks until running calls have ended, at most 5 s
    /// plus 1 s for those that have to be cut off, and until a running call of
    /// `PostgresOptions::log` has returned. Waiting calls fail with `closed`.
    ~PostgresStore() override;

    /// The statements that create the schema of `options` in an empty database, to be run by hand.
    /// The store then works with `create_schema = false` and a role whose only rights are to use
    /// the tables.
    /// @throws Error invalid_argument, naming the field.
    static std::string schema_sql(const PostgresOptions& options);

    /// The current statistics of the store.
    PostgresStats stats() const;

    /// Opens the connections, and creates, migrates or checks the schema. Succeeds once one
    /// connection is open. If the server allows fewer than `PostgresOptions::connections`, the
    /// store works with those, keeps trying to open the others, and reports this in `stats()`
    /// (`PostgresStats::connections_open`, `failed_connects`) and to `PostgresOptions::log`.
    ///
    /// If there is no server, because every address refuses connections, the socket does not exist,
    /// or the name is unknown, the first `init()` fails at once; all later calls wait until their
    /// deadline, so that they survive a restart of the server.
    /// @par Errors
    /// schema_mismatch (a newer schema, an older one and `create_schema = false`, or a server older
    /// than PostgreSQL 13), access_denied (the text contains the missing GRANT), unavailable,
    /// timeout; closed after `close()`.
    asio::awaitable<void> init() override;
    asio::awaitable<void> close() override;

#include "roomstore/detail/declare_operations.inc"

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace roomstore
