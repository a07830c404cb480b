#pragma once

#include <string>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/model/observation.hpp"
#include "sql/statement.hpp"
#include "sql/unreadable_rows.hpp"

/// Observations in SQL.
namespace roomstore::postgres::sql {

/// @throws Error not_found, already_exists.
Observation add_observation(Session& session, const Observation& observation);

std::vector<Observation> list_observations(Session& session,
                                           UnreadableRows& unreadable,
                                           const std::string& room_id,
                                           const std::optional<Page>& page);

/// Every statement of this file.
std::vector<Statement> observation_statements();

}  // namespace roomstore::postgres::sql
