#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/error.hpp"
#include "roomstore/model/event.hpp"
#include "sql/events/append.hpp"
#include "sql/events/update.hpp"

/// The writes that share transactions.
namespace roomstore::postgres::sql {

/// An event to update. It must be validated.
struct Update {
    RoomEvent event;
};

/// An append or an update of one room.
using Write = std::variant<Append, Update>;

const std::string& room_of(const Write& write);

/// The alternatives of `AppendResult`, or what an update has found.
using WriteResult = std::variant<NewIndexes, std::vector<RoomEvent>, UpdatedEvent, Error>;

/// Executes `writes`, to any number of rooms, in the open transaction. Locks the rooms first. The
/// results are in the order of `writes`; a refused write does not affect the others. Tells the
/// session if there is nothing to commit.
/// @param history  see `note_changes`
std::vector<WriteResult> write(Session& session,
                               const std::vector<const Write*>& writes,
                               std::int64_t history);

}  // namespace roomstore::postgres::sql
