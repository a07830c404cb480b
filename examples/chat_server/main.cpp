// A chat server on the store that the command line names. This is the only file that names the
// types of stores; all others use the ConversationStore interface.

#include <utility>

#include <roomstore/memory/in_memory_store.hpp>
#ifdef ROOMSTORE_WITH_POSTGRES
#include <roomstore/postgres/postgres_store.hpp>
#endif
#ifdef ROOMSTORE_WITH_PROMETHEUS
#include <iostream>
#include <prometheus/exposer.h>
#include <prometheus/registry.h>

#include <roomstore/decorators/observed_store.hpp>
#include <roomstore/prometheus/prometheus_observer.hpp>
#endif

#include "application.hpp"

namespace {

using StorePtr = std::shared_ptr<roomstore::ConversationStore>;

StorePtr open_store(const chat::Options& options) {
    if (options.store == "memory") return std::make_shared<roomstore::InMemoryStore>();
#ifdef ROOMSTORE_WITH_POSTGRES
    return std::make_shared<roomstore::PostgresStore>(roomstore::PostgresOptions{
        .connection_string = options.store, .watch_poll_interval = options.watch_poll_interval});
#else
    throw chat::UsageError("--store: this build knows only 'memory'");
#endif
}

#ifdef ROOMSTORE_WITH_PROMETHEUS

/// Counts the calls and serves the counters to Prometheus.
StorePtr with_metrics(StorePtr store, std::uint16_t port) {
    const std::string address = "127.0.0.1:" + std::to_string(port);
    const auto registry = std::make_shared<prometheus::Registry>();
    const auto observer = std::make_shared<roomstore::PrometheusObserver>(registry);
    try {
        // It serves until the program ends.
        static prometheus::Exposer exposer(address, 1);
        exposer.RegisterCollectable(registry);
        std::cout << "metrics: http://127.0.0.1:" << exposer.GetListeningPorts().at(0) << "/metrics"
                  << std::endl;
    } catch (const std::exception& error) {
        throw std::runtime_error("cannot serve metrics on port " + std::to_string(port) + ": " +
                                 error.what());
    }
    return std::make_shared<roomstore::ObservedStore>(std::move(store), observer);
}

#else

StorePtr with_metrics(StorePtr, std::uint16_t) {
    throw chat::UsageError("--metrics: this build has no prometheus-cpp");
}

#endif

StorePtr make_store(const chat::Options& options) {
    StorePtr store = open_store(options);
    return options.metrics_port ? with_metrics(store, *options.metrics_port) : store;
}

}  // namespace

int main(int argc, char** argv) { return chat::run_application(argc, argv, make_store); }
