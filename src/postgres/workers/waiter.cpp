#include "workers/waiter.hpp"

#include <memory>
#include <vector>

#include <asio/post.hpp>

#include "workers/memory.hpp"

namespace roomstore::postgres {

asio::execution_context::id WaitingRoom::id;

void WaitingRoom::shutdown() {
    // Destroying a caller runs code of the application, which may well look for this lock.
    std::vector<std::shared_ptr<Waiter>> left;
    {
        const std::lock_guard lock(members_->mutex);
        while (members_->first != nullptr) {
            auto* const waiter = members_->first;
            if (auto alive = waiter->weak_from_this().lock()) left.push_back(std::move(alive));
            waiter->unlink();
        }
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
    next_ = room_->first;
    if (next_ != nullptr) next_->previous_ = this;
    room_->first = this;
    inside_ = true;
}

void Waiter::unlink() noexcept {
    (previous_ != nullptr ? previous_->next_ : room_->first) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
    previous_ = next_ = nullptr;
    inside_ = false;
}

bool Waiter::leave() noexcept {
    const std::lock_guard lock(room_->mutex);
    if (!inside_) return false;
    unlink();
    return true;
}

void Waiter::answer(CallOutcome outcome) noexcept {
    outcome_ = std::move(outcome);
    insist([this] { post(); });
}

void Waiter::post() {
    // Under the lock, so that the context does not go away in between.
    const std::lock_guard lock(room_->mutex);
    if (!inside_) return;
    asio::post(*executor_, [self = shared_from_this()] {
        if (!self->leave()) return;
        self->executor_.reset();
        self->resume(std::move(self->outcome_));
    });
}

}  // namespace roomstore::postgres
