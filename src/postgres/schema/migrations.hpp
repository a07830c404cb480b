#pragma once

#include <cstdint>
#include <string>

#include "driver/session.hpp"

namespace roomstore::postgres {

/// What `init()` finds of the store's schema.
struct SchemaState {
    bool schema_exists = false;
    /// The version of the tables, 0 where there are none.
    std::int64_t version = 0;
};

/// The version that this build reads and writes.
std::int64_t latest_schema_version();

/// The DDL of an empty database up to `latest_schema_version()`, in one transaction.
/// @param partitions  > 0: the tables of a room's rows are hash-partitioned by room into so many.
std::string schema_script(const std::string& schema, int partitions);

/// Looks at the schema. A read: needs no rights but to use it.
/// @throws Error schema_mismatch where the database cannot serve, access_denied where the role may
///         not look.
SchemaState read_schema_state(Session& session, const std::string& schema);

/// Whether migrations are due.
/// @throws Error schema_mismatch where the schema is newer than this build, or where migrations
///         would be due and `create` is false.
bool needs_migration(const SchemaState& state, const std::string& schema, bool create);

/// Applies the first migration that is due, if another process has not done so meanwhile: in the
/// transaction of the caller, under a lock that lasts as long.
/// @returns whether more are due.
bool apply_next_migration(Session& session, const std::string& schema, int partitions);

}  // namespace roomstore::postgres
