#include <algorithm>

#include <roomstore/version.hpp>

#include "commands.hpp"

namespace chat::commands {

namespace {

constexpr const char* version = "roomstore-chat-" ROOMSTORE_VERSION_STRING;

/// Tells the client which channels of its nick have messages that it has not read, those with the
/// latest activity first: one call of the store, however many channels there are.
awaitable<void> tell_unread(SessionPtr session) {
    roomstore::InboxQuery query{.participant_id = irc::fold(session->nick)};
    query.limit = roomstore::Limits::default_max_page_rows;
    query.unread_cap = 999;
    // As JOIN counts them.
    query.count.own = true;
    const auto inbox = co_await session->server.store->list_inbox(query);
    constexpr std::size_t most_bytes = 400;
    std::string channels;
    const auto send = [&] {
        if (channels.empty()) return;
        session->send_from_server("NOTICE", {session->nick, "Unread messages: " + channels});
        channels.clear();
    };
    for (const auto& entry : inbox.entries) {
        const std::string name = room_name(entry.room);
        if (entry.unread == 0 || !irc::is_channel(name)) continue;
        std::string told = name + " (" + std::to_string(entry.unread);
        told += entry.unread_capped ? "+)" : ")";
        if (channels.size() + told.size() > most_bytes) send();
        channels += (channels.empty() ? "" : ", ") + told;
    }
    send();
}

void welcome(Session& session) {
    session.registered = true;
    const ServerState& server = session.server;
    const std::string& name = server.options.name;
    session.connection->set_registered(name);
    session.reply("001", {"Welcome to " + name + ", " + session.mask()});
    session.reply("002", {"Your host is " + name + ", running version " + version});
    session.reply("003",
                  {"This server was created " + roomstore::to_iso8601(session.server.created_at)});
    session.reply("004", {name, version, "i", "n"});
    const auto token = [](const char* key, auto value) { return key + std::to_string(value); };
    session.reply("005",
                  {"CASEMAPPING=ascii",
                   "CHANTYPES=#",
                   "CHANMODES=,,,n",
                   "PREFIX=",
                   token("CHANLIMIT=#:", session.server.options.max_channels),
                   token("NICKLEN=", irc::max_nick_bytes),
                   token("USERLEN=", irc::max_user_bytes),
                   token("CHANNELLEN=", irc::max_channel_bytes),
                   token("TOPICLEN=", irc::max_topic_bytes),
                   token("CHATHISTORY=", session.server.options.history),
                   "MSGREFTYPES=msgid,timestamp",
                   "UTF8ONLY",
                   "are supported by this server"});
    session.reply("422", {"There is no message of the day"});
}

awaitable<void> register_if_complete(SessionPtr session) {
    if (session->registered || session->negotiating) co_return;
    if (session->nick.empty() || session->user.empty()) co_return;
    welcome(*session);
    co_await tell_unread(session);
}

/// The user name for masks: characters that have a meaning in a mask are left out.
std::string clean_user(std::string user) {
    std::erase_if(user, [](char c) { return !irc::is_plain(c, "-_."); });
    return user.empty() ? "user" : user.substr(0, irc::max_user_bytes);
}

/// Announces the new nick, then stores the change: the old nick leaves all rooms, the new one joins
/// them. Private conversations belong to a nick, so they are left. Tries all rooms before it
/// returns an error, if there was any.
awaitable<std::exception_ptr> rename(SessionPtr session, std::string nick) {
    const std::string old_nick = session->nick;
    const std::string mask = session->mask();
    const irc::Line line{mask, "NICK", {nick}};
    session->send(line);
    session->send_to_others(line);

    const auto left = session->leave_all();
    session->nick = nick;
    for (const auto& [conversation, position] : left) {
        if (!conversation->is_channel()) continue;
        conversation->add_member(session);
        conversation->set_caught_up(*session);
    }

    std::exception_ptr failure;
    for (const auto& [conversation, position] : left) {
        try {
            co_await conversation->record_departure(
                session, old_nick, roomstore::ParticipantStatus::inactive, position);
            if (!conversation->is_channel()) continue;
            const auto lock = co_await conversation->lock();
            co_await conversation->record_arrival(nick);
        } catch (const roomstore::Error&) {
            failure = std::current_exception();
        }
    }
    co_return failure;
}

std::string list_caps(const Caps& caps) {
    std::string names;
    for (std::size_t i = 0; i < caps.size(); ++i) {
        if (!caps.test(i)) continue;
        if (!names.empty()) names += ' ';
        names += cap_names[i];
    }
    return names;
}

/// The capabilities after the request. Empty if any part of the request cannot be granted.
std::optional<Caps> requested_caps(Caps caps, const std::vector<std::string>& request) {
    for (std::string_view name : request) {
        const bool off = name.starts_with('-');
        if (off) name.remove_prefix(1);
        const auto known = std::ranges::find(cap_names, name) - cap_names.begin();
        if (known == std::ssize(cap_names)) return std::nullopt;
        caps.set(static_cast<std::size_t>(known), !off);
    }
    return caps;
}

}  // namespace

awaitable<void> pass(SessionPtr session, irc::Message /*message*/) {
    // There are no passwords, so any password is accepted.
    if (session->registered) session->reply("462", {"You may not reregister"});
    co_return;
}

awaitable<void> nick(SessionPtr session, irc::Message message) {
    const std::string wanted = message.param(0);
    if (wanted.empty()) co_return session->reply("431", {"No nickname given"});
    if (!irc::is_nick(wanted)) {
        co_return session->reply("432", {irc::quotable(wanted), "Erroneous nickname"});
    }
    const std::string key = irc::fold(wanted);
    auto holder = session->server.nicks.find(key);
    // The owner of the nick has disconnected, but its read position is not stored yet.
    while (holder != session->server.nicks.end() && holder->second->connection->closing() &&
           !session->connection->closing()) {
        co_await session->server.departures.wait();
        holder = session->server.nicks.find(key);
    }
    if (holder != session->server.nicks.end() && holder->second != session) {
        co_return session->reply("433", {wanted, "Nickname is already in use"});
    }
    if (wanted == session->nick) co_return;
    const std::string old_key = irc::fold(session->nick);
    session->server.nicks[key] = session;
    std::exception_ptr failure;
    if (session->registered) failure = co_await rename(session, wanted);
    session->nick = wanted;
    if (old_key != key) session->server.nicks.erase(old_key);
    co_await register_if_complete(session);
    if (failure) std::rethrow_exception(failure);
}

awaitable<void> user(SessionPtr session, irc::Message message) {
    if (session->registered) co_return session->reply("462", {"You may not reregister"});
    session->user = clean_user(message.param(0));
    session->realname = irc::utf8_prefix(message.params[3], irc::max_realname_bytes);
    co_await register_if_complete(session);
}

awaitable<void> cap(SessionPtr session, irc::Message message) {
    const std::string subcommand = irc::to_upper(message.param(0));
    const std::string argument = message.param(1);
    const auto answer = [&](std::string_view kind, std::string_view caps) {
        session->send_from_server("CAP", {session->name(), kind, caps});
    };
    if (subcommand == "LS") {
        session->negotiating = !session->registered;
        answer("LS", list_caps(Caps().set()));
    } else if (subcommand == "LIST") {
        answer("LIST", list_caps(session->caps));
    } else if (subcommand == "REQ") {
        session->negotiating = !session->registered;
        const auto caps = requested_caps(session->caps, irc::split_list(argument, ' '));
        if (caps) session->caps = *caps;
        answer(caps ? "ACK" : "NAK", argument);
    } else if (subcommand == "END") {
        session->negotiating = false;
        co_await register_if_complete(session);
    } else {
        session->reply("410", {irc::quotable(message.param(0)), "Invalid CAP command"});
    }
    co_return;
}

awaitable<void> ping(SessionPtr session, irc::Message message) {
    const std::string token = message.param(0);
    if (token.empty()) co_return session->reply("409", {"No origin specified"});
    session->send_from_server("PONG", {session->server.options.name, token});
}

awaitable<void> pong(SessionPtr /*session*/, irc::Message /*m*/) {
    // Nothing to do: the connection has already noticed that the client is alive.
    co_return;
}

awaitable<void> quit(SessionPtr session, irc::Message message) {
    session->connection->close("Quit: " + message.param(0));
    co_return;
}

}  // namespace chat::commands
