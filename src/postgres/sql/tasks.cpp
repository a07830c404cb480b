#include "sql/tasks.hpp"

#include <fmt/format.h>

#include "sql/columns.hpp"
#include "sql/lists.hpp"
#include "sql/mapping.hpp"
#include "sql/rooms.hpp"

namespace roomstore::postgres::sql {

namespace {

#define ROOMSTORE_TASK_COLUMNS \
    "room_id, id, title, description, assigned_to, status, metadata, created_at"

// The lock on the room's row prevents its deletion before the task is inserted.
constexpr Statement add{"add_task", R"(
WITH room AS (
    SELECT id FROM {schema}.rooms WHERE id = $1 FOR KEY SHARE
), added AS (
    INSERT INTO {schema}.tasks ()" ROOMSTORE_TASK_COLUMNS R"()
    SELECT $1, $2, $3, $4, $5, $6, $7::json, $8::timestamptz FROM room
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT EXISTS (SELECT FROM added) FROM room)"};

constexpr Statement get{"get_task", R"(
SELECT )" ROOMSTORE_TASK_COLUMNS R"( FROM {schema}.tasks
WHERE id = $1 AND (SELECT room.id FROM {schema}.rooms room WHERE room.id = room_id) IS NOT NULL
ORDER BY room_id LIMIT 1)"};

constexpr Statement list{"list_tasks", R"(
SELECT )" ROOMSTORE_TASK_COLUMNS R"( FROM {schema}.tasks
WHERE room_id = $1 AND )" ROOMSTORE_ROOM_EXISTS R"( ORDER BY created_at, id
OFFSET $2 LIMIT $3)"};

constexpr Statement list_in_status{"list_tasks.status", R"(
SELECT )" ROOMSTORE_TASK_COLUMNS R"( FROM {schema}.tasks
WHERE room_id = $1 AND status = $2 AND )" ROOMSTORE_ROOM_EXISTS R"( ORDER BY created_at, id
OFFSET $3 LIMIT $4)"};

constexpr Statement update{"update_task", R"(
UPDATE {schema}.tasks
SET title = $3, description = $4, assigned_to = $5, status = $6, metadata = $7
WHERE room_id = $1 AND id = $2 AND )" ROOMSTORE_ROOM_EXISTS R"(
RETURNING created_at)"};

Task read_task(const Row& row) {
    Task task;
    task.room_id = row.text(0);
    task.id = row.text(1);
    task.title = row.text(2);
    task.description = row.optional_text(3);
    task.assigned_to = row.optional_text(4);
    task.status = read_enum_column<TaskStatus>(row, 5, "status");
    read_json_column(row, 6, "metadata", task.metadata);
    task.created_at = row.timestamp(7);
    return task;
}

/// All parameters except `created_at`, which never changes.
Params params_of(const Task& task) {
    Params params;
    params.add(task.room_id)
        .add(task.id)
        .add(task.title)
        .add(task.description)
        .add(task.assigned_to)
        .add(to_string(task.status))
        .add(json_text_unless(task.metadata, empty_object));
    return params;
}

}  // namespace

Task add_task(Session& session, const Task& task) {
    const auto result = session.exec(add, params_of(task).add(task.created_at));
    if (result.empty()) throw detail::no_room("add_task", task.room_id);
    if (result[0].boolean(0)) return task;
    throw detail::exists_already("add_task", "task", task.id, task.room_id);
}

std::optional<Task> get_task(Session& session, const std::string& id) {
    const auto found = session.exec(get, Params().add(id));
    if (found.empty()) return std::nullopt;
    return read_alone("tasks",
                      fmt::format("{}, {}", named("room", found[0].view(0)), named("task", id)),
                      [&] { return read_task(found[0]); });
}

std::vector<Task> list_tasks(Session& session,
                             UnreadableRows& unreadable,
                             const std::string& room_id,
                             const std::optional<TaskStatus>& status,
                             const std::optional<Page>& page) {
    Params params;
    params.add(room_id);
    if (status) params.add(to_string(*status));
    return read_all_or_page(session,
                            status ? list_in_status : list,
                            params,
                            page,
                            LeftOut(unreadable, Table::tasks, room_id),
                            read_task);
}

Task update_task(Session& session, const Task& task) {
    const auto result = session.exec(update, params_of(task));
    if (auto row = stored_with(&Task::created_at, task, result)) return std::move(*row);
    throw detail::does_not_exist("update_task", "task", task.id, task.room_id);
}

std::vector<Statement> task_statements() { return {add, get, list, list_in_status, update}; }

}  // namespace roomstore::postgres::sql
