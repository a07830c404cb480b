#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "driver/session.hpp"
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

std::int64_t get_unread_count(Session& session,
                              const std::string& room_id,
                              const std::string& channel_id);

std::map<std::string, std::int64_t> get_unread_counts(Session& session,
                                                      const std::string& channel_id,
                                                      const std::vector<std::string>& room_ids);

std::map<std::string, std::int64_t> list_read_markers(Session& session, const std::string& room_id);

/// Every statement of this file.
std::vector<Statement> read_marker_statements();

}  // namespace roomstore::postgres::sql
