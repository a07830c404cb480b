#include "support/run.hpp"

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

namespace roomstore::test {

namespace {

using Clock = std::chrono::steady_clock;

/// One thread for all watchdogs of the process, since `run` is called thousands of times.
class WatchdogThread {
public:
    static WatchdogThread& instance() {
        static WatchdogThread kennel;
        return kennel;
    }

    std::size_t add(Clock::time_point deadline) {
        const std::lock_guard lock(mutex_);
        deadlines_.emplace(++last_ticket_, deadline);
        return last_ticket_;
    }

    void remove(std::size_t ticket) {
        const std::lock_guard lock(mutex_);
        deadlines_.erase(ticket);
    }

private:
    WatchdogThread() : thread_([this] { watch(); }) {}

    ~WatchdogThread() {
        {
            const std::lock_guard lock(mutex_);
            stopped_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }

    void watch() {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, std::chrono::seconds{1}, [this] { return stopped_; })) {
            for (const auto& [ticket, deadline] : deadlines_) {
                if (Clock::now() < deadline) continue;
                std::fputs("\nwatchdog: the test hangs; its name follows\n", stderr);
                std::abort();
            }
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_;
    std::map<std::size_t, Clock::time_point> deadlines_;
    std::size_t last_ticket_ = 0;
    bool stopped_ = false;
    std::thread thread_;
};

struct Outcome {
    bool ended = false;
    std::exception_ptr failure;
};

void start(asio::io_context& context, asio::awaitable<void> task, Outcome& outcome) {
    asio::co_spawn(context, std::move(task), [&outcome](std::exception_ptr failure) {
        outcome.ended = true;
        outcome.failure = std::move(failure);
    });
}

void throw_failure(const Outcome& outcome) {
    if (!outcome.ended) throw std::logic_error("a call was dropped: its caller never resumed");
    if (outcome.failure) std::rethrow_exception(outcome.failure);
}

}  // namespace

Watchdog::Watchdog(std::chrono::seconds limit)
    : ticket_(WatchdogThread::instance().add(Clock::now() + limit)) {}

Watchdog::~Watchdog() { WatchdogThread::instance().remove(ticket_); }

void run_to_end(asio::awaitable<void> task) {
    const Watchdog watchdog;
    Outcome outcome;
    asio::io_context context(1);
    start(context, std::move(task), outcome);
    context.run();
    throw_failure(outcome);
}

void run_all(std::vector<asio::awaitable<void>> tasks, int threads) {
    const Watchdog watchdog;
    std::vector<Outcome> outcomes(tasks.size());
    asio::io_context context(threads);
    for (std::size_t i = 0; i < tasks.size(); ++i) start(context, std::move(tasks[i]), outcomes[i]);
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i) workers.emplace_back([&context] { context.run(); });
    for (auto& worker : workers) worker.join();
    for (const auto& outcome : outcomes) throw_failure(outcome);
}

}  // namespace roomstore::test
