#include "pool/cancel_thread.hpp"

#include <algorithm>
#include <chrono>

namespace roomstore::postgres {

void PoolCore::CancelThread::start() {
    thread_ = platform::Thread(
        [keep_alive = pool_.shared_from_this()] { keep_alive->cancel_thread_->run(); });
}

void PoolCore::CancelThread::request(Worker& worker) {
    worker.cancel_wanted = true;
    wanted_.notify_one();
}

void PoolCore::CancelThread::quit() {
    quits_ = true;
    wanted_.notify_all();
}

void PoolCore::CancelThread::end(Lock& lock) {
    // A frozen server never accepts the request.
    const bool exited =
        pool_.stopped_.wait_for(lock, std::chrono::milliseconds{500}, [&] { return exited_; });
    lock.unlock();
    if (exited && thread_.joinable()) thread_.join();
    if (thread_.joinable()) thread_.detach();
    lock.lock();
}

PoolCore::Worker* PoolCore::CancelThread::next_to_cancel() {
    const auto found = std::ranges::find_if(
        pool_.workers_, [](const auto& worker) { return worker->cancel_wanted; });
    return found == pool_.workers_.end() ? nullptr : found->get();
}

void PoolCore::CancelThread::run() {
    Lock lock(pool_.mutex_);
    for (;;) {
        wanted_.wait(lock, [&] { return quits_ || next_to_cancel() != nullptr; });
        if (quits_) break;
        // Each request costs the server a process; a flood of them would be worse than the cuts
        // that follow.
        const auto when = requests_.reserve(Clock::now());
        wanted_.wait_until(lock, when, [&] { return quits_; });
        auto* const worker = next_to_cancel();
        if (worker == nullptr || quits_) continue;
        worker->cancel_wanted = false;
        worker->cancel_sent = true;
        worker->cancelling = worker->runs;
        const auto control = worker->control;
        lock.unlock();
        control->cancel();
        lock.lock();
        worker->cancelling.reset();
        pool_.stopped_.notify_all();
    }
    exited_ = true;
    pool_.stopped_.notify_all();
}

}  // namespace roomstore::postgres
