#pragma once

#include <cstdint>

namespace roomstore::benchmark {

/// Clients that talk to a chat server over TCP on the loopback interface.
struct IrcLoad {
    std::uint16_t port = 0;
    int clients = 1;
    /// The clients are spread over them.
    int channels = 1;
    double seconds = 1;
};

struct IrcResult {
    /// Messages that came back to those who sent them: stored, and shown to everybody.
    double messages_per_second = 0;
    /// Messages that anybody received.
    double deliveries_per_second = 0;
    /// From sending a message to seeing it.
    double mean_microseconds = 0;
    double p99_microseconds = 0;
};

/// Every client sends its next message when it sees its last one. Throws if the server refuses a
/// message, or goes away.
IrcResult talk(const IrcLoad& load);

}  // namespace roomstore::benchmark
