#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace roomstore::postgres {

struct SessionLimits {
    std::chrono::milliseconds statement_timeout{};
    std::chrono::milliseconds lock_timeout{};
};

/// The commands that prepare a session of our own, as one simple query. The last of them is not
/// known everywhere, and may fail without taking the others along.
std::string session_setup(const SessionLimits& limits, int server_version);

/// Has the next statement of the transaction planned for the values that it is run with.
std::string plan_for_values();

/// A query that fails where the server does not know how to notice that a client is gone; empty
/// where its version says so.
std::string check_interval_probe(int server_version);

/// The command that begins a transaction.
std::string begin_command();

/// The same where the session cannot hold the limits: several commands, as one simple query.
std::string begin_command_with(const SessionLimits& limits, bool with_check_interval);

/// `text` with `quoted_schema` in the place of each `{schema}`.
std::string expand_schema(std::string_view text, std::string_view quoted_schema);

}  // namespace roomstore::postgres
