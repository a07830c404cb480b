#pragma once

#include <optional>
#include <string>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/model/participant.hpp"
#include "sql/statement.hpp"
#include "sql/unreadable_rows.hpp"

/// Participants in SQL. Their `connected_via` must be normalized.
namespace roomstore::postgres::sql {

/// @throws Error not_found.
Participant add_participant(Session& session, const Participant& participant);

std::optional<Participant> get_participant(Session& session,
                                           const std::string& room_id,
                                           const std::string& id);

/// @throws Error not_found.
Participant update_participant(Session& session, const Participant& participant);

bool remove_participant(Session& session, const std::string& room_id, const std::string& id);

std::vector<Participant> list_participants(Session& session,
                                           UnreadableRows& unreadable,
                                           const std::string& room_id,
                                           const std::optional<Page>& page);

/// Every statement of this file.
std::vector<Statement> participant_statements();

}  // namespace roomstore::postgres::sql
