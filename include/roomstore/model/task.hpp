#pragma once

#include <optional>
#include <string>

#include "roomstore/model/enums.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/timestamp.hpp"

namespace roomstore {

/// Something to do that came up in a room. Immutable once stored: `id`, `room_id`, `created_at`.
struct Task {
    /// 1 to 255 bytes, unique inside its room and meant to be unique everywhere.
    std::string id{};
    std::string room_id{};
    std::string title{};
    std::optional<std::string> description{};
    std::optional<std::string> assigned_to{};
    TaskStatus status = TaskStatus::pending;
    Timestamp created_at = now();
    /// A JSON object.
    Json metadata = Json::object();
    bool operator==(const Task&) const = default;
};

}  // namespace roomstore
