#include "conversation.hpp"

namespace chat {

using roomstore::ParticipantStatus;
using roomstore::RoomEvent;

Conversation::Conversation(asio::any_io_executor executor,
                           roomstore::ConversationStore& store,
                           roomstore::Room blueprint)
    : executor_(executor),
      store_(store),
      blueprint_(std::move(blueprint)),
      name_(room_name(blueprint_)),
      mutex_(std::move(executor)) {}

awaitable<roomstore::Room> Conversation::open() {
    auto room = co_await store_.get_room(id());
    if (!room) {
        try {
            room = co_await store_.create_room(blueprint_);
        } catch (const roomstore::Error& error) {
            // Another server on the same store has just created the room.
            if (error.code() != roomstore::errc::already_exists) throw;
        }
        if (!room) room = co_await store_.get_room(id());
        if (!room) throw roomstore::Error(roomstore::errc::not_found, "the room was just deleted");
    }
    const std::int64_t latest = room->event_count > 0 ? room->latest_index : -1;
    // A room that was deleted and created again has lower indexes; it is loaded again.
    if (!loaded_ || latest < shown_index_) {
        co_await load();
    } else {
        co_await show_pending();
    }
    if (const std::string name = room_name(*room); !name.empty()) name_ = name;
    co_return std::move(*room);
}

awaitable<void> Conversation::load() {
    roomstore::EventQuery newest;
    newest.limit = 1;
    newest.newest_first = true;
    const auto events = co_await store_.list_events(id(), newest);
    shown_index_ = events.empty() ? -1 : events.back().index;
    shown_id_ = events.empty() ? std::string() : events.back().id;
    loaded_ = true;
}

awaitable<void> Conversation::show_pending() {
    constexpr std::int64_t page = 100;
    behind_ = true;
    std::size_t count = 0;
    do {
        roomstore::EventQuery query;
        query.limit = page;
        if (shown_index_ >= 0) query.after_index = shown_index_;
        const auto events = co_await store_.list_events(id(), query);
        for (const RoomEvent& event : events) {
            shown_index_ = event.index;
            shown_id_ = event.id;
            show(event);
        }
        count = events.size();
    } while (count == page);
    behind_ = false;
}

void Conversation::show(const RoomEvent& event) {
    std::uint64_t sender = 0;
    if (const auto node = senders_.extract(event.id)) sender = node.mapped();
    const bool is_message = event.type == roomstore::EventType::message;
    const Post message = is_message ? read_event(event, name_) : Post{};
    for (auto& [id, member] : members_) {
        const Session& reader = *member.session;
        if (reader.connection->closing()) continue;
        const bool to_self = irc::fold(message.target) == irc::fold(reader.nick);
        const bool own = id == sender && !to_self && !reader.has(Cap::echo_message);
        if (is_message && !own) reader.connection->send(render(event, message, reader, {}));
        // If the output buffer has just overflowed, the member was not shown this event.
        if (reader.connection->closing()) continue;
        member.position.set_written(reader.connection->written_bytes());
        member.position.add(event.index, event.id, reader.connection->queued_bytes());
    }
}

awaitable<RoomEvent> Conversation::append(RoomEvent event) {
    constexpr int attempts = 3;
    for (int attempt = 1;; ++attempt) {
        try {
            co_return co_await store_.add_event_auto_index(id(), event);
        } catch (const roomstore::Error& error) {
            if (attempt == attempts || !error.retryable()) throw;
        }
        co_await pause(executor_, std::chrono::milliseconds(100 * attempt));
    }
}

awaitable<bool> Conversation::post(SessionPtr sender, Post message) {
    RoomEvent event = make_event(id(), message);
    const std::string event_id = event.id;
    senders_[event_id] = sender->id;
    RoomEvent stored;
    try {
        stored = co_await append(std::move(event));
    } catch (...) {
        // If the message turns out to be stored after all, its sender has to see it too.
        senders_.erase(event_id);
        throw;
    }
    const auto lock = co_await mutex_.lock();
    if (stored.index <= shown_index_) co_return true;
    try {
        co_await show_pending();
    } catch (const roomstore::Error&) {
        co_return false;
    }
    co_return true;
}

awaitable<std::vector<RoomEvent>> Conversation::list_shown(std::int64_t limit) {
    roomstore::EventQuery query;
    query.limit = limit;
    query.before_index = shown_index_ + 1;
    return store_.list_events(id(), query);
}

void Conversation::add_member(SessionPtr session) {
    const std::uint64_t id = session->id;
    members_.try_emplace(id, Member{.session = std::move(session)});
}

void Conversation::set_caught_up(const Session& session) {
    const auto found = members_.find(session.id);
    if (found == members_.end() || shown_index_ < 0 || session.connection->closing()) return;
    found->second.position.add(shown_index_, shown_id_, session.connection->queued_bytes());
}

ReadPosition Conversation::remove_member(const Session& session) {
    const auto node = members_.extract(session.id);
    return node ? node.mapped().position : ReadPosition{};
}

std::vector<SessionPtr> Conversation::members() const {
    std::vector<SessionPtr> sessions;
    for (const auto& [id, member] : members_) sessions.push_back(member.session);
    return sessions;
}

void Conversation::send(const irc::Line& line) const {
    const std::string text = irc::serialize(line);
    for (const auto& [id, member] : members_) member.session->connection->send(text);
}

awaitable<Conversation::Arrival> Conversation::record_arrival(std::string nick) {
    auto known = co_await store_.get_participant(id(), irc::fold(nick));
    if (known && known->status == ParticipantStatus::banned) co_return Arrival::banned;
    const Arrival arrival = known ? Arrival::again : Arrival::first;

    roomstore::Participant participant = known ? std::move(*known) : roomstore::Participant{};
    participant.id = irc::fold(nick);
    participant.room_id = id();
    participant.channel_id = channel_id(nick);
    participant.display_name = nick;
    participant.status = ParticipantStatus::active;
    co_await store_.add_participant(std::move(participant));

    const bool attached = co_await store_.binding_exists(id(), channel_id(nick));
    if (!attached) {
        roomstore::ChannelBinding binding;
        binding.channel_id = channel_id(nick);
        binding.room_id = id();
        binding.channel_type = channel_type;
        binding.participant_id = irc::fold(nick);
        co_await store_.add_binding(std::move(binding));
    }
    co_return arrival;
}

awaitable<void> Conversation::record_reading(std::string nick, std::string event_id) {
    try {
        co_await store_.mark_read(id(), channel_id(nick), std::move(event_id));
    } catch (const roomstore::Error& error) {
        // Another application on the same store may have deleted the event. The marker then stays
        // where it was, and some events that were read count as unread.
        if (error.code() != roomstore::errc::not_found) throw;
    }
}

awaitable<void> Conversation::record_departure(std::string nick,
                                               ParticipantStatus status,
                                               ReadPosition position) {
    if (const auto event_id = position.unstored()) co_await record_reading(nick, *event_id);
    auto participant = co_await store_.get_participant(id(), irc::fold(nick));
    if (participant && participant->status != ParticipantStatus::banned) {
        participant->status = status;
        co_await store_.update_participant(std::move(*participant));
    }
    if (status == ParticipantStatus::left) co_await store_.remove_binding(id(), channel_id(nick));
}

awaitable<void> Conversation::mark_read() {
    std::optional<roomstore::Error> failure;
    for (const SessionPtr& session : members()) {
        const auto member = members_.find(session->id);
        if (member == members_.end()) continue;
        member->second.position.set_written(session->connection->written_bytes());
        const std::int64_t index = member->second.position.index();
        const auto event_id = member->second.position.unstored();
        if (!event_id) continue;
        try {
            co_await record_reading(session->nick, *event_id);
        } catch (const roomstore::Error& error) {
            failure = error;
            continue;
        }
        const auto still = members_.find(session->id);
        if (still != members_.end()) still->second.position.set_stored(index);
    }
    if (failure) throw *failure;
}

}  // namespace chat
