#include "report.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <unistd.h>

#include "mapping.hpp"

namespace chat {

namespace {

using roomstore::Json;

awaitable<Json> report_events(roomstore::ConversationStore& store, std::string room_id) {
    Json events = Json::array();
    roomstore::EventQuery query{.limit = 200};
    while (true) {
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
        if (std::ssize(page) < query.limit) co_return events;
    }
}

awaitable<Json> report_room(roomstore::ConversationStore& store, roomstore::Room room) {
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

void write_private_file(const std::string& path, const std::string& content) {
    const auto failure = [&path] {
        return std::system_error(errno, std::generic_category(), "cannot write " + path);
    };
    // mkstemp replaces the X by random letters; it opens only a file that did not exist.
    std::string temporary = path + ".XXXXXX";
    const int descriptor = ::mkstemp(temporary.data());
    std::FILE* const file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "w");
    if (file == nullptr) throw failure();
    const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
    // Some file systems report only on closing that there was no space.
    const bool closed = std::fclose(file) == 0;
    if (written && closed && std::rename(temporary.c_str(), path.c_str()) == 0) return;
    const auto error = failure();
    ::unlink(temporary.c_str());
    throw error;
}

}  // namespace

awaitable<void> write_report(roomstore::ConversationStore& store, std::string path) {
    Json rooms = Json::array();
    roomstore::Page page{.offset = 0, .limit = 200};
    while (true) {
        const auto listed = co_await store.list_rooms(page);
        for (const auto& room : listed) rooms.push_back(co_await report_room(store, room));
        if (std::ssize(listed) < page.limit) break;
        page.offset += page.limit;
    }
    const Json report{{"rooms", std::move(rooms)}};
    write_private_file(path, report.dump(1) + "\n");
}

}  // namespace chat
