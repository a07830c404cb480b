#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/detail/validate.hpp"
#include "roomstore/error.hpp"
#include "roomstore/model/room.hpp"
#include "roomstore/query.hpp"
#include "sql/statement.hpp"
#include "sql/unreadable_rows.hpp"

/// Rooms in SQL. Functions marked "Transaction" run more than one statement and must be called in a
/// transaction.
namespace roomstore::postgres::sql {

/// @throws Error already_exists.
Room create_room(Session& session, const Room& room);

std::optional<Room> get_room(Session& session, const std::string& id);

/// @throws Error not_found.
Room update_room(Session& session, const Room& room);

/// @throws Error invalid_argument if the patched room exceeds a limit.
std::optional<Room> patch_room_metadata(Session& session,
                                        const detail::Validator& validator,
                                        const std::string& id,
                                        const Json& patch,
                                        const std::vector<std::string>& unset);

/// Transaction.
bool delete_room(Session& session, const std::string& id);

bool room_exists(Session& session, const std::string& id);

std::vector<Room> list_rooms(Session& session, UnreadableRows& unreadable, const Page& page);

std::vector<Room> find_rooms(Session& session,
                             UnreadableRows& unreadable,
                             const RoomFilter& filter,
                             const Page& page);

std::optional<Room> find_latest_room(Session& session,
                                     const std::string& participant_id,
                                     const LatestRoomFilter& filter);

std::optional<std::string> find_room_id_by_channel(Session& session,
                                                   const std::string& channel_id,
                                                   const std::optional<RoomStatus>& status);

std::vector<std::string> find_room_ids_by_channel(Session& session,
                                                  const std::string& channel_id,
                                                  const ChannelLookup& lookup);

std::int64_t get_delivered_index(Session& session, const std::string& id);

bool advance_delivered_index(Session& session, const std::string& id, std::int64_t index, Gap gap);

/// Reads the room, its bindings and its participants in one statement. bindings.cpp and
/// participants.cpp define how their rows are read.
RoomContext load_room_context(Session& session, UnreadableRows& unreadable, const std::string& id);

/// Every statement of this file.
std::vector<Statement> room_statements();

}  // namespace roomstore::postgres::sql
