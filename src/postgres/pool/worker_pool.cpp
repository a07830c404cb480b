#include "pool/worker_pool.hpp"

#include <system_error>

#include <asio/async_result.hpp>
#include <asio/error.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "pool/completion.hpp"
#include "pool/pool_core.hpp"
#include "roomstore/detail/text.hpp"

namespace roomstore::postgres {

namespace {

// Initialized before there are threads: in a child that is forked while a thread initializes it,
// the initialization would never end.
[[maybe_unused]] const AttemptLimit& force_initialization = AttemptLimit::of_connections();

using Signature = void(CallOutcome);

/// Everything that a call needs is passed in before the caller is suspended. Nothing may be thrown
/// from here on: asio before 1.23 terminates the process.
struct Submit {
    std::shared_ptr<PoolCore> core;

    template <typename Handler>
    void operator()(Handler&& handler, std::shared_ptr<PendingCall> call) const noexcept {
        auto completion =
            HandlerCompletion<std::decay_t<Handler>>::make(std::forward<Handler>(handler));
        call->completion = completion;
        // Weak pointers, so that a slot that is never cleared keeps nothing alive.
        completion->on_cancel([weak_core = std::weak_ptr(core), weak_call = std::weak_ptr(call)] {
            const auto pool = weak_core.lock();
            const auto pending = weak_call.lock();
            if (pool && pending && !pool->in_forked_child()) pool->cancel(*pending);
        });
        core->submit(std::move(call));
    }
};

struct Close {
    std::shared_ptr<PoolCore> core;

    template <typename Handler>
    void operator()(Handler&& handler) const {
        core->close(HandlerCompletion<std::decay_t<Handler>>::make(std::forward<Handler>(handler)));
    }
};

}  // namespace

WorkerPool::WorkerPool(const PostgresOptions& options)
    : WorkerPool(options, make_session_factory(options)) {}

WorkerPool::WorkerPool(const PostgresOptions& options,
                       std::shared_ptr<SessionFactory> factory,
                       StopTimeouts stop_timeouts)
    : core_(std::make_shared<PoolCore>(options, std::move(factory), stop_timeouts)) {}

WorkerPool::~WorkerPool() {
    if (core_->in_forked_child()) {
        core_->abandon();
    } else {
        core_->shut_down();
    }
}

bool WorkerPool::in_forked_child() const noexcept { return core_->in_forked_child(); }

void WorkerPool::set_background_job(Operation operation, std::function<void(Session&)> job) {
    core_->set_background_job(std::move(operation),
                              std::make_shared<FunctionJob<void>>(std::move(job)));
}

void WorkerPool::set_on_change(std::function<void(std::string_view)> told) {
    core_->set_on_change(std::move(told));
}

WorkerPool::Starter WorkerPool::starter() const {
    return [weak = std::weak_ptr(core_)](Operation operation, std::function<void(Session&)> job) {
        const auto core = weak.lock();
        if (!core) return;
        core->start(std::move(operation), std::make_shared<FunctionJob<void>>(std::move(job)));
    };
}

WorkerPool::Guard WorkerPool::guard() const {
    return [weak = std::weak_ptr(core_)](std::shared_ptr<SessionControl> control,
                                         std::chrono::steady_clock::time_point limit) {
        if (const auto core = weak.lock()) core->guard(std::move(control), limit);
    };
}

void WorkerPool::open() { core_->open(); }

PostgresStats WorkerPool::stats() const {
    if (core_->in_forked_child()) return {};
    return core_->stats();
}

const std::shared_ptr<Log>& WorkerPool::log() const noexcept { return core_->log(); }

asio::awaitable<void> WorkerPool::perform(Operation operation, std::shared_ptr<Job> job) {
    // Not through `this`: the pool may be gone when the caller resumes.
    const auto core = core_;
    if (core->in_forked_child()) {
        throw Error(errc::closed,
                    fmt::format("{}: {}", context_of(operation), PoolCore::forked_child_text));
    }
    const auto second_run =
        operation.rerun == Rerun::settles ? SecondRun::settles : SecondRun::unsafe;
    auto call = core->make_call(std::move(operation), std::move(job));
    Submit submit{core};  // GCC 12 destroys temporaries in a co_await expression twice
    auto outcome = co_await asio::async_initiate<const asio::use_awaitable_t<>&, Signature>(
        std::move(submit), asio::use_awaitable, std::move(call));
    switch (outcome.kind) {
        case CallOutcome::Kind::success:
            co_return;
        case CallOutcome::Kind::aborted:
            throw std::system_error(asio::error::make_error_code(asio::error::operation_aborted));
        case CallOutcome::Kind::failed:
            // Messages of the server quote values and contain line breaks.
            throw Error(outcome.code,
                        detail::one_line(outcome.text),
                        std::move(outcome.sqlstate),
                        second_run);
    }
}

asio::awaitable<void> WorkerPool::close() {
    const auto core = core_;
    if (core->in_forked_child()) co_return;
    Close initiate{core};
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, Signature>(std::move(initiate),
                                                                             asio::use_awaitable);
    core->join();
}

}  // namespace roomstore::postgres
