#include "faults/simulation/scheduler.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace roomstore::simulation {

namespace {

// Far more than a correct run needs.
constexpr std::uint64_t most_steps = 100'000;

}  // namespace

Task* Scheduler::spawn(std::string name, Process* process, std::function<void()> body) {
    tasks_.push_back(std::make_unique<Task>(std::move(name), process, std::move(body)));
    Task* const task = tasks_.back().get();
    ++live_tasks_;
    ready_.push_back(task);
    return task;
}

void Scheduler::add_timer(Timer timer) {
    timers_.push_back(std::move(timer));
    std::ranges::push_heap(timers_, later);
}

void Scheduler::at(TimePoint when, std::function<void()> action) {
    add_timer({.when = when,
               .number = ++timers_made_,
               .task = nullptr,
               .wait = 0,
               .action = std::move(action)});
}

void Scheduler::run(const std::function<void()>& outside) {
    current_ = this;
    while (live_tasks_ > 0) {
        outside();
        if (!ready_.empty()) {
            if (++steps_ > most_steps) give_up("still running after many steps");
            auto& next = ready_[random_.below(ready_.size())];
            Task* const task = std::exchange(next, ready_.back());
            ready_.pop_back();
            step(*task);
        } else if (!fire_next()) {
            give_up("all tasks wait, and no timer is pending");
        }
    }
    current_ = nullptr;
}

void Scheduler::step(Task& task) {
    task_ = &task;
    task.fiber.resume();
    task_ = nullptr;
    if (!task.fiber.done()) return;
    --live_tasks_;
    for (Task* const other : task.joining) wake(*other);
}

bool Scheduler::fire_next() {
    while (!timers_.empty()) {
        std::ranges::pop_heap(timers_, later);
        const Timer timer = std::move(timers_.back());
        timers_.pop_back();
        const bool stale =
            timer.task != nullptr && (!timer.task->waiting || timer.task->waits != timer.wait);
        if (stale) continue;
        now_ = std::max(now_, timer.when);
        if (timer.task != nullptr) {
            wake(*timer.task);
        } else {
            timer.action();
        }
        return true;
    }
    return false;
}

void Scheduler::give_up(const char* why) const {
    std::string text(why);
    for (const auto& task : tasks_) {
        if (!task->fiber.done()) text += "; " + task->name;
    }
    throw Stuck(text);
}

void Scheduler::abandoned(const char* what) {
    std::printf("FAILED: there was %s\n", what);
    std::fflush(stdout);
    std::abort();
}

void Scheduler::yield() {
    ready_.push_back(task_);
    task_->fiber.suspend();
}

void Scheduler::maybe_yield() {
    if (task_ != nullptr && random_.chance(interruptions)) yield();
}

void Scheduler::wait(TimePoint until) {
    Task& self = *task_;
    ++self.waits;
    self.waiting = true;
    if (until != TimePoint::max()) {
        add_timer({.when = until,
                   .number = ++timers_made_,
                   .task = &self,
                   .wait = self.waits,
                   .action = {}});
    }
    self.fiber.suspend();
}

void Scheduler::sleep(std::chrono::nanoseconds duration) {
    const auto until = now_ + duration;
    while (now_ < until) wait(until);
}

void Scheduler::join(Task& task) {
    while (!task.fiber.done()) {
        task.joining.push_back(task_);
        wait();
    }
}

void Scheduler::wake(Task& task) {
    if (!std::exchange(task.waiting, false)) return;
    ready_.push_back(&task);
}

}  // namespace roomstore::simulation
