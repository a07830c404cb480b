// Measures every row of the benchmark and writes the results, one JSON object per line. run.sh
// builds and runs this program, and report.py turns the lines into a table.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include "benchmark/rows.hpp"

namespace roomstore::benchmark {

namespace {

const std::set<std::string> known_rows{"T1",
                                       "T2",
                                       "T3",
                                       "T4",
                                       "T5",
                                       "T6",
                                       "T7",
                                       "T8",
                                       "T9",
                                       "T10",
                                       "T11",
                                       "T12",
                                       "T13",
                                       "T14",
                                       "T15",
                                       "E1",
                                       "E2"};

void set_rows(Settings& settings, const std::string& list) {
    std::istringstream names(list);
    for (std::string name; std::getline(names, name, ',');) {
        if (!known_rows.contains(name)) throw std::invalid_argument("--rows: no row " + name);
        settings.rows.insert(name);
    }
}

Settings parse(const std::vector<std::string>& arguments) {
    Settings settings;
    settings.self = std::filesystem::read_symlink("/proc/self/exe");
    const std::map<std::string, std::function<void(const std::string&)>> options{
        {"--rows", [&](const std::string& value) { set_rows(settings, value); }},
        {"--seconds", [&](const std::string& value) { settings.seconds = std::stod(value); }},
        {"--samples", [&](const std::string& value) { settings.samples = std::stoi(value); }},
        {"--output", [&](const std::string& value) { settings.output = value; }},
        {"--yardstick", [&](const std::string& value) { settings.yardstick = value; }},
        {"--chat-server", [&](const std::string& value) { settings.chat_server = value; }},
    };
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--short") {
            settings.brief = true;
            settings.seconds = 0.3;
            settings.samples = 1;
            continue;
        }
        const auto option = options.find(arguments[i]);
        if (option == options.end()) throw std::invalid_argument("unknown option: " + arguments[i]);
        if (++i == arguments.size()) throw std::invalid_argument(option->first + ": needs a value");
        option->second(arguments[i]);
    }
    if (!(settings.seconds > 0 && settings.seconds <= 600)) {
        throw std::invalid_argument("--seconds: not in 0..600");
    }
    if (settings.samples < 1) throw std::invalid_argument("--samples: at least 1");
    if (settings.yardstick.empty()) throw std::invalid_argument("--yardstick is missing");
    return settings;
}

/// The exit status of a skipped test, as in Catch2.
constexpr int skipped = 4;

/// Describes a missing requirement; an empty string if all are met.
std::string lacking() {
    const auto programs = test::PrivateCluster::programs();
    if (!programs) return "no PostgreSQL server programs (initdb, postgres)";
    if (!std::filesystem::exists(*programs / "pgbench")) return "no pgbench beside the server";
    if (::geteuid() == 0 && !test::ServerUser::get().uid) {
        return "PostgreSQL does not run as root, and there is no user postgres";
    }
    return "";
}

/// Reports a failure if `CI` is set, else a skipped test.
int refuse_to_run(const std::string& reason) {
    const char* const ci = std::getenv("CI");
    const bool in_ci = ci != nullptr && *ci != '\0' && std::string_view(ci) != "false";
    std::fprintf(stderr, "%s: %s\n", in_ci ? "FAILED" : "SKIPPED", reason.c_str());
    return in_ci ? 1 : skipped;
}

int measure(const Settings& settings) {
    if (const auto reason = lacking(); !reason.empty()) return refuse_to_run(reason);
    Bench bench(settings);
    const std::vector<std::function<void(Bench&)>> all{measure_appends,
                                                       measure_reads,
                                                       measure_memory,
                                                       measure_growth,
                                                       measure_footprint,
                                                       measure_fairness,
                                                       measure_live,
                                                       measure_inboxes,
                                                       measure_chat,
                                                       measure_compiling};
    bench.output.write_facts(bench.database().facts());
    for (const auto& rows : all) rows(bench);
    return 0;
}

void run_child(std::vector<std::string> arguments) {
    const std::map<std::string, void (*)(const std::vector<std::string>&)> children{
        {"filled_store", run_filled_store}, {"hammer", run_hammer}};
    const auto child = children.at(arguments.at(0));
    arguments.erase(arguments.begin());
    child(arguments);
}

}  // namespace

}  // namespace roomstore::benchmark

int main(int argc, char** argv) {
    using namespace roomstore::benchmark;
    std::vector<std::string> arguments(argv + 1, argv + argc);
    try {
        if (!arguments.empty() && arguments.front() == "child") {
            arguments.erase(arguments.begin());
            run_child(std::move(arguments));
            return 0;
        }
        return measure(parse(arguments));
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "roomstore_benchmark: %s\n", failure.what());
        return 1;
    }
}
