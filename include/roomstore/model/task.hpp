#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "roomstore/model/await_guard.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/json_conversions.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/timestamp.hpp"

namespace roomstore {

struct Task;

namespace detail {
template <>
inline constexpr std::string_view model_name<Task> = "Task";
}  // namespace detail

/// Something to do that came up in a room. Immutable once stored: `id`, `room_id`, `created_at`.
/// @ingroup tasks
struct Task {
    /// 1 to 255 bytes, unique inside its room and meant to be unique everywhere. No default.
    std::string id{};
    /// The room, 1 to 255 bytes. It must exist.
    std::string room_id{};
    /// What to do, in a line; may be empty.
    std::string title{};
    /// What to do, at length.
    std::optional<std::string> description{};
    /// Who does it.
    std::optional<std::string> assigned_to{};
    /// How far it is.
    TaskStatus status = TaskStatus::pending;
    /// When it came up; the present by default.
    Timestamp created_at = now();
    /// A JSON object.
    Json metadata = Json::object();
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const Task&) const = default;
};

}  // namespace roomstore
