#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "faults/chaos/figures.hpp"
#include "faults/chaos/run.hpp"

namespace roomstore::chaos {

namespace {

using namespace std::chrono_literals;

struct Row {
    std::string_view id;
    std::uint64_t times = 0;
    std::array<std::uint64_t, outcome_names.size()> outcomes{};
    std::uint64_t settled = 0;
    std::uint64_t repeated = 0;
    Instant slowest = 0;
    /// 0: not waited for.
    Instant recovery = 0;
    Instant undisturbed_recovery = 0;
};

void print_trace(const Results& results) {
    for (const auto& each : results.injected_faults) {
        std::printf("%8.0f .. %8.0f ms  %-30.*s",
                    milliseconds(each.began_at - results.began_at),
                    milliseconds(each.ended_at - results.began_at),
                    static_cast<int>(each.kind.size()),
                    each.kind.data());
        for (const auto after : each.store_success_after)
            std::printf(" %6.0f", milliseconds(after));
        std::puts(each.alone ? "  alone" : "");
    }
}

std::map<std::string_view, Row> table_of(const Results& results) {
    std::map<std::string_view, Row> rows;
    const CallsByTime calls(results.calls);
    for (const auto& happening : results.injected_faults) {
        Row& row = rows[happening.kind];
        row.id = happening.id;
        ++row.times;
        row.settled += happening.doubts_settled;
        row.recovery = std::max(row.recovery, happening.first_success_after);
        if (happening.alone) {
            row.undisturbed_recovery =
                std::max(row.undisturbed_recovery, happening.first_success_after);
        }
        calls.visit(happening.began_at, happening.ended_at, [&](const Call& call) {
            ++row.outcomes[static_cast<std::size_t>(call.outcome)];
            if (call.repeats_unknown && call.outcome == Outcome::ok) ++row.repeated;
            row.slowest = std::max(row.slowest, call.answered_at - call.invoked_at);
        });
    }
    return rows;
}

std::string text_of(Instant time) {
    if (time == 0) return "-";
    char text[32];
    std::snprintf(text, sizeof text, "%.0f", milliseconds(time));
    return text;
}

void print_row(std::string_view kind, const Row& row) {
    const auto count = [&](Outcome outcome) {
        return static_cast<unsigned long long>(row.outcomes[static_cast<std::size_t>(outcome)]);
    };
    std::printf(
        "%-4.*s %-32.*s %5llu %6llu %7llu %6llu %7llu %7llu %7llu %5llu %5llu %7llu | "
        "%6s %7s %6s\n",
        static_cast<int>(row.id.size()),
        row.id.data(),
        static_cast<int>(kind.size()),
        kind.data(),
        static_cast<unsigned long long>(row.times),
        count(Outcome::ok),
        static_cast<unsigned long long>(row.settled),
        static_cast<unsigned long long>(row.repeated),
        count(Outcome::commit_unknown),
        count(Outcome::unavailable),
        count(Outcome::timeout),
        count(Outcome::busy),
        count(Outcome::read_only),
        count(Outcome::aborted),
        text_of(row.slowest).c_str(),
        text_of(row.recovery).c_str(),
        text_of(row.undisturbed_recovery).c_str());
}

void print_table(const std::map<std::string_view, Row>& rows) {
    std::printf("\n%-37s %5s %6s %7s %6s %7s %7s %7s %5s %5s %7s | %6s %7s %6s\n",
                "fault",
                "times",
                "ok",
                "settled",
                "repeat",
                "unknown",
                "unavail",
                "timeout",
                "busy",
                "r/o",
                "aborted",
                "answer",
                "recover",
                "alone");
    std::map<int, std::vector<std::string_view>> by_id;
    for (const auto& [kind, row] : rows) {
        const auto number = row.id.size() > 1 ? std::stoi(std::string(row.id.substr(1))) : 99;
        by_id[number].push_back(kind);
    }
    for (const auto& [number, kinds] : by_id) {
        for (const auto kind : kinds) print_row(kind, rows.at(kind));
    }
    std::puts(
        "\nF1 .. F25: the ids in tests/check_faults.py; -: none. The outcomes are those of the "
        "calls that overlapped\nthe fault; faults of two kinds may overlap. settled: COMMITs in "
        "doubt that the stores settled. repeat:\ncalls that succeeded when repeated after "
        "commit_unknown. answer: the longest time to an answer (ms). recover:\nthe longest time "
        "from the end of a fault until a call had succeeded in every store (ms), of the faults\n"
        "after which the run waited for that; alone: the same, of the faults that no other fault "
        "overlapped.\n"
        "H7 is not checked: the store has no subscriptions.");
}

bool all_kinds_happened(const std::map<std::string_view, Row>& rows) {
    bool all = true;
    for (const auto* kinds : {&network_faults(), &server_faults()}) {
        for (const auto& kind : *kinds) {
            if (rows.contains(kind.name)) continue;
            std::printf("FAILED: \"%.*s\" never happened\n",
                        static_cast<int>(kind.name.size()),
                        kind.name.data());
            all = false;
        }
    }
    return all;
}

}  // namespace

bool report(const Options& options, const Results& results) {
    const auto rows = table_of(results);
    if (options.trace) print_trace(results);
    print_table(rows);
    bool good = print_figures(options, results);
    std::map<Outcome, unsigned long long> outcomes;
    for (const auto& call : results.calls) ++outcomes[call.outcome];
    std::printf("\n%zu calls:", results.calls.size());
    for (const auto& [outcome, count] : outcomes) {
        const auto name = outcome_names[static_cast<std::size_t>(outcome)];
        std::printf(" %llu %.*s", count, static_cast<int>(name.size()), name.data());
    }
    std::printf(
        "\n%llu retries, %llu reconnects, %llu doubts of which %llu were settled, "
        "%llu appends of stored events, %llu faults without effect\n",
        static_cast<unsigned long long>(results.retries),
        static_cast<unsigned long long>(results.reconnects),
        static_cast<unsigned long long>(results.doubts),
        static_cast<unsigned long long>(results.doubts_settled),
        static_cast<unsigned long long>(results.redelivered),
        static_cast<unsigned long long>(results.vain_faults));
    const auto fail = [&](const std::string& text) {
        std::printf("FAILED: %s\n", text.c_str());
        good = false;
    };
    constexpr std::size_t shown = 50;
    for (std::size_t i = 0; i < std::min(shown, results.violations.size()); ++i) {
        fail(results.violations[i]);
    }
    for (const auto& failure : results.failures) fail(failure);
    if (options.is_full() && !all_kinds_happened(rows)) good = false;
    if (results.acknowledged < options.appends) fail("too few appends were acknowledged");
    if (results.injected_faults.size() < options.faults) fail("too few faults happened");
    std::printf(
        "\nchaos: seed %llu: %llu events acknowledged, %llu stored, %zu faults in %.1f s, "
        "%zu violations of the history: %s\n",
        static_cast<unsigned long long>(options.seed),
        static_cast<unsigned long long>(results.acknowledged),
        static_cast<unsigned long long>(results.stored),
        results.injected_faults.size(),
        milliseconds(results.duration) / 1000,
        results.violations.size(),
        good ? "passed" : "FAILED");
    return good;
}

}  // namespace roomstore::chaos
