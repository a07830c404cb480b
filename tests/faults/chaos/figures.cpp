#include "faults/chaos/figures.hpp"

#include <cmath>
#include <cstdio>
#include <optional>
#include <string>

namespace roomstore::chaos {

namespace {

/// Milliseconds that a busy machine may add to a time that depends on a few threads.
constexpr double machine = 1000;

/// A line of the table.
struct Figure {
    const char* what;
    /// The number of samples, and the number required.
    std::size_t samples;
    std::size_t least;
    double value;
    const char* unit;
    /// The promised bound, if any, and the bound above which the run fails.
    std::optional<double> promised;
    double enforced;
};

class Table {
public:
    Table() {
        std::printf("\n%-79s %7s %12s  %-18s %s\n",
                    "promise",
                    "samples",
                    "measured",
                    "promised",
                    "enforced");
    }

    /// Returns false if the promised bound is missed.
    bool add(const Figure& figure) {
        const bool kept = !figure.promised || figure.value <= *figure.promised;
        char promised[32] = "-";
        if (figure.promised) {
            std::snprintf(
                promised, sizeof promised, "<= %-7g %s", *figure.promised, kept ? "ok" : "MISSED");
        }
        const bool enough = figure.samples >= figure.least;
        const bool tolerable = figure.value <= figure.enforced;
        std::printf("%-79s %7zu %9.2f %-2s  %-18s <= %-7.0f %s\n",
                    figure.what,
                    figure.samples,
                    figure.value,
                    figure.unit,
                    promised,
                    figure.enforced,
                    tolerable ? "ok" : "FAILED");
        if (!enough) std::printf("FAILED: at least %zu samples are required\n", figure.least);
        good_ = good_ && enough && tolerable;
        return kept;
    }

    bool good() const noexcept { return good_; }

private:
    bool good_ = true;
};

Instant overshoot(const Call& call) {
    const auto time = call.answered_at - call.invoked_at;
    const auto deadline = instants(call.deadline);
    return time > deadline ? time - deadline : 0;
}

double percentile(std::vector<Instant> times, double share) {
    if (times.empty()) return 0;
    std::ranges::sort(times);
    const auto last = static_cast<double>(times.size() - 1);
    return milliseconds(times[static_cast<std::size_t>(std::ceil(share * last))]);
}
double worst(const std::vector<Instant>& times) { return percentile(times, 1); }

/// Times from the cancellation of a call to `operation_aborted`.
std::vector<Instant> cancellations(const Results& results, bool calm_only) {
    std::vector<const Call*> calls;
    for (const auto& call : results.calls) {
        if (call.cancelled_at != 0 && call.outcome == Outcome::aborted) calls.push_back(&call);
    }
    std::vector<Instant> times;
    for (const auto* call : calls) {
        const bool near = std::ranges::any_of(results.injected_faults, [&](const auto& happening) {
            return call->invoked_at <= happening.ended_at + happening.first_success_after &&
                   happening.began_at <= call->answered_at;
        });
        if (!near || !calm_only) times.push_back(call->answered_at - call->cancelled_at);
    }
    return times;
}

std::vector<Instant> refusals(const Results& results) {
    std::vector<Instant> times;
    for (const auto& call : results.calls) {
        if (call.queue_was_full) times.push_back(call.answered_at - call.invoked_at);
    }
    return times;
}

/// From the end of each outage without another fault until the first store, or every store,
/// succeeded.
std::vector<Instant> recoveries(const Results& results, bool every_store) {
    std::vector<Instant> times;
    for (const auto& happening : results.injected_faults) {
        if (!happening.alone) continue;
        const auto& after = happening.store_success_after;
        times.push_back(every_store ? std::ranges::max(after) : std::ranges::min(after));
    }
    return times;
}

void print_call(const Call& call, const Results& results) {
    const auto name = outcome_names[static_cast<std::size_t>(call.outcome)];
    std::printf("    (%.*s from store %d, deadline %lld ms%s; while:",
                static_cast<int>(name.size()),
                name.data(),
                call.store,
                static_cast<long long>(call.deadline.count()),
                call.cancelled_at != 0 ? ", cancelled" : "");
    for (const auto& each : results.injected_faults) {
        if (call.invoked_at > each.ended_at || each.began_at > call.answered_at) continue;
        std::printf(
            " %.*s %+.0f..%+.0f;",
            static_cast<int>(each.kind.size()),
            each.kind.data(),
            (static_cast<double>(each.began_at) - static_cast<double>(call.invoked_at)) / 1e6,
            (static_cast<double>(each.ended_at) - static_cast<double>(call.invoked_at)) / 1e6);
    }
    std::puts(")");
}

class Figures {
public:
    Figures(const Options& options, const Results& results)
        : results_(results),
          full_(options.is_full()),
          busy_(machine + milliseconds(results.worst_stall)) {}

    bool print() {
        print_deadlines();
        print_cancellations();
        print_recovery();
        print_overload();
        print_shutdown();
        return table_.good();
    }

private:
    /// Adds a time in milliseconds, to which a busy machine may add `allowance`.
    bool time(const char* what,
              std::size_t samples,
              std::size_t least,
              double value,
              double promised,
              double allowance) {
        return table_.add({.what = what,
                           .samples = samples,
                           .least = least,
                           .value = value,
                           .unit = "ms",
                           .promised = promised,
                           .enforced = promised + allowance});
    }
    /// Adds the longest of `times` likewise.
    bool worst_of(const char* what,
                  const std::vector<Instant>& times,
                  std::size_t least,
                  double promised,
                  double allowance) {
        return time(what, times.size(), least, worst(times), promised, allowance);
    }
    std::size_t at_least(std::size_t samples) const { return full_ ? samples : 0; }

