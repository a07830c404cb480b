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

/// Times from here on were not generated: a store took them from its clock.
inline const Timestamp first_clock_time =
    std::chrono::sys_days{std::chrono::year{2025} / std::chrono::January / 1};

/// What stands where a time of the store's clock stood. No generated time.
inline constexpr Timestamp masked_time{std::chrono::microseconds{1}};

/// Masks the times in `result` that a store took from its clock. Where they were, as C++ behind the
/// name of the result.
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

inline Json as_json(const RoomContext& context) {
    Json json = Json::object();
    json["room"] = as_json(context.room);
    json["bindings"] = as_json(context.bindings);
    json["participants"] = as_json(context.participants);
    return json;
}

/// What the awaited call returned, or the error it threw: the code, whether anything was applied,
/// and for refused arguments also the text, which comes from one piece of code.
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

/// The text by which outcomes are compared. Equal JSON values may have different ones: 1 and 1.0,
/// 0.0 and -0.0.
inline std::string text_of(const Json& outcome, int indent = -1) {
    return outcome.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace roomstore::differential
