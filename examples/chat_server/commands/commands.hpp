#pragma once

#include <string>
#include <string_view>

#include <asio/awaitable.hpp>

#include "../irc/message.hpp"
#include "../state.hpp"

/// The commands of clients. Every command is a coroutine; the next line of a client is processed
/// when its previous command has ended.
///
/// Coroutines take their parameters by value. `state` is the exception: it outlives all commands.
namespace chat::commands {

/// Runs the command of one line of a client.
asio::awaitable<void> run(ServerState& state, SessionPtr session, std::string line);

// registration.cpp
asio::awaitable<void> pass(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> nick(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> user(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> cap(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> ping(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> pong(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> quit(ServerState& state, SessionPtr session, irc::Message message);

// channels.cpp
asio::awaitable<void> join(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> part(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> topic(ServerState& state, SessionPtr session, irc::Message message);

// messages.cpp
asio::awaitable<void> privmsg(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> notice(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> tagmsg(ServerState& state, SessionPtr session, irc::Message message);

// history.cpp
asio::awaitable<void> chathistory(ServerState& state, SessionPtr session, irc::Message message);

// queries.cpp
asio::awaitable<void> names(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> list(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> who(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> whois(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> mode(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> motd(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> ison(ServerState& state, SessionPtr session, irc::Message message);
asio::awaitable<void> userhost(ServerState& state, SessionPtr session, irc::Message message);

/// @name Functions that several commands share
/// @{

/// Sends the names of a channel (353 and 366).
void send_names(Session& session, std::string_view channel);
void send_names(Session& session, const Conversation& conversation);

/// Sends the topic (332 and 333), if the room has one.
void send_topic(Session& session, const Conversation& conversation, const roomstore::Room& room);

/// Sends stored messages, in a batch of type chathistory if the client has asked for batches.
void send_history(Session& session,
                  std::string_view target,
                  const std::vector<roomstore::RoomEvent>& events);
/// @}

}  // namespace chat::commands
