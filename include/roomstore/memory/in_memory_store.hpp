#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/conversation_store.hpp"
#include "roomstore/detail/operations.hpp"
#include "roomstore/query.hpp"

namespace roomstore {

namespace detail::memory {
class Engine;
}

/// Options of `InMemoryStore`.
/// @ingroup stores
struct InMemoryOptions {
    /// What the store accepts: the size of rows, pages and batches. `Limits` has the units,
    /// defaults and ranges.
    Limits limits{};
};

/// A store in the memory of the process. Its contents are lost when it is closed or destroyed.
///
/// @par Threads
/// Thread-safe, like every store. Calls on different rooms do not wait for each other. Calls on the
/// same room do: an append blocks them while it adds an event to the indexes or compares it with
/// the stored event that has its id, `update_event` and `patch_room_metadata` while they copy one
/// row, `list_changes` while it looks through the changes since the cursor, and `list_events`,
/// `get_event_count` and `get_thread_summaries` with a filter while they examine the events that it
/// may match.
/// @par Deleted rooms
/// delete_room and trim_room remove at most 1000 events themselves. The rest is removed afterwards:
/// 128 events by each call of the store, and twice as many as it adds by append_events.
/// @par Changes
/// For each of the last `Limits::change_history` events of a room that were updated,
/// deleted, or imported at an index below that of others, the room remembers its index and the
/// number of its latest change, and the id of a deleted event: about 200 bytes each. What lies
/// below the first index of the room is not remembered. An append takes no memory for it. Cursors
/// are valid in one store only, and as long as it exists.
/// @par Executor
/// No call suspends. Each completes on the calling thread, within `co_await`.
/// @par Cancellation
/// A call that has begun is not interrupted and reports its actual outcome.
/// @par Errors
/// Of the errors a store may throw: invalid_argument, not_found, already_exists, conflict,
/// storage_full and closed. If memory runs out, `std::bad_alloc`; nothing has changed then. If no
/// memory at all is left, the JSON library terminates the process, because it needs memory to
/// destroy an object or array.
/// @par Consistency
/// Each call is atomic per room. A result that spans rooms (`list_rooms`, `find_rooms`,
/// `find_room_ids_by_channel`, `list_inbox`, `get_unread_counts`, `get_unread_total`) shows each
/// room as it was at one moment, but different rooms may be read at different moments.
/// @par Cost
/// The number of rooms and events adds at most a logarithmic factor to the cost of a call, except
/// for filters. `list_events` with a filter examines events from the end that the query names. A
/// metadata filter examines the rooms that match the other conditions; each object or array in an
/// array of the filter is searched for in the corresponding array of the room.
/// @par Fork
/// A forked child has its own copy and can continue to use it, provided that no other thread was in
/// a call of the store when the process forked.
/// @ingroup stores
class InMemoryStore final : public ConversationStore {
public:
    /// Creates an empty store.
    /// @par Errors
    /// invalid_argument: an option is out of bounds.
    explicit InMemoryStore(InMemoryOptions options = {});
    ~InMemoryStore() override;

    /// Opens the store. Takes no noticeable time.
    asio::awaitable<void> init() override;

    /// Does not wait for running calls: each completes with its own outcome or with `closed`.
    asio::awaitable<void> close() override;

#include "roomstore/detail/declare_operations.inc"

private:
    const std::unique_ptr<detail::memory::Engine> engine_;
};

}  // namespace roomstore
