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

inline Json as_json(bool value) { return value; }
inline Json as_json(std::int64_t value) { return value; }
inline Json as_json(const std::string& value) { return value; }

inline Json as_json(const Room& room) {
    Json json = room;
    if (room.updated_at >= first_clock_time && room.updated_at <= now()) {
        json["updated_at"] = "<the store's clock>";
    }
    return json;
}

template <typename Model>
    requires std::is_class_v<Model>
Json as_json(const Model& model) {
    return Json(model);
}

template <typename T>
Json as_json(const std::optional<T>& value);
template <typename T>
Json as_json(const std::vector<T>& values);
template <typename T>
Json as_json(const std::map<std::string, T>& values);

inline Json as_json(const RoomContext& context) {
    Json json = Json::object();
    json["room"] = context.room ? as_json(*context.room) : Json();
    json["bindings"] = context.bindings;
    json["participants"] = context.participants;
    return json;
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

/// What the awaited call returned, or the error it threw: the code, and for refused arguments also
/// the text, which comes from one piece of code.
template <typename T>
asio::awaitable<Json> outcome_of(asio::awaitable<T> call) {
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(call);
            co_return "done";
        } else {
            co_return as_json(co_await std::move(call));
        }
    } catch (const Error& error) {
        Json json{{"error", error.code().message()}};
        if (error.code() == errc::invalid_argument) json["detail"] = error.detail();
        co_return json;
    } catch (const std::exception& error) {
        co_return Json{{"exception", error.what()}};
    }
}

}  // namespace roomstore::differential
