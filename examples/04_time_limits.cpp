// A call with a time limit set by the caller. Every call of PostgresStore ends within
// PostgresOptions::deadline; a caller that cannot wait that long uses within(), and errc::timeout
// then means that nothing was stored.

#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <roomstore/decorators/failing_store.hpp>
#include <roomstore/roomstore.hpp>
#include <roomstore/within.hpp>

using roomstore::errc;
using roomstore::RoomEvent;
using roomstore::within;
using namespace std::chrono_literals;

/// The result of the append decides, not the clock: a time limit that ends after the commit has
/// begun is too late, and the event is stored. (For this reason `append || timer` is wrong: it
/// discards the result of the append.)
/// @returns whether the event is stored.
asio::awaitable<bool> append_within(roomstore::ConversationStore& store,
                                    RoomEvent event,
                                    std::chrono::milliseconds limit) {
    try {
        const RoomEvent stored = co_await within(limit, store.append(event));
        std::cout << "stored at index " << stored.index << '\n';
        co_return true;
    } catch (const roomstore::Error& error) {
        if (error.errc() != errc::timeout) throw;
        std::cout << "not stored: " << error.detail() << '\n';
        co_return false;
    }
}

asio::awaitable<void> run(std::shared_ptr<roomstore::FailingStore> store) {
    co_await store->init();
    co_await store->create_room(roomstore::make_room("lobby"));
    const auto ada = roomstore::source("cli:ada", "cli");

    const RoomEvent event = roomstore::text_event("lobby", ada, "in time");
    const bool stored = co_await append_within(*store, event, 1min);
    if (!stored) throw std::logic_error("a minute was not enough");

    // As a server that does not answer.
    store->hold("add_event_auto_index");
    const RoomEvent other = roomstore::text_event("lobby", ada, "too late");
    const bool also_stored = co_await append_within(*store, other, 20ms);
    if (also_stored) throw std::logic_error("a store that does not answer has answered");

    const auto count = co_await store->get_event_count("lobby");
    if (count != 1) throw std::logic_error("not one event");
    co_await store->close();
}

int main() {
    asio::io_context io;
    const auto store =
        std::make_shared<roomstore::FailingStore>(std::make_shared<roomstore::InMemoryStore>());
    asio::co_spawn(io, run(store), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
}
