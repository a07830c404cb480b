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
    /// Connections at a time, in total and from one address (IPv6: one /64 network). At the bound,
    /// an unregistered connection is dropped for a new one; if there is none, the new one is turned
    /// away.
    std::size_t max_clients = 500;
    std::size_t max_clients_per_address = 50;
    /// Connections that were turned away or dropped and have not ended yet; at the bound, the
    /// oldest of them is cut off.
    std::size_t max_turned_away = 200;
    /// The number of channels that one client may join.
    std::size_t max_channels = 50;
    /// The number of missed messages that are sent to a client without `draft/chathistory` when it
    /// joins.
    std::int64_t playback = 50;
    /// The largest number of messages that one CHATHISTORY returns.
    std::int64_t history = 100;
    /// How often the read positions of connected clients are stored; they are also stored when a
    /// client leaves. A server that is killed loses at most the read positions of one interval,
    /// never a message.
    std::chrono::milliseconds mark_interval{10'000};
    /// How often open rooms are checked for messages of other servers; 0: only when this server has
    /// something to show in them.
    std::chrono::milliseconds poll_interval{0};
    /// How long shutting down waits for the clients to disconnect and for their departures to be
    /// stored.
    std::chrono::milliseconds shutdown_timeout{10'000};
    ConnectionLimits connection{};
};

/// The conversations that clients of this server take part in, by room id. A conversation is
/// removed with its last user; the messages stay in the store.
class Conversations {
public:
    std::shared_ptr<Conversation> find(const std::string& room_id) const;
    std::vector<std::shared_ptr<Conversation>> all() const;
    std::shared_ptr<Conversation> add(std::unique_ptr<Conversation> conversation);

private:
    using Table = std::unordered_map<std::string, std::weak_ptr<Conversation>>;
    std::shared_ptr<Table> table_ = std::make_shared<Table>();
};

/// The state that the commands share. Each server has one, and a coroutine that runs a command
/// keeps the server alive, so the state outlives every command.
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
    /// By folded nick. A nick stays taken until the departure of its owner is stored.
    std::unordered_map<std::string, SessionPtr> nicks{};
    Conversations conversations{};
    /// Notified when a session has ended and its nick is free.
    AsyncEvent departures;

    /// The registered and connected client of that nick, or null.
    SessionPtr find_client(std::string_view nick) const;

    std::shared_ptr<Conversation> channel(std::string_view name);
    std::shared_ptr<Conversation> private_talk(std::string_view nick, std::string_view other);

    /// The channel if the client has joined it, else null.
    std::shared_ptr<Conversation> joined(const Session& session, std::string_view name) const;

    /// All other clients that share a channel with the client.
    std::vector<SessionPtr> audience(const Session& session) const;

private:
    std::shared_ptr<Conversation> open(roomstore::Room blueprint, Conversation::Kind kind);
};

/// Reports an error to the operator on standard error.
void log_error(const std::string& what, const std::exception& error);

/// Tells the client that the store refused the call or failed, and logs the reason.
void report_store_error(Session& session,
                        std::string_view command,
                        std::string_view context,
                        const roomstore::Error& error);

}  // namespace chat
