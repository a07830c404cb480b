#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "driver/connection_string.hpp"
#include "driver/libpq.hpp"
#include "driver/pqxx_control.hpp"

namespace roomstore::postgres {

/// The addresses of a server.
struct Addresses {
    /// As libpq takes them, one at least; empty where it needs none.
    std::vector<std::string> list;
    /// The server's name is one: it has been found, so it is no misplaced password.
    bool found = false;
};

/// Looks for the addresses of `target`. Nothing interrupts the system's resolver.
/// @throws Failure
Addresses find_addresses(const ConnectionTarget& target);

/// `target` for texts, with the address that was tried.
std::string server_name(const ConnectionTarget& target, const std::string& address);

/// Whether an error repeats what servers and libpq say.
enum class Quoting {
    /// A server has accepted these settings, so no value of them is a misplaced password.
    allowed,
    /// None has yet: values that may be pieces of a misplaced password are left out.
    forbidden,
};

/// Connects to one address of one server. Ends at `deadline` and when `control` is told to stop:
/// libpq's own timeout counts whole seconds and listens to nobody, and it is libpq's caller who
/// would have to go on to the next address.
/// @throws Failure, which names the server.
ConnectionHandle connect_to(const ConnectionTarget& target,
                            const std::string& address,
                            Quoting quoting,
                            std::chrono::steady_clock::time_point deadline,
                            PqxxControl& control);

/// Runs the statements of `query` as one simple query, and ends at `deadline`, when the connection
/// is of no more use.
/// @throws Failure
void run_until(PGconn* connection,
               const std::string& query,
               std::chrono::steady_clock::time_point deadline);

}  // namespace roomstore::postgres
