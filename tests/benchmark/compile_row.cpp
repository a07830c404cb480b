#include <cerrno>
#include <filesystem>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "benchmark/rows.hpp"
#include "benchmark/turns.hpp"

namespace roomstore::benchmark {

namespace {

/// Splits `list` at spaces.
std::vector<std::string> words(const std::string& list) {
    std::istringstream stream(list);
    std::vector<std::string> found;
    for (std::string word; stream >> word;) found.push_back(word);
    return found;
}

/// Runs a command and waits for its end.
/// @returns seconds of CPU time, user and system.
double run(std::vector<std::string> command) {
    std::vector<char*> arguments;
    for (auto& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    pid_t child = -1;
    if (const int error =
            ::posix_spawn(&child, arguments[0], nullptr, nullptr, arguments.data(), environ)) {
        throw std::system_error(error, std::generic_category(), command.front());
    }
    int status = 0;
    rusage usage{};
    while (::wait4(child, &status, 0, &usage) < 0) {
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "wait4");
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        throw std::runtime_error(command.front() + " failed");
    }
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// A temporary folder, removed by the destructor.
class ScratchFolder {
public:
    ScratchFolder() {
        auto name = (std::filesystem::temp_directory_path() / "roomstore-compile-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::system_error(errno, std::generic_category(), name);
        }
        path_ = name;
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace

void measure_compiling(Bench& bench) {
    const Settings& settings = bench.settings;
    if (!settings.wants("E2")) return;
    const std::filesystem::path source = ROOMSTORE_BENCHMARK_SOURCE;
    const ScratchFolder scratch;
    const auto object = scratch.path() / "hello.o";
    Row row("E2",
            "what including the library costs the compiler",
            "examples/01_hello.cpp, and an equivalent with asio and nlohmann_json only");
    const auto compile = [&](const std::string& compiler,
                             const std::string& level,
                             const std::string& name,
                             const std::filesystem::path& file) {
        std::vector<std::string> command{compiler, level};
        for (const auto& flag : words(ROOMSTORE_BENCHMARK_FLAGS)) command.push_back(flag);
        command.insert(command.end(), {"-c", (source / file).string(), "-o", object.string()});
        const auto what =
            std::filesystem::path(compiler).filename().string() + " " + level + ", " + name;
        row.note(what + ", CPU", "s", run(command));
        row.note(what + ", object", "B", static_cast<double>(std::filesystem::file_size(object)));
        return what;
    };
    for (const auto& compiler : words(ROOMSTORE_BENCHMARK_COMPILERS)) {
        for (const std::string level : {"-O0", "-O2"}) {
            std::string ours;
            std::string yardstick;
            const auto hello = [&] {
                ours = compile(compiler, level, "hello", "examples/01_hello.cpp");
            };
            const auto without = [&] {
                yardstick = compile(
                    compiler, level, "without", "tests/benchmark/yardstick/hello_without.cpp");
            };
            for (int sample = 0; sample < settings.samples; ++sample) {
                take_turns(sample, {hello, without});
            }
            row.compare({.ours = ours + ", CPU", .yardstick = yardstick + ", CPU", .at_most = 1.6});
            row.compare(
                {.ours = ours + ", object", .yardstick = yardstick + ", object", .at_most = 2});
            if (settings.brief) break;
        }
        if (settings.brief) break;
    }
    bench.output.write(row);
}

}  // namespace roomstore::benchmark
