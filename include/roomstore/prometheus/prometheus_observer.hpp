#pragma once

#include <chrono>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roomstore/call_observer.hpp"

namespace roomstore {

/// Counts the calls of an `ObservedStore` for Prometheus, with the library prometheus-cpp, which
/// `roomstore::prometheus` (component `prometheus`) brings:
///
/// - `roomstore_calls_total{operation,outcome}`: calls, by `ObservedCall::operation` and
///   `ObservedCall::outcome`;
/// - `roomstore_call_duration_seconds{operation}`: a histogram of their durations.
///
/// Rooms are not told apart: Prometheus keeps a series for each value of a label. Several stores
/// may share an observer, or have observers of one registry.
/// @par Threads
/// Calls wait for one another for as long as it takes to look up a series.
class PrometheusObserver final : public CallObserver {
public:
    /// Registers the series with `registry`, which must not be null.
    /// @param registry what is exposed
    /// @param buckets  upper bounds of the histogram in seconds, ascending; by default 0.1 ms to
    ///                 10 s
    explicit PrometheusObserver(std::shared_ptr<::prometheus::Registry> registry,
                                std::vector<double> buckets = default_buckets())
        : registry_(std::move(registry)),
          buckets_(std::move(buckets)),
          calls_(::prometheus::BuildCounter()
                     .Name("roomstore_calls_total")
                     .Help("Calls of the conversation store that have ended")
                     .Register(*registry_)),
          durations_(::prometheus::BuildHistogram()
                         .Name("roomstore_call_duration_seconds")
                         .Help("How long calls of the conversation store took")
                         .Register(*registry_)) {}

    /// 0.1 ms to 10 s in steps of about 3.
    static std::vector<double> default_buckets() {
        return {0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10};
    }

    /// Counts the call. A series that cannot be made for want of memory is left out.
    void on_call(const ObservedCall& call) noexcept override {
        try {
            const std::lock_guard lock(mutex_);
            Series& series = series_of(call.operation);
            ::prometheus::Counter*& counter = series.counters[call.outcome()];
            if (counter == nullptr) {
                counter = &calls_.Add({{"operation", std::string(call.operation)},
                                       {"outcome", std::string(call.outcome())}});
            }
            counter->Increment();
            series.duration->Observe(std::chrono::duration<double>(call.duration).count());
        } catch (const std::exception&) {
            // The call itself went as it went.
        }
    }

private:
    /// Keys are literals: see ObservedCall.
    struct Series {
        ::prometheus::Histogram* duration = nullptr;
        std::map<std::string_view, ::prometheus::Counter*> counters{};
    };

    Series& series_of(std::string_view operation) {
        Series& series = series_[operation];
        if (series.duration == nullptr) {
            series.duration = &durations_.Add({{"operation", std::string(operation)}}, buckets_);
        }
        return series;
    }

    std::shared_ptr<::prometheus::Registry> registry_;
    std::vector<double> buckets_;
    ::prometheus::Family<::prometheus::Counter>& calls_;
    ::prometheus::Family<::prometheus::Histogram>& durations_;
    std::mutex mutex_;
    std::map<std::string_view, Series> series_;
};

}  // namespace roomstore
