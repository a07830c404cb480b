#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

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

struct BindingTraits {
    static const std::string& id(const ChannelBinding& row) noexcept { return row.channel_id; }
    static Timestamp time(const ChannelBinding& row) noexcept { return row.attached_at; }
};
struct ParticipantTraits {
    static const std::string& id(const Participant& row) noexcept { return row.id; }
    static Timestamp time(const Participant& row) noexcept { return row.joined_at; }
};
struct TaskTraits {
    static const std::string& id(const Task& row) noexcept { return row.id; }
    static Timestamp time(const Task& row) noexcept { return row.created_at; }
};
struct ObservationTraits {
    static const std::string& id(const Observation& row) noexcept { return row.id; }
    static Timestamp time(const Observation& row) noexcept { return row.created_at; }
};

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
    RowTable<ChannelBinding, BindingTraits> bindings;
    RowTable<Participant, ParticipantTraits> participants;
    RowTable<Task, TaskTraits> tasks;
    RowTable<Observation, ObservationTraits> observations;
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
    bool alive = false;
    /// The fields that are in `counters` are not maintained here. Never null while `alive`.
    std::shared_ptr<const Room> row;
    RoomCounters counters;
    RoomContents contents;
};

}  // namespace roomstore::detail::memory
