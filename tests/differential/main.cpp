// Compares the linked backend with the reference, sequence by sequence.
//
//     differential_<backend> [--sequences N] [--seed S] [--length L] [--test-file FILE]
//     differential_<backend> --print-to FILE --sequences 1 --seed S [--length L]
//
// A sequence with a mismatch is shrunk and printed as a test case of the contract suite, or written
// to a file. The second form writes a sequence as such a test case without comparing.
//
// Sequence i of seed S is sequence 0 of seed S + i: a failing sequence can be repeated on its own.

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <set>
#include <stdexcept>
#include <string>

#include "differential/compare.hpp"
#include "differential/crash_message.hpp"
#include "differential/outcome.hpp"
#include "differential/test_code.hpp"
#include "roomstore/detail/operations.hpp"
#include "support/run.hpp"

namespace {

using namespace roomstore;
using namespace roomstore::differential;

struct Options {
    std::uint64_t sequences = 10'000;
    std::uint64_t seed = std::random_device{}();
    int length = 40;
    /// File for the tests; each test overwrites the previous one. Empty: standard output.
    std::string test_file{};
    /// Print the sequences instead of comparing.
    bool print = false;
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
        } else if (name == "--test-file") {
            options.test_file = value;
        } else if (name == "--print-to") {
            options.test_file = value;
            options.print = true;
        } else {
            throw std::invalid_argument("unknown option " + name);
        }
    }
    if (argc % 2 == 0) throw std::invalid_argument("an option without a value");
    return options;
}

/// The options that repeat this sequence only.
std::string seed_of(const Sequence& sequence) {
    return "--seed " + std::to_string(sequence.seed) + " --sequences 1 --length " +
           std::to_string(sequence.operations.size());
}

/// Writes a test case of the contract suite to `file`, or to standard output if `file` is empty.
void print_test(const Sequence& sequence,
                const std::vector<Operation>& operations,
                const std::string& file) {
    const auto name = "seed " + std::to_string(sequence.seed) + ": " + operations.back().name;
    const auto text = test_code(name, operations, sequence.lifecycle);
    if (file.empty()) {
        std::cout << text << std::endl;
    } else {
        std::ofstream(file) << text;
    }
}

void report(contract::Backend& backend, const Sequence& sequence, const std::string& file) {
    const auto shortest = shrink(backend, sequence);
    const auto mismatch = compare_anew(backend, shortest);
    std::cout << "\nDIFFERENT: " << seed_of(sequence) << ", shrunk to "
              << shortest.operations.size() << " operations" << std::endl;
    if (mismatch) {
        std::cout << "reference: " << text_of(mismatch->reference, 2)
                  << "\nbackend:   " << text_of(mismatch->backend, 2) << '\n'
                  << std::endl;
    } else {
        std::cout
            << "(there is no mismatch when the shrunk sequence is repeated: a race, or state left "
               "behind by an earlier sequence)\n"
            << std::endl;
    }
    print_test(sequence, mismatch ? mismatch->operations : shortest.operations, file);
}

/// Whether every operation of the library's list is in `drawn`; prints those that are not.
bool all_listed(const std::set<std::string>& drawn) {
    bool complete = true;
    for (const char* const name : {
#define ROOMSTORE_DEFAULT(...)
#define ROOMSTORE_OPERATION(kind, result, name, ...) #name,
#include "roomstore/detail/operations.inc"
         }) {
        if (drawn.contains(name)) continue;
        complete = false;
        std::cout << "never drawn: " << name << std::endl;
    }
    return complete;
}

int run(const Options& options) {
    // Printed first, and flushed: whatever happens next can be repeated.
    std::cout << options.sequences << " sequences of " << options.length << " operations from seed "
              << options.seed << std::endl;
    const auto backend = contract::make_backend();
    auto store = fresh_store(*backend);
    std::uint64_t different = 0;
    std::set<std::string> drawn;
    for (std::uint64_t i = 0; i < options.sequences && different < 5; ++i) {
        const auto sequence = generate_sequence(options.seed + i, options.length);
        for (const auto& operation : sequence.operations) drawn.insert(operation.name);
        set_crash_message("\ndied in: " + seed_of(sequence) + "\n");
        if (options.print) {
            print_test(sequence, sequence.operations, options.test_file);
            continue;
        }
        test::Watchdog watchdog;
        const auto mismatch = sequence.lifecycle ? compare_anew(*backend, sequence)
                                                 : test::run(compare(*store, sequence));
        if (!mismatch) continue;
        ++different;
        report(*backend, sequence, options.test_file);
        store = fresh_store(*backend);
    }
    test::run(store->close());
    set_crash_message("");
    std::cout << different << " different" << std::endl;
    // A short run need not draw all of them.
    const bool complete = options.sequences < 1000 || different != 0 || all_listed(drawn);
    return different == 0 && complete ? EXIT_SUCCESS : EXIT_FAILURE;
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
