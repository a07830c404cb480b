#include "pool/watchdog.hpp"

#include <algorithm>

#include "pool/cancel_thread.hpp"

namespace roomstore::postgres {

void PoolCore::Watchdog::join() {
    const std::lock_guard lock(join_mutex_);
    if (thread_.joinable()) thread_.join();
}

void PoolCore::Watchdog::expect_deadline(TimePoint deadline) {
    queue_due_ = std::min(queue_due_, deadline);
    wake_by(deadline);
}

void PoolCore::Watchdog::begin_drain() {
    drain_deadline_ = Clock::now() + drain;
    force_deadline_ = drain_deadline_ + forced_close_wait;
    wake_by(TimePoint::min());
}

void PoolCore::Watchdog::run() {
    Lock lock(pool_.mutex_);
    for (;;) {
        Answers answers;
        const auto now = Clock::now();
        if (pool_.state_ == State::closing && now >= drain_deadline_) {
            cut_everything(answers);
            drain_deadline_ = TimePoint::max();
        }
        const auto next = std::min({expire_queue(now, answers),
                                    escalate_workers(now, answers),
                                    cut_guarded(now),
                                    drain_deadline_,
                                    force_deadline_});
        if (!answers.empty()) {
            lock.unlock();
            pool_.deliver(answers);
            lock.lock();
            continue;
        }
        if (pool_.state_ == State::closing && !pool_.starting_ &&
            (pool_.live_workers_ == 0 || now >= force_deadline_))
            break;
        wakes_at_ = next;
        if (next == TimePoint::max()) {
            wake_.wait(lock);
        } else {
            wake_.wait_until(lock, next);
        }
    }
    end_threads(lock);
}

PoolCore::TimePoint PoolCore::Watchdog::expire_queue(TimePoint now, Answers& answers) {
    if (now < queue_due_) return queue_due_;
    queue_due_ = TimePoint::max();
    const auto expired = [&](PendingCall& call) {
        if (now < call.state.deadline()) {
            queue_due_ = std::min(queue_due_, call.state.deadline());
            return false;
        }
        call.state.request_stop(Stop::deadline, now);
        pool_.end(call, pool_.stopped(call), answers);
        return true;
    };
    pool_.queue_.remove_if(expired);
    pool_.appends_.remove_if(expired);
    return queue_due_;
}

PoolCore::TimePoint PoolCore::Watchdog::escalate_workers(TimePoint now, Answers& answers) {
    auto next = TimePoint::max();
    for (const auto& worker : pool_.workers_) {
        for (const auto& call : worker->calls) {
            escalate(*worker, *call, call->state.escalate(now), answers);
            next = std::min(next, call->state.next_escalation());
        }
    }
    return next;
}

PoolCore::TimePoint PoolCore::Watchdog::cut_guarded(TimePoint now) {
    if (now < pool_.guarded_until_) return pool_.guarded_until_;
    pool_.guarded_->cut();
    return pool_.guarded_until_ = TimePoint::max();
}

void PoolCore::Watchdog::escalate(Worker& worker,
                                  PendingCall& call,
                                  Escalation how,
                                  Answers& answers) {
    switch (how) {
        case Escalation::none:
            return;
        case Escalation::cancel:
            pool_.cancel_thread_->request(worker);
            break;
        case Escalation::cut:
            if (commits_for_others(worker, call)) {
                pool_.end(call, pool_.stopped(call), answers);
            } else {
                worker.control->cut();
            }
            break;
        case Escalation::abandon:
            pool_.end(call, pool_.stopped(call), answers);
            break;
    }
    pool_.stopped_.notify_all();
}

// Cutting the connection during COMMIT leaves all calls of the batch in doubt. A call that has no
// time left is answered with that; the others still wait for the answer to COMMIT.
bool PoolCore::Watchdog::commits_for_others(const Worker& worker, const PendingCall& call) {
    return call.state.phase() == Phase::committing &&
           std::ranges::any_of(worker.calls,
                               [](const auto& other) { return other->state.may_continue(); });
}

void PoolCore::Watchdog::cut_everything(Answers& answers) {
    pool_.flush_queue(answers);
    for (const auto& worker : pool_.workers_) {
        for (const auto& call : worker->calls) {
            call->state.request_stop(Stop::closing, Clock::now());
        }
        if (worker->calls.empty()) worker->control->cut();
    }
}

void PoolCore::Watchdog::end_threads(Lock& lock) {
    pool_.cancel_thread_->quit();
    // Threads that still run now are ended by the cut, except those inside the system's resolver,
    // which cannot be interrupted. Such a thread ends when the resolver returns; it keeps alive
    // what it needs.
    for (const auto& worker : pool_.workers_) {
        if (!worker->exited) worker->control->cut();
    }
    wake_.wait_for(lock, forced_close_wait, [&] { return pool_.live_workers_ == 0; });
    for (const auto& worker : pool_.workers_) {
        if (!worker->exited) {
            worker->thread.detach();
            continue;
        }
        lock.unlock();
        worker->thread.join();
        lock.lock();
    }
    pool_.cancel_thread_->end(lock);
    lock.unlock();
    pool_.log_->finish(forced_close_wait);
    lock.lock();
    Answers answers;
    pool_.end_pool(answers);
    lock.unlock();
    pool_.deliver(answers);
}

}  // namespace roomstore::postgres
