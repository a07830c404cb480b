#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "driver/connection_string.hpp"
#include "driver/libpq.hpp"
#include "driver/pqxx_control.hpp"
#include "driver/server_order.hpp"

namespace roomstore::postgres {

/// What the sessions of a store share about its servers.
struct Servers {
    ConnectionPlan plan;
    ServerOrder order;
    /// Whether a server has accepted a connection, and with it the settings.
    std::atomic<bool> accepted{false};
};

/// Connects a session to one of the servers of a connection string: tries one after the other, and
/// of each one address after the other.
class Connector {
public:
    using Clock = std::chrono::steady_clock;
    /// Makes a session of a connection, until `limit`. One that throws a `Failure` makes the
    /// connector go on to the next address.
    using Use = std::function<
        void(ConnectionHandle connection, std::string where, Clock::time_point limit)>;

    Connector(Servers& servers, PqxxControl& control);

    /// @throws Failure, with the reasons of all attempts.
    void connect(Clock::time_point deadline, const Use& use);

    /// Later attempts, of all sessions, begin behind the server that this one is connected to.
    void move_on() const;

private:
    std::vector<std::size_t> targets_from(std::size_t first);
    std::vector<std::string> addresses_of(std::size_t target, const std::string& first);
    void connect_to(std::size_t target,
                    const std::string& address,
                    Clock::time_point deadline,
                    const Use& use);

    Servers& servers_;
    PqxxControl& control_;
    ServerPlace place_;       // of the connection
    ServerPlace next_place_;  // behind it
    std::minstd_rand random_;
};

}  // namespace roomstore::postgres
