// Following a room while others write to it: RoomFeed tells new messages, edits and deletions as
// they happen. It gives final states, so a message that is edited twice in between is told once.

#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <roomstore/roomstore.hpp>

using roomstore::ConversationStore;
using roomstore::RoomChanges;
using roomstore::RoomEvent;
using namespace std::chrono_literals;

std::string text_of(const RoomEvent& event) {
    const auto* text = event.content.get_if<roomstore::TextContent>();
    return text != nullptr ? text->body : "(no text)";
}

/// What a user sees: the texts of the room, by index.
using Screen = std::map<std::int64_t, std::string>;

/// Brings the screen up to date. The order of the steps matters: see RoomChanges.
void show(Screen& screen, const RoomChanges& changes) {
    if (changes.reset) screen.clear();
    screen.erase(screen.begin(), screen.lower_bound(changes.first_index));
    for (const auto& gone : changes.deleted) {
        std::cout << "- " << gone.index << '\n';
        screen.erase(gone.index);
    }
    for (const RoomEvent& event : changes.updated) {
        std::cout << "~ " << event.index << ": " << text_of(event) << '\n';
        screen.insert_or_assign(event.index, text_of(event));
    }
    for (const RoomEvent& event : changes.added) {
        std::cout << "+ " << event.index << ": " << text_of(event) << '\n';
        screen.insert_or_assign(event.index, text_of(event));
    }
}

/// Follows the room until somebody says goodbye.
asio::awaitable<void> follow(ConversationStore& store, Screen& screen) {
    roomstore::RoomFeed feed(store, "lobby");
    for (bool ended = false; !ended;) {
        // Waits until there are changes. A server would end this by cancelling the coroutine.
        const RoomChanges changes = co_await feed.next();
        show(screen, changes);
        for (const RoomEvent& event : changes.added) ended |= text_of(event) == "Goodbye.";
    }
}

asio::awaitable<RoomEvent> say(ConversationStore& store, std::string text) {
    const auto origin = roomstore::source("cli:ada", "cli");
    RoomEvent event = roomstore::text_event("lobby", origin, text);
    co_return co_await store.append(event);
}

/// Typing takes time. Without it, the reader would be told of the final state only.
asio::awaitable<void> think() {
    asio::steady_timer timer(co_await asio::this_coro::executor, 10ms);
    co_await timer.async_wait(asio::use_awaitable);
}

/// Writes, without knowing who reads.
asio::awaitable<void> talk(ConversationStore& store) {
    RoomEvent greeting = co_await say(store, "Good evening.");
    co_await think();
    const RoomEvent mistake = co_await say(store, "This was meant for another room.");
    co_await think();
    greeting.content = roomstore::TextContent{.body = "Good morning."};
    co_await store.update_event(greeting);
    co_await think();
    co_await store.delete_event("lobby", mistake.id);
    co_await think();
    co_await say(store, "Goodbye.");
}

asio::awaitable<void> open(ConversationStore& store) {
    co_await store.init();
    co_await store.create_room(roomstore::make_room("lobby"));
}

int main() {
    asio::io_context io;
    roomstore::InMemoryStore store;
    const auto rethrow = [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    };
    asio::co_spawn(io, open(store), rethrow);
    io.run();

    Screen screen;
    asio::co_spawn(io, follow(store, screen), rethrow);
    asio::co_spawn(io, talk(store), rethrow);
    io.restart();
    io.run();
    const Screen expected{{0, "Good morning."}, {2, "Goodbye."}};
    if (screen != expected) throw std::logic_error("the screen differs from the room");
}
