#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "roomstore/memory/detail/engine.hpp"

namespace roomstore::detail::memory {

inline void Engine::store_row(RoomRecord& room,
                              const std::shared_ptr<const Task>& before,
                              std::shared_ptr<const Task> now) {
    auto& tasks = room.contents.tasks;
    if (before) {
        tasks.replace(std::move(now));
        return;
    }
    tasks.insert(now);
    Rollback undo([&] { tasks.erase(now->id); });
    tasks_.insert(now->id, room);
    undo.release();
}

inline Task Engine::add_task(Task task) {
    return add_row(&RoomContents::tasks, "add_task", "task", std::move(task));
}

inline std::optional<Task> Engine::get_task(const std::string& task_id) {
    const auto find = [&](const RoomRecord& room) { return room.contents.tasks.find(task_id); };
    return copy(find_in_rooms(tasks_, task_id, find).second);
}

inline std::vector<Task> Engine::list_tasks(const std::string& room_id,
                                            std::optional<TaskStatus> status,
                                            const std::optional<Page>& page) {
    auto tasks = list_rows(&RoomContents::tasks, room_id);
    if (status) std::erase_if(tasks, [&](const auto& task) { return task->status != *status; });
    return copy(page_of(std::move(tasks), page));
}

inline Task Engine::update_task(Task task) {
    return update_row(&RoomContents::tasks, "update_task", "task", std::move(task));
}

}  // namespace roomstore::detail::memory
