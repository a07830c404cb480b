#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace roomstore::chaos {

/// The number of the child's store among those of the run.
inline constexpr int child_store = 3;

/// Another process that uses the same rooms: this program, started as a child. It may be killed at
/// any time; its journal is written so that nothing is lost.
class Child {
public:
    Child(std::string connection_string, std::uint64_t seed, std::filesystem::path folder);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Kills it with SIGKILL and starts a new child, as a new client.
    void replace();
    /// Lets it finish its calls. Returns false if it failed.
    bool finish();

    /// The journals of all children so far.
    const std::vector<std::filesystem::path>& journals() const noexcept { return journals_; }
    std::string log() const;

private:
    void start();

    const std::string connection_string_;
    const std::uint64_t seed_;
    const std::filesystem::path folder_;
    std::vector<std::filesystem::path> journals_;
    std::optional<test::Process> process_;
    int lifeline_ = -1;
};

/// The main function of a child; returns the exit status. Ends when its standard input is closed.
int run_child(const std::vector<std::string>& arguments);

}  // namespace roomstore::chaos
