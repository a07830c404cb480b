#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/error.hpp"
#include "roomstore/model/event.hpp"
#include "sql/events/append.hpp"
#include "sql/statement.hpp"

/// The statements for storing events, which append.cpp and add_event.cpp use.
namespace roomstore::postgres::sql {

/// Locks the rooms, in the order of their ids, until the end of the transaction. Rooms that do not
/// exist are missing from the result.
LockedRooms lock_rooms(Session& session, const std::vector<std::string>& ids);

/// The statement of `lock_rooms`, to be sent together with others, and its result.
Request lock_request(const std::vector<std::string>& ids);
LockedRooms locked_rooms(const Result& rows);

/// The error of a statement that saw a room which the statement before it, that locks the rooms,
/// did not see yet: the transaction is repeated.
Failure created_meanwhile(const std::string& room_id);

/// The error of a statement that met an event which was removed without a lock on its room before
/// the statement, or another one, looked it up: the transaction is repeated.
Failure removed_meanwhile(const std::string& room_id);

/// An event to append to its room, which is locked.
struct NewEvent {
    const RoomEvent* event;
    /// The next index of the room, before any of the events that are stored together with this one.
    std::int64_t next_index;
    /// Events of one part are stored together or not at all.
    std::int64_t part;
};

/// Stores the events of every part of which none is stored yet (by id or by key), at the next
/// indexes of their rooms, and updates the rooms' counters. No id and no key may occur twice.
/// @returns the index of each event, or -1 if it was not stored.
std::vector<std::int64_t> store_new_events(Session& session, const std::vector<NewEvent>& events);

struct LockedAndStored {
    LockedRooms rooms;
    /// The index of each event, or -1 if it was not stored.
    std::vector<std::int64_t> indexes;
};

/// `lock_rooms`, and then stores all of `events` under the locks, in one round trip; none of them
/// if one is stored already (by id or by key). Events of a room that does not exist, or that is
/// nearly full, are never stored.
LockedAndStored lock_and_store_all(Session& session,
                                   const std::vector<std::string>& ids,
                                   const std::vector<const RoomEvent*>& events);

/// The events that are stored in the room under the id and the key of an event.
struct StoredEvent {
    std::optional<RoomEvent> by_id{};
    /// Whether that event was updated since it was stored, or may have been.
    bool updated = false;
    /// Another event, which holds the key.
    std::optional<RoomEvent> by_key{};
    /// Set if one of them could not be read.
    std::optional<Error> unreadable{};
};

std::vector<StoredEvent> find_stored(Session& session, const std::vector<const RoomEvent*>& events);

/// The stored event that the caller gets instead of storing `event`; empty if `event` is new.
/// @throws Error already_exists if its id names another event, corrupt_data.
std::optional<RoomEvent> match_stored(const char* operation,
                                      const RoomEvent& event,
                                      StoredEvent& found);

/// Every statement of append_steps.cpp.
std::vector<Statement> append_statements();

}  // namespace roomstore::postgres::sql
