#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../irc/numerics.hpp"
#include "../irc/text.hpp"
#include "../presence.hpp"
#include "commands.hpp"

namespace chat::commands {

namespace {

constexpr std::size_t max_targets = 4;

enum class Replies { errors, none };

/// Answers a message that cannot be sent. A NOTICE is never answered (RFC 2812, section 3.3.2).
void refuse(Session& session,
            Replies replies,
            std::string_view numeric,
            std::initializer_list<std::string_view> params) {
    if (replies == Replies::errors) session.reply(numeric, params);
}

std::vector<irc::Tag> client_only(const std::vector<irc::Tag>& tags) {
    std::vector<irc::Tag> relayed;
    for (const auto& tag : tags) {
        if (irc::is_client_only(tag.key)) relayed.push_back(tag);
    }
    return relayed;
}

/// Makes the client a member of the private conversation: from now on it sees the messages, and its
/// read position is kept. The caller holds the lock, which a departure takes too, so that arrival
/// and departure are stored in the order in which they happened.
asio::awaitable<void> attach(ServerState& state,
                             SessionPtr session,
                             std::shared_ptr<Conversation> talk) {
    if (talk->has_member(*session) || session->connection->closing()) co_return;
    session->conversations.emplace(talk->id(), talk);
    talk->add_member(session);
    talk->set_caught_up(*session);
    co_await record_arrival(state.store, talk->id(), session->nick);
}

/// The private conversation with `other`, with both of them as members.
asio::awaitable<std::shared_ptr<Conversation>> open_talk(ServerState& state,
                                                         SessionPtr session,
                                                         SessionPtr other) {
    auto talk = state.private_talk(session->nick, other->nick);
    if (talk->has_member(*session) && talk->has_member(*other)) co_return talk;
    const auto lock = co_await talk->lock();
    co_await talk->open();
    co_await attach(state, session, talk);
    co_await attach(state, other, talk);
    co_return talk;
}

/// Where a message goes, and the name of the target as it is written there.
struct Destination {
    std::shared_ptr<Conversation> conversation{};
    std::string target{};
};

/// The destination of a message to `target`. If there is none, the client is answered with an
/// error, and the result has no conversation.
asio::awaitable<Destination> find_destination(ServerState& state,
                                              SessionPtr session,
                                              std::string target,
                                              Replies replies) {
    if (target.starts_with('#')) {
        if (const auto channel = state.joined(*session, target)) {
            co_return Destination{channel, channel->name()};
        }
        bool exists = false;
        if (irc::is_channel(target)) {
            exists = co_await state.store.room_exists(channel_room_id(target));
        }
        if (exists) {
            refuse(*session,
                   replies,
                   irc::err_cannotsendtochan,
                   {target, "Cannot send to channel: join it first"});
        } else {
            refuse(*session,
                   replies,
                   irc::err_nosuchchannel,
                   {irc::quotable(target), "No such channel"});
        }
        co_return Destination{};
    }
    const auto other = state.find_client(target);
    if (!other) {
        refuse(*session,
               replies,
               irc::err_nosuchnick,
               {irc::quotable(target), "No such nick/channel"});
        co_return Destination{};
    }
    auto talk = co_await open_talk(state, session, other);
    co_return Destination{std::move(talk), other->nick};
}

asio::awaitable<void> say(ServerState& state, SessionPtr session, Post post, Replies replies) {
    const auto [conversation, target] =
        co_await find_destination(state, session, post.target, replies);
    if (!conversation) co_return;
    post.target = target;
    const irc::Line relayed{
        .source = post.source, .command = post.command, .params = {post.target, post.text}};
    // Messages are never cut: one that does not fit on a line for its readers is refused.
    if (irc::uncut_size(relayed) > irc::max_line_bytes) {
        refuse(*session, replies, irc::err_inputtoolong, {"Input line was too long"});
        co_return;
    }
    const std::string command = post.command;
    const bool shown = co_await conversation->post(session, std::move(post));
    if (!shown) {
        session->fail(command,
                      "DELAYED",
                      target,
                      "the message is stored, and will be shown as soon as the store answers");
    }
}

asio::awaitable<void> say_all(ServerState& state,
                              SessionPtr session,
                              irc::Message message,
                              Replies replies) {
    if (message.params.empty() || message.params[0].empty()) {
        refuse(*session,
               replies,
               irc::err_norecipient,
               {"No recipient given (" + message.command + ")"});
        co_return;
    }
    if (message.params.size() < 2 || message.params[1].empty()) {
        refuse(*session, replies, irc::err_notexttosend, {"No text to send"});
        co_return;
    }
    const auto targets = irc::split_list(message.params[0]);
    if (targets.size() > max_targets) {
        refuse(*session,
               replies,
               irc::err_toomanytargets,
               {irc::quotable(targets[0]), "Too many targets"});
        co_return;
    }
    session->active_at = std::chrono::steady_clock::now();
    const auto tags = client_only(message.tags);
    for (const std::string& target : targets) {
        Post post{.command = message.command,
                  .source = session->mask(),
                  .target = target,
                  .text = message.params[1],
                  .tags = tags};
        co_await say(state, session, std::move(post), replies);
    }
}

/// Tags without a message, such as typing indicators, are relayed and not stored.
void relay_tags(const Session& sender,
                const Session& reader,
                std::string_view target,
                const std::vector<irc::Tag>& tags) {
    if (!reader.has(Cap::message_tags)) return;
    std::vector<irc::Tag> all;
    if (reader.has(Cap::server_time)) {
        all.push_back({.key = "time", .value = server_time(roomstore::now())});
    }
    all.insert(all.end(), tags.begin(), tags.end());
    reader.connection->send(
        irc::serialize_tags(all) +
        irc::serialize({.source = sender.mask(), .command = "TAGMSG", .params = {target}}));
}

}  // namespace

asio::awaitable<void> privmsg(ServerState& state, SessionPtr session, irc::Message message) {
    return say_all(state, std::move(session), std::move(message), Replies::errors);
}

asio::awaitable<void> notice(ServerState& state, SessionPtr session, irc::Message message) {
    return say_all(state, std::move(session), std::move(message), Replies::none);
}

asio::awaitable<void> tagmsg(ServerState& state, SessionPtr session, irc::Message message) {
    if (!session->has(Cap::message_tags)) {
        session->reply(irc::err_unknowncommand, {"TAGMSG", "Unknown command"});
        co_return;
    }
    if (message.params.empty() || message.params[0].empty()) {
        session->reply(irc::err_norecipient, {"No recipient given (TAGMSG)"});
        co_return;
    }
    const std::string& target = message.params[0];
    const auto tags = client_only(message.tags);
    if (tags.empty()) co_return;
    if (const auto channel = state.joined(*session, target)) {
        for (const auto& member : channel->members()) {
            if (member != session || session->has(Cap::echo_message)) {
                relay_tags(*session, *member, channel->name(), tags);
            }
        }
    } else if (const auto other = state.find_client(target)) {
        relay_tags(*session, *other, other->nick, tags);
        if (session->has(Cap::echo_message) && other != session) {
            relay_tags(*session, *session, other->nick, tags);
        }
    } else {
        session->reply(irc::err_nosuchnick, {irc::quotable(target), "No such nick/channel"});
    }
}

}  // namespace chat::commands
