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

/// Something an intelligence channel noticed in a room.
/// @ingroup observations
struct Observation {
    /// 1 to 255 bytes, unique inside its room. No default.
    std::string id{};
    /// The room, 1 to 255 bytes. It must exist.
    std::string room_id{};
    /// The channel that noticed it, 1 to 255 bytes.
    std::string channel_id{};
    /// What was noticed; may be empty.
    std::string content{};
    /// Which kind of thing that is.
    std::optional<std::string> category{};
    /// How sure the channel is, 0 .. 1; comes back bit for bit.
    double confidence = 1.0;
    /// When; the present by default.
    Timestamp created_at = now();
    /// A JSON object.
    Json metadata = Json::object();
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const Observation&) const = default;
};

}  // namespace roomstore
