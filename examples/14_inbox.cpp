// The first screen of a chat: my rooms, those with the latest messages first, with the last message
// of each and how many I have not read. One call, however many rooms there are. Then one of them is
// opened: EventPager reads it page by page, and what is seen is marked as read.

#include <iostream>
#include <stdexcept>
#include <string>

#include <roomstore/roomstore.hpp>

using roomstore::ConversationStore;
using roomstore::InboxPage;
using roomstore::InboxQuery;
using roomstore::RoomEvent;

std::string text_of(const RoomEvent& event) {
    const auto* text = event.content.get_if<roomstore::TextContent>();
    return text != nullptr ? text->body : "(no text)";
}

/// Shows a page of the screen.
void print(const InboxPage& page) {
    for (const auto& entry : page.entries) {
        std::cout << entry.room.id << ": " << entry.unread << (entry.unread_capped ? "+" : "")
                  << " unread";
        if (entry.last_event) std::cout << ", last: " << text_of(*entry.last_event);
        std::cout << '\n';
    }
}

asio::awaitable<void> join(ConversationStore& store, std::string room_id, std::string who) {
    roomstore::Participant participant;
    participant.id = who;
    participant.room_id = room_id;
    participant.channel_id = "cli:" + who;
    co_await store.add_participant(participant);
}

asio::awaitable<void> say(ConversationStore& store,
                          std::string room_id,
                          std::string who,
                          std::string text) {
    const auto origin = roomstore::source("cli:" + who, "cli", who);
    RoomEvent event = roomstore::text_event(room_id, origin, text);
    co_await store.append(event);
}

asio::awaitable<void> fill(ConversationStore& store) {
    for (const std::string room_id : {"lobby", "kitchen", "garden"}) {
        const auto room = roomstore::make_room(room_id);
        co_await store.create_room(room);
        co_await join(store, room_id, "ada");
        co_await join(store, room_id, "bob");
    }
    for (int i = 1; i <= 7; ++i) {
        const std::string text = "Message " + std::to_string(i) + ".";
        co_await say(store, "lobby", "bob", text);
    }
    co_await say(store, "kitchen", "bob", "Is there any tea?");
    co_await say(store, "kitchen", "ada", "On the shelf.");
}

/// All pages of the screen, two rooms at a time.
asio::awaitable<void> show_inbox(ConversationStore& store) {
    InboxQuery query;
    query.participant_id = "ada";
    query.limit = 2;
    query.unread_cap = 5;
    for (;;) {
        const InboxPage page = co_await store.list_inbox(query);
        print(page);
        if (!page.next) break;
        // A client keeps the cursor as a text, and sends it when the user scrolls down.
        const std::string kept = to_string(*page.next);
        query.before = roomstore::parse_inbox_cursor(kept);
    }
}

/// Opens a room at its end, and scrolls up to its beginning.
asio::awaitable<int> read_room(ConversationStore& store, std::string room_id) {
    roomstore::PagerOptions options;
    options.limit = 3;
    roomstore::EventPager pager(store, room_id, options);
    int seen = 0;
    while (!pager.at_oldest()) {
        const auto page = co_await pager.older();
        std::cout << "page:";
        for (const RoomEvent& event : page) std::cout << ' ' << event.index;
        std::cout << '\n';
        seen += static_cast<int>(page.size());
    }
    co_await store.mark_all_read(room_id, "cli:ada");
    co_return seen;
}

asio::awaitable<void> use(ConversationStore& store) {
    co_await store.init();
    co_await fill(store);
    co_await show_inbox(store);

    const auto before = co_await store.get_unread_total("ada");
    const int seen = co_await read_room(store, "lobby");
    const auto after = co_await store.get_unread_total("ada");
    std::cout << "the badge: " << before << ", then " << after << '\n';
    if (seen != 7 || before - after != 7) throw std::logic_error("not everything was read");

    // "Mark as unread" from the sixth message on.
    co_await store.mark_unread_from("lobby", "cli:ada", 5);
    if (co_await store.get_unread_count("lobby", "cli:ada") != 2) {
        throw std::logic_error("another number is unread");
    }
    co_await store.close();
}

int main() {
    asio::io_context io;
    roomstore::InMemoryStore store;
    asio::co_spawn(io, use(store), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
}
