#include <algorithm>
#include <utility>

#include "pool/pool_core.hpp"

namespace roomstore::postgres {

void PoolCore::watch() {
    Lock lock(mutex_);
    for (;;) {
        Answers answers;
        const auto now = Clock::now();
        if (state_ == State::closing && now >= drain_deadline_) {
            cut_everything(answers);
            drain_deadline_ = TimePoint::max();
        }
        const auto next = std::min({expire_queue(now, answers),
                                    escalate_workers(now, answers),
                                    drain_deadline_,
                                    force_deadline_});
        if (!answers.empty()) {
            lock.unlock();
            deliver(answers);
            lock.lock();
            continue;
        }
        if (state_ == State::closing && !starting_ &&
            (live_workers_ == 0 || now >= force_deadline_))
            break;
        watchdog_wakes_ = next;
        if (next == TimePoint::max()) {
            watch_.wait(lock);
        } else {
            watch_.wait_until(lock, next);
        }
    }
    end_threads(lock);
}

PoolCore::TimePoint PoolCore::expire_queue(TimePoint now, Answers& answers) {
    if (now < queue_due_) return queue_due_;
    queue_due_ = TimePoint::max();
    const auto expired = [&](PendingCall& call) {
        if (now < call.state.deadline()) {
            queue_due_ = std::min(queue_due_, call.state.deadline());
            return false;
        }
        call.state.request_stop(Stop::deadline, now);
        end(call, stopped(call), answers);
        return true;
    };
    queue_.remove_if(expired);
    appends_.remove_if(expired);
    return queue_due_;
}

PoolCore::TimePoint PoolCore::escalate_workers(TimePoint now, Answers& answers) {
    auto next = TimePoint::max();
    for (const auto& worker : workers_) {
        for (const auto& call : worker->calls) {
            escalate(*worker, *call, call->state.escalate(now), answers);
            next = std::min(next, call->state.next_escalation());
        }
    }
    return next;
}

void PoolCore::escalate(Worker& worker, PendingCall& call, Escalation how, Answers& answers) {
    switch (how) {
        case Escalation::none:
            return;
        case Escalation::cancel:
            worker.cancel_wanted = true;
            cancel_.notify_one();
            break;
        case Escalation::cut:
            if (commits_for_others(worker, call)) {
                end(call, stopped(call), answers);
            } else {
                worker.control->cut();
            }
            break;
        case Escalation::abandon:
            end(call, stopped(call), answers);
            break;
    }
    stopped_.notify_all();
}

// Cutting the connection during COMMIT leaves all calls of the batch in doubt. A call that has no
// time left is answered with that; the others still wait for the answer to COMMIT.
bool PoolCore::commits_for_others(const Worker& worker, const PendingCall& call) {
    return call.state.phase() == Phase::committing &&
           std::ranges::any_of(worker.calls,
                               [](const auto& other) { return other->state.may_continue(); });
}

void PoolCore::cut_everything(Answers& answers) {
    flush_queue(answers);
    for (const auto& worker : workers_) {
        for (const auto& call : worker->calls) {
            call->state.request_stop(Stop::closing, Clock::now());
        }
        if (worker->calls.empty()) worker->control->cut();
    }
}

void PoolCore::end_threads(Lock& lock) {
    canceller_quits_ = true;
    cancel_.notify_all();
    // Threads that still run now are ended by the cut, except those inside the system's resolver,
    // which cannot be interrupted. Such a thread ends when the resolver returns; it keeps alive
    // what it needs.
    for (const auto& worker : workers_) {
        if (!worker->exited) worker->control->cut();
    }
    watch_.wait_for(lock, forced_close_wait, [&] { return live_workers_ == 0; });
    for (const auto& worker : workers_) {
        if (!worker->exited) {
            worker->thread.detach();
            continue;
        }
        lock.unlock();
        worker->thread.join();
        lock.lock();
    }
    // A cancel request cannot be interrupted either, and a frozen server never accepts it.
    const bool gone =
        stopped_.wait_for(lock, std::chrono::milliseconds{500}, [&] { return canceller_exited_; });
    lock.unlock();
    if (gone && canceller_.joinable()) canceller_.join();
    if (canceller_.joinable()) canceller_.detach();
    log_->finish(forced_close_wait);
    lock.lock();
    Answers answers;
    end_pool(answers);
    lock.unlock();
    deliver(answers);
}

void PoolCore::end_pool(Answers& answers) {
    state_ = State::closed;
    flush_queue(answers);
    for (const auto& worker : workers_) {
        for (const auto& call : worker->calls) end(*call, stopped(*call), answers);
    }
    for (auto& completion : std::exchange(closing_, {})) {
        answers.push_back({.completion = std::move(completion), .outcome = {}});
    }
}

PoolCore::Worker* PoolCore::next_to_cancel() {
    const auto found =
        std::ranges::find_if(workers_, [](const auto& worker) { return worker->cancel_wanted; });
    return found == workers_.end() ? nullptr : found->get();
}

void PoolCore::cancel_statements() {
    Lock lock(mutex_);
    for (;;) {
        cancel_.wait(lock, [&] { return canceller_quits_ || next_to_cancel() != nullptr; });
        if (canceller_quits_) break;
        // Each request costs the server a process; a flood of them would be worse than the cuts
        // that follow.
        const auto when = cancels_.reserve(Clock::now());
        cancel_.wait_until(lock, when, [&] { return canceller_quits_; });
        auto* const worker = next_to_cancel();
        if (worker == nullptr || canceller_quits_) continue;
        worker->cancel_wanted = false;
        worker->cancel_sent = true;
        worker->cancelling = worker->runs;
        const auto control = worker->control;
        lock.unlock();
        control->cancel();
        lock.lock();
        worker->cancelling.reset();
        stopped_.notify_all();
    }
    canceller_exited_ = true;
    stopped_.notify_all();
}

}  // namespace roomstore::postgres
