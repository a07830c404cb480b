#include <roomstore/roomstore.hpp>

asio::awaitable<bool> talk(roomstore::ConversationStore& store) {
    const roomstore::Room room{.id = "lobby"};
    const roomstore::RoomEvent event{.room_id = "lobby",
                                     .source = {.channel_id = "tty", .channel_type = "cli"},
                                     .content = roomstore::TextContent{"hello"}};
    co_await store.init();
    co_await store.create_room(room);
    co_await store.add_event_auto_index("lobby", event);
    const auto events = co_await store.list_events("lobby");
    co_return events.at(0).content == event.content;
}

int main() {
    asio::io_context io;
    roomstore::InMemoryStore store;
    auto right = asio::co_spawn(io, talk(store), asio::use_future);
    io.run();
    return right.get() ? 0 : 1;
}
