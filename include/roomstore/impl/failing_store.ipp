#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <mutex>
#include <string_view>
#include <type_traits>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "roomstore/decorators/failing_store.hpp"
#include "roomstore/detail/not_null.hpp"
#include "roomstore/detail/refusals.hpp"

namespace roomstore {

namespace detail {

/// What is planned for the calls of a FailingStore, and how many there were.
class PlannedFailures {
public:
    /// What a call has to do.
    struct Decision {
        std::optional<PlannedFailure> failure{};
        bool waits = false;
    };

    /// A call that waits. Its timer never expires, and is used only on its strand.
    struct Waiter {
        explicit Waiter(const asio::any_io_executor& executor)
            : strand(asio::make_strand(executor)),
              timer(strand, (std::chrono::steady_clock::time_point::max)()) {}

        asio::strand<asio::any_io_executor> strand;
        asio::steady_timer timer;
        bool released = false;  // guarded by the lock of the plans
    };

    void fail(const std::string& operation, const PlannedFailure& failure) {
        const std::lock_guard lock(mutex_);
        Plan& plan = plan_of(operation);
        require_positive("PlannedFailure.nth", failure.nth);
        require_positive("PlannedFailure.count", failure.count);
        plan.failure = failure;
        plan.fails_at = plan.calls + failure.nth;
    }

    void hold(const std::string& operation, std::uint64_t nth) {
        const std::lock_guard lock(mutex_);
        Plan& plan = plan_of(operation);
        require_positive("FailingStore::hold.nth", nth);
        plan.waits_at = plan.calls + nth;
    }

    void release(const std::string& operation) {
        const std::lock_guard lock(mutex_);
        Plan& plan = plan_of(operation);
        plan.waits_at = 0;
        for (const auto& waiter : plan.waiters) {
            waiter->released = true;
            asio::post(waiter->strand, [waiter] { waiter->timer.cancel(); });
        }
    }

    std::uint64_t waiting(const std::string& operation) {
        const std::lock_guard lock(mutex_);
        return plan_of(operation).waiters.size();
    }

    std::uint64_t calls(const std::string& operation) {
        const std::lock_guard lock(mutex_);
        return plan_of(operation).calls;
    }

    Decision begin(const std::string& operation) {
        const std::lock_guard lock(mutex_);
        Plan& plan = plan_of(operation);
        const auto number = ++plan.calls;
        Decision decision{.waits = number == plan.waits_at};
        if (plan.failure && number >= plan.fails_at &&
            number - plan.fails_at < plan.failure->count) {
            decision.failure = plan.failure;
        }
        return decision;
    }

    void add(const std::string& operation, const std::shared_ptr<Waiter>& waiter) {
        const std::lock_guard lock(mutex_);
        Plan& plan = plan_of(operation);
        // Released between the decision and here.
        waiter->released = plan.waits_at == 0;
        plan.waiters.push_back(waiter);
    }

    void remove(const std::string& operation, const std::shared_ptr<Waiter>& waiter) {
        const std::lock_guard lock(mutex_);
        std::erase(plan_of(operation).waiters, waiter);
    }

    bool is_released(const std::shared_ptr<Waiter>& waiter) {
        const std::lock_guard lock(mutex_);
        return waiter->released;
    }

private:
    struct Plan {
        std::uint64_t calls = 0;
        std::optional<PlannedFailure> failure{};
        std::uint64_t fails_at = 0;
        std::uint64_t waits_at = 0;
        std::vector<std::shared_ptr<Waiter>> waiters{};
    };

    static void require_positive(const char* field, std::uint64_t value) {
        if (value == 0) throw Error(errc::invalid_argument, std::string(field) + ": must be > 0");
    }

