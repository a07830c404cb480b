#include "conversation.hpp"

namespace chat {

using roomstore::ParticipantStatus;
using roomstore::RoomEvent;

Conversation::Conversation(const asio::any_io_executor& executor,
                           roomstore::ConversationStore& store,
                           roomstore::Room blueprint)
    : store_(store), blueprint_(std::move(blueprint)), mutex_(executor) {}

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
    if (loaded_ && latest >= shown_index_) {
        co_await show_pending();
    } else {
        const roomstore::EventQuery newest{.limit = 1, .newest_first = true};
        const auto events = co_await store_.list_events(id(), newest);
        shown_index_ = events.empty() ? -1 : events.back().index;
        shown_id_ = events.empty() ? std::string() : events.back().id;
        loaded_ = true;
    }
    if (const std::string name = room_name(*room); !name.empty()) name_ = name;
    co_return std::move(*room);
}

awaitable<void> Conversation::show_pending() {
    behind_ = true;
    while (behind_) {
        roomstore::EventQuery query{.limit = 100};
        if (shown_index_ >= 0) query.after_index = shown_index_;
        const auto page = co_await store_.list_events(id(), query);
        for (const RoomEvent& event : page) {
            shown_index_ = event.index;
            shown_id_ = event.id;
            show(event);
        }
        behind_ = std::ssize(page) == query.limit;
    }
}

void Conversation::show(const RoomEvent& event) {
    std::uint64_t sender = 0;
    if (const auto node = senders_.extract(event.id)) sender = node.mapped();
    const bool is_message = event.type == roomstore::EventType::message;
    const Post message = is_message ? read_event(event, name_) : Post{};
    for (const auto& [id, member] : members_) {
        const Session& reader = *member->session;
        if (reader.connection->closing()) continue;
        const bool to_self = irc::fold(message.target) == irc::fold(reader.nick);
        const bool own = id == sender && !to_self && !reader.has(Cap::echo_message);
        if (is_message && !own) reader.connection->send(render(event, message, reader, {}));
        // If the output buffer has just overflowed, the member was not shown this event.
        if (reader.connection->closing()) continue;
        member->position.set_written(reader.connection->written_bytes());
        member->position.add(event.index, event.id, reader.connection->queued_bytes());
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
        co_await pause(std::chrono::milliseconds(100 * attempt));
    }
}

awaitable<bool> Conversation::post(SessionPtr sender, Post message) {
    RoomEvent event = make_event(id(), message);
    senders_[event.id] = sender->id;
    try {
        event = co_await append(event);
    } catch (...) {
        // If the message turns out to be stored after all, its sender has to see it too.
        senders_.erase(event.id);
        throw;
    }
    const auto lock = co_await mutex_.lock();
    try {
        if (event.index > shown_index_) co_await show_pending();
        co_return true;
    } catch (const roomstore::Error&) {
        co_return false;
    }
}

awaitable<std::vector<RoomEvent>> Conversation::list_shown(std::int64_t limit) {
    const roomstore::EventQuery query{.limit = limit, .before_index = shown_index_ + 1};
    return store_.list_events(id(), query);
}

void Conversation::add_member(SessionPtr session) {
    session->conversations.emplace(id(), shared_from_this());
    members_.try_emplace(session->id, std::make_shared<Member>(session));
}

void Conversation::set_caught_up(const Session& session) {
    const auto found = members_.find(session.id);
    if (found == members_.end() || shown_index_ < 0 || session.connection->closing()) return;
    found->second->position.add(shown_index_, shown_id_, session.connection->queued_bytes());
}

ReadPosition Conversation::remove_member(Session& session) {
    session.conversations.erase(id());
    const auto node = members_.extract(session.id);
    return node ? node.mapped()->position : ReadPosition{};
}

std::vector<SessionPtr> Conversation::members() const {
    std::vector<SessionPtr> sessions;
    for (const auto& [id, member] : members_) sessions.push_back(member->session);
    return sessions;
}

void Conversation::send(const irc::Line& line) const {
    const std::string text = irc::serialize(line);
    for (const auto& [id, member] : members_) member->session->connection->send(text);
}

awaitable<Conversation::Arrival> Conversation::record_arrival(std::string nick) {
    const std::string participant_id = irc::fold(nick);
    const auto known = co_await store_.get_participant(id(), participant_id);
    if (known && known->status == ParticipantStatus::banned) co_return Arrival::banned;

    roomstore::Participant participant = known.value_or(roomstore::Participant());
    participant.id = participant_id;
    participant.room_id = id();
    participant.channel_id = channel_id(nick);
    participant.display_name = nick;
    participant.status = ParticipantStatus::active;
    co_await store_.add_participant(std::move(participant));

    const bool attached = co_await store_.binding_exists(id(), channel_id(nick));
    if (!attached) {
        roomstore::ChannelBinding binding{
            .channel_id = channel_id(nick), .room_id = id(), .channel_type = channel_type};
        binding.participant_id = participant_id;
        co_await store_.add_binding(std::move(binding));
    }
    co_return known ? Arrival::again : Arrival::first;
}

awaitable<void> Conversation::record_reading(std::string nick,
                                             std::optional<std::string> event_id) {
    if (!event_id) co_return;
    try {
        co_await store_.mark_read(id(), channel_id(nick), std::move(*event_id));
    } catch (const roomstore::Error& error) {
        // Another application on the same store may have deleted the event. The marker then stays
        // where it was, and some events that were read count as unread.
        if (error.code() != roomstore::errc::not_found) throw;
    }
}

awaitable<void> Conversation::record_departure(SessionPtr session,
                                               std::string nick,
                                               ParticipantStatus status,
                                               ReadPosition position) {
    // This waits for one client, so the lock must not be held meanwhile.
    co_await session->connection->flushed();
    position.set_written(session->connection->written_bytes());
    const auto lock = co_await mutex_.lock();
    co_await record_reading(nick, position.unstored());
    auto participant = co_await store_.get_participant(id(), irc::fold(nick));
    if (participant && participant->status != ParticipantStatus::banned) {
        participant->status = status;
        co_await store_.update_participant(std::move(*participant));
    }
    if (status == ParticipantStatus::left) co_await store_.remove_binding(id(), channel_id(nick));
}

awaitable<void> Conversation::mark_read() {
    std::exception_ptr failure;
    const auto members = members_;
    for (const auto& [id, member] : members) {
        member->position.set_written(member->session->connection->written_bytes());
        const std::int64_t index = member->position.index();
        try {
            co_await record_reading(member->session->nick, member->position.unstored());
            member->position.set_stored(index);
        } catch (const roomstore::Error&) {
            failure = std::current_exception();
        }
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace chat
