// Three ways in which a call ends other than well, and what a caller does next:
// it was refused (look at errc), it failed and may be repeated (is_retryable), it was cancelled
// because the caller's own time was up (operation_aborted: nothing was stored).

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>

#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
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
    for (auto wait = 50ms;; wait *= 2) {
        // A catch block must not co_await; it only decides whether the loop goes on.
        try {
            co_return co_await store.add_event_auto_index(event.room_id, event);
        } catch (const roomstore::Error& error) {
            if (!roomstore::is_retryable(error.code()) || wait > 2s) throw;
        }
        pause.expires_after(wait);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

/// The caller's own time limit: whichever ends first cancels the other. Were the timer first, the
/// event would certainly not be stored.
asio::awaitable<void> append_within(ConversationStore& store, std::chrono::milliseconds limit) {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(co_await asio::this_coro::executor, limit);
    const RoomEvent event = make_event("in time");
    const auto outcome =
        co_await (append_patiently(store, event) || timer.async_wait(asio::use_awaitable));
    if (outcome.index() == 0) std::cout << "stored at " << std::get<0>(outcome).index << '\n';
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
    co_await append_within(store, 5s);
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
