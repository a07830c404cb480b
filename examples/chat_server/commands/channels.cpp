#include <algorithm>

#include "commands.hpp"

namespace chat::commands {

namespace {

/// Sends the topic (332 and 333), if the room has one.
void send_topic(const Session& session, const std::string& channel, const roomstore::Room& room) {
    const std::string topic = text_at(room.metadata, "topic");
    if (topic.empty()) return;
    session.reply("332", {channel, topic});
    const auto time = roomstore::parse_iso8601(text_at(room.metadata, "topic_at"));
    const std::string by = text_at(room.metadata, "topic_by");
    if (!time || !irc::is_nick(by)) return;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count();
    session.reply("333", {channel, by, std::to_string(seconds)});
}

/// Tells the client how many messages it has missed, and sends `events`, which are empty if the
/// client can ask for them itself.
void send_missed(Session& session,
                 const std::string& channel,
                 std::int64_t unread,
                 const std::vector<roomstore::RoomEvent>& events) {
    if (unread == 0) return;
    std::string text = std::to_string(unread);
    text += unread == 1 ? " message since you were here" : " messages since you were here";
    const auto sent = static_cast<std::int64_t>(events.size());
    if (sent > 0 && sent < unread) text += "; the last " + std::to_string(sent) + ":";
    // Clients show a notice to a channel in the window of that channel.
    session.send_from_server("NOTICE", {channel, text});
    if (events.empty()) return;
    send_history(session, channel, events);
    session.send_from_server("NOTICE", {channel, "end of what you missed"});
}

/// The join is announced only after all calls to the store have succeeded.
awaitable<void> enter_channel(SessionPtr session, ConversationPtr channel) {
    using Arrival = Conversation::Arrival;
    roomstore::ConversationStore& store = *session->server.store;
    const auto lock = co_await channel->lock();
    const roomstore::Room room = co_await channel->open();
    const Arrival arrival = co_await channel->record_arrival(session->nick);
    const std::string& name = channel->name();
    if (arrival == Arrival::banned) {
        co_return session->reply("474", {name, "Cannot join channel (+b)"});
    }
    std::int64_t unread = 0;
    if (arrival == Arrival::again) {
        unread = co_await store.get_unread_count(channel->id(), channel_id(session->nick));
    }
    std::vector<roomstore::RoomEvent> missed;
    if (unread > 0 && !session->has(Cap::chathistory)) {
        missed = co_await channel->list_shown(std::min(unread, session->server.options.playback));
    }

    channel->add_member(session);
    channel->send({session->mask(), "JOIN", {name}});
    send_topic(*session, name, room);
    send_names(*session, *channel);
    send_missed(*session, name, unread, missed);
    channel->set_caught_up(*session);
}

awaitable<void> leave_channel(SessionPtr session, ConversationPtr channel, std::string reason) {
    auto lock = co_await channel->lock();
    const std::string mask = session->mask();
    irc::Line line{mask, "PART", {channel->name()}};
    if (!reason.empty()) line.params.emplace_back(reason);
    channel->send(line);
    const ReadPosition position = channel->remove_member(*session);
    lock.reset();
    co_await channel->record_departure(
        session, session->nick, roomstore::ParticipantStatus::left, position);
}

/// Stores the topic and announces it under the same lock, so that all members see topics in the
/// order in which they were stored.
awaitable<void> change_topic(SessionPtr session, ConversationPtr channel, std::string topic) {
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
    const auto room = co_await session->server.store->patch_room_metadata(
        channel->id(), std::move(patch), std::move(unset));
    if (!room) throw roomstore::Error(roomstore::errc::not_found, "no room " + channel->id());
    channel->send({session->mask(), "TOPIC", {channel->name(), topic}});
}

}  // namespace

awaitable<void> join(SessionPtr session, irc::Message message) {
    if (message.param(0) == "0") {
        for (const auto& channel : session->channels()) {
            co_await leave_channel(session, channel, "");
        }
        co_return;
    }
    for (const std::string& name : irc::split_list(message.param(0))) {
        if (!irc::is_channel(name)) {
            session->reply("403", {irc::quotable(name), "No such channel"});
        } else if (session->joined(name)) {
            continue;
        } else if (session->channels().size() >= session->server.options.max_channels) {
            session->reply("405", {name, "You have joined too many channels"});
        } else {
            co_await enter_channel(session, session->server.open(make_channel_room(name)));
        }
        if (session->connection->closing()) co_return;
    }
}

awaitable<void> part(SessionPtr session, irc::Message message) {
    for (const std::string& name : irc::split_list(message.param(0))) {
        if (const auto channel = session->joined(name)) {
            co_await leave_channel(session, channel, message.param(1));
        } else {
            co_await reply_not_joined(session, name, "442", "You're not on that channel");
        }
    }
}

awaitable<void> topic(SessionPtr session, irc::Message message) {
    const auto channel = session->joined(message.param(0));
    if (!channel) {
        const std::string name = message.param(0);
        co_await reply_not_joined(session, name, "442", "You're not on that channel");
    } else if (message.params.size() == 1) {
        const auto room = co_await session->server.store->get_room(channel->id());
        if (room && !text_at(room->metadata, "topic").empty()) {
            send_topic(*session, channel->name(), *room);
        } else {
            session->reply("331", {channel->name(), "No topic is set"});
        }
    } else if (message.param(1).size() > irc::max_topic_bytes) {
        session->reply("417", {"Input line was too long"});
    } else {
        co_await change_topic(session, channel, message.param(1));
    }
}

awaitable<void> reply_not_joined(SessionPtr session,
                                 std::string name,
                                 std::string_view numeric,
                                 std::string_view text) {
    roomstore::ConversationStore& store = *session->server.store;
    bool exists = false;
    if (irc::is_channel(name)) exists = co_await store.room_exists(irc::fold(name));
    if (exists) co_return session->reply(numeric, {name, text});
    session->reply("403", {irc::quotable(name), "No such channel"});
}

}  // namespace chat::commands
