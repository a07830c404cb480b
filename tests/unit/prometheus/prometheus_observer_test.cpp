#include "roomstore/prometheus/prometheus_observer.hpp"

#include <chrono>
#include <cmath>
#include <memory>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace roomstore;
using ::prometheus::Labels;
using ::prometheus::Registry;

namespace {

const std::shared_ptr<Registry> no_registry;

std::string refusal(const std::shared_ptr<Registry>& registry,
                    std::vector<double> buckets,
                    const Labels& labels = {}) {
    try {
        PrometheusObserver(registry, std::move(buckets), labels);
    } catch (const Error& error) {
        CHECK(error.code() == errc::invalid_argument);
        return error.detail();
    }
    return {};
}

std::string exposed(const Registry& registry) {
    std::ostringstream out;
    ::prometheus::TextSerializer().Serialize(out, registry.Collect());
    return out.str();
}

}  // namespace

TEST_CASE("PrometheusObserver refuses invalid arguments when it is constructed") {
    const auto registry = std::make_shared<Registry>();
    const std::string text = "must be finite and greater than the one before";
    CHECK(refusal(no_registry, {1}) == "PrometheusObserver.registry: null");
    CHECK(refusal(registry, {1, 0.5}) == "PrometheusObserver.buckets[1]: 0.500000, " + text);
    CHECK(refusal(registry, {1, 1}) == "PrometheusObserver.buckets[1]: 1.000000, " + text);
    CHECK(refusal(registry, {std::nan("")}) == "PrometheusObserver.buckets[0]: nan, " + text);
    CHECK(refusal(registry, {1}, {{"operation", "x"}}) ==
          "PrometheusObserver.labels: 'operation' is taken");
    for (const std::string name : {"", "1a", "a-b", "__a", "\xc3\xa4"}) {
        CHECK(refusal(registry, {1}, {{name, "x"}}) ==
              "PrometheusObserver.labels: '" + name + "' is not a valid label name");
    }
    // A refused constructor registers nothing.
    CHECK(exposed(*registry).empty());
    CHECK(refusal(registry, {}).empty());
    CHECK(refusal(registry, {0.1, 0.2}, {{"store_1", "x"}}).empty());
}

TEST_CASE("constant labels distinguish stores with one registry") {
    const auto registry = std::make_shared<Registry>();
    PrometheusObserver first(registry, {1}, {{"store", "first"}});
    PrometheusObserver second(registry, {1}, {{"store", "second"}});
    first.on_call({.operation = "get_room"});
    first.on_call({.operation = "get_room"});
    second.on_call({.operation = "get_room", .error = errc::busy});

    const auto text = exposed(*registry);
    INFO(text);
    const auto has = [&](const std::string& line) { return text.find(line) != std::string::npos; };
    CHECK(has("roomstore_calls_total{operation=\"get_room\",outcome=\"ok\",store=\"first\"} 2"));
    CHECK(has("roomstore_calls_total{operation=\"get_room\",outcome=\"busy\",store=\"second\"} 1"));
    CHECK(has("roomstore_call_duration_seconds_count{operation=\"get_room\",store=\"second\"} 1"));
}

TEST_CASE("waits are counted apart from calls") {
    const auto registry = std::make_shared<Registry>();
    PrometheusObserver observer(registry, {1}, {{"store", "one"}});
    observer.on_wait({.rooms = 3, .duration = std::chrono::seconds{2}});
    observer.on_wait({.rooms = 1, .duration = std::chrono::milliseconds{500}});
    observer.on_wait({.error = errc::closed});

    const auto text = exposed(*registry);
    INFO(text);
    const auto has = [&](const std::string& line) { return text.find(line) != std::string::npos; };
    CHECK(has("roomstore_waits_total{outcome=\"ok\",store=\"one\"} 2"));
    CHECK(has("roomstore_waits_total{outcome=\"closed\",store=\"one\"} 1"));
    CHECK(has("roomstore_wait_duration_seconds_count{store=\"one\"} 3"));
    CHECK(has("roomstore_wait_duration_seconds_sum{store=\"one\"} 2.5"));
    CHECK(has("roomstore_wait_duration_seconds_bucket{store=\"one\",le=\"1\"} 2"));
    CHECK_FALSE(has("roomstore_calls_total{"));
    CHECK_FALSE(has("roomstore_call_duration_seconds_count{"));
}
