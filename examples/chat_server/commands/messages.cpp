#include "commands.hpp"

namespace chat::commands {

namespace {

constexpr std::size_t max_targets = 4;

/// Answers a message that cannot be sent. A NOTICE is never answered (RFC 2812, section 3.3.2).
void refuse(const Session& session,
            const std::string& command,
            std::string_view numeric,
            const Session::Params& params) {
    if (command != "NOTICE") session.reply(numeric, params);
}

irc::Tags client_only(irc::Tags tags) {
    std::erase_if(tags, [](const auto& tag) { return !irc::is_client_only(tag.first); });
    return tags;
}

/// Makes the client a member of the private conversation: from now on it sees the messages, and its
/// read position is kept. The caller holds the lock, which a departure takes too, so that arrival
/// and departure are stored in the order in which they happened.
awaitable<void> attach(SessionPtr session, ConversationPtr talk) {
    if (talk->has_member(*session) || session->connection->closing()) co_return;
    talk->add_member(session);
    talk->set_caught_up(*session);
    co_await talk->record_arrival(session->nick);
}

/// The private conversation with `other`, with both of them as members.
awaitable<ConversationPtr> open_talk(SessionPtr session, SessionPtr other) {
    auto talk = session->server.open(make_private_room(session->nick, other->nick));
    if (talk->has_member(*session) && talk->has_member(*other)) co_return talk;
    const auto lock = co_await talk->lock();
    co_await talk->open();
    co_await attach(session, talk);
    co_await attach(other, talk);
    co_return talk;
}

awaitable<void> say_to(SessionPtr session, Post post) {
    auto conversation = session->joined(post.target);
    const auto other = conversation ? nullptr : session->server.find_client(post.target);
    if (conversation) {
        post.target = conversation->name();
    } else if (other) {
        conversation = co_await open_talk(session, other);
        post.target = other->nick;
    } else if (post.target.starts_with('#') && post.command != "NOTICE") {
        co_return co_await reply_not_joined(
            session, post.target, "404", "Cannot send to channel: join it first");
    } else {
        co_return refuse(
            *session, post.command, "401", {irc::quotable(post.target), "No such nick/channel"});
    }
    const irc::Line relayed{post.source, post.command, {post.target, post.text}};
    // Messages are never cut: one that does not fit on a line for its readers is refused.
    if (irc::uncut_size(relayed) > irc::max_line_bytes) {
        co_return refuse(*session, post.command, "417", {"Input line was too long"});
    }
    const bool shown = co_await conversation->post(session, post);
    const char* const delay = "the message is stored, and will be shown when the store answers";
    if (!shown) session->fail({post.command, "DELAYED", post.target, delay});
}

/// Tags without a message, such as typing indicators, are relayed and not stored.
void relay_tags(const Session& sender,
                const Session& reader,
                std::string_view target,
                irc::Tags tags) {
    if (!reader.has(Cap::message_tags)) return;
    if (reader.has(Cap::server_time)) tags["time"] = server_time(roomstore::now());
    reader.connection->send(irc::serialize_tags(tags) +
                            irc::serialize({sender.mask(), "TAGMSG", {target}}));
}

}  // namespace

/// PRIVMSG and NOTICE.
awaitable<void> say(SessionPtr session, irc::Message message) {
    const std::string& command = message.command;
    if (message.param(0).empty()) {
        co_return refuse(*session, command, "411", {"No recipient given (" + command + ")"});
    }
    if (message.param(1).empty()) co_return refuse(*session, command, "412", {"No text to send"});
    const auto targets = irc::split_list(message.param(0));
    if (targets.size() > max_targets) {
        co_return refuse(
            *session, command, "407", {irc::quotable(targets.front()), "Too many targets"});
    }
    session->active_at = std::chrono::steady_clock::now();
    Post post{.command = command, .source = session->mask(), .text = message.param(1)};
    post.tags = client_only(message.tags);
    for (const std::string& target : targets) {
        post.target = target;
        co_await say_to(session, post);
    }
}

awaitable<void> tagmsg(SessionPtr session, irc::Message message) {
    if (!session->has(Cap::message_tags)) {
        co_return session->reply("421", {"TAGMSG", "Unknown command"});
    }
    const std::string target = message.param(0);
    if (target.empty()) co_return session->reply("411", {"No recipient given (TAGMSG)"});
    const auto tags = client_only(message.tags);
    if (tags.empty()) co_return;
    const bool echo = session->has(Cap::echo_message);
    if (const auto channel = session->joined(target)) {
        for (const auto& member : channel->members()) {
            if (member != session || echo) relay_tags(*session, *member, channel->name(), tags);
        }
    } else if (const auto other = session->server.find_client(target)) {
        relay_tags(*session, *other, other->nick, tags);
        if (echo && other != session) relay_tags(*session, *session, other->nick, tags);
    } else {
        session->reply("401", {irc::quotable(target), "No such nick/channel"});
    }
}

}  // namespace chat::commands
