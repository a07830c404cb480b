#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace roomstore::benchmark {

/// A child process that is sent SIGTERM when the object is destroyed or this process ends, for any
/// reason. Its output goes to a file that the destructor removes.
class GuardedProcess {
public:
    explicit GuardedProcess(std::vector<std::string> command);
    ~GuardedProcess();
    GuardedProcess(const GuardedProcess&) = delete;
    GuardedProcess& operator=(const GuardedProcess&) = delete;

    /// Throws, with the output of the child, if the child has ended.
    void require_running();
    std::string printed() const;

private:
    std::filesystem::path log_;
    int lifeline_ = -1;
    test::Process guard_;
};

}  // namespace roomstore::benchmark
