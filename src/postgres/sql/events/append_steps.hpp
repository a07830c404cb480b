#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/detail/text_hash.hpp"
#include "roomstore/error.hpp"
#include "roomstore/model/event.hpp"
#include "sql/events/append.hpp"
#include "sql/statement.hpp"

/// The statements that storing events is made of. append.cpp and add_event.cpp decide with them.
namespace roomstore::postgres::sql {

/// What the locked row of a room says.
struct LockedRoom {
    std::int64_t event_count = 0;
    std::int64_t latest_index = 0;
    std::int64_t last_gap = -1;
    std::int64_t live_count = 0;

    std::int64_t next_index() const { return event_count == 0 ? 0 : latest_index + 1; }
};

using LockedRooms = detail::TextMap<LockedRoom>;

/// Locks the rooms, in the order of their ids, until the end of the transaction. Rooms that do not
/// exist are missing from the result.
LockedRooms lock_rooms(Session& session, const std::vector<std::string>& ids);

/// An event for the end of its room, which is locked.
struct NewEvent {
    const RoomEvent* event;
    /// The next index of the room, before any of the events given together with this one.
    std::int64_t next_index;
    /// Events of one part are stored together or not at all.
    std::int64_t part;
};

/// Stores the events of every part of which none is stored yet (by id, or by key), at the next
/// indexes of their rooms, and moves the rooms' counters. Ids and keys are not given twice.
/// @returns the index of each event, or -1 where it was not stored.
std::vector<std::int64_t> store_new_events(Session& session, const std::vector<NewEvent>& events);

struct LockedAndStored {
    LockedRooms rooms;
    /// Of each event, or -1 where it was not stored.
    std::vector<std::int64_t> indexes;
};

/// `lock_rooms` and, under the locks, stores all of `events`, in one round trip; none of them if
/// one is stored already (by id, or by key). Those of a room that does not exist, or that is nearly
/// full, are not stored either way.
LockedAndStored lock_and_store_all(Session& session,
                                   const std::vector<std::string>& ids,
                                   const std::vector<const RoomEvent*>& events);

/// What the id and the key of an event stand for in its room already.
struct StoredEvent {
    std::optional<RoomEvent> by_id{};
    /// Another event, which holds the key.
    std::optional<RoomEvent> by_key{};
    /// One of them could not be read.
    std::optional<Error> unreadable{};
};

std::vector<StoredEvent> find_stored(Session& session, const std::vector<const RoomEvent*>& events);

/// The stored event that the caller gets instead of storing `event`; nothing where `event` is new.
/// @throws Error already_exists where its id names another event, corrupt_data.
std::optional<RoomEvent> match_stored(const char* operation,
                                      const RoomEvent& event,
                                      StoredEvent& found);

/// Every statement of append_steps.cpp.
std::vector<Statement> append_statements();

}  // namespace roomstore::postgres::sql
