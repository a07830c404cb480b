// A call with a time limit set by the caller. Every call of PostgresStore ends within
// PostgresOptions::deadline; a caller that cannot wait that long cancels the call, and
// operation_aborted then means that nothing was stored.

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <roomstore/decorators/forwarding_store.hpp>
#include <roomstore/roomstore.hpp>

using roomstore::ConversationStore;
using roomstore::RoomEvent;
using namespace std::chrono_literals;

/// Simulates a server that does not answer.
class SilentStore final : public roomstore::ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<RoomEvent> add_event_auto_index(std::string, RoomEvent event) override {
        asio::steady_timer never(co_await asio::this_coro::executor, 1h);
        co_await never.async_wait(asio::use_awaitable);
        co_return event;
    }
};

/// The outcome of the append decides, not whether the timer expired first: a cancellation that
/// arrives after the commit has begun is too late, and the event is stored. (For this reason the
/// function does not use `append || timer`, which discards the outcome of the append.)
/// @returns the event, or nullopt if it is certainly not stored.
asio::awaitable<std::optional<RoomEvent>> append_within(ConversationStore& store,
                                                        RoomEvent event,
                                                        std::chrono::milliseconds limit) {
    const auto executor = co_await asio::this_coro::executor;
    // Shared, because the timer's handler may run after this coroutine has ended.
    const auto too_late = std::make_shared<asio::cancellation_signal>();
    asio::steady_timer timer(executor, limit);
    timer.async_wait([too_late](const std::error_code& ec) {
        if (!ec) too_late->emit(asio::cancellation_type::terminal);
    });
    auto append = store.add_event_auto_index("lobby", std::move(event));
    try {
        co_return co_await asio::co_spawn(
            executor,
            std::move(append),
            asio::bind_cancellation_slot(too_late->slot(), asio::use_awaitable));
    } catch (const std::system_error& error) {
        if (error.code() != asio::error::operation_aborted) throw;
    }
    co_return std::nullopt;
}

asio::awaitable<void> run(std::shared_ptr<ConversationStore> store) {
    co_await store->init();
    roomstore::Room room{.id = "lobby"};
    co_await store->create_room(room);

    RoomEvent event{.room_id = "lobby"};
    event.source = {.channel_id = "cli:ada", .channel_type = "cli"};
    const auto stored = co_await append_within(*store, event, 1min);
    if (!stored) throw std::logic_error("a minute was not enough");

    SilentStore silent(store);
    RoomEvent other = event;
    other.id = roomstore::generate_id();
    const auto nothing = co_await append_within(silent, other, 20ms);
    if (nothing) throw std::logic_error("the silent store has answered");
    std::cout << "one append stored, one cancelled\n";
    co_await store->close();
}

int main() {
    asio::io_context io;
    asio::co_spawn(
        io, run(std::make_shared<roomstore::InMemoryStore>()), [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
    io.run();
}
