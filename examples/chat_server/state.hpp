#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <asio/any_io_executor.hpp>

#include <roomstore/conversation_store.hpp>

#include "async/async_event.hpp"
#include "connection.hpp"
#include "conversation.hpp"
#include "session.hpp"

namespace chat {

struct ServerOptions {
    std::string name = "chat.localhost";
    /// Connections at a time, in total and from one address (IPv6: from one /64 network). Where a
    /// bound is reached, an unregistered connection makes room for a new one; if there is none, the
    /// new one is turned away.
    std::size_t max_clients = 500;
    std::size_t max_clients_per_address = 50;
    /// Connections that had to go and have not ended yet; the oldest one is cut off for another.
    std::size_t max_turned_away = 200;
    /// Channels that one client may be in.
    std::size_t max_channels = 50;
    /// Missed messages that a client without `draft/chathistory` is sent when it joins.
    std::int64_t playback = 50;
    /// Most messages that one CHATHISTORY returns.
    std::int64_t history = 100;
    /// How often read positions are stored while their owners stay; leaving stores them anyway. A
    /// server that is killed forgets at most this much reading, never a message.
    std::chrono::milliseconds mark_interval{10'000};
    /// How often open rooms are looked at for messages of other servers; 0: only when there is
    /// something to show anyway.
    std::chrono::milliseconds poll_interval{0};
    /// How long the end waits for the clients to go and for the store to know of it.
    std::chrono::milliseconds shutdown_timeout{10'000};
    ConnectionLimits connection{};
};

/// The conversations that somebody here takes part in, by room id. One disappears with its last
/// user; what it was about stays in the store.
class Conversations {
public:
    std::shared_ptr<Conversation> find(const std::string& room_id) const;
    std::vector<std::shared_ptr<Conversation>> all() const;
    std::shared_ptr<Conversation> add(std::unique_ptr<Conversation> conversation);

private:
    using Table = std::unordered_map<std::string, std::weak_ptr<Conversation>>;
    std::shared_ptr<Table> table_ = std::make_shared<Table>();
};

/// What the commands work on. There is one for each server, and whoever runs a command holds the
/// server: it outlives every command.
struct ServerState {
    ServerState(asio::any_io_executor its_executor,
                roomstore::ConversationStore& its_store,
                ServerOptions its_options)
        : executor(std::move(its_executor)),
          store(its_store),
          options(std::move(its_options)),
          departures(executor) {}

    asio::any_io_executor executor;
    roomstore::ConversationStore& store;
    const ServerOptions options;
    const roomstore::Timestamp created_at = roomstore::now();
    std::map<std::uint64_t, SessionPtr> sessions{};
    /// By folded nick. A nick stays taken until the store knows that its owner has gone.
    std::unordered_map<std::string, SessionPtr> nicks{};
    Conversations conversations{};
    /// Notified whenever a session has gone entirely.
    AsyncEvent departures;

    /// The registered client of that nick that is still there, or null.
    SessionPtr find_client(std::string_view nick) const;

    std::shared_ptr<Conversation> channel(std::string_view name);
    std::shared_ptr<Conversation> private_talk(std::string_view nick, std::string_view other);

    /// The channel if the client is in it, else null.
    std::shared_ptr<Conversation> joined(const Session& session, std::string_view name) const;

    /// All who share a channel with the client, the client left out.
    std::vector<SessionPtr> audience(const Session& session) const;

private:
    std::shared_ptr<Conversation> open(roomstore::Room blueprint, Conversation::Kind kind);
};

/// Tells the operator what went wrong.
void log_error(const std::string& what, const std::exception& error);

/// Tells a client that the store refused or failed, and the operator why.
void report_store_error(Session& session,
                        std::string_view command,
                        std::string_view context,
                        const roomstore::Error& error);

}  // namespace chat
