#include <algorithm>
#include <exception>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "pool/pool_core.hpp"
#include "pool/watchdog.hpp"

namespace roomstore::postgres {

/// The runner's interface to all calls that the worker runs. Takes the lock of the pool.
class WorkerControl final : public CallControl {
public:
    WorkerControl(PoolCore& pool, PoolCore::Worker& worker, CallRunner& runner)
        : pool_(pool), worker_(worker), runner_(runner) {}

    TimePoint now() override { return PoolCore::Clock::now(); }

    TimePoint deadline() override {
        const PoolCore::Lock lock(pool_.mutex_);
        auto last = TimePoint::min();
        for (const auto& call : worker_.calls) last = std::max(last, call->state.deadline());
        return last;
    }

    BatchScope batch_scope() override {
        const PoolCore::Lock lock(pool_.mutex_);
        const auto& calls = worker_.calls;
        if (calls.size() < 2) return BatchScope::alone;
        const auto in_other_room = [&](const auto& call) {
            return call->operation.room_id != calls.front()->operation.room_id;
        };
        return std::ranges::any_of(calls, in_other_room) ? BatchScope::any_room
                                                         : BatchScope::one_room;
    }

    bool in_doubt() override {
        const PoolCore::Lock lock(pool_.mutex_);
        return any([](const PendingCall& call) { return call.state.in_doubt(); });
    }

    bool may_continue() override {
        const PoolCore::Lock lock(pool_.mutex_);
        return any(continues);
    }

    bool drop_stopped() override {
        bool left = false;
        PoolCore::Lock lock(pool_.mutex_);
        // More calls may be stopped while this waits; `reset` must not discard those stops.
        while (any(continues) && !all(continues)) {
            left = true;
            PoolCore::Answers answers;
            end_stopped(answers);
            lock.unlock();
            PoolCore::deliver(answers);
            lock.lock();
            pool_.forget_cancellation(lock, worker_, runner_);
        }
        if (left) worker_.control->reset();
        return left;
    }

    bool enter_commit() override {
        const PoolCore::Lock lock(pool_.mutex_);
        if (!all(continues)) return false;
        for (const auto& call : worker_.calls) call->state.enter_commit();
        return true;
    }

    void commit_failed() override {
        const PoolCore::Lock lock(pool_.mutex_);
        for (const auto& call : worker_.calls) call->state.commit_failed();
    }

    void doubt() override {
        const PoolCore::Lock lock(pool_.mutex_);
        for (const auto& call : worker_.calls) call->state.doubt();
        tell(LogLevel::warning, ": it is not known whether its COMMIT took effect");
    }

    void note(const Failure& failure) override {
        const bool connected = worker_.session->connected();
        const PoolCore::Lock lock(pool_.mutex_);
        for (const auto& call : worker_.calls) call->failure = failure;
        worker_.counts = runner_.counts();
        if (connected) return;
        pool_.on_disconnected(worker_, failure.text);
        // Queued calls are not told if the work was the reason to give up the connection, or if the
        // store cut it to end a call: neither explains why they wait.
        if (failure.cut_by_store) return;
        if (failure.broken || failure.remedy == Remedy::reconnect) pool_.connect_failure_ = failure;
    }

    void on_connect_failed(const Failure& failure) override {
        const PoolCore::Lock lock(pool_.mutex_);
        pool_.on_connect_failed(failure);
    }

    void retrying(const Failure& failure) override {
        const PoolCore::Lock lock(pool_.mutex_);
        tell(LogLevel::info, " is retried: ", failure.text);
    }

    bool others_connected() override {
        const PoolCore::Lock lock(pool_.mutex_);
        return pool_.others_connected(worker_);
    }

    void pause(TimePoint until) override {
        PoolCore::Lock lock(pool_.mutex_);
        pool_.stopped_.wait_until(lock, until, [&] { return !all(continues); });
    }

    void await_slot(TimePoint until) override {
        PoolCore::Lock lock(pool_.mutex_);
        pool_.stopped_.wait_until(
            lock, until, [&] { return !all(continues) || pool_.others_connected(worker_); });
    }

    CallOutcome stopped() override {
        const PoolCore::Lock lock(pool_.mutex_);
        return pool_.stopped(*worker_.calls.front());
    }

