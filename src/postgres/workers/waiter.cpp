#include "workers/waiter.hpp"

#include <asio/post.hpp>

namespace roomstore::postgres {

asio::execution_context::id WaitingRoom::id;

void WaitingRoom::shutdown() {
    // Destroying a caller runs code of the application, which may well look for this lock.
    std::vector<std::shared_ptr<Waiter>> left;
    {
        const std::lock_guard lock(members_->mutex);
        members_->closed = true;
        for (auto* waiter : members_->waiters) {
            if (auto alive = waiter->weak_from_this().lock()) left.push_back(std::move(alive));
        }
        members_->waiters.clear();
    }
    for (const auto& waiter : left) {
        waiter->executor_.reset();
        waiter->drop();
    }
}

Waiter::Waiter(asio::any_io_executor executor)
    : executor_(asio::prefer(executor, asio::execution::outstanding_work.tracked)) {
    auto& context = asio::query(executor, asio::execution::context);
    room_ = asio::use_service<WaitingRoom>(context).members();
}

Waiter::~Waiter() { leave(); }

void Waiter::enter() {
    const std::lock_guard lock(room_->mutex);
    room_->waiters.insert(this);
}

bool Waiter::leave() {
    const std::lock_guard lock(room_->mutex);
    return room_->waiters.erase(this) == 1;
}

void Waiter::answer(CallOutcome outcome) {
    // Under the lock, so that the context does not go away in between.
    const std::lock_guard lock(room_->mutex);
    if (!room_->waiters.contains(this)) return;
    asio::post(*executor_, [self = shared_from_this(), outcome = std::move(outcome)]() mutable {
        self->deliver(std::move(outcome));
    });
}

void Waiter::deliver(CallOutcome outcome) {
    if (!leave()) return;
    executor_.reset();
    resume(std::move(outcome));
}

}  // namespace roomstore::postgres
