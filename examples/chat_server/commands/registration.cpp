#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <roomstore/version.hpp>

#include "../irc/numerics.hpp"
#include "../irc/text.hpp"
#include "../presence.hpp"
#include "commands.hpp"

namespace chat::commands {

namespace {

constexpr const char* version = "roomstore-chat-" ROOMSTORE_VERSION_STRING;

void welcome(const ServerState& state, Session& session) {
    const auto& name = state.options.name;
    session.reply(irc::rpl_welcome, {"Welcome to " + name + ", " + session.mask()});
    session.reply(irc::rpl_yourhost,
                  {"Your host is " + name + ", running version " + std::string(version)});
    session.reply(irc::rpl_created,
                  {"This server was created " + roomstore::to_iso8601(state.created_at)});
    session.reply(irc::rpl_myinfo, {name, version, "i", "n"});
    const auto token = [](const char* key, auto value) { return key + std::to_string(value); };
    session.reply(irc::rpl_isupport,
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
    session.reply(irc::err_nomotd, {"There is no message of the day"});
}

void register_if_complete(ServerState& state, Session& session) {
    if (session.registered || session.negotiating) return;
    if (session.nick.empty() || session.user.empty()) return;
    session.registered = true;
    session.connection->set_registered(state.options.name);
    welcome(state, session);
}

/// The user name for masks: characters that have a meaning in a mask are left out.
std::string clean_user(std::string_view given) {
    std::string user;
    for (const char c : given) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (plain && user.size() < irc::max_user_bytes) user += c;
    }
    return user.empty() ? "user" : user;
}

/// Announces the new nick, then stores the change: the old nick leaves all rooms, the new one joins
/// them. Private conversations belong to a nick, so they are left. Tries all rooms before it throws
/// an error.
asio::awaitable<void> rename(ServerState& state, SessionPtr session, std::string nick) {
    struct Move {
        std::shared_ptr<Conversation> conversation;
        ReadPosition position;
    };
    const std::string old_nick = session->nick;
    const std::string line =
        irc::serialize({.source = session->mask(), .command = "NICK", .params = {nick}});
    session->connection->send(line);
    for (const auto& other : state.audience(*session)) other->connection->send(line);

    std::vector<Move> moves;
    for (const auto& [id, conversation] : session->conversations) {
        moves.push_back({conversation, conversation->remove_member(*session)});
    }
    session->nick = nick;
    std::erase_if(session->conversations, [](const auto& entry) {
        return entry.second->kind() == Conversation::Kind::private_talk;
    });
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
            co_await record_departure(state.store,
                                      conversation->id(),
                                      old_nick,
                                      roomstore::ParticipantStatus::inactive,
                                      position.unstored());
            if (conversation->kind() == Conversation::Kind::private_talk) continue;
            co_await record_arrival(state.store, conversation->id(), nick);
        } catch (const roomstore::Error& error) {
            failure = error;
        }
    }
    if (failure) throw *failure;
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        if (!word.empty()) words.emplace_back(word);
        text.remove_prefix(std::min(word.size() + 1, text.size()));
    }
    return words;
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

asio::awaitable<void> pass(ServerState& /*state*/, SessionPtr session, irc::Message /*message*/) {
    // There are no passwords, so any password is accepted.
    if (session->registered) {
        session->reply(irc::err_alreadyregistered, {"You may not reregister"});
    }
    co_return;
}

asio::awaitable<void> nick(ServerState& state, SessionPtr session, irc::Message message) {
    if (message.params.empty() || message.params[0].empty()) {
        session->reply(irc::err_nonicknamegiven, {"No nickname given"});
        co_return;
    }
    const std::string wanted = message.params[0];
    if (!irc::is_nick(wanted)) {
        session->reply(irc::err_erroneusnickname, {irc::quotable(wanted), "Erroneous nickname"});
        co_return;
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
        session->reply(irc::err_nicknameinuse, {wanted, "Nickname is already in use"});
        co_return;
    }
    if (wanted == session->nick) co_return;
    const std::string old_key = irc::fold(session->nick);
    state.nicks[key] = session;
    std::optional<roomstore::Error> failure;
    if (session->registered) {
        try {
            co_await rename(state, session, wanted);
        } catch (const roomstore::Error& error) {
            failure = error;
        }
    }
    session->nick = wanted;
    if (old_key != key) state.nicks.erase(old_key);
    register_if_complete(state, *session);
    if (failure) throw *failure;
}

asio::awaitable<void> user(ServerState& state, SessionPtr session, irc::Message message) {
    if (session->registered) {
        session->reply(irc::err_alreadyregistered, {"You may not reregister"});
        co_return;
    }
    if (message.params[0].empty()) {
        session->reply(irc::err_needmoreparams, {"USER", "Not enough parameters"});
        co_return;
    }
    session->user = clean_user(message.params[0]);
    session->realname = irc::utf8_prefix(message.params[3], irc::max_realname_bytes);
    register_if_complete(state, *session);
}

asio::awaitable<void> cap(ServerState& state, SessionPtr session, irc::Message message) {
    const std::string subcommand = irc::to_upper(message.params[0]);
    const std::string argument = message.params.size() > 1 ? message.params[1] : "";
    const std::string name(session->name());
    if (subcommand == "LS") {
        session->negotiating = !session->registered;
        session->send_from_server("CAP", {name, "LS", list_caps(~0U)});
    } else if (subcommand == "LIST") {
        session->send_from_server("CAP", {name, "LIST", list_caps(session->caps)});
    } else if (subcommand == "REQ") {
        session->negotiating = !session->registered;
        const auto caps = requested_caps(session->caps, words(argument));
        if (caps) session->caps = *caps;
        session->send_from_server("CAP", {name, caps ? "ACK" : "NAK", argument});
    } else if (subcommand == "END") {
        session->negotiating = false;
        register_if_complete(state, *session);
    } else {
        session->reply(irc::err_invalidcapcmd,
                       {irc::quotable(message.params[0]), "Invalid CAP command"});
    }
    co_return;
}

asio::awaitable<void> ping(ServerState& state, SessionPtr session, irc::Message message) {
    if (message.params.empty() || message.params[0].empty()) {
        session->reply(irc::err_noorigin, {"No origin specified"});
        co_return;
    }
    session->send_from_server("PONG", {state.options.name, message.params[0]});
}

asio::awaitable<void> pong(ServerState& /*state*/, SessionPtr /*session*/, irc::Message /*m*/) {
    // Nothing to do: the connection has already noticed that the client is alive.
    co_return;
}

asio::awaitable<void> quit(ServerState& /*state*/, SessionPtr session, irc::Message message) {
    const std::string reason = message.params.empty() ? "" : message.params[0];
    session->connection->close("Quit: " + reason);
    co_return;
}

}  // namespace chat::commands
