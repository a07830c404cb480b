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
#include "pool/memory.hpp"
#include "pool/operation.hpp"

namespace roomstore::postgres {

class PendingCompletion;

/// The callers of one execution context that wait for an answer.
///
/// A context that is destroyed first takes its callers with it: their frames are destroyed on its
/// own thread, and the workers' answers are dropped.
class CompletionService : public asio::execution_context::service {
public:
    /// Outlives the context, for the workers that still have an answer for it.
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

/// One caller that waits for an answer, on an executor of its own.
class PendingCompletion : public std::enable_shared_from_this<PendingCompletion> {
public:
    virtual ~PendingCompletion();
    PendingCompletion(const PendingCompletion&) = delete;
    PendingCompletion& operator=(const PendingCompletion&) = delete;

    /// Answers, from any thread, once. The caller resumes on its executor, never in here.
    void answer(CallOutcome outcome) noexcept;

protected:
    explicit PendingCompletion(asio::any_io_executor executor);

    /// Must follow construction: only an object that is shared can be found by the context.
    void enter();

private:
    friend class CompletionService;

    void post();
    bool leave() noexcept;
    /// With the lock of the room held.
    void unlink() noexcept;
    virtual void resume(CallOutcome outcome) = 0;
    virtual void drop() = 0;

    // Keeps `run()` of the caller's context going for as long as somebody waits there.
    std::optional<asio::any_io_executor> executor_;
    std::shared_ptr<CompletionService::Members> room_;
    CallOutcome outcome_;
    // The list of those in the room; guarded by its lock.
    PendingCompletion* next_ = nullptr;
    PendingCompletion* previous_ = nullptr;
    bool inside_ = false;
};

/// The completion of a completion handler.
template <typename Handler>
class HandlerCompletion final : public PendingCompletion {
public:
    /// Does not fail: the handler cannot be given back, and asio ends the process if it is
    /// destroyed where it came from.
    static std::shared_ptr<HandlerCompletion> make(Handler handler) noexcept {
        auto completion = insist([&] {
            auto executor = asio::get_associated_executor(handler);
            return std::shared_ptr<HandlerCompletion>(new HandlerCompletion(std::move(executor)));
        });
        completion->handler_.emplace(std::move(handler));
        completion->enter();
        return completion;
    }

    /// `cancel` is called on the caller's thread, for each type of cancellation.
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
