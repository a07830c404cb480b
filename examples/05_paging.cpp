// Reading a long history page by page: backwards, like a client that scrolls up, and forwards, like
// a client that was offline. The cursor is the index of an event, so concurrent appends do not
// shift the pages.

#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <roomstore/roomstore.hpp>

using roomstore::ConversationStore;
using roomstore::EventQuery;
using roomstore::RoomEvent;

constexpr std::int64_t page_size = 50;

asio::awaitable<void> fill(ConversationStore& store, int count) {
    std::vector<RoomEvent> events;
    for (int i = 0; i < count; ++i) {
        RoomEvent event{.room_id = "lobby"};
        event.source = {.channel_id = "cli:ada", .channel_type = "cli"};
        event.content = roomstore::TextContent{.body = std::to_string(i)};
        events.push_back(event);
    }
    // Stores all events or none, in one round trip: faster than one append for each event.
    co_await store.append_events("lobby", events);
}

/// Reads the newest page, then the pages before it.
asio::awaitable<std::int64_t> read_backwards(ConversationStore& store) {
    std::int64_t seen = 0;
    EventQuery query{.limit = page_size, .newest_first = true};
    while (true) {
        // The events of a page are always in ascending order of index.
        const std::vector<RoomEvent> page = co_await store.list_events("lobby", query);
        if (page.empty()) co_return seen;
        seen += static_cast<std::int64_t>(page.size());
        query.before_index = page.front().index;
    }
}

/// Reads everything after the last event seen. A page that is not full is the last one for now; a
/// later call with the same cursor continues from there.
asio::awaitable<std::int64_t> read_forwards(ConversationStore& store, std::int64_t last_seen) {
    std::int64_t seen = 0;
    EventQuery query{.limit = page_size, .after_index = last_seen};
    while (true) {
        const std::vector<RoomEvent> page = co_await store.list_events("lobby", query);
        seen += static_cast<std::int64_t>(page.size());
        if (page.size() < page_size) co_return seen;
        query.after_index = page.back().index;
    }
}

asio::awaitable<void> run(ConversationStore& store) {
    co_await store.init();
    roomstore::Room room{.id = "lobby"};
    co_await store.create_room(room);
    co_await fill(store, 1234);

    const auto backwards = co_await read_backwards(store);
    const auto forwards = co_await read_forwards(store, 999);
    std::cout << backwards << " events upwards, " << forwards << " after index 999\n";
    if (backwards != 1234 || forwards != 234) throw std::logic_error("pages overlap or miss some");
    co_await store.close();
}

int main() {
    asio::io_context io;
    roomstore::InMemoryStore store;
    asio::co_spawn(io, run(store), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
}
