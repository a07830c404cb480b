#pragma once

#include <exception>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "roomstore/conversation_store.hpp"
#include "roomstore/model/json.hpp"

namespace roomstore::differential {

/// Generated times are earlier: a store took later ones from its clock.
inline const Timestamp first_clock_time =
    std::chrono::sys_days{std::chrono::year{2025} / std::chrono::January / 1};

/// Replaces a time of the store's clock. It is never generated.
inline constexpr Timestamp masked_time{std::chrono::microseconds{1}};

/// Masks the times in a result that a store took from its clock. Returns where they were, as C++
/// code that follows the name of the result.
/// @{
template <typename T>
std::vector<std::string> mask_clock(T&) {
    return {};
}

inline std::vector<std::string> mask_clock(Room& room) {
    if (room.updated_at < first_clock_time || room.updated_at > now()) return {};
    room.updated_at = masked_time;
    return {".updated_at"};
}

inline std::vector<std::string> mask_clock(std::optional<Room>& room) {
    if (!room || mask_clock(*room).empty()) return {};
    return {".value().updated_at"};
}

inline std::vector<std::string> mask_clock(RoomContext& context) {
    if (mask_clock(context.room).empty()) return {};
    return {".room.value().updated_at"};
}

inline std::vector<std::string> mask_clock(RoomChanges& changes) {
    if (mask_clock(changes.room).empty()) return {};
    return {".room.value().updated_at"};
}

inline std::vector<std::string> mask_clock(InboxPage& page) {
    std::vector<std::string> places;
    for (std::size_t i = 0; i < page.entries.size(); ++i) {
        if (mask_clock(page.entries[i].room).empty()) continue;
        places.push_back(".entries.at(" + std::to_string(i) + ").room.updated_at");
    }
    return places;
}

inline std::vector<std::string> mask_clock(std::vector<Room>& rooms) {
    std::vector<std::string> places;
    for (std::size_t i = 0; i < rooms.size(); ++i) {
        if (mask_clock(rooms[i]).empty()) continue;
        places.push_back(".at(" + std::to_string(i) + ").updated_at");
    }
    return places;
}
/// @}

inline Json as_json(bool value) { return value; }
inline Json as_json(std::int64_t value) { return value; }
inline Json as_json(const std::string& value) { return value; }

/// A hash means something to its own store only; but 0 means that there is no room.
inline Json as_json(const RoomCursor& cursor) {
    Json json = Json::object();
    json["of_a_room"] = cursor.room != 0;
    json["next_index"] = cursor.next_index;
    json["revision"] = cursor.revision;
    json["from_index"] = cursor.from_index;
    return json;
}

inline Json as_json(const DeletedEvent& event) {
    Json json = Json::object();
    json["id"] = event.id;
    json["index"] = event.index;
    return json;
}

inline Json as_json(const InboxCursor& cursor) { return to_string(cursor); }
// For the lists of them.
inline Json as_json(const InboxEntry& entry);
inline Json as_json(const InboxPage& page);

template <typename Model>
    requires std::is_class_v<Model>
Json as_json(const Model& model) {
    return Json(model);
}

template <typename T>
Json as_json(const std::optional<T>& value) {
    return value ? as_json(*value) : Json();
}

template <typename T>
Json as_json(const std::vector<T>& values) {
    Json json = Json::array();
    for (const auto& value : values) json.push_back(as_json(value));
    return json;
}

template <typename T>
Json as_json(const std::map<std::string, T>& values) {
    Json json = Json::object();
    for (const auto& [key, value] : values) json[key] = as_json(value);
    return json;
}

inline Json as_json(const InboxEntry& entry) {
    Json json = Json::object();
    json["room"] = as_json(entry.room);
    json["participant"] = as_json(entry.participant);
    json["channel_id"] = entry.channel_id;
    json["last_read_index"] = entry.last_read_index;
    json["unread"] = entry.unread;
    json["unread_capped"] = entry.unread_capped;
    json["last_event"] = as_json(entry.last_event);
    return json;
}

inline Json as_json(const InboxPage& page) {
    Json json = Json::object();
    json["entries"] = Json::array();
    for (const auto& entry : page.entries) json["entries"].push_back(as_json(entry));
    json["next"] = as_json(page.next);
    return json;
}

inline Json as_json(const ContextWindow& window) {
    Json json = Json::object();
    json["events"] = as_json(window.events);
    json["omitted_before"] = as_json(window.omitted_before);
    return json;
}

inline Json as_json(const RoomContext& context) {
    Json json = Json::object();
    json["room"] = as_json(context.room);
    json["bindings"] = as_json(context.bindings);
    json["participants"] = as_json(context.participants);
    return json;
}

inline Json as_json(const RoomChanges& changes) {
    Json json = Json::object();
    json["exists"] = changes.exists;
    json["reset"] = changes.reset;
    json["more"] = changes.more;
    json["first_index"] = changes.first_index;
    json["room"] = as_json(changes.room);
    json["added"] = as_json(changes.added);
    json["updated"] = as_json(changes.updated);
    json["deleted"] = as_json(changes.deleted);
    json["cursor"] = as_json(changes.cursor);
    return json;
}

/// The result of the call, or its error: the code, whether anything was applied, and for invalid
/// arguments also the text, because all stores share the code that validates them.
template <typename T>
asio::awaitable<Json> outcome_of(asio::awaitable<T> call) {
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(call);
            co_return "done";
        } else {
            T result = co_await std::move(call);
            mask_clock(result);
            co_return as_json(result);
        }
    } catch (const Error& error) {
        Json json = Json::object();
        json["error"] = error.code().message();
        json["applied"] = error.applied() == Applied::no ? "no" : "unknown";
        if (error.code() == errc::invalid_argument) json["detail"] = error.detail();
        co_return json;
    } catch (const std::exception& error) {
        Json json = Json::object();
        json["exception"] = error.what();
        co_return json;
    }
}

/// The text by which outcomes are compared. Equal JSON values may have different texts: 1 and 1.0,
/// 0.0 and -0.0.
inline std::string text_of(const Json& outcome, int indent = -1) {
    return outcome.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace roomstore::differential