    void print_deadlines() {
        const auto& latest = *std::ranges::max_element(results_.calls, {}, overshoot);
        if (!time("P5  latest answer, after its deadline",
                  results_.calls.size(),
                  1,
                  milliseconds(overshoot(latest)),
                  250,
                  busy_)) {
            print_call(latest, results_);
        }
    }

    void print_cancellations() {
        if (const auto& measured = results_.measured) {
            worst_of("P6  from cancel to `aborted`, queued",
                     measured->queued_cancellations,
                     100,
                     10,
                     busy_);
            const auto& running = measured->running_cancellations;
            time("    running, server healthy, 99th percentile",
                 running.size(),
                 100,
                 percentile(running, 0.99),
                 100,
                 busy_);
            worst_of("    running, server frozen", measured->frozen_cancellations, 3, 1100, busy_);
        }
        const auto calm = cancellations(results_, true);
        time("    during the faults (F12, F13, F14), none at that time, 99th percentile",
             calm.size(),
             at_least(calm_cancellations),
             percentile(calm, 0.99),
             100,
             busy_);
        worst_of("    during the faults, at any time",
                 cancellations(results_, false),
                 at_least(200),
                 1100,
                 2 * busy_);
    }

    void print_recovery() {
        if (const auto& measured = results_.measured) {
            for (const auto& [what, found] :
                 {std::pair("P7  detection of a dead peer, with a statement to send (F6)",
                            measured->dead_before_statement),
                  std::pair("    detection of a dead peer, while a statement runs (F7)",
                            measured->dead_during_statement)}) {
                if (found) {
                    time(what, 1, 1, milliseconds(*found), 5000, busy_);
                } else {
                    std::printf(
                        "%-79s not measured: %s\n", what, measured->dead_unmeasured.c_str());
                }
            }
            worst_of("    first success after the server accepts connections again (F21)",
                     measured->returns,
                     5,
                     1000,
                     busy_);
            table_.add({.what = "    connections begun in any second by one process under load",
                        .samples = measured->connects,
                        .least = 10,
                        .value = static_cast<double>(measured->connects_in_1_s),
                        .unit = "",
                        .promised = 10,
                        .enforced = 20});
        }
        // An attempt that hangs costs 3 s, and all stores share the ten attempts a second.
        constexpr double hangs = 3000;
        worst_of("    from the end of an outage without another fault to the success of a store",
                 recoveries(results_, false),
                 at_least(5),
                 1000,
                 hangs + 4 * busy_);
        const auto all = recoveries(results_, true);
        table_.add({.what = "    to the success of every store; all share ten connections a second",
                    .samples = all.size(),
                    .least = at_least(5),
                    .value = worst(all),
                    .unit = "ms",
                    .promised = {},
                    .enforced = 1000 + hangs + 4 * busy_});
        // Ten in any window of one second, and ten more that another process may begin.
        table_.add({.what = "    connections begun in any 5 s by two processes",
                    .samples = static_cast<std::size_t>(results_.reconnects),
                    .least = at_least(50),
                    .value = static_cast<double>(results_.connects_in_5_s),
                    .unit = "",
                    .promised = 2 * 5 * 10,
                    .enforced = 2 * (5 * 10 + 10)});
    }

    void print_overload() {
        if (const auto& measured = results_.measured) {
            const auto& times = measured->refusals;
            time("P8  time to refuse a call, median (F11)",
                 times.size(),
                 200,
                 percentile(times, 0.5),
                 1,
                 busy_);
            time("    99th percentile", times.size(), 200, percentile(times, 0.99), 1, busy_);
            table_.add({.what = "    queued appends that were run out of order",
                        .samples = measured->waited,
                        .least = 50,
                        .value = static_cast<double>(measured->out_of_order),
                        .unit = "",
                        .promised = 0,
                        .enforced = 0});
        }
        const auto times = refusals(results_);
        time("    time to refuse a call during the faults, median",
             times.size(),
             at_least(50),
             percentile(times, 0.5),
             1,
             busy_);
    }

    void print_shutdown() {
        if (const auto& measured = results_.measured) {
            time("P10 close() and destruction, with calls in flight that do not end (F15)",
                 1,
                 1,
                 milliseconds(measured->close_and_destruction),
                 6000,
                 busy_);
            time("    destruction after such a close()",
                 1,
                 1,
                 milliseconds(measured->destruction_after_close),
                 1000,
                 busy_);
            time("    destruction without close(), with such calls in flight",
                 1,
                 1,
                 milliseconds(measured->destruction_alone),
                 6000,
                 busy_);
        }
        time("    close() of the stores used during the faults",
             child_store,
             1,
             milliseconds(results_.slowest_close),
             5000,
             busy_);
        time("    destruction after that close()",
             child_store,
             1,
             milliseconds(results_.slowest_destruction),
             1000,
             busy_);
        time("    first success of every store after the last fault",
             child_store,
             1,
             milliseconds(results_.first_success_after_faults),
             1000,
             9000);
        time("    number of descriptors and backends back to that before the faults",
             1,
             1,
             milliseconds(results_.back_to_baseline_after),
             5000,
             10'000);
    }

    const Results& results_;
    const bool full_;
    const double busy_;
    Table table_;
};

}  // namespace

bool print_figures(const Options& options, const Results& results) {
    std::printf("\nLongest delay of a thread that only sleeps, on this machine: %.1f ms.\n",
                milliseconds(results.worst_stall));
    const bool good = Figures(options, results).print();
    std::puts(
        "promised: on an idle machine; MISSED does not fail the run. enforced: promised, plus what "
        "a busy machine may\nadd, 1 s and the delay above or a multiple of them; FAILED fails the "
        "run. Times in ms.");
    return good;
}

}  // namespace roomstore::chaos
