#pragma once

#include <string>
#include <vector>

#include "driver/session.hpp"

/// The removal of rows that no call can see any more: all rows of deleted rooms, and the events
/// below the first index of a room. Each transaction removes a bounded number of them.
namespace roomstore::postgres::sql {

/// Removes rows of the room, and records in the table `removals` whether more are left. The room is
/// locked, or no longer exists.
void begin_removal(Session& session, const std::string& room_id);

/// Goes on with a removal that was recorded, unless another transaction is at it or has ended it.
/// @returns whether rows were left when it began.
bool continue_removal(Session& session, const std::string& room_id);

/// Goes on with a removal of any room.
void continue_any_removal(Session& session);

/// Whether rows of the room are left.
extern const Statement removal_is_pending;

/// Asks for `continue_any_removal` after this call if anything is left to remove.
void look_for_removals(Session& session);

/// Every statement of removals.cpp.
std::vector<Statement> removal_statements();

}  // namespace roomstore::postgres::sql
