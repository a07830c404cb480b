#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/model/event.hpp"
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

/// Updates the events, whose rooms are locked and which are all different.
std::vector<std::optional<UpdatedEvent>> update_events(Session& session,
                                                       const std::vector<const RoomEvent*>& events,
                                                       std::int64_t history);

/// Every statement of update.cpp.
std::vector<Statement> update_statements();

}  // namespace roomstore::postgres::sql
