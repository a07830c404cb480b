#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace roomstore::benchmark {

/// A child process that is asked to end when the object goes, and when this process ends in
/// whatever way.
class GuardedProcess {
public:
    GuardedProcess(std::vector<std::string> command, const std::filesystem::path& log);
    ~GuardedProcess();
    GuardedProcess(const GuardedProcess&) = delete;
    GuardedProcess& operator=(const GuardedProcess&) = delete;

    /// Throws, with what the child has printed, if it has ended.
    void require_running();

private:
    std::filesystem::path log_;
    int lifeline_ = -1;
    test::Process guard_;
};

}  // namespace roomstore::benchmark
