#include "metrics.hpp"

#ifdef ROOMSTORE_WITH_PROMETHEUS

#include <iostream>
#include <prometheus/exposer.h>
#include <prometheus/registry.h>
#include <stdexcept>
#include <string>
#include <utility>

#include <roomstore/decorators/observed_store.hpp>
#include <roomstore/prometheus/prometheus_observer.hpp>

namespace chat {

namespace {

/// Counts calls and serves the counters.
class Metrics final : public roomstore::CallObserver {
public:
    explicit Metrics(std::uint16_t port) : exposer_("127.0.0.1:" + std::to_string(port), 1) {
        exposer_.RegisterCollectable(registry_);
        std::cout << "metrics: http://127.0.0.1:" << exposer_.GetListeningPorts().at(0)
                  << "/metrics" << std::endl;
    }

    void on_call(const roomstore::ObservedCall& call) noexcept override { observer_.on_call(call); }

private:
    std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
    roomstore::PrometheusObserver observer_{registry_};
    prometheus::Exposer exposer_;
};

}  // namespace

std::shared_ptr<roomstore::ConversationStore> with_metrics(
    std::shared_ptr<roomstore::ConversationStore> store,
    std::uint16_t port) {
    std::shared_ptr<Metrics> metrics;
    try {
        metrics = std::make_shared<Metrics>(port);
    } catch (const std::exception& error) {
        throw std::runtime_error("cannot serve metrics on port " + std::to_string(port) + ": " +
                                 error.what());
    }
    return std::make_shared<roomstore::ObservedStore>(std::move(store), std::move(metrics));
}

}  // namespace chat

#else

#include "options.hpp"

namespace chat {

std::shared_ptr<roomstore::ConversationStore> with_metrics(
    std::shared_ptr<roomstore::ConversationStore>,
    std::uint16_t) {
    throw UsageError("--metrics: this build has no prometheus-cpp");
}

}  // namespace chat

#endif
