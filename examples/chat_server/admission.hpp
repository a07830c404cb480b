#pragma once

#include <cstddef>
#include <optional>

#include <asio/ip/address.hpp>

#include "state.hpp"

/// Who makes room for a new connection when a bound is reached.
namespace chat {

/// How many sessions there are from the network.
std::size_t count_sessions(const ServerState& state, const asio::ip::address& network);

/// The session to drop for a newcomer, of the given network or of any: the oldest unregistered one
/// of the network that has the most of them. A client that is alone in its network is thus the last
/// to suffer from a crowd in another one. Null where all are registered.
SessionPtr find_expendable(const ServerState& state, std::optional<asio::ip::address> network);

}  // namespace chat
