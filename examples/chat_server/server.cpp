#include "server.hpp"

#include <algorithm>

#include <asio/co_spawn.hpp>

#include "commands/commands.hpp"

namespace chat {

using asio::ip::tcp;
using Clock = AsyncEvent::Clock;

namespace {

/// The session to drop for a newcomer, from the given network or from any: the oldest unregistered
/// one of the network that has the most unregistered sessions. A crowd from one network thus drops
/// its own sessions before it affects clients of other networks. Null if all are registered.
SessionPtr find_expendable(const ServerState& state, std::optional<asio::ip::address> network) {
    // In the order of their ids, so the oldest comes first.
    std::map<asio::ip::address, std::vector<SessionPtr>> crowds;
    for (const auto& [id, session] : state.sessions) {
        const auto& origin = session->connection->network();
        if (session->registered || (network && *network != origin)) continue;
        crowds[origin].push_back(session);
    }
    const auto largest = std::max_element(crowds.begin(), crowds.end(), [](auto& one, auto& other) {
        return one.second.size() < other.second.size();
    });
    return largest == crowds.end() ? nullptr : largest->second.front();
}

}  // namespace

Server::Server(asio::any_io_executor executor,
               std::shared_ptr<roomstore::ConversationStore> store,
               ServerOptions options)
    : store_(std::move(store)),
      state_(executor, *store_, std::move(options)),
      acceptor_(executor),
      housekeeping_(executor),
      progress_(executor) {}

tcp::endpoint Server::listen(const tcp::endpoint& endpoint) {
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
    return acceptor_.local_endpoint();
}

/// Starts a coroutine. If it throws an exception, that is logged, and the server goes on.
void Server::spawn(std::string name, std::function<awaitable<void>()> task) {
    ++running_;
    const auto done = [self = shared_from_this(), name](std::exception_ptr exception) {
        --self->running_;
        self->progress_.notify();
        try {
            if (exception) std::rethrow_exception(exception);
        } catch (const std::exception& error) {
            log_error(name, error);
        }
    };
    asio::co_spawn(state_.executor, std::move(task), done);
}

awaitable<void> Server::run() {
    spawn("accept", [this] { return accept(); });
    spawn("housekeeping", [this] { return run_housekeeping(); });
    while (!stopping_) co_await progress_.wait();

    const auto deadline = Clock::now() + state_.options.shutdown_timeout;
    while (running_ > 0 && Clock::now() < deadline) co_await progress_.wait_until(deadline);
}

void Server::stop() {
    if (stopping_) return;
    stopping_ = true;
    asio::error_code ignored;
    acceptor_.close(ignored);
    housekeeping_.notify();
    const auto sessions = state_.sessions;
    for (const auto& [id, session] : sessions) session->connection->close("Server shutting down");
    progress_.notify();
}

awaitable<void> Server::accept() {
    while (!stopping_) {
        asio::error_code ec;
        tcp::socket socket =
            co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, ec));
        if (stopping_) break;
        if (!ec) {
            begin(std::move(socket));
            continue;
        }
        // Most likely there is no file descriptor left. The client waits in the backlog until one
        // is free.
        log_error("accept", std::system_error(ec));
        co_await pause(state_.executor, std::chrono::milliseconds(200));
    }
}

void Server::begin(tcp::socket socket) {
    const auto& options = state_.options;
    const auto connection = std::make_shared<Connection>(std::move(socket), options.connection);
    connection->start();
    const std::string refusal = make_room_for(*connection);
    if (!refusal.empty()) {
        turn_away(connection, refusal);
        return;
    }
    const auto session = std::make_shared<Session>(next_session_++, connection, options.name);
    state_.sessions.emplace(session->id, session);
    spawn("session", [this, session] { return serve(session); });
}

/// Returns why the newcomer is turned away; an empty string if it is admitted.
std::string Server::make_room_for(const Connection& newcomer) {
    const auto& sessions = state_.sessions;
    const auto& network = newcomer.network();
    const auto neighbours = std::count_if(sessions.begin(), sessions.end(), [&](auto& entry) {
        return entry.second->connection->network() == network;
    });
    if (static_cast<std::size_t>(neighbours) >= state_.options.max_clients_per_address &&
        !drop_unregistered(network, "Not registered, and too many connections from your address")) {
        return "Too many connections from your address";
    }
    if (sessions.size() >= state_.options.max_clients &&
        !drop_unregistered(std::nullopt, "Not registered, and the server is full")) {
        return "The server is full";
    }
    return {};
}

