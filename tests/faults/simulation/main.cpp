#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "faults/simulation/random.hpp"
#include "faults/simulation/run.hpp"

using roomstore::simulation::RunReport;
using roomstore::simulation::simulate;

namespace {

constexpr const char* usage =
    "simulation [--runs N] [--seconds S] [--seed X]   at least N runs, for at least S seconds\n"
    "simulation --replay SEED                         repeats one run and prints its log\n"
    "\n"
    "Returns 1 if a run broke a rule, after printing the rule, the seed of the run and its log.\n";

struct Options {
    std::uint64_t runs = 100'000;
    double seconds = 0;
    std::uint64_t seed = 1;
    std::optional<std::uint64_t> replay{};
};

template <typename Number>
bool read(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

std::optional<Options> parse(int count, char** arguments) {
    Options options;
    for (int i = 1; i < count; i += 2) {
        const std::string_view name = arguments[i];
        if (i + 1 == count) return std::nullopt;
        const std::string_view value = arguments[i + 1];
        const bool understood = name == "--runs"      ? read(value, options.runs)
                                : name == "--seconds" ? read(value, options.seconds)
                                : name == "--seed"    ? read(value, options.seed)
                                : name == "--replay"  ? read(value, options.replay.emplace())
                                                      : false;
        if (!understood) return std::nullopt;
    }
    return options;
}

void print(const std::vector<std::string>& lines) {
    for (const auto& line : lines) std::printf("%s\n", line.c_str());
}

int replay(std::uint64_t seed) {
    const auto report = simulate(seed, true);
    print(report.trace);
    print(report.violations);
    std::printf("seed %llu: %zu rules broken\n",
                static_cast<unsigned long long>(seed),
                report.violations.size());
    return report.violations.empty() ? 0 : 1;
}

/// The totals of many runs: how often each outcome occurred.
struct Totals {
    RunReport sum{};
    std::uint64_t runs = 0;

    void add(const RunReport& report) {
        ++runs;
        for (std::uint64_t RunReport::* const each : counts) sum.*each += report.*each;
    }

    void print(double seconds) const {
        const auto number = [](std::uint64_t value) {
            return static_cast<unsigned long long>(value);
        };
        std::printf(
            "%llu runs in %.1f s (%.3f ms each): %llu calls (%llu appends stored, %llu aborted, "
            "%llu commit_unknown, %llu other errors), %llu commits of which %llu left doubt, %llu "
            "reconnects\n",
            number(runs),
            seconds,
            runs == 0 ? 0.0 : seconds * 1e3 / static_cast<double>(runs),
            number(sum.calls),
            number(sum.appended),
            number(sum.aborted),
            number(sum.unknown),
            number(sum.refused),
            number(sum.commits),
            number(sum.doubts),
            number(sum.reconnects));
    }

    static constexpr std::uint64_t RunReport::* counts[] = {&RunReport::calls,
                                                            &RunReport::appended,
                                                            &RunReport::aborted,
                                                            &RunReport::unknown,
                                                            &RunReport::refused,
                                                            &RunReport::commits,
                                                            &RunReport::doubts,
                                                            &RunReport::reconnects,
                                                            &RunReport::steps};
};

int run_many(const Options& options) {
    std::printf("seed %llu, at least %llu runs and %.0f s\n",
                static_cast<unsigned long long>(options.seed),
                static_cast<unsigned long long>(options.runs),
                options.seconds);
    const auto began = std::chrono::steady_clock::now();
    const auto elapsed = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    };
    Totals totals;
    while (totals.runs < options.runs || elapsed() < options.seconds) {
        // Hashed, so that runs of neighbouring seeds have nothing in common.
        const auto seed = roomstore::simulation::Random(options.seed + totals.runs).next();
        const auto report = simulate(seed, false);
        totals.add(report);
        if (report.violations.empty()) continue;
        const auto again = simulate(seed, true);
        print(again.trace);
        print(report.violations);
        if (again.violations != report.violations) std::printf("broken: the replay differs\n");
        std::printf("broken: %s\nrun %llu broke a rule: --replay %llu\n",
                    report.violations.front().c_str(),
                    static_cast<unsigned long long>(totals.runs),
                    static_cast<unsigned long long>(seed));
        return 1;
    }
    totals.print(elapsed());
    return totals.runs == 0 ? 1 : 0;
}

}  // namespace

int main(int count, char** arguments) {
    const auto options = parse(count, arguments);
    if (!options) {
        std::fputs(usage, stderr);
        return 2;
    }
    return options->replay ? replay(*options->replay) : run_many(*options);
}
