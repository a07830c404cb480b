#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "driver/connection_string.hpp"
#include "driver/libpq/control.hpp"
#include "driver/libpq/libpq.hpp"
#include "driver/server_order.hpp"

namespace roomstore::postgres {

/// What is known about the servers, shared by the sessions of a store.
struct Servers {
    ConnectionPlan plan;
    ServerOrder order;
    /// Whether a server has accepted a connection, and so the settings.
    std::atomic<bool> accepted{false};
};

/// Connects a session to one of the servers of a connection string: tries the servers in turn, and
/// for each server its addresses in turn.
class Connector {
public:
    using Clock = std::chrono::steady_clock;
    /// Sets up a session on a connection, until `limit`. If it throws a `Failure`, the connector
    /// goes on to the next address.
    using Use = std::function<
        void(ConnectionHandle connection, std::string where, Clock::time_point limit)>;

    Connector(Servers& servers, ServerControl& control);

    /// @throws Failure, with the reasons of all attempts.
    void connect(Clock::time_point deadline, const Use& use);

    /// Makes later attempts, of all sessions, begin after the server that this session is connected
    /// to.
    void move_on() const;

private:
    std::vector<std::size_t> targets_from(std::size_t first);
    std::vector<std::string> addresses_of(std::size_t target, const std::string& first);
    void connect_to(std::size_t target,
                    const std::string& address,
                    Clock::time_point deadline,
                    const Use& use);

    Servers& servers_;
    ServerControl& control_;
    ServerPlace place_;       // of the connection
    ServerPlace next_place_;  // the one after it
    std::minstd_rand random_;
};

}  // namespace roomstore::postgres
