#include <algorithm>
#include <chrono>
#include <cstdint>
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

/// Tells the client how many messages it has missed, and sends `events`, which are empty if the
/// client can ask for them itself.
void send_missed(Session& session,
                 const Conversation& conversation,
                 std::int64_t unread,
                 const std::vector<roomstore::RoomEvent>& events) {
    if (unread == 0) return;
    std::string text = std::to_string(unread);
    text += unread == 1 ? " message since you were here" : " messages since you were here";
    const auto sent = static_cast<std::int64_t>(events.size());
    if (sent > 0 && sent < unread) text += "; the last " + std::to_string(sent) + ":";
    session.notice(conversation.name(), text);
    if (events.empty()) return;
    send_history(session, conversation.name(), events);
    session.notice(conversation.name(), "end of what you missed");
}

/// Joins one channel. The join is announced only after all calls to the store have succeeded.
asio::awaitable<void> enter_channel(ServerState& state,
                                    SessionPtr session,
                                    std::shared_ptr<Conversation> channel) {
    const auto lock = co_await channel->lock();
    const roomstore::Room room = co_await channel->open();
    const Arrival arrival = co_await record_arrival(state.store, channel->id(), session->nick);
    if (arrival == Arrival::banned) {
        session->reply(irc::err_bannedfromchan, {channel->name(), "Cannot join channel (+b)"});
        co_return;
    }
    std::int64_t unread = 0;
    if (arrival == Arrival::again) {
        unread = co_await state.store.get_unread_count(channel->id(), channel_id(session->nick));
    }
    std::vector<roomstore::RoomEvent> missed;
    if (unread > 0 && !session->has(Cap::chathistory)) {
        missed = co_await channel->list_shown(std::min(unread, state.options.playback));
    }

    const std::string line =
        irc::serialize({.source = session->mask(), .command = "JOIN", .params = {channel->name()}});
    channel->send(line);
    session->connection->send(line);
    send_topic(*session, *channel, room);
    session->conversations.emplace(channel->id(), channel);
    channel->add_member(session);
    send_names(*session, *channel);
    send_missed(*session, *channel, unread, missed);
    channel->set_caught_up(*session);
}

asio::awaitable<ReadPosition> announce_part(SessionPtr session,
                                            std::shared_ptr<Conversation> channel,
                                            std::string reason) {
    const auto lock = co_await channel->lock();
    const std::string mask = session->mask();
    irc::Line line{.source = mask, .command = "PART", .params = {channel->name()}};
    if (!reason.empty()) line.params.emplace_back(reason);
    channel->send(irc::serialize(line));
    session->conversations.erase(channel->id());
    co_return channel->remove_member(*session);
}

asio::awaitable<void> leave_channel(ServerState& state,
                                    SessionPtr session,
                                    std::shared_ptr<Conversation> channel,
                                    std::string reason) {
    ReadPosition position = co_await announce_part(session, channel, std::move(reason));
    // This waits for one client, so the lock must not be held meanwhile.
    co_await session->connection->flushed();
    position.set_written(session->connection->written_bytes());
    const auto lock = co_await channel->lock();
    co_await record_departure(state.store,
                              channel->id(),
                              session->nick,
                              roomstore::ParticipantStatus::left,
                              position.unstored());
}

asio::awaitable<void> leave_all(ServerState& state, SessionPtr session) {
    const auto conversations = session->conversations;
    for (const auto& [id, conversation] : conversations) {
        if (conversation->kind() != Conversation::Kind::channel) continue;
        co_await leave_channel(state, session, conversation, "");
    }
}

