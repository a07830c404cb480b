#pragma once

#include <cstdint>

namespace roomstore::benchmark {

/// Clients that talk to a chat server over TCP on the loopback interface.
struct IrcLoad {
    std::uint16_t port = 0;
    int clients = 1;
    /// The clients are distributed evenly over the channels.
    int channels = 1;
    double seconds = 1;
};

struct IrcResult {
    /// Messages that were stored, shown to the channel and echoed to their sender.
    double messages_per_second = 0;
    /// Messages received, summed over all clients.
    double deliveries_per_second = 0;
    /// From sending a message to receiving its echo.
    double mean_microseconds = 0;
    double p99_microseconds = 0;
};

/// Every client sends its next message when it receives the echo of its last one. Throws if the
/// server refuses a message or disconnects.
IrcResult talk(const IrcLoad& load);

}  // namespace roomstore::benchmark
