// Error handling: a call that was refused (check errc), and a call that failed and may be retried
// (is_retryable). For cancellation, see 04_time_limits.cpp.

#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <asio/co_spawn.hpp>
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

/// A refused call: code() is for the program, detail() names the invalid field for a human reader.
asio::awaitable<void> look_at_errors(ConversationStore& store) {
    const RoomEvent bad = make_event(std::string("cut\0here", 8));
    try {
        co_await store.add_event_auto_index("lobby", bad);
        expect(false, "NUL was accepted");
    } catch (const roomstore::Error& error) {
        expect(error.code() == errc::invalid_argument, "not invalid_argument");
        expect(!roomstore::is_retryable(error.code()), "invalid_argument is retryable");
        std::cout << "refused: " << error.detail() << '\n';
    }
    // A missing room is not an error.
    const auto nothing = co_await store.get_room("no such room");
    expect(!nothing.has_value(), "found a missing room");
}

/// Retries the append after retryable errors. The event keeps its id, so it is stored once however
/// often the append is repeated, also after a lost answer (errc::commit_unknown).
asio::awaitable<RoomEvent> append_patiently(ConversationStore& store, RoomEvent event) {
    asio::steady_timer pause(co_await asio::this_coro::executor);
    std::exception_ptr doubt;
    for (auto wait = 0ms;; wait = 2 * wait + 50ms) {
        try {
            pause.expires_after(wait);
            co_await pause.async_wait(asio::use_awaitable);
            co_return co_await store.add_event_auto_index(event.room_id, event);
        } catch (const std::system_error& error) {
            // After commit_unknown, a later failure does not mean that the event is not stored.
            if (error.code() == errc::commit_unknown) doubt = std::current_exception();
            if (!roomstore::is_retryable(error.code()) || wait > 2s) {
                std::rethrow_exception(doubt ? doubt : std::current_exception());
            }
        }
    }
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
    const auto count = co_await store.get_event_count("lobby");
    expect(count == 1, "the event is not stored exactly once");
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
