#pragma once

#include "../state.hpp"

/// The commands of clients. Every command is a coroutine; the next line of a client is processed
/// when its previous command has ended.
namespace chat::commands {

/// Runs the command of one line of a client.
awaitable<void> run(SessionPtr session, std::string line);

using Command = awaitable<void>(SessionPtr session, irc::Message message);

Command pass, nick, user, cap, ping, pong, quit;              // registration.cpp
Command join, part, topic;                                    // channels.cpp
Command say, tagmsg;                                          // messages.cpp
Command chathistory;                                          // history.cpp
Command names, list, who, whois, mode, motd, ison, userhost;  // queries.cpp

// Functions that several commands share.

/// Sends the names of a channel (353 and 366).
void send_names(const Session& session, const Conversation& conversation);

/// Sends stored messages, in a batch of type chathistory if the client has asked for batches.
void send_history(Session& session,
                  std::string_view target,
                  const std::vector<roomstore::RoomEvent>& events);

/// Answers a client that has not joined the channel: with the numeric and the text if the channel
/// exists, else with 403.
awaitable<void> reply_not_joined(SessionPtr session,
                                 std::string name,
                                 std::string_view numeric,
                                 std::string_view text);

}  // namespace chat::commands