    /// The jobs of the calls that are still to be run.
    std::vector<std::shared_ptr<Job>> jobs() const {
        const PoolCore::Lock lock(pool_.mutex_);
        std::vector<std::shared_ptr<Job>> jobs;
        for (const auto& call : worker_.calls) jobs.push_back(call->job);
        return jobs;
    }

private:
    static bool continues(const PendingCall& call) { return call.state.may_continue(); }

    template <typename Pred>
    bool any(Pred pred) const {
        return std::ranges::any_of(worker_.calls, [&](const auto& call) { return pred(*call); });
    }
    template <typename Pred>
    bool all(Pred pred) const {
        return std::ranges::all_of(worker_.calls, [&](const auto& call) { return pred(*call); });
    }

    void tell(LogLevel level, const char* what, std::string_view why = {}) const {
        if (worker_.calls.empty()) return;
        pool_.log_->compose(level, [&] {
            auto calls = context_of(worker_.calls.front()->operation);
            const auto others = worker_.calls.size() - 1;
            if (others > 0) calls += fmt::format(" and {} more", others);
            return fmt::format("{}{}{}", calls, what, why);
        });
    }

    void end_stopped(PoolCore::Answers& answers) {
        std::erase_if(worker_.calls, [&](const auto& call) {
            if (continues(*call)) return false;
            if (call->state.may_be_stored()) worker_.doubtful.push_back(call);
            pool_.end(*call, pool_.stopped(*call), answers);
            return true;
        });
    }

    PoolCore& pool_;
    PoolCore::Worker& worker_;
    CallRunner& runner_;
};

namespace {

/// The remaining jobs of a batch, as one job.
class BatchJob final : public Job {
public:
    explicit BatchJob(const WorkerControl& control) : control_(control) {}

    void run(Session& session) override {
        const auto jobs = control_.jobs();
        std::vector<BatchableJob*> batchable;
        batchable.reserve(jobs.size());
        for (const auto& job : jobs) batchable.push_back(job->batchable());
        batchable.front()->run_batch(session, batchable);
    }

private:
    const WorkerControl& control_;
};

}  // namespace

void PoolCore::work(Worker& worker) {
    // Wait until start_threads() has released the lock.
    {
        const Lock lock(mutex_);
    }
    CallRunner runner(*worker.session, platform::connection_attempts(), platform::random_seed());
    const auto& failure = runner.connect_ahead(Clock::now() + options_.deadline);
    {
        const Lock lock(mutex_);
        worker.connecting_ahead = false;
        worker.counts = runner.counts();
        if (failure) {
            connect_failure_ = failure;
            on_connect_failed(*failure);
        } else {
            on_connected(worker);
        }
    }
    while (take(worker, runner)) finish(worker, runner, run(worker, runner));
    worker.session->disconnect();
    const Lock lock(mutex_);
    worker.exited = true;
    --live_workers_;
    watchdog_->wake_by(TimePoint::min());
}

CallOutcome PoolCore::run(Worker& worker, CallRunner& runner) {
    WorkerControl control(*this, worker, runner);
    // Only this thread changes the calls of its worker.
    const auto first = worker.calls.front();
    try {
        if (worker.calls.size() == 1) {
            return runner.run(control, first->operation, *first->job);
        }
        BatchJob batch(control);
        return runner.run(control, first->operation, batch);
    } catch (const std::exception&) {
        return out_of_memory_outcome(worker);
    }
}

// Memory ran out between the steps of a call. The text is short enough to need no allocation.
CallOutcome PoolCore::out_of_memory_outcome(Worker& worker) {
    worker.session->disconnect();
    auto outcome = CallOutcome::failed(errc::commit_unknown, "out of memory");
    outcome.code_if_not_committed = errc::internal;
    return outcome;
}

bool PoolCore::others_connected(const Worker& worker) const {
    return std::ranges::any_of(
        workers_, [&](const auto& other) { return other.get() != &worker && other->connected; });
}

void PoolCore::on_connected(Worker& worker) {
    if (std::exchange(worker.connected, true)) return;
    // Workers that wait for a reconnect slot leave their calls to this worker.
    stopped_.notify_all();
    connect_problem_.reset();
    if (std::exchange(worker.lost, false)) {
        log_->compose(LogLevel::info,
                      [&] { return fmt::format("connected again; {}", open_connections()); });
    }
}

void PoolCore::on_disconnected(Worker& worker, std::string_view why) {
    if (std::exchange(worker.connected, false)) {
        worker.lost = true;
        log_->compose(LogLevel::warning, [&] {
            return fmt::format("connection lost; {}: {}", open_connections(), why);
        });
    }
    no_connection_.notify_all();
}

// Logged once for all attempts, as long as the number of connections and the kind of error stay the
// same: the texts differ from attempt to attempt. Not logged while the pool closes, because closing
// aborts attempts.
void PoolCore::on_connect_failed(const Failure& failure) {
    if (!log_->wanted() || state_ != State::open) return;
    auto problem = std::tuple(connected_workers(), failure.code, failure.sqlstate);
    if (problem == connect_problem_) return;
    log_->compose(LogLevel::warning, [&] {
        return fmt::format("cannot connect; {}: {}", open_connections(), failure.text);
    });
    connect_problem_ = std::move(problem);
}

std::size_t PoolCore::connected_workers() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(workers_, [](const auto& worker) { return worker->connected; }));
}

