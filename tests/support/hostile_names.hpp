#pragma once

#include <string>

namespace roomstore::test {

/// SQL that creates the schema `hostile`: a twin of every function, operator, operator class,
/// collation, table and type of `pg_catalog`, with the same name and arguments, and casts between
/// the types and their twins. Every twin fails when used, and no table has a column, so a statement
/// that resolves a name to a twin cannot succeed. The names are read from the server's catalogs, so
/// new names are covered without a change here. Must be run by a superuser.
std::string hostile_names_sql();

/// The first line in the log of a server with `log_error_verbosity = verbose` that shows the use of
/// a twin; empty if there is none.
std::string find_hostile_call(const std::string& server_log);

}  // namespace roomstore::test
