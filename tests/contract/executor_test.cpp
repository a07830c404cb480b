#include <array>
#include <thread>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <asio/this_coro.hpp>
#include <catch2/matchers/catch_matchers_predicate.hpp>

#include "contract/operations.hpp"
#include "contract/populated_store.hpp"

/// Executor of the caller after an operation, and cancellation.
namespace roomstore::contract {

namespace {

using Strand = asio::strand<asio::io_context::executor_type>;

asio::awaitable<void> call_and_look(ConversationStore& store,
                                    Operation operation,
                                    Strand strand,
                                    std::vector<std::string>& strayed) {
    co_await operation.call(store);
    if (!strand.running_in_this_thread()) strayed.push_back(operation.name);
    const auto executor = co_await asio::this_coro::executor;
    const asio::any_io_executor expected = strand;
    if (executor != expected) strayed.push_back(operation.name + " changed its executor");
}

struct Cancelled {
    std::error_code code;
    bool ended = false;
};

/// Calls the operation in a coroutine that has already been cancelled with a signal of `type`.
asio::awaitable<void> call_cancelled(ConversationStore& store,
                                     Operation operation,
                                     asio::cancellation_signal& signal,
                                     asio::cancellation_type type,
                                     Cancelled& outcome) {
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    signal.emit(type);
    try {
        co_await operation.call(store);
    } catch (const std::system_error& error) {
        outcome.code = error.code();
    }
    outcome.ended = true;
}

asio::awaitable<void> append_and_tell(ConversationStore& store,
                                      std::string id,
                                      std::error_code& told) {
    auto event = make_event({.id = id, .key = id});
    try {
        co_await store.add_event_auto_index("room", std::move(event));
    } catch (const std::system_error& error) {
        told = error.code();
    }
}

}  // namespace

TEST_CASE("every operation resumes the caller on the caller's executor", "[executor]") {
    std::vector<std::string> strayed;
    for (const auto& operation : operations()) {
        const auto store = populated_store();
        const Watchdog watchdog;
        asio::io_context context;
        const Strand strand = asio::make_strand(context.get_executor());
        int ends = 0;
        asio::co_spawn(strand,
                       call_and_look(*store, operation, strand, strayed),
                       [&](std::exception_ptr failure) {
                           ++ends;
                           if (failure) std::rethrow_exception(failure);
                       });
        context.run();
        CAPTURE(operation.name);
        CHECK(ends == 1);
    }
    CHECK(strayed.empty());
}

TEST_CASE("callers on different execution contexts each resume on their own thread",
          "[executor][concurrency]") {
    const auto store = store_with_room();
    const Watchdog watchdog;
    constexpr std::size_t contexts = 4;
    std::array<std::vector<std::thread::id>, contexts> seen;
    const auto append = [](ConversationStore& target,
                           std::size_t place,
                           std::vector<std::thread::id>& threads) -> asio::awaitable<void> {
        for (int i = 0; i < 50; ++i) {
            auto event = make_event({.id = std::to_string(place) + "." + std::to_string(i)});
            co_await target.add_event_auto_index("room", std::move(event));
            threads.push_back(std::this_thread::get_id());
        }
    };
    std::array<std::thread::id, contexts> owners;
    {
        std::vector<std::jthread> workers;
        for (std::size_t place = 0; place < contexts; ++place) {
            workers.emplace_back([&, place] {
                owners[place] = std::this_thread::get_id();
                run(append(*store, place, seen[place]));
            });
        }
    }
    for (std::size_t place = 0; place < contexts; ++place) {
        CHECK(seen[place] == std::vector<std::thread::id>(50, owners[place]));
    }
    CHECK(run(store->get_event_count("room")) == 200);
}

TEST_CASE("an operation cancelled before its execution context runs does nothing", "[executor]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    for (const auto& operation : operations()) {
        CAPTURE(operation.name);
        const Watchdog watchdog;
        asio::io_context context;
        asio::cancellation_signal signal;
        std::exception_ptr told;
        asio::co_spawn(context,
                       operation.call(*store),
                       asio::bind_cancellation_slot(
                           signal.slot(), [&](std::exception_ptr failure) { told = failure; }));
        signal.emit(asio::cancellation_type::terminal);
        context.run();
        REQUIRE(told);
        CHECK_THROWS_MATCHES(
            std::rethrow_exception(told),
            std::system_error,
            Catch::Matchers::Predicate<std::system_error>([](const std::system_error& error) {
                return error.code() == asio::error::operation_aborted;
            }));
    }
    CHECK(dump(*store) == before);
}

