#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/changes.hpp"
#include "sql/statement.hpp"
#include "sql/unreadable_rows.hpp"

/// What has changed in a room. Every change of an event that is not an append is noted in the table
/// `event_changes`, in the transaction that makes it, under the lock of the room.
namespace roomstore::postgres::sql {

/// Events that were changed in one way.
struct ChangedEvents {
    void add(std::string room_id, std::int64_t index, std::string id) {
        rooms.push_back(std::move(room_id));
        indexes.push_back(index);
        ids.push_back(std::move(id));
    }

    std::vector<std::string> rooms{};
    std::vector<std::int64_t> indexes{};
    std::vector<std::string> ids{};
    bool deleted = false;
};

/// Gives each of `events` the next revision of its room, in this order. The rooms are locked, and
/// no event occurs twice.
/// @param history  the number of changes that each room remembers at least; 0: all
void note_changes(Session& session, const ChangedEvents& events, std::int64_t history);

/// Forgets the oldest changes of the room, which is locked, if it remembers too many.
void forget_changes(Session& session,
                    const std::string& room_id,
                    std::int64_t remembered,
                    std::int64_t history);

RoomChanges list_changes(Session& session,
                         UnreadableRows& unreadable,
                         const std::string& room_id,
                         const ChangesQuery& query);

void reset_cursors(Session& session);

/// Every statement of changes.cpp.
std::vector<Statement> change_statements();

}  // namespace roomstore::postgres::sql
