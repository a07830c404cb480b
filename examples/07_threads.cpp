// Message threads: a reply refers to the root of its thread, a timeline shows the roots with their
// reply counts, and a thread is opened by listing its replies. (A store may be called from any
// number of threads of execution; see the contract of ConversationStore.)

#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <roomstore/roomstore.hpp>

using roomstore::ConversationStore;
using roomstore::EventQuery;
using roomstore::RoomEvent;

asio::awaitable<RoomEvent> say(ConversationStore& store,
                               std::string text,
                               std::optional<std::string> root = {}) {
    RoomEvent event{.room_id = "design"};
    event.source = {.channel_id = "web:ada", .channel_type = "websocket"};
    event.content = roomstore::TextContent{.body = std::move(text)};
    event.parent_event_id = std::move(root);
    co_return co_await store.add_event_auto_index("design", event);
}

/// Prints the roots, each with its number of replies.
asio::awaitable<void> show_timeline(ConversationStore& store) {
    const EventQuery query{.newest_first = true, .filter = {.top_level_only = true}};
    const std::vector<RoomEvent> roots = co_await store.list_events("design", query);
    std::vector<std::string> ids;
    for (const RoomEvent& root : roots) ids.push_back(root.id);
    // One call for the whole page.
    const auto summaries = co_await store.get_thread_summaries("design", ids);
    for (const RoomEvent& root : roots) {
        const auto summary = summaries.find(root.id);
        const auto replies = summary == summaries.end() ? 0 : summary->second.reply_count;
        // All events are texts here; get() throws for content of another type.
        const auto& text = root.content.get<roomstore::TextContent>();
        std::cout << text.body << " (" << replies << " replies)\n";
    }
}

/// Lists the replies of a thread.
asio::awaitable<std::vector<RoomEvent>> open_thread(ConversationStore& store, std::string root) {
    const EventQuery query{.filter = {.parent_event_id = std::move(root)}};
    co_return co_await store.list_events("design", query);
}

asio::awaitable<void> run(ConversationStore& store) {
    co_await store.init();
    roomstore::Room room{.id = "design"};
    co_await store.create_room(room);
    const RoomEvent colours = co_await say(store, "Which colours?");
    const RoomEvent fonts = co_await say(store, "Which fonts?");
    co_await say(store, "Blue.", colours.id);
    co_await say(store, "Green.", colours.id);
    co_await show_timeline(store);

    const auto replies = co_await open_thread(store, colours.id);
    if (replies.size() != 2) throw std::logic_error("the thread does not have two replies");
    // Deleting a root also deletes its replies, unless Replies::keep is given.
    const auto gone = co_await store.delete_event("design", colours.id);
    const auto left = co_await store.get_event_count("design");
    if (gone.size() != 3 || left != 1) throw std::logic_error("replies were left behind");
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
