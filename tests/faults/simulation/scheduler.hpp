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

/// What stands for a thread.
struct Task {
    Task(std::string what, Process* where, std::function<void()> body)
        : name(std::move(what)), process(where), fiber(std::move(body)) {}

    const std::string name;
    Process* const process;
    Fiber fiber;
    /// Counts its waits: what was to end an earlier one does not end this one.
    std::uint64_t waits = 0;
    bool waiting = false;
    std::vector<Task*> joining;
};

/// Neither waits nor ends: a deadlock, or a loop.
class Stuck : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Runs tasks one at a time, in an order that the seed decides, in a time that moves on only when
/// all of them wait.
class Scheduler {
public:
    explicit Scheduler(std::uint64_t seed) : random_(seed) {}
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    /// The one whose tasks run.
    static Scheduler& current() noexcept { return *current_; }

    TimePoint now() const noexcept { return now_; }
    Random& random() noexcept { return random_; }
    /// Of two instants, the later has the greater number.
    std::uint64_t tick() noexcept { return ++ticks_; }
    Task& task() noexcept { return *task_; }
    std::uint64_t steps() const noexcept { return steps_; }

    Task* spawn(std::string name, Process* process, std::function<void()> body);

    /// Calls `action` at `when`, outside of all tasks.
    void at(TimePoint when, std::function<void()> action);

    /// Runs until every task has ended. `outside` is called between steps.
    /// @throws Stuck.
    void run(const std::function<void()>& outside);

    /// @name For the task that runs
    /// @{

    /// Lets others go first.
    void yield();
    /// Now and then lets others go first.
    void maybe_yield();
    /// Waits until it is woken, or until `until`, whichever is first.
    void wait(TimePoint until = TimePoint::max());
    void sleep(std::chrono::nanoseconds duration);
    void join(Task& task);

    /// @}

    void wake(Task& task);

    /// How often, of a thousand times, a task that takes a lock is interrupted.
    int interruptions = 0;

    /// How many threads can still be started; absent: any number.
    std::optional<int> threads_left{};

    /// Ends the process, as the standard library does where it is misused.
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
    std::size_t live_workers_ = 0;
    std::vector<Task*> ready_;
    std::vector<Timer> timers_;
    Task* task_ = nullptr;
};

}  // namespace roomstore::simulation
