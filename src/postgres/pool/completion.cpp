#include "pool/completion.hpp"

#include <memory>
#include <vector>

#include <asio/post.hpp>

namespace roomstore::postgres {

asio::execution_context::id CompletionService::id;

void CompletionService::shutdown() {
    // Destroying a handler runs code of the application, which may lock this mutex.
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
    members_ = asio::use_service<CompletionService>(context).members();
}

PendingCompletion::~PendingCompletion() { unlink_if_linked(); }

void PendingCompletion::link() {
    const std::lock_guard lock(members_->mutex);
    next_ = members_->first;
    if (next_ != nullptr) next_->previous_ = this;
    members_->first = this;
    linked_ = true;
}

void PendingCompletion::unlink() noexcept {
    (previous_ != nullptr ? previous_->next_ : members_->first) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
    previous_ = next_ = nullptr;
    linked_ = false;
}

bool PendingCompletion::unlink_if_linked() noexcept {
    const std::lock_guard lock(members_->mutex);
    if (!linked_) return false;
    unlink();
    return true;
}

void PendingCompletion::answer(CallOutcome outcome) noexcept {
    outcome_ = std::move(outcome);
    post();
}

void PendingCompletion::post() {
    // Under the lock, so that the context is not destroyed in between.
    const std::lock_guard lock(members_->mutex);
    if (!linked_) return;
    asio::post(*executor_, [self = shared_from_this()] {
        if (!self->unlink_if_linked()) return;
        self->executor_.reset();
        self->resume(std::move(self->outcome_));
    });
}

}  // namespace roomstore::postgres
