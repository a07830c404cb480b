#pragma once

#include <cstdint>
#include <string>

#include "driver/session.hpp"

namespace roomstore::postgres {

/// The state of the store's schema, as `init()` finds it.
struct SchemaState {
    bool schema_exists = false;
    /// The version of the tables, 0 if there are none.
    std::int64_t version = 0;
};

/// The schema version that this build reads and writes.
std::int64_t latest_schema_version();

/// The DDL that takes an empty database to `latest_schema_version()`, in one transaction.
/// @param partitions  if > 0, the tables of a room's rows are hash-partitioned by room into this
/// number of partitions
std::string schema_script(const std::string& schema, int partitions);

/// Reads the state of the schema. Needs no privileges except to use it.
/// @throws Error schema_mismatch if the database is unsuitable, access_denied if the role may not
///         read the schema.
SchemaState read_schema_state(Session& session, const std::string& schema);

/// Whether migrations are due.
/// @throws Error schema_mismatch if the schema is newer than this build, or if migrations would be
///         due and `create` is false.
bool needs_migration(const SchemaState& state, const std::string& schema, bool create);

/// Applies the first migration that is due, unless another process has done so meanwhile. Runs in
/// the transaction of the caller, under a lock that is held until its end.
/// @returns whether more are due.
bool apply_next_migration(Session& session, const std::string& schema, int partitions);

}  // namespace roomstore::postgres
