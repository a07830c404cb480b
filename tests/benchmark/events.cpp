#include "benchmark/events.hpp"

#include <algorithm>
#include <utility>

namespace roomstore::benchmark {

RoomEvent make_event(const std::string& room_id, Key key) {
    RoomEvent event;
    event.room_id = room_id;
    event.source.channel_id = "sms1";
    event.source.channel_type = ChannelType::sms;
    event.source.participant_id = "p1";
    event.content = TextContent{.body = std::string(event_body)};
    if (key == Key::random) event.idempotency_key = generate_id();
    return event;
}

std::vector<RoomEvent> make_events(const std::string& room_id, std::int64_t count) {
    std::vector<RoomEvent> events;
    events.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) events.push_back(make_event(room_id));
    return events;
}

std::string room_name(std::int64_t number) { return "r" + std::to_string(number); }

asio::awaitable<void> create_rooms(ConversationStore& store, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
        Room room;
        room.id = room_name(i);
        co_await store.create_room(std::move(room));
    }
}

asio::awaitable<void> fill_room(ConversationStore& store, std::string room_id, std::int64_t count) {
    constexpr std::int64_t batch = 1000;
    Room room;
    room.id = room_id;
    co_await store.create_room(std::move(room));
    for (std::int64_t stored = 0; stored < count; stored += batch) {
        auto events = make_events(room_id, std::min(batch, count - stored));
        co_await store.append_events(room_id, std::move(events));
    }
}

asio::awaitable<std::int64_t> count_events(ConversationStore& store, std::int64_t rooms) {
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < rooms; ++i) {
        count += co_await store.get_event_count(room_name(i));
    }
    co_return count;
}

}  // namespace roomstore::benchmark
