#include "benchmark/guarded_process.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace roomstore::benchmark {

namespace {

/// Creates a file with a unique name.
std::filesystem::path create_log() {
    auto name =
        (std::filesystem::temp_directory_path() / "roomstore-benchmark-child-XXXXXX").string();
    const int file = ::mkstemp(name.data());
    if (file < 0) throw std::runtime_error("mkstemp " + name);
    ::close(file);
    return name;
}

/// Starts a shell that runs the command, kills it at the end of standard input, and exits with it.
/// A shell gives background commands no standard input, so it is duplicated to descriptor 3.
test::Process start_guard(std::vector<std::string> command,
                          const std::filesystem::path& log,
                          int& lifeline) {
    std::vector<std::string> guard{
        "/bin/sh",
        "-c",
        "exec 3<&0; \"$@\" & child=$!; (read -r never; kill \"$child\") <&3 & wait \"$child\"",
        "guard"};
    for (auto& word : command) guard.push_back(std::move(word));
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    lifeline = ends[1];
    auto process = test::Process::start(std::move(guard), {.log = log, .standard_input = ends[0]});
    ::close(ends[0]);
    return process;
}

}  // namespace

GuardedProcess::GuardedProcess(std::vector<std::string> command)
    : log_(create_log()), guard_(start_guard(std::move(command), log_, lifeline_)) {}

GuardedProcess::~GuardedProcess() {
    ::close(lifeline_);
    guard_.wait();
    std::filesystem::remove(log_);
}

void GuardedProcess::require_running() {
    if (!guard_.running()) {
        throw std::runtime_error("a child process has ended:\n" + printed());
    }
}

std::string GuardedProcess::printed() const { return test::read_file(log_); }

}  // namespace roomstore::benchmark
