#include "store_report.hpp"

#include <cstdint>
#include <utility>

#include "mapping.hpp"
#include "private_file.hpp"

namespace chat {

namespace {

using roomstore::Json;

constexpr std::int64_t page_size = 200;

asio::awaitable<Json> report_events(roomstore::ConversationStore& store, std::string room_id) {
    Json events = Json::array();
    roomstore::EventQuery query;
    query.limit = page_size;
    std::size_t found = 0;
    do {
        const auto page = co_await store.list_events(room_id, query);
        for (const auto& event : page) {
            const Post post = read_event(event, room_id);
            events.push_back({{"index", event.index},
                              {"id", event.id},
                              {"from", event.source.participant_id.value_or("")},
                              {"command", post.command},
                              {"text", post.text}});
            query.after_index = event.index;
        }
        found = page.size();
    } while (found == page_size);
    co_return events;
}

asio::awaitable<Json> report_room(roomstore::ConversationStore& store, roomstore::Room room) {
    Json members = Json::array();
    const auto participants = co_await store.list_participants(room.id);
    const auto markers = co_await store.list_read_markers(room.id);
    for (const auto& participant : participants) {
        const auto marker = markers.find(participant.channel_id);
        const auto unread = co_await store.get_unread_count(room.id, participant.channel_id);
        members.push_back({{"id", participant.id},
                           {"status", roomstore::to_string(participant.status)},
                           {"marker", marker == markers.end() ? Json() : Json(marker->second)},
                           {"unread", unread}});
    }
    const auto live = co_await store.get_event_count(room.id);
    Json events = co_await report_events(store, room.id);
    co_return Json{{"id", room.id},
                   {"topic", text_at(room.metadata, "topic")},
                   {"event_count", room.event_count},
                   {"latest_index", room.latest_index},
                   {"live_events", live},
                   {"members", std::move(members)},
                   {"events", std::move(events)}};
}

}  // namespace

asio::awaitable<Json> report_store(roomstore::ConversationStore& store) {
    Json rooms = Json::array();
    std::size_t found = 0;
    roomstore::Page page{.offset = 0, .limit = page_size};
    do {
        auto listed = co_await store.list_rooms(page);
        for (auto& room : listed) rooms.push_back(co_await report_room(store, std::move(room)));
        found = listed.size();
        page.offset += page_size;
    } while (found == page_size);
    co_return Json{{"rooms", std::move(rooms)}};
}

asio::awaitable<void> write_report(roomstore::ConversationStore& store, std::string path) {
    const Json report = co_await report_store(store);
    write_private_file(path, report.dump(1) + "\n");
}

}  // namespace chat
