#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/model/event.hpp"
#include "sql/events/append.hpp"
#include "sql/statement.hpp"

/// Updating events. Both functions must be called in a transaction. Events must be validated.
namespace roomstore::postgres::sql {

/// The fields that an update does not change, as stored.
struct UpdatedEvent {
    std::int64_t index;
    std::optional<std::string> idempotency_key;
    Timestamp created_at;
};

/// Locks the room and updates the event, in one round trip.
/// @param history  see `note_changes`
/// @returns `nullopt` if there is no such event.
std::optional<UpdatedEvent> lock_and_update(Session& session,
                                            const RoomEvent& event,
                                            std::int64_t history);

/// Updates the events, which are all different. Their rooms are locked, or to be locked.
/// @param to_lock  the rooms to lock in the same round trip
/// @param locked   the rooms that are locked; receives those of `to_lock` that exist
std::vector<std::optional<UpdatedEvent>> update_events(Session& session,
                                                       const std::vector<const RoomEvent*>& events,
                                                       const std::set<std::string>& to_lock,
                                                       LockedRooms& locked,
                                                       std::int64_t history);

/// Every statement of update.cpp.
std::vector<Statement> update_statements();

}  // namespace roomstore::postgres::sql
