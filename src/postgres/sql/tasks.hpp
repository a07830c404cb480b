#pragma once

#include <optional>
#include <string>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/model/task.hpp"
#include "sql/statement.hpp"
#include "sql/unreadable_rows.hpp"

/// Tasks in SQL.
namespace roomstore::postgres::sql {

/// @throws Error not_found, already_exists.
Task add_task(Session& session, const Task& task);

std::optional<Task> get_task(Session& session, const std::string& id);

std::vector<Task> list_tasks(Session& session,
                             UnreadableRows& unreadable,
                             const std::string& room_id,
                             const std::optional<TaskStatus>& status,
                             const std::optional<Page>& page);

/// @throws Error not_found.
Task update_task(Session& session, const Task& task);

/// Every statement of this file.
std::vector<Statement> task_statements();

}  // namespace roomstore::postgres::sql
