#include <memory>
#include <string>
#include <system_error>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>

#include "roomstore/decorators/call_observer.hpp"
#include "roomstore/decorators/forwarding_store.hpp"
#include "roomstore/decorators/observed_store.hpp"
#include "roomstore/memory/in_memory_store.hpp"
#include "unit/watch/waiting.hpp"

using namespace roomstore;

namespace {

class NullObserver final : public CallObserver {
public:
    void on_call(const ObservedCall&) noexcept override {}
};

/// The error text with which `make` is refused; empty if it succeeds.
template <typename Make>
std::string refusal(const Make& make) {
    try {
        make();
    } catch (const Error& error) {
        CHECK(error.code() == errc::invalid_argument);
        return error.detail();
    }
    return {};
}

}  // namespace

TEST_CASE("constructing a decorator with a null argument is refused") {
    const auto inner = std::make_shared<InMemoryStore>();
    const auto observer = std::make_shared<NullObserver>();
    CHECK(refusal([] { ForwardingStore(nullptr); }) == "ForwardingStore.inner: null");
    CHECK(refusal([&] { ObservedStore(nullptr, observer); }) == "ObservedStore.inner: null");
    CHECK(refusal([&] { ObservedStore(inner, nullptr); }) == "ObservedStore.observer: null");
    CHECK(refusal([&] { ObservedStore(inner, observer); }).empty());
}

TEST_CASE("outcome() returns the name of the outcome") {
    const auto outcome = [](std::error_code error) {
        return std::string(ObservedCall{.error = error}.outcome());
    };
    CHECK(outcome({}) == "ok");
    CHECK(outcome(asio::error::operation_aborted) == "aborted");
    CHECK(outcome(errc::storage_full) == "storage_full");
    CHECK(outcome({99, error_category()}) == "other");
    CHECK(outcome(std::make_error_code(std::errc::io_error)) == "other");
}

TEST_CASE("the outcome of a wait is named like that of a call") {
    CHECK(ObservedWait{}.outcome() == "ok");
    for (const std::error_code error : {std::error_code(asio::error::operation_aborted),
                                        make_error_code(errc::closed),
                                        std::make_error_code(std::errc::io_error)}) {
        CHECK(ObservedWait{.error = error}.outcome() == ObservedCall{.error = error}.outcome());
    }
}

TEST_CASE("an observer need not care for waits") {
    const auto observer = std::make_shared<NullObserver>();
    ObservedStore store(std::make_shared<InMemoryStore>(), observer);
    asio::io_context context;
    asio::co_spawn(context, store.init(), asio::detached);
    context.run();
    context.restart();
    const auto watch = store.watch_rooms({.rooms = {"room"}});
    test::Waiting waiting(context.get_executor(), watch->next());
    context.poll();
    CHECK(test::reported(waiting) == test::Rooms{"room"});
}
