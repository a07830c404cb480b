#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace roomstore::postgres {

/// The oldest server that the statements are written for, as libpq counts versions.
inline constexpr int oldest_server_version = 130000;

struct SessionLimits {
    std::chrono::milliseconds statement_timeout{};
    std::chrono::milliseconds lock_timeout{};
};

/// A run-time parameter of the server (manual, chapter 20).
struct Setting {
    std::string name;
    /// As it stands in `SET`: a literal, or a list of identifiers.
    std::string value;
    /// Statements would go wrong without it. Where a server refuses another one, we go on.
    bool needed = false;
    /// The first version of PostgreSQL that has it, where that is newer than the oldest we accept.
    int since = 0;
};

/// `name` as an identifier in SQL text (manual, section 4.1.1).
std::string quote_identifier(std::string_view name);

/// Where the names in our statements are looked up: nowhere but in `pg_catalog` and in the store's
/// schema, whatever the role, the database or the session says. A function that takes exactly what
/// it is called with is preferred to one of `pg_catalog` that takes any type, so that whoever may
/// create functions in a schema on the path could otherwise have them run by us. Types and tables
/// are looked up among the temporary ones first unless these are named last.
std::string search_path(std::string_view quoted_schema);

/// What holds in a session of our own.
std::vector<Setting> session_settings(const SessionLimits& limits, const std::string& search_path);

/// What holds in each transaction where the session cannot hold it.
std::vector<Setting> transaction_settings(const SessionLimits& limits,
                                          const std::string& search_path);

/// The commands that set them, as one simple query. `scope`: `SET`, or `SET LOCAL`.
std::string set_commands(std::string_view scope, const std::vector<Setting>& settings);

/// Has the next statement of the transaction planned for the values that it is run with.
std::string plan_for_values();

/// Sets the search path, its only parameter, for the rest of the transaction.
std::string set_search_path();

/// The command that begins a transaction.
std::string begin_command();

/// `text` with `quoted_schema` in the place of each `{schema}`.
std::string expand_schema(std::string_view text, std::string_view quoted_schema);

}  // namespace roomstore::postgres
