#include "state.hpp"

#include <iostream>
#include <utility>

#include "irc/text.hpp"

namespace chat {

std::shared_ptr<Conversation> Conversations::find(const std::string& room_id) const {
    const auto found = table_->find(room_id);
    return found == table_->end() ? nullptr : found->second.lock();
}

std::vector<std::shared_ptr<Conversation>> Conversations::all() const {
    std::vector<std::shared_ptr<Conversation>> conversations;
    for (const auto& [id, entry] : *table_) {
        if (auto conversation = entry.lock()) conversations.push_back(std::move(conversation));
    }
    return conversations;
}

std::shared_ptr<Conversation> Conversations::add(std::unique_ptr<Conversation> conversation) {
    // A weak pointer, because a conversation in a suspended coroutine may outlive the server.
    const auto forget = [table = std::weak_ptr(table_)](Conversation* gone) {
        if (const auto still = table.lock()) still->erase(gone->id());
        delete gone;
    };
    const std::shared_ptr<Conversation> shared(conversation.release(), forget);
    (*table_)[shared->id()] = shared;
    return shared;
}

SessionPtr ServerState::find_client(std::string_view nick) const {
    const auto found = nicks.find(irc::fold(nick));
    if (found == nicks.end() || !found->second->registered) return nullptr;
    return found->second->connection->closing() ? nullptr : found->second;
}

std::shared_ptr<Conversation> ServerState::channel(std::string_view name) {
    return open(make_channel_room(name), Conversation::Kind::channel);
}

std::shared_ptr<Conversation> ServerState::private_talk(std::string_view nick,
                                                        std::string_view other) {
    return open(make_private_room(nick, other), Conversation::Kind::private_talk);
}

std::shared_ptr<Conversation> ServerState::open(roomstore::Room blueprint,
                                                Conversation::Kind kind) {
    if (auto open = conversations.find(blueprint.id)) return open;
    return conversations.add(
        std::make_unique<Conversation>(executor, store, std::move(blueprint), kind));
}

std::shared_ptr<Conversation> ServerState::joined(const Session& session,
                                                  std::string_view name) const {
    if (!irc::is_channel(name)) return nullptr;
    const auto found = session.conversations.find(channel_room_id(name));
    return found == session.conversations.end() ? nullptr : found->second;
}

std::vector<SessionPtr> ServerState::audience(const Session& session) const {
    std::map<std::uint64_t, SessionPtr> audience;
    for (const auto& [id, conversation] : session.conversations) {
        if (conversation->kind() != Conversation::Kind::channel) continue;
        for (const auto& member : conversation->members()) audience.emplace(member->id, member);
    }
    audience.erase(session.id);
    std::vector<SessionPtr> others;
    for (auto& [id, member] : audience) others.push_back(std::move(member));
    return others;
}

void log_error(const std::string& what, const std::exception& error) {
    std::cerr << "chat_server: " << what << ": " << error.what() << std::endl;
}

void report_store_error(Session& session,
                        std::string_view command,
                        std::string_view context,
                        const roomstore::Error& error) {
    log_error(std::string(command) + " " + std::string(context), error);
    const std::string advice = error.retryable() ? "; please try again later" : "";
    session.fail(command,
                 "STORE_ERROR",
                 context,
                 "the message store says: " + error.code().message() + advice);
}

}  // namespace chat
