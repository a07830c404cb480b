#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "roomstore/memory/detail/engine.hpp"
#include "roomstore/model/json.hpp"

namespace roomstore::test {

/// The ids that a dump looks up, in addition to listing rows, to check every index.
struct KnownIds {
    std::vector<std::string> channels;
    std::vector<std::string> people;
    std::vector<std::string> identities;
    std::vector<std::string> addresses;
    std::vector<std::string> organizations;
    std::vector<std::string> keys;
};

/// All changes that the room remembers.
inline Json dump_changes(detail::memory::Engine& engine, const std::string& room_id) {
    Json out;
    auto since = engine.list_changes(room_id, {.limit = 1'000'000}).cursor;
    out["next_index"] = since.next_index;
    out["revision"] = since.revision;
    since.revision = 0;
    RoomChanges changes;
    for (;; ++since.revision) {
        changes = engine.list_changes(room_id, {.since = since, .limit = 1'000'000});
        if (!changes.reset) break;
    }
    out["floor"] = since.revision;
    out["first_index"] = changes.first_index;
    out["room_changed"] = changes.room.has_value();
    out["updated"] = changes.updated;
    for (const auto& gone : changes.deleted) out["deleted"].push_back({gone.id, gone.index});
    return out;
}

inline Json dump_room(detail::memory::Engine& engine,
                      const std::string& room_id,
                      const KnownIds& known) {
    Json out;
    const auto context = engine.load_room_context(room_id);
    out["bindings"] = context.bindings;
    out["participants"] = context.participants;
    out["tasks"] = engine.list_tasks(room_id, {});
    for (const auto& task : engine.list_tasks(room_id, {})) {
        out["task_by_id"][task.id] = engine.get_task(task.id).value_or(Task{.id = "lost"});
    }
    out["observations"] = engine.list_observations(room_id);
    out["markers"] = engine.list_read_markers(room_id);
    out["count"] = engine.get_event_count(room_id);
    out["changes"] = dump_changes(engine, room_id);
    const auto events = engine.list_events(room_id, {.limit = 1'000'000});
    out["events"] = events;
    std::set<std::string> roots;
    for (const auto& event : events) {
        const auto by_room = engine.get_event(room_id, event.id);
        const auto anywhere = engine.get_event(event.id);
        if (!by_room || *by_room != event || !anywhere) out["lost_ids"].push_back(event.id);
        if (event.parent_event_id) roots.insert(*event.parent_event_id);
    }
    for (const auto& [root, summary] :
         engine.get_thread_summaries(room_id, {roots.begin(), roots.end()})) {
        out["threads"][root] = summary;
        EventQuery query{.limit = 1'000'000};
        query.filter.parent_event_id = root;
        for (const auto& reply : engine.list_events(room_id, query)) {
            out["replies"][root].push_back(reply.id);
        }
    }
    for (const auto& key : known.keys) {
        const auto event = engine.get_event_by_idempotency_key(room_id, key);
        if (event) out["keys"][key] = event->id;
    }
    for (const auto& channel : known.channels) {
        out["unread"][channel] = engine.get_unread_count(room_id, channel);
    }
    return out;
}

inline Json dump(detail::memory::Engine& engine, const KnownIds& known) {
    const std::optional<RoomStatus> statuses[] = {std::nullopt,
                                                  RoomStatus::active,
                                                  RoomStatus::paused,
                                                  RoomStatus::closed,
                                                  RoomStatus::archived};
    Json out;
    const auto rooms = engine.list_rooms({.limit = 1'000'000});
    out["rooms"] = rooms;
    for (const auto& room : rooms) out["room"][room.id] = dump_room(engine, room.id, known);
    for (const auto& status : statuses) {
        Json part;
        for (const auto& channel : known.channels) {
            part["by_channel"][channel] =
                engine.find_room_ids_by_channel(channel, {.status = status, .limit = 1'000'000});
        }
        for (const auto& person : known.people) {
            const auto room = engine.find_latest_room(person, {.status = status});
            part["latest"][person] = room ? room->id : "none";
            const auto typed =
                engine.find_latest_room(person, {.channel_type = "sms", .status = status});
            part["latest_sms"][person] = typed ? typed->id : "none";
        }
        std::vector<std::optional<std::string>> organizations{std::nullopt};
        organizations.insert(
            organizations.end(), known.organizations.begin(), known.organizations.end());
        for (const auto& organization : organizations) {
            std::vector<std::string> ids;
            for (const auto& room : engine.find_rooms(
                     {.organization_id = organization, .status = status}, {.limit = 1'000'000})) {
                ids.push_back(room.id);
            }
            part["by_organization"][organization.value_or("any")] = ids;
        }
        out["by_status"].push_back(part);
    }
    for (const auto& id : known.identities) {
        if (const auto identity = engine.get_identity(id)) out["identities"][id] = *identity;
    }
    for (const auto& address : known.addresses) {
        const auto holder = engine.resolve_identity("sms", address, std::nullopt);
        if (holder) out["holders"][address] = holder->id;
    }
    return out;
}

}  // namespace roomstore::test
