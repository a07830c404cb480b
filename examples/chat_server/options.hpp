#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "state.hpp"

namespace chat {

/// The options of the command line.
struct Options {
    std::string listen = "127.0.0.1";
    std::uint16_t port = 6667;
    /// `memory`, or the address of a database.
    std::string store = "memory";
    /// The file that the content of the store is written to, on SIGUSR1 and at the end; empty:
    /// none.
    std::string report{};
    /// The port for Prometheus; without one, no counters are served.
    std::optional<std::uint16_t> metrics_port{};
    /// The text of `--help`; empty if it was not requested.
    std::string help{};
    ServerOptions server{};
};

/// A wrong argument. The text names it and says what is wrong.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Throws UsageError.
Options parse_options(int argc, const char* const* argv);

}  // namespace chat
