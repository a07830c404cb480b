#pragma once

#include <optional>
#include <string>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/model/identity.hpp"
#include "sql/statement.hpp"

/// Identities in SQL. Functions marked "Transaction" run more than one statement and must be called
/// in a transaction.
///
/// All functions take locks in the same order: the row of a new identity, addresses by (type,
/// address), the rows of other identities by id.
namespace roomstore::postgres::sql {

/// Transaction.
/// @throws Error already_exists.
Identity create_identity(Session& session, const Identity& identity);

std::optional<Identity> get_identity(Session& session, const std::string& id);

std::optional<Identity> resolve_identity(Session& session,
                                         const ChannelType& channel_type,
                                         const std::string& address,
                                         const std::optional<std::string>& organization_id);

/// Transaction.
/// @throws Error not_found.
void link_address(Session& session,
                  const std::string& identity_id,
                  const ChannelType& channel_type,
                  const std::string& address,
                  const std::optional<std::string>& organization_id);

/// Every statement of this file.
std::vector<Statement> identity_statements();

}  // namespace roomstore::postgres::sql