bool Server::drop_unregistered(std::optional<asio::ip::address> network,
                               const std::string& reason) {
    const auto session = find_expendable(state_, network);
    if (!session) return false;
    // The place is free at once: an unregistered client is in no conversation, so nobody has to be
    // told. `serve` releases its nick.
    state_.sessions.erase(session->id);
    turn_away(session->connection, reason);
    return true;
}

/// The connection stays open for a short time, so that the client can read the reason.
void Server::turn_away(std::shared_ptr<Connection> connection, const std::string& reason) {
    connection->close(reason);
    std::erase_if(turned_away_, [](const auto& earlier) { return earlier.expired(); });
    if (turned_away_.size() >= state_.options.max_turned_away) {
        if (const auto oldest = turned_away_.front().lock()) oldest->stop_lingering();
        turned_away_.pop_front();
    }
    turned_away_.push_back(std::move(connection));
}

awaitable<void> Server::serve(SessionPtr session) {
    while (const auto line = co_await session->connection->next_line()) {
        try {
            co_await commands::run(state_, session, *line);
        } catch (const std::exception& error) {
            log_error("command", error);
            session->connection->close("Internal error");
        }
    }
    session->connection->close("Connection closed");
    try {
        co_await depart(session);
    } catch (const std::exception& error) {
        log_error("departure of " + session->nick, error);
    }
    session->conversations.clear();
    const auto nick = state_.nicks.find(irc::fold(session->nick));
    if (nick != state_.nicks.end() && nick->second == session) state_.nicks.erase(nick);
    state_.sessions.erase(session->id);
    state_.departures.notify();
}

awaitable<void> Server::depart(SessionPtr session) {
    const std::string mask = session->mask();
    const irc::Line quit{mask, "QUIT", {session->connection->close_reason()}};
    for (const auto& other : session->audience()) other->send(quit);

    std::vector<std::pair<ConversationPtr, ReadPosition>> left;
    for (const auto& [id, conversation] : session->conversations) {
        left.emplace_back(conversation, conversation->remove_member(*session));
    }
    co_await session->connection->flushed();
    for (auto& [conversation, position] : left) {
        position.set_written(session->connection->written_bytes());
        // A failure in one room must not keep the client in the others.
        try {
            const auto lock = co_await conversation->lock();
            co_await conversation->record_departure(
                session->nick, roomstore::ParticipantStatus::inactive, position);
        } catch (const roomstore::Error& error) {
            log_error("departure of " + session->nick + " from " + conversation->id(), error);
        }
    }
}

awaitable<void> Server::run_housekeeping() {
    const auto& options = state_.options;
    const bool polls = options.poll_interval.count() > 0;
    const auto retry = std::chrono::milliseconds(1000);
    const auto interval = std::min(options.mark_interval, polls ? options.poll_interval : retry);
    auto marked_at = Clock::now();
    while (!stopping_) {
        co_await housekeeping_.wait_until(Clock::now() + interval);
        if (stopping_) break;
        co_await poll_store();
        if (Clock::now() - marked_at < options.mark_interval) continue;
        co_await mark_read();
        marked_at = Clock::now();
    }
}

awaitable<void> Server::poll_store() {
    const bool polls = state_.options.poll_interval.count() > 0;
    for (const auto& conversation : state_.conversations()) {
        if (!conversation->has_members() || !(polls || conversation->behind())) continue;
        const auto lock = co_await conversation->lock();
        try {
            co_await conversation->show_pending();
        } catch (const roomstore::Error& error) {
            log_error("reading " + conversation->id(), error);
        }
    }
}

awaitable<void> Server::mark_read() {
    for (const auto& conversation : state_.conversations()) {
        try {
            co_await conversation->mark_read();
        } catch (const roomstore::Error& error) {
            log_error("read positions of " + conversation->id(), error);
        }
    }
}

}  // namespace chat
