#pragma once

#include <exception>

#include "conversation.hpp"

namespace chat {

/// The state that the commands share. Each server has one, and a coroutine that runs a command
/// keeps the server alive, so the state outlives every command.
struct ServerState {
    asio::any_io_executor executor;
    const std::shared_ptr<roomstore::ConversationStore> store;
    const Options options;
    /// Of the rooms of all conversations.
    const std::shared_ptr<roomstore::RoomWatch> watch = store->watch_rooms();
    const roomstore::Timestamp created_at = roomstore::now();
    std::map<std::uint64_t, SessionPtr> sessions{};
    /// By folded nick. A nick stays taken until the departure of its owner is stored.
    std::unordered_map<std::string, SessionPtr> nicks{};
    /// Notified when a session has ended and its nick is free.
    AsyncEvent departures{executor};
    /// The conversations that clients of this server take part in, by room id. A conversation ends
    /// with its last user; the messages stay in the store.
    std::unordered_map<std::string, std::weak_ptr<Conversation>> conversations{};

    /// The registered and connected client of that nick, or null.
    SessionPtr find_client(std::string_view nick) const;

    std::vector<ConversationPtr> list_conversations() const;

    /// Null if no client takes part in the room.
    ConversationPtr find_conversation(const std::string& room_id) const;

    /// Adds the conversation if there is none; `Conversation::open` creates the room in the store.
    ConversationPtr open(roomstore::Room blueprint);
};

/// Reports an error to the operator on standard error.
void log_error(const std::string& what, const std::exception& error);

/// Runs the task and logs the error that it throws, if any, so that the caller goes on.
awaitable<void> log_failure(std::string what, awaitable<void> task);

}  // namespace chat
