// Appends to a PostgreSQL store and reads back, through the installed library:
//
//   consumer CONNECTION SCHEMA   uses that schema of that server
//   consumer                     without a server: checks the error
#include <cstdio>
#include <memory>
#include <string>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include <roomstore/postgres/postgres_store.hpp>

namespace {

asio::awaitable<std::int64_t> converse(std::shared_ptr<roomstore::ConversationStore> store) {
    const roomstore::Room room{.id = "lobby"};
    roomstore::RoomEvent event{.room_id = "lobby"};
    event.source = {.channel_id = "tty", .channel_type = "cli"};
    event.content = roomstore::TextContent{"hello"};
    co_await store->init();
    co_await store->create_room(room);
    co_await store->add_event_auto_index("lobby", event);
    const auto events = co_await store->list_events("lobby");
    const bool same = events.size() == 1 && events.at(0).content == event.content;
    co_await store->close();
    co_return same ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    roomstore::PostgresOptions options{.connections = 1};
    // A socket directory that cannot have a server.
    options.connection_string = argc == 3 ? argv[1] : "host=/nonexistent dbname=none";
    if (argc == 3) options.schema = argv[2];
    if (argc != 3) options.deadline = std::chrono::seconds(1);
    asio::io_context io;
    auto stored = asio::co_spawn(
        io, converse(std::make_shared<roomstore::PostgresStore>(options)), asio::use_future);
    io.run();
    try {
        const auto count = stored.get();
        std::printf("%lld event appended and read\n", static_cast<long long>(count));
        return argc == 3 && count == 1 ? 0 : 1;
    } catch (const roomstore::Error& error) {
        // The exception class and the error category are those of the library, even if it is
        // shared.
        std::printf("%s\n", error.what());
        return argc != 3 && error.code() == roomstore::errc::unavailable ? 0 : 1;
    }
}
