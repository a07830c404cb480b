#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/inbox.hpp"
#include "sql/statement.hpp"

/// Read markers in SQL.
namespace roomstore::postgres::sql {

/// @throws Error not_found.
void mark_read(Session& session,
               const std::string& room_id,
               const std::string& channel_id,
               const std::string& event_id);

/// @throws Error not_found.
void mark_all_read(Session& session, const std::string& room_id, const std::string& channel_id);

/// @throws Error not_found.
void mark_unread_from(Session& session,
                      const std::string& room_id,
                      const std::string& channel_id,
                      std::int64_t index);

std::int64_t get_unread_count(Session& session,
                              const std::string& room_id,
                              const std::string& channel_id,
                              const UnreadQuery& query);

std::map<std::string, std::int64_t> get_unread_counts(Session& session,
                                                      const std::string& channel_id,
                                                      const std::vector<std::string>& room_ids);

std::map<std::string, std::int64_t> list_read_markers(Session& session, const std::string& room_id);

// The number of events of `room` above `marker`, which may be null. Without a marker all events are
// unread. Above the last gap every index has its event, so the events there are counted by
// subtraction, and only those between the marker and the gap are counted one by one.
#define ROOMSTORE_COUNT_UNREAD                                                    \
    "CASE\n"                                                                      \
    "        WHEN marker.index IS NULL THEN room.live_count\n"                    \
    "        WHEN marker.index >= room.last_gap "                                 \
    "THEN greatest(room.latest_index - marker.index, 0)\n"                        \
    "        ELSE room.latest_index - room.last_gap + (\n"                        \
    "            SELECT count(*) FROM {schema}.events e\n"                        \
    "            WHERE e.room_id = room.id AND e.index <= room.last_gap\n"        \
    "              AND e.index > greatest(marker.index, room.first_index - 1))\n" \
    "        END"

/// Every statement of this file.
std::vector<Statement> read_marker_statements();

}  // namespace roomstore::postgres::sql
