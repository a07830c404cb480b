#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "driver/connection_string.hpp"
#include "driver/libpq/control.hpp"
#include "driver/libpq/libpq.hpp"

namespace roomstore::postgres {

/// The addresses of a server.
struct Addresses {
    /// As libpq accepts them, at least one; the empty string if libpq needs none.
    std::vector<std::string> list;
    /// The host was found, so it is not a misplaced password.
    bool found = false;
};

/// Resolves the addresses of `target`. The system's resolver cannot be interrupted.
/// @throws Failure
Addresses find_addresses(const ConnectionTarget& target);

/// `target` in error texts, with the address that was tried.
std::string server_name(const ConnectionTarget& target, const std::string& address);

/// Whether error texts may quote messages of servers and of libpq.
enum class Quoting {
    /// A server has accepted these settings, so none of their values is a misplaced password.
    allowed,
    /// No server has accepted them yet: values that may be parts of a misplaced password are left
    /// out.
    forbidden,
};

/// Connects to one address of one server. Gives up at `deadline` and when `control` is stopped:
/// libpq's own timeout counts whole seconds and cannot be interrupted, and after it the caller of
/// libpq would have to go on to the next address.
/// @throws Failure, which names the server.
ConnectionHandle connect_to(const ConnectionTarget& target,
                            const std::string& address,
                            Quoting quoting,
                            std::chrono::steady_clock::time_point deadline,
                            ServerControl& control);

/// Runs the statements of `query` as one simple query. Gives up at `deadline`; the connection is
/// then unusable.
/// @throws Failure
void run_until(PGconn* connection,
               const std::string& query,
               std::chrono::steady_clock::time_point deadline);

}  // namespace roomstore::postgres
