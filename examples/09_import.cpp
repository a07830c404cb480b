// Importing an existing log into a room: indexes (gaps included), times and ids are taken from the
// log, and later appends continue after them. An import that was interrupted is simply run again.

#include <cstdint>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

#include <roomstore/roomstore.hpp>

using roomstore::ConversationStore;
using roomstore::RoomEvent;

// Line number, time, author, text. Line 2 was removed long ago.
const char* const old_log =
    "0 2019-03-01T09:00:00Z ada Good morning.\n"
    "1 2019-03-01T09:00:05Z charles And to you.\n"
    "3 2019-03-01T17:30:00Z ada Good night.\n";

RoomEvent parse(const std::string& line) {
    std::istringstream words(line);
    std::string time;
    std::string author;
    RoomEvent event{.room_id = "old-lobby"};
    words >> event.index >> time >> author >> std::ws;
    const auto created_at = roomstore::parse_iso8601(time);
    if (!created_at) throw std::runtime_error("no time: " + line);
    std::string text;
    std::getline(words, text);
    // The same line always gets the same id, which makes the import repeatable.
    event.id = "old-lobby-" + std::to_string(event.index);
    event.created_at = *created_at;
    event.source = {.channel_id = "import:" + author, .channel_type = "system"};
    event.content = roomstore::TextContent{.body = text};
    return event;
}

asio::awaitable<void> import_log(ConversationStore& store) {
    const bool begun = co_await store.room_exists("old-lobby");
    roomstore::Room room{.id = "old-lobby"};
    if (!begun) co_await store.create_room(room);
    std::istringstream log(old_log);
    for (std::string line; std::getline(log, line);) {
        const RoomEvent event = parse(line);
        // Stores the event at event.index. If it is stored already, nothing happens; if another
        // event has that index, the call throws errc::conflict.
        co_await store.add_event(event);
    }
    // Imported messages are years old and must not count as unread.
    co_await store.mark_all_read("old-lobby", "cli:ada");
}

asio::awaitable<void> run(ConversationStore& store) {
    co_await store.init();
    co_await import_log(store);
    co_await import_log(store);

    RoomEvent fresh{.room_id = "old-lobby"};
    fresh.source = {.channel_id = "cli:ada", .channel_type = "cli"};
    fresh.content = roomstore::TextContent{.body = "Still here?"};
    const RoomEvent stored = co_await store.add_event_auto_index("old-lobby", fresh);
    for (const RoomEvent& event : co_await store.get_conversation("old-lobby")) {
        std::cout << event.index << " " << roomstore::to_iso8601(event.created_at) << " "
                  << event.content.get<roomstore::TextContent>().body << '\n';
    }
    const auto count = co_await store.get_event_count("old-lobby");
    const auto unread = co_await store.get_unread_count("old-lobby", "cli:ada");
    if (stored.index != 4 || count != 4 || unread != 1) {
        throw std::logic_error("the log was imported twice or incompletely");
    }
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
