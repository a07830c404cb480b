#pragma once

#include <chrono>
#include <string>

#include "driver/connection_string.hpp"
#include "driver/libpq.hpp"
#include "driver/pqxx_control.hpp"

namespace roomstore::postgres {

/// Connects to one server. Ends at `deadline` and when `control` is told to stop: libpq's own
/// timeout counts whole seconds and listens to nobody.
/// @throws Failure, which names the server.
ConnectionHandle connect_to(const ConnectionTarget& target,
                            std::chrono::steady_clock::time_point deadline,
                            PqxxControl& control);

/// Runs the statements of `query` as one simple query, and ends at `deadline`, when the connection
/// is of no more use.
/// @throws Failure
void run_until(PGconn* connection,
               const std::string& query,
               std::chrono::steady_clock::time_point deadline);

}  // namespace roomstore::postgres
