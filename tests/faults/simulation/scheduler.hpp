#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "faults/simulation/fiber.hpp"
#include "faults/simulation/random.hpp"

namespace roomstore::simulation {

using TimePoint = std::chrono::steady_clock::time_point;

struct Process;

/// A simulated thread.
struct Task {
    Task(std::string what, Process* where, std::function<void()> body)
        : name(std::move(what)), process(where), fiber(std::move(body)) {}

    const std::string name;
    Process* const process;
    Fiber fiber;
    /// Number of its waits so far: the timer of an earlier wait does not end a later one.
    std::uint64_t waits = 0;
    bool waiting = false;
    std::vector<Task*> joining;
};

/// The run does not end: a deadlock, or an endless loop.
class Stuck : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Runs tasks one at a time, in an order that the seed determines. Simulated time advances only
/// while all tasks wait.
class Scheduler {
public:
    explicit Scheduler(std::uint64_t seed) : random_(seed) {}
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    /// The scheduler that is running.
    static Scheduler& current() noexcept { return *current_; }

    TimePoint now() const noexcept { return now_; }
    Random& random() noexcept { return random_; }
    /// Logical clock: each call returns a greater number.
    std::uint64_t tick() noexcept { return ++ticks_; }
    Task& task() noexcept { return *task_; }
    std::uint64_t steps() const noexcept { return steps_; }

    Task* spawn(std::string name, Process* process, std::function<void()> body);

    /// Calls `action` at `when`, outside of all tasks.
    void at(TimePoint when, std::function<void()> action);

    /// Runs until every task has ended. `outside` is called between steps.
    /// @throws Stuck.
    void run(const std::function<void()>& outside);

    /// @name For the running task
    /// @{

    /// Lets other tasks run first.
    void yield();
    /// Yields at random, with the probability `interruptions`.
    void maybe_yield();
    /// Waits until it is woken or `until` is reached, whichever is first.
    void wait(TimePoint until = TimePoint::max());
    void sleep(std::chrono::nanoseconds duration);
    void join(Task& task);

    /// @}

    void wake(Task& task);

    /// Probability, in permille, that a task yields before it takes a lock.
    int interruptions = 0;

    /// Number of threads that can still be started; no value: unlimited.
    std::optional<int> threads_left{};

    /// Aborts the process, as the standard library does on misuse.
    [[noreturn]] static void abandoned(const char* what);

private:
    struct Timer {
        TimePoint when;
        std::uint64_t number;
        Task* task;
        std::uint64_t wait;
        std::function<void()> action;
    };
    static bool later(const Timer& a, const Timer& b) noexcept {
        return a.when != b.when ? a.when > b.when : a.number > b.number;
    }

    void add_timer(Timer timer);
    bool fire_next();
    void step(Task& task);
    void give_up(const char* why) const;

    static inline Scheduler* current_ = nullptr;

    Random random_;
    TimePoint now_ = TimePoint{} + std::chrono::hours{1};
    std::uint64_t ticks_ = 0;
    std::uint64_t steps_ = 0;
    std::uint64_t timers_made_ = 0;
    std::vector<std::unique_ptr<Task>> tasks_;
    std::size_t live_tasks_ = 0;
    std::vector<Task*> ready_;
    std::vector<Timer> timers_;
    Task* task_ = nullptr;
};

}  // namespace roomstore::simulation
