#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/execution/context.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/execution_context.hpp>
#include <asio/prefer.hpp>
#include <asio/query.hpp>

#include "pool/fork.hpp"
#include "pool/operation.hpp"

namespace roomstore::postgres {

class PendingCompletion;

/// The pending completions of one execution context.
///
/// If the context is destroyed first, the frames of the callers are destroyed with it, on its own
/// thread, and the workers' answers are dropped.
class CompletionService : public asio::execution_context::service {
public:
    /// Outlives the context, because workers may still have an answer for it.
    struct Members {
        ForkSafeMutex mutex;
        PendingCompletion* first = nullptr;
    };

    static asio::execution_context::id id;

    explicit CompletionService(asio::execution_context& context)
        : asio::execution_context::service(context), members_(std::make_shared<Members>()) {}

    const std::shared_ptr<Members>& members() const noexcept { return members_; }

private:
    void shutdown() override;

    std::shared_ptr<Members> members_;
};

/// A caller that waits for an answer, with its executor.
class PendingCompletion : public std::enable_shared_from_this<PendingCompletion> {
public:
    virtual ~PendingCompletion();
    PendingCompletion(const PendingCompletion&) = delete;
    PendingCompletion& operator=(const PendingCompletion&) = delete;

    /// Answers the caller. May be called from any thread, once. The caller resumes on its executor,
    /// never inside this function.
    void answer(CallOutcome outcome) noexcept;

protected:
    explicit PendingCompletion(asio::any_io_executor executor);

    /// Must be called after construction: the context can only find an object that a shared_ptr
    /// owns.
    void link();

private:
    friend class CompletionService;

    void post();
    bool unlink_if_linked() noexcept;
    /// The mutex of `members_` must be locked.
    void unlink() noexcept;
    virtual void resume(CallOutcome outcome) = 0;
    virtual void drop() = 0;

    // Keeps `run()` of the caller's context from returning while the completion is pending.
    std::optional<asio::any_io_executor> executor_;
    std::shared_ptr<CompletionService::Members> members_;
    CallOutcome outcome_;
    // Links of the list in `members_`; guarded by its mutex.
    PendingCompletion* next_ = nullptr;
    PendingCompletion* previous_ = nullptr;
    bool linked_ = false;
};

/// A pending completion that calls a completion handler.
template <typename Handler>
class HandlerCompletion final : public PendingCompletion {
public:
    /// Does not fail: the handler cannot be given back, and asio terminates the process if it is
    /// destroyed during the initiation.
    static std::shared_ptr<HandlerCompletion> make(Handler handler) noexcept {
        auto executor = asio::get_associated_executor(handler);
        std::shared_ptr<HandlerCompletion> completion(new HandlerCompletion(std::move(executor)));
        completion->handler_.emplace(std::move(handler));
        completion->link();
        return completion;
    }

    /// Calls `cancel` on the caller's thread, for every type of cancellation.
    template <typename Cancel>
    void on_cancel(Cancel cancel) {
        auto slot = asio::get_associated_cancellation_slot(*handler_);
        if (!slot.is_connected()) return;
        slot.assign([cancel = std::move(cancel)](asio::cancellation_type) { cancel(); });
    }

private:
    explicit HandlerCompletion(asio::any_io_executor executor)
        : PendingCompletion(std::move(executor)) {}

    void resume(CallOutcome outcome) override {
        auto handler = take();
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) slot.clear();
        std::move(handler)(std::move(outcome));
    }

    void drop() override { static_cast<void>(take()); }

    Handler take() {
        Handler handler = std::move(*handler_);
        handler_.reset();
        return handler;
    }

    std::optional<Handler> handler_;
};

}  // namespace roomstore::postgres
