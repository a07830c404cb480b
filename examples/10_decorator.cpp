// A store around a store: ForwardingStore passes every call on, and a class derived from it changes
// or watches those it overrides. ObservedStore watches all of them. Whoever is handed the result
// sees a ConversationStore like any other.

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <roomstore/format.hpp>
#include <roomstore/forwarding_store.hpp>
#include <roomstore/observed_store.hpp>
#include <roomstore/roomstore.hpp>

using roomstore::ConversationStore;
using roomstore::RoomEvent;

/// Changes one operation: no message leaves the house with a password in it.
class RedactingStore final : public roomstore::ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<RoomEvent> add_event_auto_index(std::string room_id, RoomEvent event) override {
        if (auto* text = event.content.get_if<roomstore::TextContent>()) {
            const auto secret = text->body.find("password:");
            if (secret != std::string::npos) text->body.replace(secret, std::string::npos, "***");
        }
        // Through the base class, which forwards: calls of other stores are awaited like any other.
        co_return co_await ForwardingStore::add_event_auto_index(std::move(room_id),
                                                                 std::move(event));
    }
};

/// Watches all of them, from whatever thread they come.
class Logger final : public roomstore::CallObserver {
public:
    void on_call(const roomstore::ObservedCall& call) noexcept override {
        using Microseconds = std::chrono::duration<double, std::micro>;
        try {
            fmt::print("{:<22} {:<10} {:<10} {:.1f}\n",
                       call.operation,
                       call.room_id,
                       call.outcome(),
                       Microseconds(call.duration));
        } catch (const std::exception&) {
            // A log that cannot be written is no reason to fail a call.
        }
    }
};

asio::awaitable<void> run(std::shared_ptr<ConversationStore> store) {
    co_await store->init();
    const roomstore::Room room{.id = "lobby"};
    co_await store->create_room(room);
    RoomEvent event{.room_id = "lobby"};
    event.source = {.channel_id = "cli:ada", .channel_type = "cli"};
    event.content = roomstore::TextContent{.body = "my password: 12345"};
    const RoomEvent stored = co_await store->add_event_auto_index("lobby", event);
    fmt::print("a {} from {}, {}: {}\n",
               stored.type,
               stored.source.channel_id,
               stored.status,
               stored.content);
    if (stored.content != roomstore::TextContent{.body = "my ***"}) {
        throw std::logic_error("it was told");
    }
    try {
        co_await store->get_event("lobby", "");
    } catch (const roomstore::Error& error) {
        fmt::print("refused: {}\n", error.detail());
    }
    co_await store->close();
}

int main() {
    std::shared_ptr<ConversationStore> store = std::make_shared<roomstore::InMemoryStore>();
    store = std::make_shared<RedactingStore>(std::move(store));
    store =
        std::make_shared<roomstore::ObservedStore>(std::move(store), std::make_shared<Logger>());
    asio::io_context io;
    asio::co_spawn(io, run(std::move(store)), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
}
