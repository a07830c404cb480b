// Chaos test: injects all kinds of faults while many clients append, and checks the outcomes of
// their calls against the events that are stored at the end. Options:
//
//   --seed N       replays the random numbers: the operations of each writer, their rooms and
//                  cancellations; the faults, their order and durations. The behaviour of the
//                  server and of the operating system is not replayed.
//   --appends N    at least N acknowledged events
//   --faults N     at least N faults
//   --seconds N    at least N seconds
//   --only A,B     only these kinds of faults, by their names in the table
//   --trace 1      prints each fault

#include <cstdlib>
#include <iostream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "faults/chaos/child.hpp"
#include "faults/chaos/run.hpp"
#include "support/confinement.hpp"
#include "support/private_cluster.hpp"

namespace {

using namespace roomstore;

chaos::Options parse(const std::vector<std::string>& arguments) {
    chaos::Options options{.seed = std::random_device{}()};
    if (arguments.size() % 2 != 0) throw std::invalid_argument("an option without a value");
    for (std::size_t i = 0; i < arguments.size(); i += 2) {
        if (arguments[i] == "--only") {
            std::istringstream names(arguments[i + 1]);
            for (std::string name; std::getline(names, name, ',');) options.only.insert(name);
            continue;
        }
        const auto value = std::stoull(arguments[i + 1]);
        if (arguments[i] == "--seed") {
            options.seed = value;
        } else if (arguments[i] == "--appends") {
            options.appends = value;
        } else if (arguments[i] == "--faults") {
            options.faults = value;
        } else if (arguments[i] == "--seconds") {
            options.seconds = std::chrono::seconds(value);
        } else if (arguments[i] == "--trace") {
            options.trace = value != 0;
        } else {
            throw std::invalid_argument("unknown option " + arguments[i]);
        }
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    try {
        if (!arguments.empty() && arguments.front() == "child") {
            arguments.erase(arguments.begin());
            return chaos::run_child(arguments);
        }
        test::enter_user_namespace();
        const auto options = parse(arguments);
        if (const auto reason = test::PrivateCluster::missing()) {
            std::cout << "SKIPPED: " << *reason << std::endl;
            return std::getenv("CI") == nullptr ? 4 : EXIT_FAILURE;
        }
        std::cout << "chaos: --seed " << options.seed << std::endl;
        return chaos::report(options, chaos::run_chaos(options)) ? EXIT_SUCCESS : EXIT_FAILURE;
    } catch (const std::exception& error) {
        std::cerr << "chaos: " << error.what() << '\n';
        return 2;
    }
}
