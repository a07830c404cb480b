#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace roomstore::postgres {

/// The oldest supported server version, in the format of libpq.
inline constexpr int oldest_server_version = 130000;

struct SessionLimits {
    std::chrono::milliseconds statement_timeout{};
    std::chrono::milliseconds lock_timeout{};
};

/// A run-time parameter of the server (manual, chapter 20).
struct Setting {
    std::string name;
    /// As written in `SET`: a literal, or a list of identifiers.
    std::string value;
    /// Statements would fail or misbehave without it. A refusal of any other setting is ignored.
    bool needed = false;
    /// The first PostgreSQL version that has it, if newer than the oldest supported one.
    int since = 0;
};

/// `name` as an identifier in SQL text (manual, section 4.1.1).
std::string quote_identifier(std::string_view name);

/// The search path of our statements: only `pg_catalog` and the store's schema, whatever is
/// configured for the role, the database or the session. PostgreSQL prefers a function whose
/// parameter types match exactly to one in `pg_catalog` that takes any type, so anyone who may
/// create functions in a schema on the path could otherwise make us run them. `pg_temp` is named
/// last because temporary types and tables are otherwise found first.
std::string search_path(std::string_view quoted_schema);

/// Settings for a session of our own.
std::vector<Setting> session_settings(const SessionLimits& limits, const std::string& search_path);

/// Settings for each transaction, if the session cannot keep them.
std::vector<Setting> transaction_settings(const SessionLimits& limits,
                                          const std::string& search_path);

/// The commands that set them, as one simple query. `scope`: `SET` or `SET LOCAL`.
std::string set_commands(std::string_view scope, const std::vector<Setting>& settings);

/// Makes the server plan the next statement of the transaction for its parameter values.
std::string plan_for_values();

/// Sets the search path, its only parameter, for the rest of the transaction.
std::string set_search_path();

/// The command that begins a transaction.
std::string begin_command();

/// `text` with each `{schema}` replaced with `quoted_schema`.
std::string expand_schema(std::string_view text, std::string_view quoted_schema);

}  // namespace roomstore::postgres
