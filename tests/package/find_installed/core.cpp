// Appends to a memory store and reads back, using only the installed headers.
#include <cstdio>
#include <string>
#include <vector>

#include <roomstore/roomstore.hpp>

namespace {

roomstore::RoomEvent message(std::string body) {
    return {.room_id = "lobby",
            .source = {.channel_id = "tty", .channel_type = "cli"},
            .content = roomstore::TextContent{std::move(body)}};
}

asio::awaitable<std::vector<roomstore::RoomEvent>> converse(roomstore::ConversationStore& store) {
    const roomstore::Room room{.id = "lobby"};
    co_await store.init();
    co_await store.create_room(room);
    co_await store.add_event_auto_index("lobby", message("hello"));
    co_await store.add_event_auto_index("lobby", message("and good-bye"));
    auto events = co_await store.list_events("lobby");
    co_await store.close();
    co_return events;
}

}  // namespace

int main() {
    asio::io_context io;
    roomstore::InMemoryStore store;
    auto conversation = asio::co_spawn(io, converse(store), asio::use_future);
    io.run();
    const auto events = conversation.get();
    if (events.size() != 2 || events[1].index != 1 ||
        events[1].content != roomstore::TextContent{"and good-bye"}) {
        std::fprintf(stderr, "read back other events than expected: %zu\n", events.size());
        return 1;
    }
    std::printf("roomstore %s: %zu events\n", ROOMSTORE_VERSION_STRING, events.size());
}