TEST_CASE("an operation cancelled before it starts is aborted and does nothing", "[executor]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    for (const auto type : {asio::cancellation_type::terminal,
                            asio::cancellation_type::partial,
                            asio::cancellation_type::total}) {
        for (const auto& operation : operations()) {
            CAPTURE(operation.name, static_cast<int>(type));
            const Watchdog watchdog;
            asio::io_context context;
            asio::cancellation_signal signal;
            Cancelled outcome;
            asio::co_spawn(context,
                           call_cancelled(*store, operation, signal, type, outcome),
                           asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
            context.run();
            CHECK(outcome.ended);
            CHECK(outcome.code == asio::error::operation_aborted);
        }
    }
    CHECK(dump(*store) == before);
}

TEST_CASE(
    "an append cancelled at any time either is aborted and not stored, or succeeds and is stored",
    "[executor]") {
    const auto store = store_with_room();
    constexpr std::size_t calls = 200;
    std::vector<std::error_code> told(calls);
    std::vector<asio::cancellation_signal> signals(calls);
    {
        const Watchdog watchdog;
        asio::io_context context;
        for (std::size_t i = 0; i < calls; ++i) {
            asio::co_spawn(
                context,
                append_and_tell(*store, std::to_string(i), told[i]),
                asio::bind_cancellation_slot(signals[i].slot(), [&told, i](std::exception_ptr e) {
                    // Thrown by asio itself if the coroutine has not started.
                    if (e) told[i] = asio::error::operation_aborted;
                }));
            // Increasing delays after the call: not started, queued, running, done.
            asio::post(context, [&context, &signal = signals[i], steps = i % 40]() {
                const auto wait = [&context, &signal](auto self, std::size_t left) -> void {
                    if (left == 0) {
                        signal.emit(asio::cancellation_type::terminal);
                    } else {
                        asio::post(context, [self, left] { self(self, left - 1); });
                    }
                };
                wait(wait, steps);
            });
        }
        context.run();
    }
    std::int64_t stored = 0;
    for (std::size_t i = 0; i < calls; ++i) {
        CAPTURE(i, told[i]);
        CHECK((!told[i] || told[i] == asio::error::operation_aborted));
        const auto event = run(store->get_event("room", std::to_string(i)));
        CHECK(event.has_value() == !told[i]);
        stored += event ? 1 : 0;
    }
    CHECK(run(store->get_event_count("room")) == stored);
    CHECK(run(store->get_room("room"))->event_count == stored);
    CHECK(run(store->add_event_auto_index("room", make_event())).index == stored);
}

TEST_CASE("with throw_if_cancelled(false) a cancelled append reports its true outcome",
          "[executor]") {
    const auto store = store_with_room();
    const Watchdog watchdog;
    asio::io_context context;
    asio::cancellation_signal signal;
    std::error_code told;
    const auto task = [](ConversationStore& target,
                         asio::cancellation_signal& mine,
                         std::error_code& outcome) -> asio::awaitable<void> {
        co_await asio::this_coro::throw_if_cancelled(false);
        mine.emit(asio::cancellation_type::terminal);
        co_await append_and_tell(target, "event", outcome);
    };
    asio::co_spawn(context,
                   task(*store, signal, told),
                   asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr failure) {
                       if (failure) std::rethrow_exception(failure);
                   }));
    context.run();
    CHECK((!told || told == asio::error::operation_aborted));
    CHECK(run(store->get_event("event")).has_value() == !told);
    CHECK(run(store->get_event_count("room")) == (told ? 0 : 1));
}

}  // namespace roomstore::contract
