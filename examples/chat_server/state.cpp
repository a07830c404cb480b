#include "state.hpp"

#include <iostream>

namespace chat {

SessionPtr ServerState::find_client(std::string_view nick) const {
    const auto found = nicks.find(irc::fold(nick));
    if (found == nicks.end() || !found->second->registered) return nullptr;
    return found->second->connection->closing() ? nullptr : found->second;
}

std::vector<ConversationPtr> ServerState::list_conversations() const {
    std::vector<ConversationPtr> found;
    for (const auto& [room_id, entry] : conversations) {
        if (auto conversation = entry.lock()) found.push_back(std::move(conversation));
    }
    return found;
}

ConversationPtr ServerState::find_conversation(const std::string& room_id) const {
    const auto found = conversations.find(room_id);
    return found == conversations.end() ? nullptr : found->second.lock();
}

ConversationPtr ServerState::open(roomstore::Room blueprint) {
    if (auto open = find_conversation(blueprint.id)) return open;
    std::erase_if(conversations, [](const auto& entry) { return entry.second.expired(); });
    const auto created =
        std::make_shared<Conversation>(executor, *store, watch, std::move(blueprint));
    conversations[created->id()] = created;
    return created;
}

void log_error(const std::string& what, const std::exception& error) {
    std::cerr << "chat_server: " << what << ": " << error.what() << std::endl;
}

awaitable<void> log_failure(std::string what, awaitable<void> task) {
    try {
        co_await std::move(task);
    } catch (const std::exception& error) {
        log_error(what, error);
    }
}

}  // namespace chat
