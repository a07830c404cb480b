#include <algorithm>

#include "commands.hpp"

namespace chat::commands {

namespace {

void send_who(const Session& session, std::string_view channel, const Session& other) {
    const std::string& host = other.connection->host();
    const std::string& server = session.server.options.name;
    const std::string name = "0 " + other.realname;
    session.reply("352", {channel, other.user, host, server, other.nick, "H", name});
}

bool share_channel(const Session& one, const Session& other) {
    const auto is_shared = [&](const auto& channel) { return channel->has_member(other); };
    return std::ranges::any_of(one.channels(), is_shared);
}

awaitable<void> who_everybody(SessionPtr session) {
    const auto sessions = session->server.sessions;
    for (const auto& [id, other] : sessions) {
        if (!other->registered) continue;
        if (other->invisible && other != session && !share_channel(*session, *other)) continue;
        send_who(*session, "*", *other);
        co_await session->connection->writable();
    }
}

void list_one(const Session& session, const roomstore::Room& room) {
    const std::string name = room_name(room);
    if (!irc::is_channel(name)) return;
    const auto open = session.server.find_conversation(room.id);
    const std::size_t count = open ? open->members().size() : 0;
    session.reply("322", {name, std::to_string(count), text_at(room.metadata, "topic")});
}

awaitable<void> list_all(SessionPtr session) {
    const roomstore::RoomFilter filter{.metadata = channel_metadata()};
    roomstore::Page page{.offset = 0, .limit = 100};
    while (!session->connection->closing()) {
        const auto rooms = co_await session->server.store->find_rooms(filter, page);
        for (const auto& room : rooms) list_one(*session, room);
        if (std::ssize(rooms) < page.limit) break;
        page.offset += page.limit;
        co_await session->connection->writable();
    }
}

awaitable<void> mode_of_channel(SessionPtr session, std::string name, std::string changes) {
    const auto room = co_await session->server.store->get_room(irc::fold(name));
    if (!room) {
        session->reply("403", {name, "No such channel"});
    } else if (changes.empty()) {
        const auto created = std::chrono::floor<std::chrono::seconds>(room->created_at);
        session->reply("324", {name, "+n"});
        session->reply("329", {name, std::to_string(created.time_since_epoch().count())});
    } else if (changes == "b" || changes == "+b") {
        session->reply("368", {name, "End of channel ban list"});
    } else {
        session->reply("482", {name, "Channel modes are fixed here"});
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
        session.send({session.mask(), "MODE", {session.nick, session.invisible ? "+i" : "-i"}});
    }
    if (unknown) session.reply("501", {"Unknown MODE flag"});
}

void send_whois(const Session& session, const Session& other) {
    using namespace std::chrono;
    std::string channels;
    for (const auto& channel : other.channels()) {
        if (!channels.empty()) channels += ' ';
        channels += channel->name();
    }
    const auto count = [](auto time) { return std::to_string(floor<seconds>(time).count()); };
    const std::string idle = count(steady_clock::now() - other.active_at);
    const std::string since = count(other.connected_at.time_since_epoch());
    session.reply("311", {other.nick, other.user, other.connection->host(), "*", other.realname});
    if (!channels.empty()) session.reply("319", {other.nick, channels});
    session.reply("312", {other.nick, session.server.options.name, "roomstore chat"});
    session.reply("317", {other.nick, idle, since, "seconds idle, signon time"});
}

}  // namespace

void send_names(const Session& session, const Conversation& conversation) {
    constexpr std::size_t line_budget = 300;
    std::string names;
    for (const auto& member : conversation.members()) {
        if (!names.empty()) names += ' ';
        names += member->nick;
        if (names.size() < line_budget) continue;
        session.reply("353", {"=", conversation.name(), names});
        names.clear();
    }
    if (!names.empty()) session.reply("353", {"=", conversation.name(), names});
    session.reply("366", {conversation.name(), "End of /NAMES list"});
}

awaitable<void> names(SessionPtr session, irc::Message message) {
    if (message.params.empty()) co_return session->reply("366", {"*", "End of /NAMES list"});
    for (const std::string& name : irc::split_list(message.param(0))) {
        const auto channel = session->server.find_conversation(irc::fold(name));
        if (channel && irc::is_channel(name)) {
            send_names(*session, *channel);
        } else {
            session->reply("366", {irc::quotable(name), "End of /NAMES list"});
        }
        co_await session->connection->writable();
    }
}

awaitable<void> list(SessionPtr session, irc::Message message) {
    session->reply("321", {"Channel", "Users  Name"});
    if (!message.param(0).starts_with('#')) {
        co_await list_all(session);
    } else {
        for (const std::string& name : irc::split_list(message.param(0))) {
            if (!irc::is_channel(name)) continue;
            const auto room = co_await session->server.store->get_room(irc::fold(name));
            if (room) list_one(*session, *room);
        }
    }
    session->reply("323", {"End of /LIST"});
}

awaitable<void> who(SessionPtr session, irc::Message message) {
    const std::string mask = message.params.empty() ? "*" : message.param(0);
    if (mask == "*" || mask == "0") {
        co_await who_everybody(session);
    } else if (mask.starts_with('#')) {
        if (const auto channel = session->server.find_conversation(irc::fold(mask))) {
            for (const auto& member : channel->members()) {
                send_who(*session, channel->name(), *member);
            }
        }
    } else if (const auto other = session->server.find_client(mask)) {
        send_who(*session, "*", *other);
    }
    session->reply("315", {irc::quotable(mask), "End of WHO list"});
}

awaitable<void> whois(SessionPtr session, irc::Message message) {
    if (message.params.empty()) co_return session->reply("431", {"No nickname given"});
    const std::string& nick = message.params.back();
    if (const auto other = session->server.find_client(nick)) {
        send_whois(*session, *other);
    } else {
        session->reply("401", {irc::quotable(nick), "No such nick/channel"});
    }
    session->reply("318", {irc::quotable(nick), "End of /WHOIS list"});
}

awaitable<void> mode(SessionPtr session, irc::Message message) {
    const std::string target = message.param(0);
    const std::string changes = message.param(1);
    if (irc::is_channel(target)) {
        co_await mode_of_channel(session, target, changes);
    } else if (irc::fold(target) == irc::fold(session->nick)) {
        if (!changes.empty()) co_return mode_of_user(*session, changes);
        session->reply("221", {session->invisible ? "+i" : "+"});
    } else if (session->server.find_client(target)) {
        session->reply("502", {"Cannot change the mode of others"});
    } else {
        session->reply("401", {irc::quotable(target), "No such nick/channel"});
    }
}

awaitable<void> motd(SessionPtr session, irc::Message /*message*/) {
    co_return session->reply("422", {"There is no message of the day"});
}

awaitable<void> ison(SessionPtr session, irc::Message message) {
    std::string present;
    for (const std::string& nick : message.params) {
        if (const auto other = session->server.find_client(nick)) present += other->nick + " ";
    }
    co_return session->reply("303", {present});
}

awaitable<void> userhost(SessionPtr session, irc::Message message) {
    std::string answers;
    for (const std::string& nick : message.params) {
        const auto other = session->server.find_client(nick);
        if (!other) continue;
        answers += other->nick + "=+" + other->user + "@" + other->connection->host() + " ";
    }
    co_return session->reply("302", {answers});
}

}  // namespace chat::commands
