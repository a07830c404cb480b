#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/target.hpp"

/// Replays inputs: `replay CORPUS` replays the files of CORPUS/<target>/ and the seeds of each
/// target, `replay TARGET FILE` one file.
/// `replay --write-seeds FOLDER` writes the seeds for libFuzzer to start from.
///
/// An input that breaks a rule aborts the process; it is the last one that was named.
namespace {

namespace fs = std::filesystem;
using roomstore::fuzz::Target;
using roomstore::fuzz::Verdict;

/// Number of inputs per verdict.
using Tally = std::array<std::size_t, 3>;

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> files_in(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

Verdict try_input(const Target& target, const std::string& input, const std::string& name) {
    std::fprintf(stderr,
                 "%.*s: %s\n",
                 static_cast<int>(target.name.size()),
                 target.name.data(),
                 name.c_str());
    return target.run(input);
}

void replay(const Target& target, const fs::path& corpus) {
    Tally tally{};
    for (const std::string& seed : target.seeds()) {
        const auto number = std::to_string(tally[static_cast<std::size_t>(Verdict::accepted)]);
        // Otherwise the rules for accepted inputs would not be tested.
        if (try_input(target, seed, "seed " + number) != Verdict::accepted) {
            throw std::runtime_error("a seed of " + std::string(target.name) +
                                     " is not accepted: " + seed);
        }
        ++tally[static_cast<std::size_t>(Verdict::accepted)];
    }
    const auto files = files_in(corpus / target.name);
    if (files.empty()) throw std::runtime_error("no corpus for " + std::string(target.name));
    for (const fs::path& file : files) {
        const Verdict verdict = try_input(target, content_of(file), file.filename().string());
        ++tally[static_cast<std::size_t>(verdict)];
    }
    std::printf("%-12.*s accepted %zu, refused %zu, unreadable %zu\n",
                static_cast<int>(target.name.size()),
                target.name.data(),
                tally[static_cast<std::size_t>(Verdict::accepted)],
                tally[static_cast<std::size_t>(Verdict::refused)],
                tally[static_cast<std::size_t>(Verdict::unreadable)]);
}

void write_seeds(const fs::path& folder) {
    for (const Target* target : roomstore::fuzz::all_targets()) {
        fs::create_directories(folder / target->name);
        std::size_t number = 0;
        for (const std::string& seed : target->seeds()) {
            std::ofstream file(folder / target->name / ("seed-" + std::to_string(number++)),
                               std::ios::binary);
            file << seed;
            if (!file.flush()) throw std::runtime_error("cannot write to " + folder.string());
        }
    }
}

}  // namespace

int main(int count, char** values) try {
    const std::vector<std::string> arguments(values + 1, values + count);
    if (arguments.size() == 2 && arguments[0] == "--write-seeds") {
        write_seeds(arguments[1]);
    } else if (arguments.size() == 2) {
        const Target* target = roomstore::fuzz::find_target(arguments[0]);
        if (target == nullptr) throw std::runtime_error("no target is called " + arguments[0]);
        try_input(*target, content_of(arguments[1]), arguments[1]);
    } else if (arguments.size() == 1) {
        for (const Target* target : roomstore::fuzz::all_targets()) replay(*target, arguments[0]);
    } else {
        throw std::runtime_error("usage: replay CORPUS | TARGET FILE | --write-seeds FOLDER");
    }
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
