#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace chat {

/// How much memory and time one client may take, and how long it may be silent. `--help` explains
/// the fields that have an option.
struct ConnectionLimits {
    /// Received lines that are not processed yet; more is "Excess Flood".
    std::size_t max_input_bytes = std::size_t{32} << 10;
    /// More is "SendQ exceeded". While a quarter waits, no further line of the client is processed.
    std::size_t max_output_bytes = std::size_t{1} << 20;
    double burst = 40;
    double lines_per_second = 10;
    std::chrono::milliseconds registration_timeout{30'000};
    std::chrono::milliseconds ping_interval{90'000};
    std::chrono::milliseconds ping_timeout{60'000};
    /// How long a connection that the server ends stays open for the ERROR line to arrive, and how
    /// much the client may still send in that time.
    std::chrono::milliseconds linger{2'000};
    std::size_t max_dropped_bytes = std::size_t{1} << 20;
};

/// The options of the command line, and limits that are always the same.
struct Options {
    std::string listen = "127.0.0.1";
    std::uint16_t port = 6667;
    std::string name = "chat.localhost";
    std::optional<std::uint16_t> metrics_port{};
    std::string store = "memory";
    /// How often a database is asked for changes of which no notification came.
    std::chrono::milliseconds watch_poll_interval{5'000};
    /// The file for the report. Empty: none.
    std::string report{};
    /// The text of `--help`; empty if it was not requested.
    std::string help{};

    std::size_t max_clients = 500;
    std::size_t max_clients_per_address = 50;
    std::size_t max_turned_away = 200;
    std::size_t max_channels = 50;
    /// How many missed messages a client without `draft/chathistory` is sent when it joins.
    std::int64_t playback = 50;
    /// The largest number of messages that one CHATHISTORY returns.
    std::int64_t history = 100;
    /// Read positions are also stored when a client leaves. A server that is killed loses at most
    /// those of one interval, never a message.
    std::chrono::milliseconds mark_interval{10'000};
    std::chrono::milliseconds shutdown_timeout{10'000};
    ConnectionLimits connection{};
};

/// A wrong argument. The text names it and says what is wrong.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Throws UsageError.
Options parse_options(int argc, const char* const* argv);

}  // namespace chat
