#include "conversation.hpp"

#include <algorithm>

#include "state.hpp"

namespace chat {

using roomstore::ParticipantStatus;
using roomstore::RoomEvent;

namespace {

/// How many messages of a room are remembered, to tell that they were changed or deleted.
constexpr std::size_t most_remembered = 100;
constexpr std::int64_t page_limit = 100;

std::string visible_text(const Post& post) {
    return std::string(irc::utf8_prefix(post.text, irc::max_line_bytes));
}

}  // namespace

Conversation::Conversation(const asio::any_io_executor& executor,
                           roomstore::ConversationStore& store,
                           std::shared_ptr<roomstore::RoomWatch> watch,
                           roomstore::Room blueprint)
    : store_(store), watch_(std::move(watch)), blueprint_(std::move(blueprint)), mutex_(executor) {
    watch_->add(id());
}

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
    if (cursor_) {
        co_await show_pending();
    } else {
        co_await load();
    }
    if (const std::string name = room_name(*room); !name.empty()) name_ = name;
    co_return std::move(*room);
}

/// What the room holds now counts as shown.
awaitable<void> Conversation::load() {
    const roomstore::ChangesQuery query{.limit = page_limit, .start = roomstore::Start::newest};
    const auto changes = co_await store_.list_changes(id(), query);
    if (changes.room) created_at_ = changes.room->created_at;
    for (const RoomEvent& event : changes.added) remember(event);
    cursor_ = changes.cursor;
}

awaitable<void> Conversation::show_pending() {
    // Otherwise somebody is about to load it.
    if (!cursor_) co_return;
    behind_ = true;
    while (behind_) {
        const roomstore::ChangesQuery query{
            .since = cursor_, .limit = page_limit, .start = roomstore::Start::newest};
        const auto changes = co_await store_.list_changes(id(), query);
        if (changes.reset) {
            restart(changes);
        } else {
            show(changes);
        }
        behind_ = changes.reset || changes.more;
    }
}

awaitable<void> Conversation::follow() {
    // Who waits for the lock already will also read what has just changed.
    if (std::exchange(follow_waits_, true)) co_return;
    const auto lock = co_await mutex_.lock();
    follow_waits_ = false;
    co_await show_pending();
}

/// Puts the cursor where reading goes on after a reset.
void Conversation::restart(const roomstore::RoomChanges& changes) {
    if (changes.room && changes.room->created_at == created_at_) {
        // The store has forgotten what was changed, but the events of the room have their indexes.
        // Beginning anew would show them twice.
        const roomstore::RoomCursor before = *cursor_;
        cursor_ = changes.cursor;
        cursor_->next_index = std::min(before.next_index, cursor_->next_index);
        cursor_->from_index = std::min(before.from_index, cursor_->next_index);
        shown_index_ = std::min(shown_index_, cursor_->next_index - 1);
        return;
    }
    // The room was deleted. If there is another one now, nobody has seen any of its events.
    cursor_ = roomstore::RoomCursor();
    shown_index_ = -1;
    shown_id_.clear();
    recent_.clear();
    for (auto& [id, member] : members_) member = std::make_shared<Member>(member->session);
}

void Conversation::remember(const RoomEvent& event) {
    shown_index_ = event.index;
    shown_id_ = event.id;
    if (event.type != roomstore::EventType::message) return;
    const Post message = read_event(event, name_);
    Shown shown{.id = event.id,
                .sender = message.source.substr(0, message.source.find('!')),
                .text = visible_text(message)};
    recent_.insert_or_assign(event.index, std::move(shown));
    if (recent_.size() > most_remembered) recent_.erase(recent_.begin());
}

void Conversation::show(const roomstore::RoomChanges& changes) {
    // First, so that a failure cannot have anything shown twice.
    cursor_ = changes.cursor;
    if (changes.room) created_at_ = changes.room->created_at;
    for (const auto& event : changes.deleted) show_deletion(event);
    for (const auto& event : changes.updated) show_update(event);
    for (const auto& event : changes.added) {
        remember(event);
        show(event);
    }
    if (recent_.size() < most_remembered) return;
    // Saves reading changes of messages that are not remembered.
    cursor_->from_index = std::max(cursor_->from_index, recent_.begin()->first);
}

void Conversation::show_update(const RoomEvent& event) {
    const auto found = recent_.find(event.index);
    if (found == recent_.end() || found->second.id != event.id) return;
    const std::string text = visible_text(read_event(event, name_));
    // Most updates do not change the text: they record, for example, that it was delivered.
    if (std::exchange(found->second.text, text) == text) return;
    send_notice(event.id, "a message of " + found->second.sender + " was changed to: " + text);
}

void Conversation::show_deletion(const roomstore::DeletedEvent& event) {
    const auto found = recent_.find(event.index);
    if (found == recent_.end() || found->second.id != event.id) return;
    const Shown deleted = std::move(found->second);
    recent_.erase(found);
    send_notice(event.id, "a message of " + deleted.sender + " was deleted: " + deleted.text);
}

/// Sends all members a notice about a message.
void Conversation::send_notice(const std::string& event_id, std::string text) const {
    for (const auto& [id, member] : members_) {
        const Session& reader = *member->session;
        irc::Tags tags;
        if (reader.has(Cap::message_tags)) tags["+draft/reply"] = event_id;
        // Clients show a notice to a channel in the window of that channel.
        const std::string_view target = is_channel() ? name_ : reader.nick;
        reader.connection->send(
            irc::serialize_tags(tags) +
            irc::serialize({reader.server.options.name, "NOTICE", {target, text}}));
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
        // If the message was shown, it is stored, even if the store could not tell. If it turns out
        // to be stored later, its sender has to see it too.
        if (senders_.erase(event.id) == 0) co_return true;
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
