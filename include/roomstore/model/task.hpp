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

/// A task of a room. Immutable once stored: `id`, `room_id`, `created_at`.
/// @ingroup tasks
struct Task {
    /// 1 to 255 bytes, unique within its room and intended to be globally unique. No default.
    std::string id{};
    /// The room, 1 to 255 bytes. It must exist.
    std::string room_id{};
    /// Short description; may be empty.
    std::string title{};
    /// Full description.
    std::optional<std::string> description{};
    /// Assignee.
    std::optional<std::string> assigned_to{};
    /// Progress of the task.
    TaskStatus status = TaskStatus::pending;
    /// Creation time; the current time by default.
    Timestamp created_at = now();
    /// A JSON object.
    Json metadata = Json::object();
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const Task&) const = default;
};

}  // namespace roomstore
