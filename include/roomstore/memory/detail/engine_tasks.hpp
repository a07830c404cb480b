#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "roomstore/memory/detail/engine.hpp"

namespace roomstore::detail::memory {

inline Task Engine::add_task(Task task) {
    auto row = std::make_shared<const Task>(task);
    auto room = require_room("add_task", task.room_id);
    auto& tasks = room->contents.tasks;
    if (tasks.contains(task.id)) {
        throw exists_already("add_task", "task", task.id, task.room_id);
    }
    tasks.insert(std::move(row));
    Rollback undo([&] { tasks.erase(task.id); });
    tasks_.insert(task.id, *room);
    undo.release();
    room.unlock();
    return task;
}

inline std::optional<Task> Engine::get_task(const std::string& task_id) {
    auto candidate = tasks_.first_room(task_id);
    while (candidate) {
        if (auto room = lock_room(std::static_pointer_cast<RoomRecord>(candidate))) {
            const auto task = room->contents.tasks.find(task_id);
            room.unlock();
            if (task) {
                require_open();
                return copy(task);
            }
        }
        candidate = tasks_.first_room(task_id, candidate.get());
    }
    require_open();
    return std::nullopt;
}

inline std::vector<Task> Engine::list_tasks(const std::string& room_id,
                                            std::optional<TaskStatus> status) {
    auto room = lock_room(room_id);
    if (!room) return {};
    auto tasks = room->contents.tasks.list();
    room.unlock();
    if (status) std::erase_if(tasks, [&](const auto& task) { return task->status != *status; });
    return copy(tasks);
}

inline Task Engine::update_task(Task task) {
    auto row = std::make_shared<Task>(task);
    auto room = lock_room(task.room_id);
    const auto before = room ? room->contents.tasks.find(task.id) : nullptr;
    if (!before) throw does_not_exist("update_task", "task", task.id, task.room_id);
    row->created_at = task.created_at = before->created_at;
    room->contents.tasks.replace(std::move(row));
    room.unlock();
    return task;
}

inline Observation Engine::add_observation(Observation observation) {
    auto row = std::make_shared<const Observation>(observation);
    auto room = require_room("add_observation", observation.room_id);
    if (room->contents.observations.contains(observation.id)) {
        throw exists_already("add_observation", "observation", observation.id, observation.room_id);
    }
    room->contents.observations.insert(std::move(row));
    room.unlock();
    return observation;
}

inline std::vector<Observation> Engine::list_observations(const std::string& room_id) {
    auto room = lock_room(room_id);
    if (!room) return {};
    const auto observations = room->contents.observations.list();
    room.unlock();
    return copy(observations);
}

}  // namespace roomstore::detail::memory