    Plan& plan_of(const std::string& operation) {
#define ROOMSTORE_DEFAULT(...)
#define ROOMSTORE_OPERATION(kind, result, name, ...) #name,
        constexpr auto names = std::to_array<std::string_view>({
            "init",
            "close",
#include "roomstore/detail/operations.inc"
        });
        if (std::ranges::find(names, operation) == names.end()) {
            throw Error(
                errc::invalid_argument,
                "FailingStore.operation: there is no operation " + detail::quoted(operation));
        }
        return plans_[operation];
    }

    std::mutex mutex_;
    std::map<std::string, Plan, std::less<>> plans_;
};

/// Waits on the strand of `waiter`, where the timer is cancelled too.
inline asio::awaitable<void> await_release(std::shared_ptr<PlannedFailures> plans,
                                           std::shared_ptr<PlannedFailures::Waiter> waiter) {
    if (plans->is_released(waiter)) co_return;
    try {
        co_await waiter->timer.async_wait(asio::use_awaitable);
    } catch (const std::system_error&) {
        if (!plans->is_released(waiter)) throw;
    }
}

template <typename T>
asio::awaitable<T> call_as_planned(std::shared_ptr<PlannedFailures> plans,
                                   std::string operation,
                                   asio::awaitable<T> call) {
    const auto decision = plans->begin(operation);
    if (decision.waits) {
        const auto executor = co_await asio::this_coro::executor;
        const auto waiter = std::make_shared<PlannedFailures::Waiter>(executor);
        plans->add(operation, waiter);
        std::exception_ptr stopped;
        try {
            auto waiting = await_release(plans, waiter);
            co_await asio::co_spawn(waiter->strand, std::move(waiting), asio::use_awaitable);
        } catch (...) {
            stopped = std::current_exception();
        }
        plans->remove(operation, waiter);
        if (stopped) std::rethrow_exception(stopped);
    }
    if (decision.failure && !decision.failure->after) {
        throw Error(decision.failure->code, operation + ": planned");
    }
    if constexpr (std::is_void_v<T>) {
        co_await std::move(call);
        if (decision.failure) throw Error(decision.failure->code, operation + ": planned");
    } else {
        T result = co_await std::move(call);
        if (decision.failure) throw Error(decision.failure->code, operation + ": planned");
        co_return result;
    }
}

}  // namespace detail

FailingStore::FailingStore(std::shared_ptr<ConversationStore> inner)
    : inner_(detail::not_null(std::move(inner), "FailingStore.inner")),
      plans_(std::make_shared<detail::PlannedFailures>()) {}

FailingStore::~FailingStore() = default;

void FailingStore::fail(const std::string& operation, PlannedFailure failure) {
    plans_->fail(operation, failure);
}

void FailingStore::hold(const std::string& operation, std::uint64_t nth) {
    plans_->hold(operation, nth);
}

void FailingStore::release(const std::string& operation) { plans_->release(operation); }

std::uint64_t FailingStore::waiting(const std::string& operation) const {
    return plans_->waiting(operation);
}

std::uint64_t FailingStore::calls(const std::string& operation) const {
    return plans_->calls(operation);
}

asio::awaitable<void> FailingStore::init() {
    return detail::call_as_planned(plans_, "init", inner_->init());
}

asio::awaitable<void> FailingStore::close() {
    return detail::call_as_planned(plans_, "close", inner_->close());
}

std::shared_ptr<RoomWatch> FailingStore::watch_rooms(WatchOptions options) {
    return inner_->watch_rooms(std::move(options));
}

#define ROOMSTORE_DEFAULT(...)
#define ROOMSTORE_OPERATION(kind, result, name, room, parameters, ...)  \
    asio::awaitable<result> FailingStore::name parameters {             \
        auto call = detail::call_with_moved([this](auto&&... given) {   \
            return inner_->name(std::move(given)...);                   \
        } __VA_OPT__(, ) __VA_ARGS__);                                  \
        return detail::call_as_planned(plans_, #name, std::move(call)); \
    }
#include "roomstore/detail/operations.inc"

}  // namespace roomstore
