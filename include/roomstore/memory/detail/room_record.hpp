#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "roomstore/memory/detail/change_log.hpp"
#include "roomstore/memory/detail/event_log.hpp"
#include "roomstore/memory/detail/room_handle.hpp"
#include "roomstore/memory/detail/row_table.hpp"
#include "roomstore/memory/detail/thread_index.hpp"
#include "roomstore/model/binding.hpp"
#include "roomstore/model/observation.hpp"
#include "roomstore/model/participant.hpp"
#include "roomstore/model/room.hpp"
#include "roomstore/model/task.hpp"

namespace roomstore::detail::memory {

/// The fields of a room that events change. Stored separately from its row, so that an append
/// copies nothing else.
struct RoomCounters {
    std::int64_t event_count = 0;
    std::int64_t latest_index = 0;
    std::int64_t delivered_index = -1;
    std::optional<Timestamp> last_activity_at;

    /// The last index ever assigned to an event; -1 before the first.
    std::int64_t last_given() const noexcept { return event_count > 0 ? latest_index : -1; }
};

/// A room at one moment: cheap to create under the lock, converted to a `Room` without it.
struct RoomSnapshot {
    std::shared_ptr<const Room> row;
    RoomCounters counters;

    Room to_room() const {
        Room room = *row;
        room.event_count = counters.event_count;
        room.latest_index = counters.latest_index;
        room.delivered_index = counters.delivered_index;
        room.timers.last_activity_at = counters.last_activity_at;
        return room;
    }
};

/// Everything a room owns.
struct RoomContents {
    EventLog events;
    ThreadIndex threads;
    RowTable<ChannelBinding, &ChannelBinding::channel_id, &ChannelBinding::attached_at> bindings;
    RowTable<Participant, &Participant::id, &Participant::joined_at> participants;
    RowTable<Task, &Task::id, &Task::created_at> tasks;
    RowTable<Observation, &Observation::id, &Observation::created_at> observations;
    /// Highest read index by channel.
    std::map<std::string, std::int64_t, std::less<>> markers;
};

/// A room of the store and its lock, which protects everything but the handle.
///
/// A record that is not `alive` is not yet, or no longer, in the store: calls that reach it treat
/// the room as missing.
struct RoomRecord : RoomHandle {
    using RoomHandle::RoomHandle;

    RoomSnapshot snapshot() const { return {row, counters}; }

    std::mutex mutex;
    /// Tells the room from others that had its id. Constant once the room is in the store.
    std::uint64_t generation = 0;
    bool alive = false;
    /// Whether it is in the queue of rooms with events to remove.
    bool awaits_removal = false;
    /// For that queue.
    std::shared_ptr<RoomRecord> next_removal;
    /// The fields that are in `counters` are not maintained here. Never null while `alive`.
    std::shared_ptr<const Room> row;
    RoomCounters counters;
    /// The number of the latest change of the room that is not an append, and of the latest one of
    /// its row.
    std::int64_t revision = 0;
    std::int64_t row_revision = 0;
    /// Not in the contents, because it can be as large as the events, and is removed with them.
    ChangeLog changes;
    RoomContents contents;
};

}  // namespace roomstore::detail::memory
