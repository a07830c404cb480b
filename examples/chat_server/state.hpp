#pragma once

#include <exception>

#include "conversation.hpp"

namespace chat {

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
    /// Notified when a session has ended and its nick is free.
    AsyncEvent departures;

    /// The registered and connected client of that nick, or null.
    SessionPtr find_client(std::string_view nick) const;

    /// The conversations that clients of this server take part in. A conversation is removed with
    /// its last user; the messages stay in the store.
    std::vector<ConversationPtr> conversations() const;

    /// Null if no client takes part in the room.
    ConversationPtr find_conversation(const std::string& room_id) const;

    /// Adds the conversation if there is none; `Conversation::open` creates the room in the store.
    ConversationPtr open(roomstore::Room blueprint);

private:
    using Table = std::unordered_map<std::string, std::weak_ptr<Conversation>>;

    std::shared_ptr<Table> table_ = std::make_shared<Table>();
};

/// Reports an error to the operator on standard error.
void log_error(const std::string& what, const std::exception& error);

}  // namespace chat
