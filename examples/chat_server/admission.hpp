#pragma once

#include <cstddef>
#include <optional>

#include <asio/ip/address.hpp>

#include "state.hpp"

/// Which connection makes room for a new one when a bound is reached.
namespace chat {

/// The number of sessions from the network.
std::size_t count_sessions(const ServerState& state, const asio::ip::address& network);

/// The session to drop for a newcomer, from the given network or from any: the oldest unregistered
/// one of the network that has the most unregistered sessions. A crowd from one network thus drops
/// its own sessions before it affects clients of other networks. Null if all are registered.
SessionPtr find_expendable(const ServerState& state, std::optional<asio::ip::address> network);

}  // namespace chat
