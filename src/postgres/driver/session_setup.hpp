#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace roomstore::postgres {

struct SessionLimits {
    std::chrono::milliseconds statement_timeout{};
    std::chrono::milliseconds lock_timeout{};
};

/// Where the names in our statements are looked up: nowhere but in `pg_catalog` and in the store's
/// schema, whatever the role, the database or the session says. A function that takes exactly what
/// it is called with is preferred to one of `pg_catalog` that takes any type, so that whoever may
/// create functions in a schema on the path could otherwise have them run by us. Types and tables
/// are looked up among the temporary ones first unless these are named last.
std::string search_path(std::string_view quoted_schema);

/// The commands that prepare a session of our own, as one simple query. The last of them is not
/// known everywhere, and may fail without taking the others along.
std::string session_setup(const SessionLimits& limits,
                          const std::string& search_path,
                          int server_version);

/// Has the next statement of the transaction planned for the values that it is run with.
std::string plan_for_values();

/// Sets the search path, its only parameter, for the rest of the transaction.
std::string set_search_path();

/// A query that fails where the server does not know how to notice that a client is gone; empty
/// where its version says so.
std::string check_interval_probe(int server_version);

/// The command that begins a transaction.
std::string begin_command();

/// The same where the session cannot hold the limits: several commands, as one simple query.
std::string begin_command_with(const SessionLimits& limits,
                               const std::string& search_path,
                               bool with_check_interval);

/// `text` with `quoted_schema` in the place of each `{schema}`.
std::string expand_schema(std::string_view text, std::string_view quoted_schema);

}  // namespace roomstore::postgres
