#include "session.hpp"

#include <set>

#include "state.hpp"

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

std::vector<std::pair<ConversationPtr, ReadPosition>> Session::leave_all() {
    std::vector<std::pair<ConversationPtr, ReadPosition>> left;
    for (const auto& [room_id, conversation] : std::exchange(conversations, {})) {
        left.emplace_back(conversation, conversation->remove_member(*this));
    }
    return left;
}

void Session::send_from_server(std::string_view command, Params params) const {
    send({server.options.name, command, std::move(params)});
}

void Session::send_to_others(const irc::Line& line) const {
    std::set<SessionPtr> others;
    for (const auto& channel : channels()) {
        for (const auto& member : channel->members()) {
            if (member.get() != this) others.insert(member);
        }
    }
    for (const auto& other : others) other->send(line);
}

void Session::reply(std::string_view numeric, const Params& params) const {
    Params all{name()};
    all.insert(all.end(), params.begin(), params.end());
    send_from_server(numeric, std::move(all));
}

void Session::fail(const Params& params) const {
    if (has(Cap::standard_replies)) return send_from_server("FAIL", params);
    std::string text(params.at(0));
    text.append(" ").append(params.at(2)).append(": ").append(params.at(3));
    send_from_server("NOTICE", {name(), text});
}

}  // namespace chat
