#include <algorithm>

#include <roomstore/version.hpp>

#include "commands.hpp"

namespace chat::commands {

namespace {

constexpr const char* version = "roomstore-chat-" ROOMSTORE_VERSION_STRING;

void register_if_complete(const ServerState& state, Session& session) {
    if (session.registered || session.negotiating) return;
    if (session.nick.empty() || session.user.empty()) return;
    session.registered = true;
    const auto& name = session.server_name;
    session.connection->set_registered(name);
    session.reply("001", {"Welcome to " + name + ", " + session.mask()});
    session.reply("002", {"Your host is " + name + ", running version " + version});
    session.reply("003", {"This server was created " + roomstore::to_iso8601(state.created_at)});
    session.reply("004", {name, version, "i", "n"});
    const auto token = [](const char* key, auto value) { return key + std::to_string(value); };
    session.reply("005",
                  {"CASEMAPPING=ascii",
                   "CHANTYPES=#",
                   "CHANMODES=,,,n",
                   "PREFIX=",
                   token("CHANLIMIT=#:", state.options.max_channels),
                   token("NICKLEN=", irc::max_nick_bytes),
                   token("USERLEN=", irc::max_user_bytes),
                   token("CHANNELLEN=", irc::max_channel_bytes),
                   token("TOPICLEN=", irc::max_topic_bytes),
                   token("CHATHISTORY=", state.options.history),
                   "MSGREFTYPES=msgid,timestamp",
                   "UTF8ONLY",
                   "are supported by this server"});
    session.reply("422", {"There is no message of the day"});
}

/// The user name for masks: characters that have a meaning in a mask are left out.
std::string clean_user(std::string user) {
    std::erase_if(user, [](char c) { return !irc::is_plain(c, "-_."); });
    return user.empty() ? "user" : user.substr(0, irc::max_user_bytes);
}

/// Announces the new nick, then stores the change: the old nick leaves all rooms, the new one joins
/// them. Private conversations belong to a nick, so they are left. Tries all rooms before it throws
/// an error.
awaitable<void> rename(SessionPtr session, std::string nick) {
    const std::string old_nick = session->nick;
    const std::string mask = session->mask();
    const irc::Line line{mask, "NICK", {nick}};
    session->send(line);
    for (const auto& other : session->audience()) other->send(line);

    std::vector<std::pair<ConversationPtr, ReadPosition>> moves;
    for (const auto& [id, conversation] : session->conversations) {
        moves.emplace_back(conversation, conversation->remove_member(*session));
    }
    session->nick = nick;
    std::erase_if(session->conversations,
                  [](const auto& entry) { return !entry.second->is_channel(); });
    for (const auto& [id, conversation] : session->conversations) {
        conversation->add_member(session);
        conversation->set_caught_up(*session);
    }

    co_await session->connection->flushed();
    std::optional<roomstore::Error> failure;
    for (auto& [conversation, position] : moves) {
        position.set_written(session->connection->written_bytes());
        try {
            const auto lock = co_await conversation->lock();
            co_await conversation->record_departure(
                old_nick, roomstore::ParticipantStatus::inactive, position);
            if (conversation->is_channel()) co_await conversation->record_arrival(nick);
        } catch (const roomstore::Error& error) {
            failure = error;
        }
    }
    if (failure) throw *failure;
}

std::string list_caps(unsigned caps) {
    std::string names;
    for (const auto& [name, cap] : cap_names) {
        if ((caps & static_cast<unsigned>(cap)) == 0) continue;
        if (!names.empty()) names += ' ';
        names += name;
    }
    return names;
}

/// The capabilities after the request. Empty if any part of the request cannot be granted.
std::optional<unsigned> requested_caps(unsigned caps, const std::vector<std::string>& request) {
    for (std::string_view name : request) {
        const bool off = name.starts_with('-');
        if (off) name.remove_prefix(1);
        const auto* const known = std::find_if(
            cap_names.begin(), cap_names.end(), [&](auto& cap) { return cap.first == name; });
        if (known == cap_names.end()) return std::nullopt;
        const auto bit = static_cast<unsigned>(known->second);
        caps = off ? caps & ~bit : caps | bit;
    }
    return caps;
}

}  // namespace

awaitable<void> pass(ServerState& /*state*/, SessionPtr session, irc::Message /*message*/) {
    // There are no passwords, so any password is accepted.
    if (session->registered) session->reply("462", {"You may not reregister"});
    co_return;
}

awaitable<void> nick(ServerState& state, SessionPtr session, irc::Message message) {
    const std::string wanted = message.param(0);
    if (wanted.empty()) co_return session->reply("431", {"No nickname given"});
    if (!irc::is_nick(wanted)) {
        co_return session->reply("432", {irc::quotable(wanted), "Erroneous nickname"});
    }
    const std::string key = irc::fold(wanted);
    auto holder = state.nicks.find(key);
    // The owner of the nick has disconnected, but its read position is not stored yet.
    while (holder != state.nicks.end() && holder->second->connection->closing() &&
           !session->connection->closing()) {
        co_await state.departures.wait();
        holder = state.nicks.find(key);
    }
    if (holder != state.nicks.end() && holder->second != session) {
        co_return session->reply("433", {wanted, "Nickname is already in use"});
    }
    if (wanted == session->nick) co_return;
    const std::string old_key = irc::fold(session->nick);
    state.nicks[key] = session;
    std::optional<roomstore::Error> failure;
    if (session->registered) {
        try {
            co_await rename(session, wanted);
        } catch (const roomstore::Error& error) {
            failure = error;
        }
    }
    session->nick = wanted;
    if (old_key != key) state.nicks.erase(old_key);
    register_if_complete(state, *session);
    if (failure) throw *failure;
}

awaitable<void> user(ServerState& state, SessionPtr session, irc::Message message) {
    if (session->registered) co_return session->reply("462", {"You may not reregister"});
    if (message.param(0).empty())
        co_return session->reply("461", {"USER", "Not enough parameters"});
    session->user = clean_user(message.param(0));
    session->realname = irc::utf8_prefix(message.params[3], irc::max_realname_bytes);
    register_if_complete(state, *session);
}

awaitable<void> cap(ServerState& state, SessionPtr session, irc::Message message) {
    const std::string subcommand = irc::to_upper(message.param(0));
    const std::string argument = message.param(1);
    const auto answer = [&](std::string_view kind, std::string_view caps) {
        session->send_from_server("CAP", {session->name(), kind, caps});
    };
    if (subcommand == "LS") {
        session->negotiating = !session->registered;
        answer("LS", list_caps(~0U));
    } else if (subcommand == "LIST") {
        answer("LIST", list_caps(session->caps));
    } else if (subcommand == "REQ") {
        session->negotiating = !session->registered;
        const auto caps = requested_caps(session->caps, irc::split_list(argument, ' '));
        session->caps = caps.value_or(session->caps);
        answer(caps ? "ACK" : "NAK", argument);
    } else if (subcommand == "END") {
        session->negotiating = false;
        register_if_complete(state, *session);
    } else {
        session->reply("410", {irc::quotable(message.param(0)), "Invalid CAP command"});
    }
    co_return;
}

awaitable<void> ping(ServerState& state, SessionPtr session, irc::Message message) {
    const std::string token = message.param(0);
    if (token.empty()) co_return session->reply("409", {"No origin specified"});
    session->send_from_server("PONG", {state.options.name, token});
}

awaitable<void> pong(ServerState& /*state*/, SessionPtr /*session*/, irc::Message /*m*/) {
    // Nothing to do: the connection has already noticed that the client is alive.
    co_return;
}

awaitable<void> quit(ServerState& /*state*/, SessionPtr session, irc::Message message) {
    session->connection->close("Quit: " + message.param(0));
    co_return;
}

}  // namespace chat::commands