std::string PoolCore::open_connections() const {
    return fmt::format("{} of {} connections are open", connected_workers(), options_.connections);
}

// A worker without a connection leaves the calls to connected workers and connects meanwhile: a
// server that accepts fewer connections than configured still serves all calls.
bool PoolCore::await_calls(Lock& lock, Worker& worker, CallRunner& runner) {
    using namespace std::chrono_literals;
    Backoff pauses({.first_pause = 100ms, .longest_pause = 5s}, worker.runs);
    for (;;) {
        if (worker.connected || !others_connected(worker)) {
            if (has_runnable_batch()) return true;
            if (state_ != State::open) return leave(worker);
            ++idle_;
            work_.wait(lock, [&] { return has_runnable_batch() || state_ != State::open; });
            --idle_;
        } else {
            if (state_ != State::open) return leave(worker);
            // The notification may have been meant for a connected worker.
            if (has_runnable_batch()) work_.notify_one();
            connect_meanwhile(lock, worker, runner, Clock::now() + pauses.next());
        }
    }
}

// From now on no worker relies on this connection: a worker that did runs the calls itself.
bool PoolCore::leave(Worker& worker) {
    worker.connected = false;
    no_connection_.notify_all();
    return false;
}

void PoolCore::connect_meanwhile(Lock& lock, Worker& worker, CallRunner& runner, TimePoint when) {
    const auto over = [&] { return state_ != State::open || !others_connected(worker); };
    if (no_connection_.wait_until(lock, when, over)) return;
    const auto turn = platform::connection_attempts().reserve(Clock::now());
    if (no_connection_.wait_until(lock, turn, over)) {
        platform::connection_attempts().give_back(turn);
        return;
    }
    worker.connecting_ahead = true;
    worker.control->reset();
    lock.unlock();
    const auto& failure = runner.connect_ahead(Clock::now() + options_.deadline);
    lock.lock();
    worker.connecting_ahead = false;
    worker.counts = runner.counts();
    if (failure) {
        on_connect_failed(*failure);
    } else {
        on_connected(worker);
    }
}

bool PoolCore::take(Worker& worker, CallRunner& runner) {
    Lock lock(mutex_);
    if (!await_calls(lock, worker, runner)) return false;
    const auto append = appends_.first();
    if (append && (queue_.empty() || *append < queue_.front().ticket)) {
        worker.calls = appends_.take();
        worker.rooms = rooms_of(worker.calls);
    } else {
        worker.calls.push_back(queue_.pop_front());
    }
    // Calls that are left over, because of a bound or of another scope, are for other workers.
    if (has_runnable_batch()) work_.notify_one();
    for (const auto& call : worker.calls) call->state.start(worker.calls.size() > 1);
    ++worker.runs;
    worker.control->reset();
    return true;
}

