#pragma once

#include <deque>

#include "state.hpp"

namespace chat {

/// A chat server that speaks IRC (RFC 2812, IRCv3) and keeps everything in a `ConversationStore`.
///
/// It runs on one thread: only one thread may run the executor's context. One thread is enough to
/// move lines between sockets, and waiting for the store does not block it; the store itself may
/// use any number of threads.
///
/// The number of connections is bounded in total and for each network. At a bound, a new connection
/// takes the place of an unregistered one, so that silent connections cannot lock out other
/// clients; if all others are registered, it is turned away. A client that is dropped or turned
/// away is first sent an ERROR line with the reason.
///
/// There are no accounts and no passwords: any client may use any nick that is free. Do not expose
/// the server to untrusted clients.
///
/// Every coroutine that the server starts keeps it alive, and the server keeps the store alive. A
/// coroutine that `run()` does not wait for ends later, with an error once the store is closed.
class Server : public std::enable_shared_from_this<Server> {
public:
    Server(asio::any_io_executor executor,
           std::shared_ptr<roomstore::ConversationStore> store,
           Options options);

    /// Starts to listen and returns the address, with the port that was chosen if 0 was given.
    asio::ip::tcp::endpoint listen();

    /// Serves until `stop()`. Then waits until every client has been told and disconnected and its
    /// departure is stored, but no longer than `Options::shutdown_timeout`.
    awaitable<void> run();

    void stop();

    /// Stores the read positions of all connected clients, then writes the report if the options
    /// name a file for it.
    awaitable<void> report();

private:
    awaitable<void> accept();
    awaitable<void> serve(SessionPtr session);
    awaitable<void> depart(SessionPtr session);
    awaitable<void> follow_rooms();
    awaitable<void> follow(ConversationPtr conversation);
    awaitable<void> run_housekeeping();
    awaitable<void> mark_read();
    void begin(asio::ip::tcp::socket socket);
    std::string make_room_for(const Connection& newcomer);
    bool drop_unregistered(std::optional<asio::ip::address> network, std::string reason);
    void turn_away(std::shared_ptr<Connection> connection, std::string reason);
    void spawn(std::string name, awaitable<void> task);

    ServerState state_;
    asio::ip::tcp::acceptor acceptor_{state_.executor};
    AsyncEvent housekeeping_{state_.executor};
    AsyncEvent progress_{state_.executor};
    /// Connections that are closing and stay open until their clients have read the reason.
    std::deque<std::weak_ptr<Connection>> turned_away_;
    std::uint64_t next_session_ = 1;
    bool stopping_ = false;
    /// The number of coroutines that `spawn` has started and that have not ended.
    int running_ = 0;
};

}  // namespace chat
