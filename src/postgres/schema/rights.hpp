#pragma once

#include <string>

#include "driver/session.hpp"

namespace roomstore::postgres {

/// Refuses a role that may not create what a migration of `schema` creates.
/// @throws Error access_denied, with the GRANT that is missing.
void require_creation_rights(Session& session, const std::string& schema);

/// Refuses a role that lacks privileges on the tables in `schema` that calls need.
/// @throws Error access_denied, with the GRANT that is missing.
void require_table_rights(Session& session, const std::string& schema);

}  // namespace roomstore::postgres
