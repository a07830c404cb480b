#include "pool/completion.hpp"

#include <memory>
#include <vector>

#include <asio/post.hpp>

#include "pool/memory.hpp"

namespace roomstore::postgres {

asio::execution_context::id CompletionService::id;

void CompletionService::shutdown() {
    // Destroying a caller runs code of the application, which may well look for this lock.
    std::vector<std::shared_ptr<PendingCompletion>> left;
    {
        const std::lock_guard lock(members_->mutex);
        while (members_->first != nullptr) {
            auto* const completion = members_->first;
            if (auto alive = completion->weak_from_this().lock()) left.push_back(std::move(alive));
            completion->unlink();
        }
    }
    for (const auto& completion : left) {
        completion->executor_.reset();
        completion->drop();
    }
}

PendingCompletion::PendingCompletion(asio::any_io_executor executor)
    : executor_(asio::prefer(executor, asio::execution::outstanding_work.tracked)) {
    auto& context = asio::query(executor, asio::execution::context);
    room_ = asio::use_service<CompletionService>(context).members();
}

PendingCompletion::~PendingCompletion() { leave(); }

void PendingCompletion::enter() {
    const std::lock_guard lock(room_->mutex);
    next_ = room_->first;
    if (next_ != nullptr) next_->previous_ = this;
    room_->first = this;
    inside_ = true;
}

void PendingCompletion::unlink() noexcept {
    (previous_ != nullptr ? previous_->next_ : room_->first) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
    previous_ = next_ = nullptr;
    inside_ = false;
}

bool PendingCompletion::leave() noexcept {
    const std::lock_guard lock(room_->mutex);
    if (!inside_) return false;
    unlink();
    return true;
}

void PendingCompletion::answer(CallOutcome outcome) noexcept {
    outcome_ = std::move(outcome);
    insist([this] { post(); });
}

void PendingCompletion::post() {
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
