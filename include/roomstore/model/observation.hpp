#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "roomstore/model/await_guard.hpp"
#include "roomstore/model/json_conversions.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/timestamp.hpp"

namespace roomstore {

struct Observation;

namespace detail {
template <>
inline constexpr std::string_view model_name<Observation> = "Observation";
}  // namespace detail

/// A finding about a room, recorded by a channel of category `intelligence`.
/// @ingroup observations
struct Observation {
    /// 1 to 255 bytes, unique within its room. No default.
    std::string id{};
    /// The room, 1 to 255 bytes. It must exist.
    std::string room_id{};
    /// The channel that recorded it, 1 to 255 bytes.
    std::string channel_id{};
    /// Text of the observation; may be empty.
    std::string content{};
    /// Kind of observation.
    std::optional<std::string> category{};
    /// Confidence of the channel, 0 .. 1; returned bit for bit.
    double confidence = 1.0;
    /// Time of the observation; the current time by default.
    Timestamp created_at = now();
    /// A JSON object.
    Json metadata = Json::object();
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const Observation&) const = default;
};

}  // namespace roomstore
