#pragma once

#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include "roomstore/error.hpp"

namespace roomstore::test {

/// An execution context with its own thread.
class Caller {
public:
    Caller() : work_(context_.get_executor()), thread_([this] { context_.run(); }) {}
    ~Caller() {
        work_.reset();
        thread_.join();
    }
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;

    asio::io_context& context() { return context_; }
    std::thread::id thread() const { return thread_.get_id(); }

private:
    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::thread thread_;
};

/// The result of a coroutine, as plain values: ThreadSanitizer reports a race for an
/// `exception_ptr` that crosses threads, since its reference count is in a library that is not
/// instrumented.
template <typename T>
struct Ending {
    std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>> result;
    std::error_code code;
    std::string text;
    std::string sqlstate;
    std::thread::id thread;

    bool aborted() const { return code == asio::error::operation_aborted; }
    bool failed(errc expected) const { return code == make_error_code(expected); }

    void fail(const std::exception_ptr& exception) {
        try {
            std::rethrow_exception(exception);
        } catch (const Error& error) {
            code = error.code();
            text = error.detail();
            sqlstate = error.sqlstate();
        } catch (const std::system_error& error) {
            code = error.code();
            text = error.what();
        }
    }
};

/// A coroutine that runs on an execution context, concurrently with the test.
template <typename T>
class Task {
public:
    Task(asio::io_context& context, asio::awaitable<T> coroutine)
        : context_(context),
          signal_(std::make_shared<asio::cancellation_signal>()),
          ending_(promise_->get_future()) {
        asio::post(context,
                   [this_signal = signal_,
                    promise = promise_,
                    &context,
                    coroutine = std::move(coroutine)]() mutable {
                       spawn(context, this_signal, std::move(promise), std::move(coroutine));
                   });
    }

    /// Emits the signal on the context's thread, since a signal is not thread-safe.
    void cancel() {
        asio::post(context_,
                   [signal = signal_] { signal->emit(asio::cancellation_type::terminal); });
    }

    Ending<T> get() { return ending_.get(); }
    bool ended() const {
        return ending_.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
    }

private:
    using Promise = std::promise<Ending<T>>;

    // The signal has to outlive the coroutine, which outlives the task if a test fails early.
    static void spawn(asio::io_context& context,
                      const std::shared_ptr<asio::cancellation_signal>& signal,
                      std::shared_ptr<Promise> promise,
                      asio::awaitable<T> coroutine) {
        if constexpr (std::is_void_v<T>) {
            auto ended = [signal, promise](const std::exception_ptr& failure) {
                finish(*promise, failure, [](auto& ending) { ending.result.emplace(); });
            };
            asio::co_spawn(context,
                           std::move(coroutine),
                           asio::bind_cancellation_slot(signal->slot(), std::move(ended)));
        } else {
            auto ended = [signal, promise](const std::exception_ptr& failure, T value) {
                finish(*promise, failure, [&](auto& ending) {
                    ending.result.emplace(std::move(value));
                });
            };
            asio::co_spawn(context,
                           std::move(coroutine),
                           asio::bind_cancellation_slot(signal->slot(), std::move(ended)));
        }
    }

    template <typename Keep>
    static void finish(Promise& promise, const std::exception_ptr& failure, Keep keep) {
        Ending<T> ending;
        ending.thread = std::this_thread::get_id();
        if (failure) {
            ending.fail(failure);
        } else {
            keep(ending);
        }
        promise.set_value(std::move(ending));
    }

    asio::io_context& context_;
    std::shared_ptr<asio::cancellation_signal> signal_;
    std::shared_ptr<Promise> promise_ = std::make_shared<Promise>();
    std::future<Ending<T>> ending_;
};

template <typename T>
Task(asio::io_context&, asio::awaitable<T>) -> Task<T>;

/// A local variable that counts the coroutine frames that still exist.
class FrameCounter {
public:
    explicit FrameCounter(int& count) : count_(&count) { ++*count_; }
    ~FrameCounter() { --*count_; }
    FrameCounter(const FrameCounter&) = delete;
    FrameCounter& operator=(const FrameCounter&) = delete;

private:
    int* count_;
};

}  // namespace roomstore::test
