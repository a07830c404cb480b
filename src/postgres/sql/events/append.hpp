#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/detail/text_hash.hpp"
#include "roomstore/detail/validate.hpp"
#include "roomstore/error.hpp"
#include "roomstore/model/event.hpp"

/// Storing events. The functions must be called in a transaction: they lock the rooms first and
/// decide on the state that they see from then on. Events must be validated and have normalized
/// keys.
namespace roomstore::postgres::sql {

/// Events to append to one room. Several events are stored together or not at all.
struct Append {
    /// `operation` names the caller's operation in errors.
    Append(const char* operation,
           std::string room_id,
           std::vector<RoomEvent> events,
           std::optional<std::int64_t> expected_next_index = std::nullopt);

    const char* operation;
    std::string room_id;
    std::vector<RoomEvent> events;
    std::optional<std::int64_t> expected_next_index;
};

/// The events are stored as given, at these indexes.
using NewIndexes = std::vector<std::int64_t>;

/// The result of an append: stored now (the indexes), stored before (the events that are stored),
/// or refused.
using AppendResult = std::variant<NewIndexes, std::vector<RoomEvent>, Error>;

/// The counters in the locked row of a room.
struct LockedRoom {
    std::int64_t event_count = 0;
    std::int64_t latest_index = 0;
    std::int64_t last_gap = -1;
    std::int64_t live_count = 0;
    std::int64_t first_index = 0;

    std::int64_t next_index() const { return event_count == 0 ? 0 : latest_index + 1; }
};

using LockedRooms = detail::TextMap<LockedRoom>;

/// Stores `appends`, to any number of rooms; those to one room in the order given. The results are
/// in the order of `appends`. A refused append does not affect the others.
std::vector<AppendResult> append(Session& session, const std::vector<const Append*>& appends);

/// The same.
/// @param locked  the rooms that were locked are added; their counters may be those of before
std::vector<AppendResult> append(Session& session,
                                 const std::vector<const Append*>& appends,
                                 LockedRooms& locked);

/// Stores `event` at its own index.
/// @throws Error not_found, already_exists, conflict.
RoomEvent add_event(Session& session, const detail::Validator& validator, const RoomEvent& event);

std::vector<Statement> add_event_statements();

}  // namespace roomstore::postgres::sql
