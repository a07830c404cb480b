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

/// A further process on the same rooms: this program again, in the part of a child. It may be
/// killed, and writes its journal so that nothing of it is lost then.
class Child {
public:
    Child(std::string connection_string, std::uint64_t seed, std::filesystem::path folder);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// SIGKILL, and another in its place, as another client.
    void replace();
    /// Lets it finish its calls. Returns false where it failed.
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

/// What `main` does in the part of a child; the result is the exit status. Ends with the end of its
/// standard input.
int run_child(const std::vector<std::string>& arguments);

}  // namespace roomstore::chaos
