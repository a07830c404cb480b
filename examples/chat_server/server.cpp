#include "server.hpp"

#include <algorithm>
#include <system_error>

#include "commands/commands.hpp"
#include "report.hpp"

namespace chat {

using asio::ip::tcp;
using Clock = AsyncEvent::Clock;

Server::Server(asio::any_io_executor executor,
               std::shared_ptr<roomstore::ConversationStore> store,
               Options options)
    : state_{.executor = executor, .store = std::move(store), .options = std::move(options)} {}

tcp::endpoint Server::listen() {
    const std::string& address = state_.options.listen;
    const std::uint16_t port = state_.options.port;
    try {
        acceptor_ = tcp::acceptor(state_.executor, {asio::ip::make_address(address), port});
        return acceptor_.local_endpoint();
    } catch (const std::system_error& error) {
        throw std::runtime_error("cannot listen on " + address + " port " + std::to_string(port) +
                                 ": " + error.code().message());
    }
}

/// Starts a coroutine. If it throws an exception, that is logged, and the server goes on.
void Server::spawn(std::string name, awaitable<void> task) {
    ++running_;
    const auto done = [self = shared_from_this()](std::exception_ptr) {
        --self->running_;
        self->progress_.notify();
    };
    asio::co_spawn(state_.executor, log_failure(std::move(name), std::move(task)), done);
}

awaitable<void> Server::run() {
    spawn("accept", accept());
    spawn("housekeeping", run_housekeeping());
    // Ends when the store is closed, so nobody waits for it here.
    asio::co_spawn(state_.executor,
                   log_failure("changes", follow_rooms()),
                   [self = shared_from_this()](std::exception_ptr) {});
    while (!stopping_) co_await progress_.wait();

    const auto deadline = Clock::now() + state_.options.shutdown_timeout;
    while (running_ > 0 && Clock::now() < deadline) co_await progress_.wait_until(deadline);
}

void Server::stop() {
    stopping_ = true;
    asio::error_code ignored;
    acceptor_.close(ignored);
    housekeeping_.notify();
    for (const auto& [id, session] : state_.sessions) {
        session->connection->close("Server shutting down");
    }
    progress_.notify();
}

awaitable<void> Server::accept() {
    while (!stopping_) {
        asio::error_code ec;
        tcp::socket socket = co_await acceptor_.async_accept(catch_error(ec));
        if (stopping_) break;
        if (!ec) {
            begin(std::move(socket));
        } else {
            // Most likely there is no file descriptor left. The client waits in the backlog until
            // one is free.
            log_error("accept", std::system_error(ec));
            co_await pause(std::chrono::milliseconds(200));
        }
    }
}

void Server::begin(tcp::socket socket) {
    const auto& options = state_.options;
    const auto connection = std::make_shared<Connection>(std::move(socket), options.connection);
    connection->start();
    const std::string refusal = make_room_for(*connection);
    if (!refusal.empty()) return turn_away(connection, refusal);
    const auto session = std::make_shared<Session>(next_session_++, connection, state_);
    state_.sessions.emplace(session->id, session);
    spawn("session", serve(session));
}

/// Returns why the newcomer is turned away; an empty string if it is admitted.
std::string Server::make_room_for(const Connection& newcomer) {
    const auto& sessions = state_.sessions;
    const auto& network = newcomer.network();
    const auto neighbours = std::ranges::count_if(sessions, [&](const auto& entry) {
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

/// Drops a session for a newcomer, from the given network or from any: the oldest unregistered one
/// of the network that has the most unregistered sessions. A crowd from one network thus drops its
/// own sessions before it affects clients of other networks. Returns false if all are registered.
bool Server::drop_unregistered(std::optional<asio::ip::address> network, std::string reason) {
    // In the order of their ids, so the oldest comes first.
    std::map<asio::ip::address, std::vector<SessionPtr>> crowds;
    for (const auto& [id, session] : state_.sessions) {
        const auto& origin = session->connection->network();
        if (session->registered || (network && *network != origin)) continue;
        crowds[origin].push_back(session);
    }
    const auto size = [](const auto& crowd) { return crowd.second.size(); };
    const auto largest = std::ranges::max_element(crowds, {}, size);
    if (largest == crowds.end()) return false;
    const SessionPtr session = largest->second.front();
    // The place is free at once: an unregistered client is in no conversation, so nobody has to be
    // told. `serve` releases its nick.
    state_.sessions.erase(session->id);
    turn_away(session->connection, std::move(reason));
    return true;
}

/// The connection stays open for a short time, so that the client can read the reason.
void Server::turn_away(std::shared_ptr<Connection> connection, std::string reason) {
    connection->close(std::move(reason));
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
            co_await commands::run(session, *line);
        } catch (const std::exception& error) {
            log_error("command", error);
            session->connection->close("Internal error");
        }
    }
    session->connection->close("Connection closed");
    co_await depart(session);
    const auto nick = state_.nicks.find(irc::fold(session->nick));
    if (nick != state_.nicks.end() && nick->second == session) state_.nicks.erase(nick);
    state_.sessions.erase(session->id);
    state_.departures.notify();
}

awaitable<void> Server::depart(SessionPtr session) {
    const std::string& nick = session->nick;
    const std::string mask = session->mask();
    session->send_to_others({mask, "QUIT", {session->connection->close_reason()}});
    const auto left = session->leave_all();
    for (const auto& [conversation, position] : left) {
        // A failure in one room must not keep the client in the others.
        co_await log_failure("departure of " + nick + " from " + conversation->id(),
                             conversation->record_departure(
                                 session, nick, roomstore::ParticipantStatus::inactive, position));
    }
}

/// Shows what changes in the rooms of all conversations, whoever changes it. Every room is read by
/// a coroutine of its own, so that a room that waits for the store does not hold up the others.
awaitable<void> Server::follow_rooms() {
    try {
        while (!stopping_) {
            const auto notices = co_await state_.watch->next();
            for (const auto& notice : notices) {
                auto conversation = state_.find_conversation(notice.room_id);
                if (!conversation || stopping_) continue;
                spawn("reading " + notice.room_id, follow(std::move(conversation)));
            }
        }
    } catch (const roomstore::Error& error) {
        if (error.code() != roomstore::errc::closed) throw;
    }
}

awaitable<void> Server::follow(ConversationPtr conversation) { co_await conversation->follow(); }

/// Stores read positions, and marks the rooms that could not be read, so that they are tried again:
/// after a pause, because a store that fails must not be asked without end.
awaitable<void> Server::run_housekeeping() {
    const auto& options = state_.options;
    const std::chrono::milliseconds retry(1000);
    const auto interval = std::min(options.mark_interval, retry);
    auto mark_at = Clock::now() + options.mark_interval;
    while (true) {
        co_await housekeeping_.wait_until(Clock::now() + interval);
        if (stopping_) co_return;
        for (const auto& conversation : state_.list_conversations()) {
            if (conversation->behind()) state_.watch->mark(conversation->id());
        }
        if (Clock::now() < mark_at) continue;
        co_await mark_read();
        mark_at = Clock::now() + options.mark_interval;
    }
}

awaitable<void> Server::report() {
    const std::string& path = state_.options.report;
    if (path.empty()) co_return;
    co_await mark_read();
    co_await log_failure("report", write_report(*state_.store, path));
}

awaitable<void> Server::mark_read() {
    for (const auto& conversation : state_.list_conversations()) {
        co_await log_failure("read positions of " + conversation->id(), conversation->mark_read());
    }
}

}  // namespace chat
