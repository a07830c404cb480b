// Decorators: a class derived from ForwardingStore changes or observes the calls that it overrides;
// ObservedStore observes all calls. Callers use a decorator like any other ConversationStore.

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <roomstore/decorators/forwarding_store.hpp>
#include <roomstore/decorators/observed_store.hpp>
#include <roomstore/format.hpp>
#include <roomstore/roomstore.hpp>

using roomstore::RoomEvent;

RoomEvent redact(RoomEvent event) {
    auto* const text = event.content.get_if<roomstore::TextContent>();
    const auto secret = text ? text->body.find("password:") : std::string::npos;
    if (secret != std::string::npos) text->body.replace(secret, std::string::npos, "***");
    return event;
}

/// Removes passwords from texts before they are stored. Overrides all calls that store events: a
/// call that is not overridden is forwarded unchanged.
class RedactingStore final : public roomstore::ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<RoomEvent> add_event_auto_index(std::string room_id, RoomEvent event) override {
        return ForwardingStore::add_event_auto_index(std::move(room_id), redact(std::move(event)));
    }
    asio::awaitable<std::vector<RoomEvent>> append_events(
        std::string room_id,
        std::vector<RoomEvent> events,
        roomstore::AppendOptions options) override {
        for (RoomEvent& event : events) event = redact(std::move(event));
        return ForwardingStore::append_events(std::move(room_id), std::move(events), options);
    }
    asio::awaitable<RoomEvent> add_event(RoomEvent event) override {
        return ForwardingStore::add_event(redact(std::move(event)));
    }
    asio::awaitable<RoomEvent> update_event(RoomEvent event) override {
        return ForwardingStore::update_event(redact(std::move(event)));
    }
};

/// Logs every call, from any thread.
class Logger final : public roomstore::CallObserver {
public:
    void on_call(const roomstore::ObservedCall& call) noexcept override {
        try {
            fmt::print("{:<22} {:<10} {:<10} {:.1f}\n",
                       call.operation,
                       call.room_id,
                       call.outcome(),
                       std::chrono::duration<double, std::micro>(call.duration));
        } catch (const std::exception&) {
            // A failure to log must not fail the call.
        }
    }
};

asio::awaitable<void> run(std::shared_ptr<roomstore::ConversationStore> store) {
    co_await store->init();
    const roomstore::Room room{.id = "lobby"};
    co_await store->create_room(room);
    RoomEvent event{.room_id = "lobby"};
    event.source = {.channel_id = "cli:ada", .channel_type = "cli"};
    event.content = roomstore::TextContent{.body = "my password: 12345"};
    co_await store->add_event_auto_index("lobby", event);
    event.id = roomstore::generate_id();
    co_await store->append_events("lobby", std::vector(1, event));
    const auto events = co_await store->list_events("lobby");
    for (const RoomEvent& stored : events) {
        fmt::print("a {}, {}: {}\n", stored.type, stored.status, stored.content);
        const bool redacted = stored.content == roomstore::TextContent{.body = "my ***"};
        if (!redacted) throw std::logic_error("a password was stored");
    }
    try {
        co_await store->get_event("lobby", "");
    } catch (const roomstore::Error& error) {
        fmt::print("refused: {}\n", error.detail());
    }
    co_await store->close();
}

int main() {
    auto redacting = std::make_shared<RedactingStore>(std::make_shared<roomstore::InMemoryStore>());
    auto store = std::make_shared<roomstore::ObservedStore>(redacting, std::make_shared<Logger>());
    asio::io_context io;
    asio::co_spawn(io, run(std::move(store)), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
}
