#include "presence.hpp"

#include <utility>

#include "mapping.hpp"

namespace chat {

using roomstore::ParticipantStatus;

asio::awaitable<Arrival> record_arrival(roomstore::ConversationStore& store,
                                        std::string room_id,
                                        std::string nick) {
    auto known = co_await store.get_participant(room_id, participant_id(nick));
    if (known && known->status == ParticipantStatus::banned) co_return Arrival::banned;
    const Arrival arrival = known ? Arrival::again : Arrival::first;

    roomstore::Participant participant = known ? std::move(*known) : roomstore::Participant{};
    participant.id = participant_id(nick);
    participant.room_id = room_id;
    participant.channel_id = channel_id(nick);
    participant.display_name = nick;
    participant.status = ParticipantStatus::active;
    co_await store.add_participant(std::move(participant));

    const bool attached = co_await store.binding_exists(room_id, channel_id(nick));
    if (!attached) {
        roomstore::ChannelBinding binding;
        binding.channel_id = channel_id(nick);
        binding.room_id = room_id;
        binding.channel_type = channel_type;
        binding.participant_id = participant_id(nick);
        co_await store.add_binding(std::move(binding));
    }
    co_return arrival;
}

asio::awaitable<void> record_reading(roomstore::ConversationStore& store,
                                     std::string room_id,
                                     std::string nick,
                                     std::string last_read_event) {
    try {
        co_await store.mark_read(std::move(room_id), channel_id(nick), std::move(last_read_event));
    } catch (const roomstore::Error& error) {
        // Another application on the same store may have deleted the event.
        if (error.code() != roomstore::errc::not_found) throw;
    }
}

asio::awaitable<void> record_departure(roomstore::ConversationStore& store,
                                       std::string room_id,
                                       std::string nick,
                                       ParticipantStatus status,
                                       std::optional<std::string> last_read_event) {
    if (last_read_event) {
        co_await record_reading(store, room_id, nick, std::move(*last_read_event));
    }
    auto participant = co_await store.get_participant(room_id, participant_id(nick));
    if (participant && participant->status != ParticipantStatus::banned) {
        participant->status = status;
        co_await store.update_participant(std::move(*participant));
    }
    if (status == ParticipantStatus::left) {
        co_await store.remove_binding(std::move(room_id), channel_id(nick));
    }
}

}  // namespace chat
