#pragma once

#include <optional>
#include <string>

#include "roomstore/model/json_value.hpp"
#include "roomstore/model/timestamp.hpp"

namespace roomstore {

/// Something an intelligence channel noticed in a room.
struct Observation {
    /// 1 to 255 bytes, unique inside its room.
    std::string id{};
    std::string room_id{};
    std::string channel_id{};
    std::string content{};
    std::optional<std::string> category{};
    /// 0 .. 1; comes back bit for bit.
    double confidence = 1.0;
    Timestamp created_at = now();
    /// A JSON object.
    Json metadata = Json::object();
    bool operator==(const Observation&) const = default;
};

}  // namespace roomstore
