#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "state.hpp"

namespace chat {

/// The command line.
struct Options {
    std::string listen = "127.0.0.1";
    std::uint16_t port = 6667;
    /// `memory`, or the address of a database.
    std::string store = "memory";
    /// Where the store's view goes on SIGUSR1 and at the end; empty: nowhere.
    std::string report{};
    /// Where Prometheus is served; absent: nowhere.
    std::optional<std::uint16_t> metrics_port{};
    /// What `--help` prints; empty where it was not asked for.
    std::string help{};
    ServerOptions server{};
};

/// Says which argument is wrong, and how.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Throws UsageError.
Options parse_options(int argc, const char* const* argv);

}  // namespace chat
