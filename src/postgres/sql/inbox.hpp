#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/inbox.hpp"
#include "sql/statement.hpp"
#include "sql/unreadable_rows.hpp"

/// The rooms of a participant and what is unread in them, in SQL.
namespace roomstore::postgres::sql {

InboxPage list_inbox(Session& session, UnreadableRows& unreadable, const InboxQuery& query);

std::int64_t get_unread_total(Session& session,
                              const std::string& participant_id,
                              const UnreadTotalQuery& query);

/// Every statement of this file.
std::vector<Statement> inbox_statements();

}  // namespace roomstore::postgres::sql
