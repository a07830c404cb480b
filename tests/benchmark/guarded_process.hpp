#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace roomstore::benchmark {

/// A child process that is asked to end when the object goes, and when this process ends in
/// whatever way. What it prints goes to a file of its own, which goes with the object.
class GuardedProcess {
public:
    explicit GuardedProcess(std::vector<std::string> command);
    ~GuardedProcess();
    GuardedProcess(const GuardedProcess&) = delete;
    GuardedProcess& operator=(const GuardedProcess&) = delete;

    /// Throws, with what the child has printed, if it has ended.
    void require_running();
    std::string printed() const;

private:
    std::filesystem::path log_;
    int lifeline_ = -1;
    test::Process guard_;
};

}  // namespace roomstore::benchmark
