#include <algorithm>
#include <exception>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "pool/memory.hpp"
#include "pool/pool_core.hpp"

namespace roomstore::postgres {

/// Answers the runner for the pool, under its lock, about all calls that the worker runs.
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

    bool may_go_on() override {
        const PoolCore::Lock lock(pool_.mutex_);
        return any(goes_on);
    }

    bool drop_stopped() override {
        bool left = false;
        PoolCore::Lock lock(pool_.mutex_);
        // Others may be stopped while this waits, and the session must not forget it.
        while (any(goes_on) && !all(goes_on)) {
            left = true;
            PoolCore::Answers answers;
            end_stopped(answers);
            lock.unlock();
            PoolCore::give(answers);
            lock.lock();
            pool_.forget_cancellation(lock, worker_, runner_);
        }
        if (left) worker_.control->reset();
        return left;
    }

    bool enter_commit() override {
        const PoolCore::Lock lock(pool_.mutex_);
        if (!all(goes_on)) return false;
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
        pool_.lost_connection(worker_, failure.text);
        // Not where the work was the reason to leave, or the end of its time: that says nothing to
        // those who wait.
        if (failure.cut_by_store) return;
        if (failure.broken || failure.remedy == Remedy::reconnect) pool_.connect_failure_ = failure;
    }

    void cannot_connect(const Failure& failure) override {
        const PoolCore::Lock lock(pool_.mutex_);
        pool_.cannot_connect(failure);
    }

    void repeats(const Failure& failure) override {
        const PoolCore::Lock lock(pool_.mutex_);
        tell(LogLevel::info, " is repeated: ", failure.text);
    }

    bool others_connected() override {
        const PoolCore::Lock lock(pool_.mutex_);
        return pool_.others_connected(worker_);
    }

    void pause(TimePoint until) override {
        PoolCore::Lock lock(pool_.mutex_);
        pool_.stopped_.wait_until(lock, until, [&] { return !all(goes_on); });
    }

    void await_turn(TimePoint until) override {
        PoolCore::Lock lock(pool_.mutex_);
        pool_.stopped_.wait_until(
            lock, until, [&] { return !all(goes_on) || pool_.others_connected(worker_); });
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
    static bool goes_on(const PendingCall& call) { return call.state.may_go_on(); }

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
            auto line = context_of(worker_.calls.front()->operation);
            const auto others = worker_.calls.size() - 1;
            if (others > 0) line += " and " + std::to_string(others) + " more";
            return line.append(what).append(why);
        });
    }

    void end_stopped(PoolCore::Answers& answers) {
        std::erase_if(worker_.calls, [&](const auto& call) {
            if (goes_on(*call)) return false;
            pool_.end(*call, pool_.stopped(*call), answers);
            return true;
        });
    }

    PoolCore& pool_;
    PoolCore::Worker& worker_;
    CallRunner& runner_;
};

namespace {

/// What is still wanted of several jobs, as one.
class BatchJob final : public Job {
public:
    explicit BatchJob(const WorkerControl& control) : control_(control) {}

    void run(Session& session) override {
        const auto jobs = control_.jobs();
        std::vector<BatchableJob*> joint;
        joint.reserve(jobs.size());
        for (const auto& job : jobs) joint.push_back(job->batchable());
        joint.front()->run_batch(session, joint);
    }

private:
    const WorkerControl& control_;
};

}  // namespace

void PoolCore::work(Worker& worker) {
    // Begins only when the one who starts the threads has let go of the lock.
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
            insist([&] { connect_failure_ = failure; });
            cannot_connect(*failure);
        } else {
            has_connection(worker);
        }
    }
    while (take(worker, runner)) finish(worker, runner, run(worker, runner));
    worker.session->disconnect();
    const Lock lock(mutex_);
    worker.exited = true;
    --live_workers_;
    wake_watchdog(TimePoint::min());
}

CallOutcome PoolCore::run(Worker& worker, CallRunner& runner) {
    WorkerControl control(*this, worker, runner);
    // Only this thread changes the calls of its worker.
    const auto first = worker.calls.front();
    try {
        if (worker.calls.size() == 1) {
            return runner.run(control, first->operation, *first->job);
        }
        BatchJob together(control);
        return runner.run(control, first->operation, together);
    } catch (const std::exception&) {
        return out_of_memory_outcome(worker);
    }
}

// Memory ran out between the steps of a call. Texts short enough to need none.
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

void PoolCore::has_connection(Worker& worker) {
    if (std::exchange(worker.connected, true)) return;
    // Those who wait for their turn to connect leave their calls to it.
    stopped_.notify_all();
    connect_problem_.reset();
    if (std::exchange(worker.lost, false)) {
        log_->compose(LogLevel::info, [&] { return "connected again; " + open_connections(); });
    }
}

void PoolCore::lost_connection(Worker& worker, std::string_view why) {
    if (std::exchange(worker.connected, false)) {
        worker.lost = true;
        log_->compose(LogLevel::warning, [&] {
            return ("a connection is lost; " + open_connections() + ": ").append(why);
        });
    }
    no_connection_.notify_all();
}

// Once for all attempts, as long as the number of connections and the kind of error are the same:
// texts differ from attempt to attempt. Who closes the pool ends attempts.
void PoolCore::cannot_connect(const Failure& failure) {
    if (!log_->wanted() || state_ != State::open) return;
    auto problem = std::tuple(connected_workers(), failure.code, failure.sqlstate);
    if (problem == connect_problem_) return;
    log_->compose(LogLevel::warning,
                  [&] { return "cannot connect; " + open_connections() + ": " + failure.text; });
    connect_problem_ = std::move(problem);
}

