#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../irc/numerics.hpp"
#include "../irc/text.hpp"
#include "commands.hpp"

namespace chat::commands {

namespace {

constexpr std::int64_t list_page = 100;

void send_who(Session& session, std::string_view channel, const Session& other) {
    session.reply(irc::rpl_whoreply,
                  {channel,
                   other.user,
                   other.connection->host(),
                   session.server_name,
                   other.nick,
                   "H",
                   "0 " + other.realname});
}

bool share_channel(const Session& one, const Session& other) {
    return std::any_of(one.conversations.begin(), one.conversations.end(), [&](const auto& entry) {
        return entry.second->kind() == Conversation::Kind::channel &&
               entry.second->has_member(other);
    });
}

asio::awaitable<void> who_everybody(ServerState& state, SessionPtr session) {
    const auto sessions = state.sessions;
    for (const auto& [id, other] : sessions) {
        if (!other->registered) continue;
        if (other->invisible && other != session && !share_channel(*session, *other)) continue;
        send_who(*session, "*", *other);
        co_await session->connection->writable();
    }
}

void list_one(Session& session, const ServerState& state, const roomstore::Room& room) {
    const std::string name = room_name(room);
    if (!irc::is_channel(name)) return;
    const auto open = state.conversations.find(room.id);
    const std::size_t count = open ? open->members().size() : 0;
    session.reply(irc::rpl_list, {name, std::to_string(count), text_at(room.metadata, "topic")});
}

asio::awaitable<void> list_all(ServerState& state, SessionPtr session) {
    roomstore::RoomFilter filter;
    filter.metadata = channel_metadata();
    std::size_t found = 0;
    roomstore::Page page{.offset = 0, .limit = list_page};
    do {
        const auto rooms = co_await state.store.find_rooms(filter, page);
        for (const auto& room : rooms) list_one(*session, state, room);
        found = rooms.size();
        page.offset += list_page;
        co_await session->connection->writable();
    } while (found == list_page && !session->connection->closing());
}

void mode_of_channel(Session& session,
                     const std::string& name,
                     const roomstore::Room& room,
                     const std::vector<std::string>& params) {
    if (params.size() == 1) {
        const auto created = std::chrono::floor<std::chrono::seconds>(room.created_at);
        session.reply(irc::rpl_channelmodeis, {name, "+n"});
        session.reply(irc::rpl_creationtime,
                      {name, std::to_string(created.time_since_epoch().count())});
    } else if (params[1] == "b" || params[1] == "+b") {
        session.reply(irc::rpl_endofbanlist, {name, "End of channel ban list"});
    } else {
        session.reply(irc::err_chanoprivsneeded, {name, "Channel modes are fixed here"});
    }
}

/// Applies the known modes and answers all unknown ones with one error.
void mode_of_user(Session& session, std::string_view changes) {
    bool add = true;
    bool unknown = false;
    const bool was_invisible = session.invisible;
    for (const char c : changes) {
        if (c == '+' || c == '-') {
            add = c == '+';
        } else if (c == 'i') {
            session.invisible = add;
        } else {
            unknown = true;
        }
    }
    if (session.invisible != was_invisible) {
        session.connection->send(
            irc::serialize({.source = session.mask(),
                            .command = "MODE",
                            .params = {session.nick, session.invisible ? "+i" : "-i"}}));
    }
    if (unknown) session.reply(irc::err_umodeunknownflag, {"Unknown MODE flag"});
}

void send_whois(Session& session, const Session& other) {
    using namespace std::chrono;
    std::string channels;
    for (const auto& [id, conversation] : other.conversations) {
        if (conversation->kind() != Conversation::Kind::channel) continue;
        if (!channels.empty()) channels += ' ';
        channels += conversation->name();
    }
    const auto idle = duration_cast<seconds>(steady_clock::now() - other.active_at).count();
    const auto since = duration_cast<seconds>(other.connected_at.time_since_epoch()).count();
    session.reply(irc::rpl_whoisuser,
                  {other.nick, other.user, other.connection->host(), "*", other.realname});
    if (!channels.empty()) session.reply(irc::rpl_whoischannels, {other.nick, channels});
    session.reply(irc::rpl_whoisserver, {other.nick, session.server_name, "roomstore chat"});
    session.reply(
        irc::rpl_whoisidle,
        {other.nick, std::to_string(idle), std::to_string(since), "seconds idle, signon time"});
}

}  // namespace

void send_names(Session& session, std::string_view channel) {
    session.reply(irc::rpl_endofnames, {channel, "End of /NAMES list"});
}

void send_names(Session& session, const Conversation& conversation) {
    constexpr std::size_t line_budget = 300;
    std::string names;
    for (const auto& member : conversation.members()) {
        if (!names.empty()) names += ' ';
        names += member->nick;
        if (names.size() < line_budget) continue;
        session.reply(irc::rpl_namreply, {"=", conversation.name(), names});
        names.clear();
    }
    if (!names.empty()) session.reply(irc::rpl_namreply, {"=", conversation.name(), names});
    send_names(session, conversation.name());
}

asio::awaitable<void> names(ServerState& state, SessionPtr session, irc::Message message) {
    if (message.params.empty()) {
        send_names(*session, "*");
        co_return;
    }
    for (const std::string& name : irc::split_list(message.params[0])) {
        const auto channel = state.conversations.find(channel_room_id(name));
        if (channel && irc::is_channel(name)) {
            send_names(*session, *channel);
        } else {
            send_names(*session, irc::quotable(name));
        }
        co_await session->connection->writable();
    }
}

asio::awaitable<void> list(ServerState& state, SessionPtr session, irc::Message message) {
    session->reply(irc::rpl_liststart, {"Channel", "Users  Name"});
    if (message.params.empty() || !message.params[0].starts_with('#')) {
        co_await list_all(state, session);
    } else {
        for (const std::string& name : irc::split_list(message.params[0])) {
            if (!irc::is_channel(name)) continue;
            const auto room = co_await state.store.get_room(channel_room_id(name));
            if (room) list_one(*session, state, *room);
        }
    }
    session->reply(irc::rpl_listend, {"End of /LIST"});
}

asio::awaitable<void> who(ServerState& state, SessionPtr session, irc::Message message) {
    const std::string mask = message.params.empty() ? "*" : message.params[0];
    if (mask == "*" || mask == "0") {
        co_await who_everybody(state, session);
    } else if (mask.starts_with('#')) {
        const auto channel = state.conversations.find(channel_room_id(mask));
        if (channel) {
            for (const auto& member : channel->members()) {
                send_who(*session, channel->name(), *member);
            }
        }
    } else if (const auto other = state.find_client(mask)) {
        send_who(*session, "*", *other);
    }
    session->reply(irc::rpl_endofwho, {irc::quotable(mask), "End of WHO list"});
}

asio::awaitable<void> whois(ServerState& state, SessionPtr session, irc::Message message) {
    if (message.params.empty()) {
        session->reply(irc::err_nonicknamegiven, {"No nickname given"});
        co_return;
    }
    const std::string& nick = message.params.back();
    if (const auto other = state.find_client(nick)) {
        send_whois(*session, *other);
    } else {
        session->reply(irc::err_nosuchnick, {irc::quotable(nick), "No such nick/channel"});
    }
    session->reply(irc::rpl_endofwhois, {irc::quotable(nick), "End of /WHOIS list"});
}

asio::awaitable<void> mode(ServerState& state, SessionPtr session, irc::Message message) {
    const std::string& target = message.params[0];
    if (irc::is_channel(target)) {
        const auto room = co_await state.store.get_room(channel_room_id(target));
        if (room) {
            mode_of_channel(*session, target, *room, message.params);
        } else {
            session->reply(irc::err_nosuchchannel, {target, "No such channel"});
        }
    } else if (irc::fold(target) == irc::fold(session->nick)) {
        if (message.params.size() == 1) {
            session->reply(irc::rpl_umodeis, {session->invisible ? "+i" : "+"});
        } else {
            mode_of_user(*session, message.params[1]);
        }
    } else if (state.find_client(target)) {
        session->reply(irc::err_usersdontmatch, {"Cannot change the mode of others"});
    } else {
        session->reply(irc::err_nosuchnick, {irc::quotable(target), "No such nick/channel"});
    }
}

asio::awaitable<void> motd(ServerState& /*state*/, SessionPtr session, irc::Message /*message*/) {
    session->reply(irc::err_nomotd, {"There is no message of the day"});
    co_return;
}

asio::awaitable<void> ison(ServerState& state, SessionPtr session, irc::Message message) {
    std::string present;
    for (const std::string& nick : message.params) {
        if (const auto other = state.find_client(nick)) present += other->nick + " ";
    }
    session->reply(irc::rpl_ison, {present});
    co_return;
}

asio::awaitable<void> userhost(ServerState& state, SessionPtr session, irc::Message message) {
    std::string answers;
    for (const std::string& nick : message.params) {
        const auto other = state.find_client(nick);
        if (!other) continue;
        answers += other->nick + "=+" + other->user + "@" + other->connection->host() + " ";
    }
    session->reply(irc::rpl_userhost, {answers});
    co_return;
}

}  // namespace chat::commands