void PoolCore::finish(Worker& worker, CallRunner& runner, const CallOutcome& outcome) {
    const bool connected = worker.session->connected();
    Answers answers;
    std::vector<CallPtr> calls, doubtful;  // destroyed after the lock is released
    bool may_be_stored = outcome.kind == CallOutcome::Kind::success;
    {
        const Lock lock(mutex_);
        if (connected) {
            connect_failure_.reset();
            on_connected(worker);
        } else {
            on_disconnected(worker, "it was closed together with its call");
        }
        const auto settled = worker.counts.doubts_settled;
        worker.counts = runner.counts();
        if (settled != worker.counts.doubts_settled) {
            log_->write(LogLevel::info, {"a COMMIT in doubt is settled"});
        }
        calls = std::exchange(worker.calls, {});
        doubtful = std::exchange(worker.doubtful, {});
        may_be_stored = may_be_stored || std::ranges::any_of(calls, [](const auto& call) {
                            return call->state.may_be_stored();
                        });
        appends_.release(std::exchange(worker.rooms, {}));
        finish_calls(calls, outcome, answers);
        if (worker.session->wakes_background_job()) background_wanted_ = true;
        if (background_wanted_ && outcome.kind == CallOutcome::Kind::success) {
            start_background_job();
        }
        // This worker takes the first batch itself, unless it has to connect.
        const std::size_t own = connected ? 1 : 0;
        if (runnable_batches() > own) work_.notify_one();
    }
    if (may_be_stored) tell_changes(calls);
    tell_changes(doubtful);
    deliver(answers);
    Lock lock(mutex_);
    forget_cancellation(lock, worker, runner);
}

void PoolCore::tell_changes(const std::vector<CallPtr>& calls) const noexcept {
    if (!on_change_) return;
    // Most calls of a batch are for the same room.
    const std::string* last = nullptr;
    for (const auto& call : calls) {
        const auto& operation = call->operation;
        if (!operation.changes_room || (last != nullptr && *last == operation.room_id)) continue;
        on_change_(operation.room_id);
        last = &operation.room_id;
    }
}

void PoolCore::finish_calls(const std::vector<CallPtr>& calls,
                            const CallOutcome& outcome,
                            Answers& answers) {
    std::vector<CallPtr> again;
    const bool unfinished = outcome.retry_scope || outcome.reroute;
    // Each call of a batch may have been stopped for a reason of its own.
    const bool may_be_stopped =
        unfinished || (outcome.kind != CallOutcome::Kind::success && calls.size() > 1);
    for (const auto& call : calls) {
        if (may_be_stopped && !call->state.may_continue()) {
            end(*call, stopped(*call), answers);
        } else if (unfinished) {
            if (outcome.retry_scope) call->scope = *outcome.retry_scope;
            again.push_back(call);
        } else {
            end(*call, outcome_of(*call, outcome), answers);
        }
    }
    if (!again.empty()) put_back(std::move(again));
}

CallOutcome PoolCore::outcome_of(const PendingCall& call, const CallOutcome& outcome) {
    if (outcome.code_if_not_committed && !call.state.may_be_stored()) {
        auto certain = outcome;
        certain.code = *outcome.code_if_not_committed;
        return certain;
    }
    BatchableJob* const batchable = call.job->batchable();
    if (outcome.kind != CallOutcome::Kind::success || batchable == nullptr) return outcome;
    const auto refusal = batchable->refusal();
    if (!refusal) return outcome;
    return CallOutcome::failed(
        static_cast<errc>(refusal->code().value()), refusal->detail(), refusal->sqlstate());
}

// Once the request returns, the server has received it. From then on it cannot hit a later
// statement of this session, unless something between client and server delays it.
void PoolCore::forget_cancellation(Lock& lock, Worker& worker, CallRunner& runner) {
    constexpr std::chrono::milliseconds limit{250};
    worker.cancel_wanted = false;
    const auto over = [&] { return worker.cancelling != worker.runs; };
    if (!over() && has_runnable_batch()) work_.notify_one();
    if (!stopped_.wait_for(lock, limit, over)) {
        // The canceller is stuck. Without a session, its request cancels nothing.
        lock.unlock();
        worker.session->disconnect();
        lock.lock();
        on_disconnected(worker, "the server did not take a request to cancel in time");
    }
    if (std::exchange(worker.cancel_sent, false)) runner.expect_stray_cancel();
    ++worker.runs;
}

}  // namespace roomstore::postgres
