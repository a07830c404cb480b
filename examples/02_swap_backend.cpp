// Code that uses the ConversationStore interface does not depend on the backend. The backend is
// chosen by one line in main:
//
//   02_swap_backend                          in memory
//   02_swap_backend postgresql:///postgres   in PostgreSQL, where roomstore::postgres is built

#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <roomstore/roomstore.hpp>
#ifdef ROOMSTORE_WITH_POSTGRES
#include <roomstore/postgres/postgres_store.hpp>
#endif

/// A part of an application that depends on the ConversationStore interface only.
class Guestbook {
public:
    explicit Guestbook(std::shared_ptr<roomstore::ConversationStore> store)
        : store_(std::move(store)) {}

    asio::awaitable<void> open() {
        co_await store_->init();
        const bool exists = co_await store_->room_exists("guestbook");
        roomstore::Room room{.id = "guestbook"};
        if (!exists) co_await store_->create_room(room);
    }

    asio::awaitable<void> sign(std::string name, std::string text) {
        roomstore::RoomEvent event{.room_id = "guestbook"};
        event.source = {.channel_id = "web:" + name, .channel_type = "webhook"};
        event.content = roomstore::TextContent{.body = std::move(text)};
        co_await store_->add_event_auto_index("guestbook", event);
    }

    asio::awaitable<void> print() {
        for (const auto& event : co_await store_->get_conversation("guestbook")) {
            const auto* text = event.content.get_if<roomstore::TextContent>();
            std::cout << event.index << " " << event.source.channel_id << ": "
                      << (text != nullptr ? text->body : "(no text)") << '\n';
        }
    }

private:
    std::shared_ptr<roomstore::ConversationStore> store_;
};

asio::awaitable<void> run(std::shared_ptr<roomstore::ConversationStore> store) {
    Guestbook guestbook(store);
    co_await guestbook.open();
    co_await guestbook.sign("ada", "A fine place.");
    co_await guestbook.sign("charles", "Indeed.");
    co_await guestbook.print();
    co_await store->close();
}

int main(int argc, char** argv) {
    std::shared_ptr<roomstore::ConversationStore> store;
    store = std::make_shared<roomstore::InMemoryStore>();
    if (argc > 1) {
#ifdef ROOMSTORE_WITH_POSTGRES
        const roomstore::PostgresOptions options{.connection_string = argv[1]};
        store = std::make_shared<roomstore::PostgresStore>(options);
#else
        std::cerr << "this build has no PostgreSQL backend: " << argv[1] << '\n';
        return 1;
#endif
    }
    asio::io_context io;
    asio::co_spawn(io, run(store), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
}