std::size_t PoolCore::connected_workers() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(workers_, [](const auto& worker) { return worker->connected; }));
}

std::string PoolCore::open_connections() const {
    return std::to_string(connected_workers()) + " of " + std::to_string(options_.connections) +
           " connections are open";
}

// A worker without a connection leaves the calls to those who have one, and connects meanwhile: a
// server that accepts fewer connections than it is asked for serves all calls all the same.
bool PoolCore::await_calls(Lock& lock, Worker& worker, CallRunner& runner) {
    using namespace std::chrono_literals;
    Backoff pauses({.first_pause = 100ms, .longest_pause = 5s}, worker.runs);
    for (;;) {
        if (worker.connected || !others_connected(worker)) {
            if (something_to_take()) return true;
            if (state_ != State::open) return leave(worker);
            ++idle_;
            work_.wait(lock, [&] { return something_to_take() || state_ != State::open; });
            --idle_;
        } else {
            if (state_ != State::open) return leave(worker);
            // Whoever woke it may have meant somebody with a connection.
            if (something_to_take()) work_.notify_one();
            connect_meanwhile(lock, worker, runner, Clock::now() + pauses.next());
        }
    }
}

// From now on nobody counts on its connection, and whoever was about to brings the call to an end.
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
        cannot_connect(*failure);
    } else {
        has_connection(worker);
    }
}

bool PoolCore::take(Worker& worker, CallRunner& runner) {
    Lock lock(mutex_);
    if (!await_calls(lock, worker, runner)) return false;
    const auto append = appends_.first();
    if (append && (queue_.empty() || *append < queue_.front().ticket)) {
        worker.calls = appends_.take();
        worker.rooms = insist([&] { return rooms_of(worker.calls); });
    } else {
        insist_on(worker.calls, queue_.pop_front());
    }
    // What is left, beyond a bound or for other company, is for others.
    if (something_to_take()) work_.notify_one();
    for (const auto& call : worker.calls) call->state.start(worker.calls.size() > 1);
    ++worker.runs;
    worker.control->reset();
    return true;
}

void PoolCore::finish(Worker& worker, CallRunner& runner, const CallOutcome& outcome) {
    const bool connected = worker.session->connected();
    Answers answers;
    std::vector<CallPtr> calls;  // what they hold is destroyed without the lock
    {
        const Lock lock(mutex_);
        if (connected) {
            connect_failure_.reset();
            has_connection(worker);
        } else {
            lost_connection(worker, "it was given up with the call that ran on it");
        }
        const auto settled = worker.counts.doubts_settled;
        worker.counts = runner.counts();
        if (settled != worker.counts.doubts_settled) {
            log_->write(LogLevel::info, {"a COMMIT in doubt is settled"});
        }
        calls = std::exchange(worker.calls, {});
        appends_.release(std::exchange(worker.rooms, {}));
        finish_calls(calls, outcome, answers);
        // The first is for this worker itself, unless it has to connect.
        const std::size_t own = connected ? 1 : 0;
        if (runnable_batches() > own) work_.notify_one();
    }
    give(answers);
    Lock lock(mutex_);
    forget_cancellation(lock, worker, runner);
}

void PoolCore::finish_calls(const std::vector<CallPtr>& calls,
                            const CallOutcome& outcome,
                            Answers& answers) {
    std::vector<CallPtr> again;
    const bool unfinished = outcome.retry_scope || outcome.reroute;
    // Each of several was stopped for a reason of its own.
    const bool may_be_stopped =
        unfinished || (outcome.kind != CallOutcome::Kind::success && calls.size() > 1);
    for (const auto& call : calls) {
        if (may_be_stopped && !call->state.may_go_on()) {
            end(*call, stopped(*call), answers);
        } else if (unfinished) {
            if (outcome.retry_scope) call->scope = *outcome.retry_scope;
            insist_on(again, call);
        } else {
            end(*call, insist([&] { return outcome_of(*call, outcome); }), answers);
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
    BatchableJob* const joint = call.job->batchable();
    if (outcome.kind != CallOutcome::Kind::success || joint == nullptr) return outcome;
    const auto refusal = joint->refusal();
    if (!refusal) return outcome;
    return CallOutcome::failed(
        static_cast<errc>(refusal->code().value()), refusal->detail(), refusal->sqlstate());
}

// The server has been asked when the request returns; from then on it cannot hit a later statement
// of this session, unless something between us and the server delays it.
void PoolCore::forget_cancellation(Lock& lock, Worker& worker, CallRunner& runner) {
    constexpr std::chrono::milliseconds limit{250};
    worker.cancel_wanted = false;
    const auto over = [&] { return worker.cancelling != worker.runs; };
    if (!over() && something_to_take()) work_.notify_one();
    if (!stopped_.wait_for(lock, limit, over)) {
        // The one who asks is stuck. Without its session the cancellation hits nothing.
        lock.unlock();
        worker.session->disconnect();
        lock.lock();
        lost_connection(worker, "the server did not take a request to cancel in time");
    }
    if (std::exchange(worker.cancel_sent, false)) runner.expect_stray_cancel();
    ++worker.runs;
}

}  // namespace roomstore::postgres
