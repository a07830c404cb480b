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

/// The command that begins a transaction. `local_limits`: with the limits, since the session cannot
/// hold them.
std::string begin_command(const SessionLimits& limits, bool local_limits);

/// `text` with `quoted_schema` in the place of each `{schema}`.
std::string expand_schema(std::string_view text, std::string_view quoted_schema);

}  // namespace roomstore::postgres
