// A client that was away: it keeps its copy of a room and a cursor, a short text, on its own disk.
// When it comes back, list_changes tells exactly what changed. If the cursor is not valid any more,
// the answer says `reset`, and is that of a client that comes for the first time.

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <roomstore/roomstore.hpp>

using roomstore::ChangesQuery;
using roomstore::ConversationStore;
using roomstore::RoomChanges;
using roomstore::RoomEvent;

void expect(bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
}

/// What the client keeps: the events by index, and the cursor that belongs to them.
class Client {
public:
    /// Brings the copy up to date, page by page. The copy and the cursor of a page must be kept
    /// together: a cursor that is ahead of the copy would lose changes.
    asio::awaitable<void> sync(ConversationStore& store) {
        transferred_ = 0;
        was_reset_ = false;
        ChangesQuery query{.limit = 50};
        if (!cursor_.empty()) query.since = roomstore::parse_room_cursor(cursor_);
        for (bool more = true; more;) {
            const RoomChanges changes = co_await store.list_changes("lobby", query);
            apply(changes);
            cursor_ = roomstore::to_string(changes.cursor);
            query.since = changes.cursor;
            more = changes.more;
        }
    }

    const std::map<std::int64_t, RoomEvent>& events() const { return events_; }
    const std::string& cursor() const { return cursor_; }
    /// Of the last `sync`: the number of changes, and whether it had to begin anew.
    std::size_t transferred() const { return transferred_; }
    bool was_reset() const { return was_reset_; }

private:
    void apply(const RoomChanges& changes) {
        if (changes.reset) {
            events_.clear();
            was_reset_ = true;
        }
        events_.erase(events_.begin(), events_.lower_bound(changes.first_index));
        for (const auto& gone : changes.deleted) events_.erase(gone.index);
        for (const RoomEvent& event : changes.updated) events_.insert_or_assign(event.index, event);
        for (const RoomEvent& event : changes.added) events_.insert_or_assign(event.index, event);
        transferred_ += changes.deleted.size() + changes.updated.size() + changes.added.size();
    }

    std::map<std::int64_t, RoomEvent> events_;
    std::string cursor_;
    std::size_t transferred_ = 0;
    bool was_reset_ = false;
};

asio::awaitable<void> fill(ConversationStore& store, int count) {
    std::vector<RoomEvent> events;
    for (int i = 0; i < count; ++i) {
        const auto origin = roomstore::source("cli:ada", "cli");
        events.push_back(roomstore::text_event("lobby", origin, std::to_string(i)));
    }
    co_await store.append_events("lobby", events);
}

/// Whether the copy of the client equals the room.
asio::awaitable<bool> equals_room(const Client& client, ConversationStore& store) {
    const auto events = co_await store.list_events("lobby", {.limit = 10'000});
    std::map<std::int64_t, RoomEvent> room;
    for (const RoomEvent& event : events) room.emplace(event.index, event);
    co_return room == client.events();
}

asio::awaitable<void> run(ConversationStore& store) {
    co_await store.init();
    roomstore::Room room{.id = "lobby"};
    co_await store.create_room(room);
    co_await fill(store, 500);

    Client client;
    co_await client.sync(store);
    std::cout << "first: " << client.transferred() << " changes, cursor " << client.cursor()
              << '\n';
    bool equal = co_await equals_room(client, store);
    expect(equal && client.transferred() == 500, "the first copy differs from the room");

    // While the client is away, somebody writes, edits and deletes.
    co_await fill(store, 20);
    RoomEvent edited = client.events().at(7);
    edited.content = roomstore::TextContent{.body = "seven"};
    co_await store.update_event(edited);
    const std::string deleted = client.events().at(8).id;
    co_await store.delete_event("lobby", deleted);

    co_await client.sync(store);
    std::cout << "back: " << client.transferred() << " changes\n";
    equal = co_await equals_room(client, store);
    expect(equal && client.transferred() == 22, "not exactly what changed");
    co_await client.sync(store);
    expect(client.transferred() == 0, "told something without a change");

    // An operator makes all cursors invalid, here as after a backup was restored.
    co_await store.reset_cursors();
    co_await client.sync(store);
    std::cout << "after a reset: " << client.transferred() << " changes\n";
    equal = co_await equals_room(client, store);
    expect(equal && client.was_reset() && client.transferred() == 519, "not reset");

    // The same happens if the room is deleted and created again.
    co_await store.delete_room("lobby");
    co_await store.create_room(room);
    co_await fill(store, 3);
    co_await client.sync(store);
    equal = co_await equals_room(client, store);
    expect(equal && client.was_reset() && client.transferred() == 3, "kept a deleted room");
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
