#include "server.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include "admission.hpp"
#include "commands/commands.hpp"
#include "irc/message.hpp"
#include "irc/text.hpp"
#include "presence.hpp"

namespace chat {

namespace {

using asio::ip::tcp;

/// Completion handler of coroutines: an exception is logged, and the server goes on.
auto log_defect(std::string what) {
    return [what = std::move(what)](std::exception_ptr exception) {
        if (!exception) return;
        try {
            std::rethrow_exception(exception);
        } catch (const std::exception& error) {
            log_error(what, error);
        }
    };
}

}  // namespace

Server::Server(asio::any_io_executor executor,
               std::shared_ptr<roomstore::ConversationStore> store,
               ServerOptions options)
    : store_(std::move(store)),
      state_(executor, *store_, std::move(options)),
      acceptor_(executor),
      housekeeping_(executor),
      progress_(executor),
      accept_pause_(executor) {}

tcp::endpoint Server::listen(const tcp::endpoint& endpoint) {
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
    return acceptor_.local_endpoint();
}

void Server::spawn(asio::awaitable<void> (Server::*task)(), std::string what) {
    ++running_;
    const auto self = shared_from_this();
    const auto done = [self, log = log_defect(std::move(what))](std::exception_ptr exception) {
        log(exception);
        --self->running_;
        self->progress_.notify();
    };
    asio::co_spawn(state_.executor, [self, task] { return (self.get()->*task)(); }, done);
}

asio::awaitable<void> Server::run() {
    spawn(&Server::accept, "accept");
    spawn(&Server::run_housekeeping, "housekeeping");
    while (!stopping_) co_await progress_.wait();

    const auto deadline = TimedAsyncEvent::Clock::now() + state_.options.shutdown_timeout;
    const auto busy = [this] { return running_ > 0 || !state_.sessions.empty(); };
    while (busy() && TimedAsyncEvent::Clock::now() < deadline) {
        co_await progress_.wait_until(deadline);
    }
}

void Server::stop() {
    if (stopping_) return;
    stopping_ = true;
    asio::error_code ignored;
    acceptor_.close(ignored);
    accept_pause_.cancel();
    housekeeping_.notify();
    const auto sessions = state_.sessions;
    for (const auto& [id, session] : sessions) session->connection->close("Server shutting down");
    progress_.notify();
}

asio::awaitable<void> Server::accept() {
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
        accept_pause_.expires_after(std::chrono::milliseconds(200));
        co_await accept_pause_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    }
}

void Server::begin(tcp::socket socket) {
    const auto connection =
        std::make_shared<Connection>(std::move(socket), state_.options.connection);
    connection->start();
    const std::string refusal = make_room_for(*connection);
    if (!refusal.empty()) {
        turn_away(connection, refusal);
        return;
    }
    const auto session =
        std::make_shared<Session>(next_session_++, connection, state_.options.name);
    state_.sessions.emplace(session->id, session);
    asio::co_spawn(
        state_.executor,
        [self = shared_from_this(), session] { return self->serve(session); },
        log_defect("session"));
}

/// Returns why the newcomer is turned away; an empty string if it is admitted.
std::string Server::make_room_for(const Connection& newcomer) {
    const auto& options = state_.options;
    const auto& network = newcomer.network();
    if (count_sessions(state_, network) >= options.max_clients_per_address &&
        !drop_unregistered(network, "Not registered, and too many connections from your address")) {
        return "Too many connections from your address";
    }
    if (state_.sessions.size() >= options.max_clients &&
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

asio::awaitable<void> Server::serve(SessionPtr session) {
    while (const auto line = co_await session->connection->next_line()) {
        std::exception_ptr defect;
        try {
            co_await commands::run(state_, session, *line);
        } catch (...) {
            defect = std::current_exception();
        }
        if (defect) {
            log_defect("command")(defect);
            session->connection->close("Internal error");
        }
    }
    session->connection->close("Connection closed");
    std::exception_ptr defect;
    try {
        co_await depart(session);
    } catch (...) {
        defect = std::current_exception();
    }
    log_defect("departure of " + session->nick)(defect);
    session->conversations.clear();
    const auto nick = state_.nicks.find(irc::fold(session->nick));
    if (nick != state_.nicks.end() && nick->second == session) state_.nicks.erase(nick);
    state_.sessions.erase(session->id);
    state_.departures.notify();
    progress_.notify();
}

asio::awaitable<void> Server::depart(SessionPtr session) {
    const std::string quit = irc::serialize({.source = session->mask(),
                                             .command = "QUIT",
                                             .params = {session->connection->close_reason()}});
    for (const auto& other : state_.audience(*session)) other->connection->send(quit);

    std::vector<std::pair<std::shared_ptr<Conversation>, ReadPosition>> left;
    for (const auto& [id, conversation] : session->conversations) {
        left.emplace_back(conversation, conversation->remove_member(*session));
    }
    co_await session->connection->flushed();
    for (auto& [conversation, position] : left) {
        position.set_written(session->connection->written_bytes());
        // A failure in one room must not keep the client in the others.
        try {
            const auto lock = co_await conversation->lock();
            co_await record_departure(state_.store,
                                      conversation->id(),
                                      session->nick,
                                      roomstore::ParticipantStatus::inactive,
                                      position.unstored());
        } catch (const roomstore::Error& error) {
            log_error("departure of " + session->nick + " from " + conversation->id(), error);
        }
    }
}

asio::awaitable<void> Server::run_housekeeping() {
    using Clock = TimedAsyncEvent::Clock;
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

asio::awaitable<void> Server::poll_store() {
    for (const auto& conversation : state_.conversations.all()) {
        const bool polls = state_.options.poll_interval.count() > 0;
        if (!conversation->has_members() || !(polls || conversation->behind())) continue;
        const auto lock = co_await conversation->lock();
        try {
            co_await conversation->show_pending();
        } catch (const roomstore::Error& error) {
            log_error("reading " + conversation->id(), error);
        }
    }
}

asio::awaitable<void> Server::mark_read() {
    for (const auto& conversation : state_.conversations.all()) {
        try {
            co_await conversation->mark_read();
        } catch (const roomstore::Error& error) {
            log_error("read positions of " + conversation->id(), error);
        }
    }
}

}  // namespace chat
