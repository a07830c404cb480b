#include "state.hpp"

#include <iostream>

namespace chat {

std::vector<ConversationPtr> Session::channels() const {
    std::vector<ConversationPtr> channels;
    for (const auto& [room_id, conversation] : conversations) {
        if (conversation->is_channel()) channels.push_back(conversation);
    }
    return channels;
}

ConversationPtr Session::joined(std::string_view channel) const {
    if (!irc::is_channel(channel)) return nullptr;
    const auto found = conversations.find(irc::fold(channel));
    return found == conversations.end() ? nullptr : found->second;
}

std::vector<SessionPtr> Session::audience() const {
    std::map<std::uint64_t, SessionPtr> members;
    for (const auto& channel : channels()) {
        for (const auto& member : channel->members()) members.emplace(member->id, member);
    }
    members.erase(id);
    std::vector<SessionPtr> others;
    for (auto& [member_id, member] : members) others.push_back(std::move(member));
    return others;
}

void Session::send_from_server(std::string_view command, Params params) const {
    send({server_name, command, std::move(params)});
}

void Session::reply(std::string_view numeric, const Params& params) const {
    Params all{name()};
    all.insert(all.end(), params.begin(), params.end());
    send_from_server(numeric, std::move(all));
}

void Session::notice(std::string_view target, std::string_view text) const {
    send_from_server("NOTICE", {target, text});
}

void Session::fail(std::string_view command,
                   std::string_view code,
                   std::string_view context,
                   std::string_view text) const {
    if (has(Cap::standard_replies)) {
        send_from_server("FAIL", {command, code, context, text});
    } else {
        notice(name(),
               std::string(command) + " " + std::string(context) + ": " + std::string(text));
    }
}

SessionPtr ServerState::find_client(std::string_view nick) const {
    const auto found = nicks.find(irc::fold(nick));
    if (found == nicks.end() || !found->second->registered) return nullptr;
    return found->second->connection->closing() ? nullptr : found->second;
}

std::vector<ConversationPtr> ServerState::conversations() const {
    std::vector<ConversationPtr> conversations;
    for (const auto& [id, entry] : *table_) {
        if (auto conversation = entry.lock()) conversations.push_back(std::move(conversation));
    }
    return conversations;
}

ConversationPtr ServerState::find_conversation(const std::string& room_id) const {
    const auto found = table_->find(room_id);
    return found == table_->end() ? nullptr : found->second.lock();
}

ConversationPtr ServerState::open(roomstore::Room blueprint) {
    if (auto open = find_conversation(blueprint.id)) return open;
    // A weak pointer, because a conversation in a suspended coroutine may outlive the server.
    const auto forget = [table = std::weak_ptr(table_)](Conversation* gone) {
        if (const auto still = table.lock()) still->erase(gone->id());
        delete gone;
    };
    auto* const created = new Conversation(executor, store, std::move(blueprint));
    const ConversationPtr conversation(created, forget);
    (*table_)[conversation->id()] = conversation;
    return conversation;
}

void log_error(const std::string& what, const std::exception& error) {
    std::cerr << "chat_server: " << what << ": " << error.what() << std::endl;
}

}  // namespace chat
