// Counts a call for Prometheus, through the installed headers.
#include <chrono>
#include <cstdio>
#include <memory>
#include <prometheus/registry.h>

#include <roomstore/prometheus/prometheus_observer.hpp>

int main() {
    const auto registry = std::make_shared<prometheus::Registry>();
    roomstore::PrometheusObserver observer(registry);
    roomstore::ObservedCall call{.operation = "get_room", .room_id = "lobby"};
    call.duration = std::chrono::milliseconds(2);
    observer.on_call(call);
    call.error = roomstore::errc::busy;
    observer.on_call(call);

    double ok = 0;
    double busy = 0;
    std::uint64_t below_3_ms = 0;
    for (const auto& family : registry->Collect()) {
        for (const auto& metric : family.metric) {
            for (const auto& label : metric.label) {
                if (label.value == "ok") ok = metric.counter.value;
                if (label.value == "busy") busy = metric.counter.value;
            }
            for (const auto& bucket : metric.histogram.bucket) {
                if (bucket.upper_bound == 0.003) below_3_ms = bucket.cumulative_count;
            }
        }
    }
    std::printf("%.0f ok, %.0f busy, %d below 3 ms\n", ok, busy, static_cast<int>(below_3_ms));
    return ok == 1 && busy == 1 && below_3_ms == 2 ? 0 : 1;
}
