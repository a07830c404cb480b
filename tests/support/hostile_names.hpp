#pragma once

#include <string>

namespace roomstore::test {

/// SQL that makes the schema `hostile`: a twin of every function, operator, operator class,
/// collation, table and type of `pg_catalog`, of the same name and with the same arguments, and
/// casts between the types and their twins. None does anything but fail, and no table has a column,
/// so that no statement can meet one and succeed. The list is that of the server: a name that a
/// statement uses is in it from the day on which it can be used. For a superuser.
std::string hostile_names_sql();

/// What a server logged, with `log_error_verbosity = verbose`, of statements that met a twin: the
/// first such line, or nothing.
std::string find_hostile_call(const std::string& server_log);

}  // namespace roomstore::test
