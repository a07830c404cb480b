// One room, one message, read back.

#include <iostream>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <roomstore/roomstore.hpp>

asio::awaitable<void> hello(roomstore::ConversationStore& store) {
    co_await store.init();

    co_await store.create_room(roomstore::make_room("lobby"));

    const roomstore::RoomEvent stored = co_await store.append(
        roomstore::text_event("lobby", roomstore::source("cli:ada", "cli"), "Hello, world"));
    std::cout << "stored at index " << stored.index << '\n';

    for (const roomstore::RoomEvent& said : co_await store.get_conversation("lobby")) {
        if (const auto* text = said.content.get_if<roomstore::TextContent>()) {
            std::cout << said.index << ": " << text->body << '\n';
        }
    }
    co_await store.close();
}

int main() {
    asio::io_context io;
    roomstore::InMemoryStore store;
    asio::co_spawn(io, hello(store), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
}
