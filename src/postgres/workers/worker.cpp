#include <exception>
#include <random>
#include <utility>

#include "workers/pool_core.hpp"

namespace roomstore::postgres {

/// Answers the runner of one call for the pool, under its lock.
class WorkerControl final : public CallControl {
public:
    WorkerControl(PoolCore& pool, PoolCore::Worker& worker, PendingCall& call, CallRunner& runner)
        : pool_(pool), worker_(worker), call_(call), runner_(runner) {}

    TimePoint now() override { return PoolCore::Clock::now(); }
    TimePoint deadline() override { return call_.state.deadline(); }

    bool may_go_on() override {
        const PoolCore::Lock lock(pool_.mutex_);
        return call_.state.may_go_on();
    }

    bool enter_commit() override {
        const PoolCore::Lock lock(pool_.mutex_);
        return call_.state.enter_commit();
    }

    void commit_failed() override {
        const PoolCore::Lock lock(pool_.mutex_);
        call_.state.commit_failed();
    }

    void doubt() override {
        const PoolCore::Lock lock(pool_.mutex_);
        call_.state.doubt();
    }

    void note(const Failure& failure) override {
        const bool connected = worker_.session->connected();
        const PoolCore::Lock lock(pool_.mutex_);
        call_.failure = failure;
        worker_.connected = connected;
        worker_.counts = runner_.counts();
        if (!connected) pool_.connect_failure_ = failure;
    }

    void pause(TimePoint until) override {
        PoolCore::Lock lock(pool_.mutex_);
        pool_.stopped_.wait_until(lock, until, [&] { return !call_.state.may_go_on(); });
    }

    CallOutcome stopped() override {
        const PoolCore::Lock lock(pool_.mutex_);
        return pool_.stopped(call_);
    }

private:
    PoolCore& pool_;
    PoolCore::Worker& worker_;
    PendingCall& call_;
    CallRunner& runner_;
};

void PoolCore::work(Worker& worker) {
    // Begins only when the one who starts the threads has let go of the lock.
    {
        const Lock lock(mutex_);
    }
    CallRunner runner(*worker.session, AttemptLimit::of_connections(), std::random_device{}());
    const auto failure = runner.connect_ahead(Clock::now() + options_.deadline);
    {
        const Lock lock(mutex_);
        worker.connecting_ahead = false;
        worker.connected = !failure;
        worker.counts = runner.counts();
        if (failure) connect_failure_ = failure;
    }
    while (const auto call = take(worker)) {
        WorkerControl control(*this, worker, *call, runner);
        CallOutcome outcome;
        try {
            outcome = runner.run(control, call->operation, *call->job);
        } catch (const std::exception&) {
            outcome = lost_way(worker, *call);
        }
        finish(worker, runner, *call, std::move(outcome));
    }
    worker.session->disconnect();
    const Lock lock(mutex_);
    worker.connected = false;
    --living_;
    wake_watchdog(TimePoint::min());
}

// Memory ran out between the steps of a call. Texts short enough to need none.
CallOutcome PoolCore::lost_way(Worker& worker, const PendingCall& call) {
    worker.session->disconnect();
    const Lock lock(mutex_);
    const bool unknown = call.state.phase() == Phase::committing;
    return CallOutcome::failed(unknown ? errc::commit_unknown : errc::internal, "out of memory");
}

std::shared_ptr<PendingCall> PoolCore::take(Worker& worker) {
    Lock lock(mutex_);
    ++idle_;
    work_.wait(lock, [&] { return !queue_.empty() || state_ != State::open; });
    --idle_;
    if (queue_.empty()) return nullptr;
    auto call = std::move(queue_.front());
    queue_.pop_front();
    call->state.start();
    worker.control->reset();
    worker.call = call;
    return call;
}

void PoolCore::finish(Worker& worker, CallRunner& runner, PendingCall& call, CallOutcome outcome) {
    const bool connected = worker.session->connected();
    Answers answers;
    {
        const Lock lock(mutex_);
        worker.connected = connected;
        worker.counts = runner.counts();
        worker.cancel_wanted = false;
        if (connected) connect_failure_.reset();
        end(call, std::move(outcome), answers);
    }
    give(answers);
    Lock lock(mutex_);
    await_cancellation(lock, worker, call);
    if (std::exchange(worker.cancel_sent, false)) runner.expect_stray_cancel();
    worker.call.reset();
}

// The server has been asked when the request returns; from then on it cannot hit a later statement
// of this session, unless something between us and the server delays it.
void PoolCore::await_cancellation(Lock& lock, Worker& worker, const PendingCall& call) {
    constexpr std::chrono::milliseconds limit{250};
    const auto over = [&] { return worker.cancelling != &call; };
    if (stopped_.wait_for(lock, limit, over)) return;
    // The one who asks is stuck. Without its session the cancellation hits nothing.
    lock.unlock();
    worker.session->disconnect();
    lock.lock();
    worker.connected = false;
}

}  // namespace roomstore::postgres
