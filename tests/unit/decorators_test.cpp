#include <memory>
#include <string>
#include <system_error>

#include <asio/error.hpp>
#include <catch2/catch_test_macros.hpp>

#include "roomstore/decorators/call_observer.hpp"
#include "roomstore/decorators/forwarding_store.hpp"
#include "roomstore/decorators/observed_store.hpp"
#include "roomstore/memory/in_memory_store.hpp"

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
