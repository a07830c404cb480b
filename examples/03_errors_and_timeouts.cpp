// Three ways in which a call ends other than well, and what a caller does next:
// it was refused (look at errc), it failed and may be repeated (is_retryable), it was cancelled
// because the caller's own time was up (operation_aborted: nothing was stored).

#include <chrono>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
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

#include <roomstore/roomstore.hpp>

using roomstore::ConversationStore;
using roomstore::errc;
using roomstore::RoomEvent;
using namespace std::chrono_literals;

void expect(bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
}

RoomEvent make_event(std::string text) {
    RoomEvent event{.room_id = "lobby"};
    event.source = {.channel_id = "cli:ada", .channel_type = "cli"};
    event.content = roomstore::TextContent{.body = std::move(text)};
    return event;
}

/// Refused: the code says what to do next, detail() tells a person which field was wrong.
asio::awaitable<void> look_at_errors(ConversationStore& store) {
    const RoomEvent bad = make_event(std::string("cut\0here", 8));
    try {
        co_await store.add_event_auto_index("lobby", bad);
        expect(false, "NUL was accepted");
    } catch (const roomstore::Error& error) {
        expect(error.code() == errc::invalid_argument, "not invalid_argument");
        expect(!roomstore::is_retryable(error.code()), "repeating cannot help");
        std::cout << "refused: " << error.detail() << '\n';
    }
    // Absent is not an error.
    const auto nothing = co_await store.get_room("no such room");
    expect(!nothing.has_value(), "found what is not there");
}

/// Repeats what may be repeated. The event keeps its id, so it is stored once however often this
/// asks for it: also where an answer was lost on the way (errc::commit_unknown).
asio::awaitable<RoomEvent> append_patiently(ConversationStore& store, RoomEvent event) {
    asio::steady_timer pause(co_await asio::this_coro::executor);
    std::exception_ptr doubt;
    for (auto wait = 0ms;; wait = 2 * wait + 50ms) {
        try {
            pause.expires_after(wait);
            co_await pause.async_wait(asio::use_awaitable);
            co_return co_await store.add_event_auto_index(event.room_id, event);
        } catch (const std::system_error& error) {
            // Once an answer was lost, no later failure says that the event is not stored.
            if (error.code() == errc::commit_unknown) doubt = std::current_exception();
            if (!roomstore::is_retryable(error.code()) || wait > 2s) {
                std::rethrow_exception(doubt ? doubt : std::current_exception());
            }
        }
    }
}

/// The caller's own time limit. What counts is what the append says, not whether the timer was
/// first: a cancellation that comes when the commit has begun is too late, and the event is stored.
/// (That is why this is not `append || timer`, which forgets what the append said.)
/// @returns the event, or nothing where it is certainly not stored.
asio::awaitable<std::optional<RoomEvent>> append_within(ConversationStore& store,
                                                        RoomEvent event,
                                                        std::chrono::milliseconds limit) {
    const auto executor = co_await asio::this_coro::executor;
    // The timer's handler may still be on its way when this coroutine has ended.
    const auto too_late = std::make_shared<asio::cancellation_signal>();
    asio::steady_timer timer(executor, limit);
    timer.async_wait([too_late](const std::error_code& ec) {
        if (!ec) too_late->emit(asio::cancellation_type::terminal);
    });
    try {
        co_return co_await asio::co_spawn(
            executor,
            append_patiently(store, std::move(event)),
            asio::bind_cancellation_slot(too_late->slot(), asio::use_awaitable));
    } catch (const std::system_error& error) {
        if (error.code() != asio::error::operation_aborted) throw;
    }
    co_return std::nullopt;
}

asio::awaitable<void> run(ConversationStore& store) {
    co_await store.init();
    roomstore::Room room{.id = "lobby"};
    co_await store.create_room(room);
    co_await look_at_errors(store);

    const RoomEvent event = make_event("once");
    const RoomEvent first = co_await append_patiently(store, event);
    const RoomEvent again = co_await append_patiently(store, event);
    expect(first == again, "repeating an append stored it twice");
    const RoomEvent another = make_event("in time");
    const auto stored = co_await append_within(store, another, 5s);
    expect(stored.has_value(), "5 s were not enough");
    const auto count = co_await store.get_event_count("lobby");
    expect(count == 2, "two events were to be stored");
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
