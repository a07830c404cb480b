// Compares the backend that is linked in with the reference, sequence by sequence.
//
//     differential_<backend> [--sequences N] [--seed S] [--length L]
//
// Sequence i of seed S is sequence 0 of seed S + i: a failing one is repeated alone by its own
// seed.

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>

#include "differential/compare.hpp"
#include "support/run.hpp"

namespace {

using namespace roomstore;
using namespace roomstore::differential;

struct Options {
    std::uint64_t sequences = 1000;
    std::uint64_t seed = std::random_device{}();
    int length = 40;
};

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        const std::string value = argv[i + 1];
        if (name == "--sequences") {
            options.sequences = std::stoull(value);
        } else if (name == "--seed") {
            options.seed = std::stoull(value);
        } else if (name == "--length") {
            options.length = std::stoi(value);
        } else {
            throw std::invalid_argument("unknown option " + name);
        }
    }
    if (argc % 2 == 0) throw std::invalid_argument("an option without a value");
    return options;
}

void report(contract::Backend& backend,
            const std::vector<Operation>& sequence,
            const std::string& scope,
            std::uint64_t seed) {
    const auto shortest = shrink(backend, sequence, scope);
    const auto store = fresh_store(backend);
    const auto mismatch = test::run(compare(*store, shortest, scope));
    std::cout << "\nDIFFERENT: --seed " << seed << " --sequences 1, shrunk from " << sequence.size()
              << " to " << shortest.size() << " operations\n\n";
    for (const auto& operation : shortest) std::cout << "    " << operation.code << '\n';
    if (!mismatch) {
        std::cout << "\n(the shrunk sequence agrees when it is repeated: a race, or state left "
                     "behind by an earlier sequence)\n";
        return;
    }
    std::cout << "\nat:        " << mismatch->what << "\nreference: " << mismatch->reference.dump(2)
              << "\nbackend:   " << mismatch->backend.dump(2) << '\n';
}

int run(const Options& options) {
    const auto backend = contract::make_backend();
    auto store = fresh_store(*backend);
    std::uint64_t different = 0;
    for (std::uint64_t i = 0; i < options.sequences && different < 5; ++i) {
        const auto seed = options.seed + i;
        const auto scope = "s" + std::to_string(seed);
        const auto sequence = generate_sequence(seed, options.length, scope);
        test::Watchdog watchdog;
        if (!test::run(compare(*store, sequence, scope))) {
            test::run(remove_rooms(*store));
            continue;
        }
        ++different;
        report(*backend, sequence, scope, seed);
        store = fresh_store(*backend);
    }
    test::run(store->close());
    std::cout << options.sequences << " sequences of " << options.length << " operations from seed "
              << options.seed << ": " << different << " different\n";
    return different == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(parse(argc, argv));
    } catch (const std::exception& error) {
        std::cerr << "differential: " << error.what() << '\n';
        return 2;
    }
}