/// Stores the topic and announces it under the same lock, so that all members see topics in the
/// order in which they were stored.
asio::awaitable<void> change_topic(ServerState& state,
                                   SessionPtr session,
                                   std::shared_ptr<Conversation> channel,
                                   std::string topic) {
    const auto lock = co_await channel->lock();
    roomstore::Json patch = roomstore::Json::object();
    std::vector<std::string> unset;
    if (topic.empty()) {
        unset = {"topic", "topic_by", "topic_at"};
    } else {
        patch = {{"topic", topic},
                 {"topic_by", session->nick},
                 {"topic_at", roomstore::to_iso8601(roomstore::now())}};
    }
    const auto room =
        co_await state.store.patch_room_metadata(channel->id(), std::move(patch), std::move(unset));
    if (!room) throw roomstore::Error(roomstore::errc::not_found, "no room " + channel->id());
    channel->send(irc::serialize(
        {.source = session->mask(), .command = "TOPIC", .params = {channel->name(), topic}}));
}

/// Answers a client that has not joined the channel: 442 if the channel exists, else 403.
asio::awaitable<void> reply_not_joined(ServerState& state, SessionPtr session, std::string name) {
    bool exists = false;
    if (irc::is_channel(name)) exists = co_await state.store.room_exists(channel_room_id(name));
    if (exists) {
        session->reply(irc::err_notonchannel, {name, "You're not on that channel"});
    } else {
        session->reply(irc::err_nosuchchannel, {irc::quotable(name), "No such channel"});
    }
}

}  // namespace

asio::awaitable<void> join(ServerState& state, SessionPtr session, irc::Message message) {
    if (message.params[0] == "0") {
        co_await leave_all(state, session);
        co_return;
    }
    const auto names = irc::split_list(message.params[0]);
    for (const std::string& name : names) {
        if (!irc::is_channel(name)) {
            session->reply(irc::err_nosuchchannel, {irc::quotable(name), "No such channel"});
            continue;
        }
        if (state.joined(*session, name)) continue;
        const auto channels = std::count_if(
            session->conversations.begin(), session->conversations.end(), [](const auto& entry) {
                return entry.second->kind() == Conversation::Kind::channel;
            });
        if (static_cast<std::size_t>(channels) >= state.options.max_channels) {
            session->reply(irc::err_toomanychannels, {name, "You have joined too many channels"});
            continue;
        }
        co_await enter_channel(state, session, state.channel(name));
        if (session->connection->closing()) co_return;
    }
}

asio::awaitable<void> part(ServerState& state, SessionPtr session, irc::Message message) {
    const std::string reason = message.params.size() > 1 ? message.params[1] : "";
    const auto names = irc::split_list(message.params[0]);
    for (const std::string& name : names) {
        if (const auto channel = state.joined(*session, name)) {
            co_await leave_channel(state, session, channel, reason);
        } else {
            co_await reply_not_joined(state, session, name);
        }
    }
}

asio::awaitable<void> topic(ServerState& state, SessionPtr session, irc::Message message) {
    const std::string name = message.params[0];
    const auto channel = state.joined(*session, name);
    if (!channel) {
        co_await reply_not_joined(state, session, name);
        co_return;
    }
    if (message.params.size() == 1) {
        const auto room = co_await state.store.get_room(channel->id());
        if (room && !text_at(room->metadata, "topic").empty()) {
            send_topic(*session, *channel, *room);
        } else {
            session->reply(irc::rpl_notopic, {channel->name(), "No topic is set"});
        }
        co_return;
    }
    if (message.params[1].size() > irc::max_topic_bytes) {
        session->reply(irc::err_inputtoolong, {"Input line was too long"});
        co_return;
    }
    co_await change_topic(state, session, channel, message.params[1]);
}

void send_topic(Session& session, const Conversation& conversation, const roomstore::Room& room) {
    const std::string topic = text_at(room.metadata, "topic");
    if (topic.empty()) return;
    session.reply(irc::rpl_topic, {conversation.name(), topic});
    const auto time = roomstore::parse_iso8601(text_at(room.metadata, "topic_at"));
    const std::string by = text_at(room.metadata, "topic_by");
    if (!time || !irc::is_nick(by)) return;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count();
    session.reply(irc::rpl_topicwhotime, {conversation.name(), by, std::to_string(seconds)});
}

}  // namespace chat::commands
