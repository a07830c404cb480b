#pragma once

#include <chrono>
#include <cmath>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/labels.h>
#include <prometheus/registry.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roomstore/decorators/call_observer.hpp"
#include "roomstore/detail/not_null.hpp"
#include "roomstore/detail/text.hpp"
#include "roomstore/error.hpp"

namespace roomstore {

/// Exports metrics of the calls and waits of an `ObservedStore` to Prometheus, by means of the
/// library prometheus-cpp, which the target `roomstore::prometheus` (component `prometheus`) links:
///
/// - `roomstore_calls_total{operation,outcome}`: calls, by `ObservedCall::operation` and
///   `ObservedCall::outcome`;
/// - `roomstore_call_duration_seconds{operation}`: a histogram of their durations;
/// - `roomstore_waits_total{outcome}`: waits, which are not calls, by `ObservedWait::outcome`;
/// - `roomstore_wait_duration_seconds`: a histogram of their durations.
///
/// There is no label for the room, since Prometheus keeps a series for each value of a label.
/// Several stores may share an observer, or use observers that share a registry and differ in their
/// constant labels.
/// @par Threads
/// Thread-safe. Calls block each other only while a series is looked up.
/// @ingroup decorators
class PrometheusObserver final : public CallObserver {
public:
    /// Registers the series with `registry`.
    /// @param registry the registry that is exposed
    /// @param buckets  upper bounds of the histograms in seconds, ascending; by default 0.1 ms to
    ///                 10 s
    /// @param labels   constant labels of every series in addition to its own, such as the name of
    ///                 the store
    /// @throws Error (invalid_argument) if `registry` is null, the bounds do not ascend or are not
    ///         finite, or the name of a label is invalid in Prometheus or already used.
    explicit PrometheusObserver(std::shared_ptr<::prometheus::Registry> registry,
                                std::vector<double> buckets = default_buckets(),
                                ::prometheus::Labels labels = {})
        : registry_(detail::not_null(std::move(registry), "PrometheusObserver.registry")),
          buckets_(ascending(std::move(buckets))),
          labels_(legal(std::move(labels))),
          calls_(::prometheus::BuildCounter()
                     .Name("roomstore_calls_total")
                     .Help("Calls of the conversation store that have ended")
                     .Register(*registry_)),
          durations_(::prometheus::BuildHistogram()
                         .Name("roomstore_call_duration_seconds")
                         .Help("How long calls of the conversation store took")
                         .Register(*registry_)),
          waits_(::prometheus::BuildCounter()
                     .Name("roomstore_waits_total")
                     .Help("Waits for changes of rooms that have ended")
                     .Register(*registry_)),
          wait_durations_(::prometheus::BuildHistogram()
                              .Name("roomstore_wait_duration_seconds")
                              .Help("How long waits for changes of rooms took")
                              .Register(*registry_)) {}

    /// 0.1 ms to 10 s in steps of about 3.
    static std::vector<double> default_buckets() {
        return {0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10};
    }

    /// Counts the call. A series that cannot be created for lack of memory is left out.
    void on_call(const ObservedCall& call) noexcept override {
        try {
            const std::lock_guard lock(mutex_);
            Series& series = series_of(call.operation);
            ::prometheus::Counter*& counter = series.counters[call.outcome()];
            if (counter == nullptr) {
                auto labels = labelled(call.operation);
                labels.emplace("outcome", call.outcome());
                counter = &calls_.Add(labels);
            }
            counter->Increment();
            series.duration->Observe(std::chrono::duration<double>(call.duration).count());
        } catch (const std::exception&) {
            // The outcome of the call itself is not affected.
        }
    }

    /// Counts the wait. A series that cannot be created for lack of memory is left out.
    void on_wait(const ObservedWait& wait) noexcept override {
        try {
            const std::lock_guard lock(mutex_);
            if (wait_series_.duration == nullptr) {
                wait_series_.duration = &wait_durations_.Add(labels_, buckets_);
            }
            ::prometheus::Counter*& counter = wait_series_.counters[wait.outcome()];
            if (counter == nullptr) {
                auto labels = labels_;
                labels.emplace("outcome", wait.outcome());
                counter = &waits_.Add(labels);
            }
            counter->Increment();
            wait_series_.duration->Observe(std::chrono::duration<double>(wait.duration).count());
        } catch (const std::exception&) {
            // The outcome of the wait itself is not affected.
        }
    }

private:
    /// The keys are string literals: see ObservedCall.
    struct Series {
        ::prometheus::Histogram* duration = nullptr;
        std::map<std::string_view, ::prometheus::Counter*> counters{};
    };

    // prometheus-cpp only asserts the conditions that these two functions check.
    static std::vector<double> ascending(std::vector<double> buckets) {
        for (std::size_t i = 0; i < buckets.size(); ++i) {
            if (!std::isfinite(buckets[i]) || (i > 0 && buckets[i] <= buckets[i - 1])) {
                throw Error(errc::invalid_argument,
                            "PrometheusObserver.buckets[" + std::to_string(i) +
                                "]: " + std::to_string(buckets[i]) +
                                ", must be finite and greater than the one before");
            }
        }
        return buckets;
    }

    static ::prometheus::Labels legal(::prometheus::Labels labels) {
        for (const auto& label : labels) {
            const std::string_view name = label.first;
            const bool legal = !name.empty() && !name.starts_with("__") &&
                               (name[0] < '0' || name[0] > '9') &&
                               name.find_first_not_of(label_characters) == std::string_view::npos;
            const bool taken = name == "operation" || name == "outcome" || name == "le";
            if (!legal || taken) {
                throw Error(errc::invalid_argument,
                            "PrometheusObserver.labels: " + detail::quoted(label.first) +
                                (taken ? " is taken" : " is not a valid label name"));
            }
        }
        return labels;
    }
    static constexpr std::string_view label_characters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

    // Set as labels of the series and not of the family, since a registry has each family only
    // once.
    ::prometheus::Labels labelled(std::string_view operation) const {
        auto labels = labels_;
        labels.emplace("operation", operation);
        return labels;
    }

    Series& series_of(std::string_view operation) {
        Series& series = series_[operation];
        if (series.duration == nullptr) {
            series.duration = &durations_.Add(labelled(operation), buckets_);
        }
        return series;
    }

    std::shared_ptr<::prometheus::Registry> registry_;
    std::vector<double> buckets_;
    ::prometheus::Labels labels_;
    ::prometheus::Family<::prometheus::Counter>& calls_;
    ::prometheus::Family<::prometheus::Histogram>& durations_;
    ::prometheus::Family<::prometheus::Counter>& waits_;
    ::prometheus::Family<::prometheus::Histogram>& wait_durations_;
    std::mutex mutex_;
    std::map<std::string_view, Series> series_;
    Series wait_series_;
};

}  // namespace roomstore
