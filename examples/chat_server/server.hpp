#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <roomstore/conversation_store.hpp>

#include "async/async_event.hpp"
#include "state.hpp"

namespace chat {

/// A chat server that speaks IRC (RFC 2812, IRCv3) and keeps everything in a `ConversationStore`.
///
/// It runs on one thread: the executor's context must be run by one thread only. A thread is enough
/// to move lines between sockets, and waiting for the store costs none; the store itself may use as
/// many as it likes.
///
/// A nick is whoever uses it: there are no accounts and no passwords. Do not serve strangers.
///
/// Every coroutine that it starts holds it, and it holds the store: what `run()` does not wait for
/// ends in its own time, by an error once the store is closed.
class Server : public std::enable_shared_from_this<Server> {
public:
    Server(asio::any_io_executor executor,
           std::shared_ptr<roomstore::ConversationStore> store,
           ServerOptions options);

    /// Begins to listen and returns the address, with the port that was chosen for port 0.
    asio::ip::tcp::endpoint listen(const asio::ip::tcp::endpoint& endpoint);

    /// Serves until `stop()`, then until every client has been told and has gone, and the store
    /// knows of it, but no longer than `ServerOptions::shutdown_timeout`.
    asio::awaitable<void> run();

    /// Ends `run()`.
    void stop();

    /// Stores the read positions of everybody who is here.
    asio::awaitable<void> mark_read();

private:
    asio::awaitable<void> accept();
    asio::awaitable<void> serve(SessionPtr session);
    asio::awaitable<void> depart(SessionPtr session);
    asio::awaitable<void> run_housekeeping();
    asio::awaitable<void> poll_store();
    void begin(asio::ip::tcp::socket socket);
    std::string make_room_for(const Connection& newcomer);
    bool drop_unregistered(std::optional<asio::ip::address> network, const std::string& reason);
    void turn_away(std::shared_ptr<Connection> connection, const std::string& reason);
    void spawn(asio::awaitable<void> (Server::*task)(), std::string what);

    const std::shared_ptr<roomstore::ConversationStore> store_;
    ServerState state_;
    asio::ip::tcp::acceptor acceptor_;
    TimedAsyncEvent housekeeping_;
    TimedAsyncEvent progress_;
    asio::steady_timer accept_pause_;
    /// Told to go, still open so that they can read why.
    std::deque<std::weak_ptr<Connection>> turned_away_;
    std::uint64_t next_session_ = 1;
    bool stopping_ = false;
    int running_ = 0;
};

}  // namespace chat
