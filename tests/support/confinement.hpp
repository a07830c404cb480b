#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

#include "support/process.hpp"

namespace roomstore::test {

/// Without the privileges of root, enters a new user namespace that has them, if the machine allows
/// it; user and group IDs stay the same. Call it first in `main`, while the process has one thread.
/// If it fails, the classes below give its reason when they skip a test.
void enter_user_namespace();

/// A disk of a given size in bytes, owned by the server user. It is visible only to programs that
/// entered its mount namespace. It is removed with this object and the last of these programs, also
/// when the tests are killed. Needs the privileges of root, or those from `enter_user_namespace`.
class SmallDisk {
public:
    /// Skips the running test, with the reason, if the machine does not permit it.
    static std::unique_ptr<SmallDisk> make_or_skip(std::size_t bytes);
    ~SmallDisk();
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    /// The mount point, for programs that have entered it.
    const std::filesystem::path& folder() const noexcept { return folder_; }
    /// For `Process::Options::prepare`.
    bool enter() const noexcept;
    void resize(std::size_t bytes) const;
    std::size_t bytes_used() const;

private:
    SmallDisk() = default;
    std::string make(std::size_t bytes);

    std::filesystem::path folder_;
    int lifeline_ = -1;
    int mounts_ = -1;
    std::optional<Process> holder_;
};

/// A network namespace with 127.0.0.1 only, for this thread and all threads and processes that it
/// starts, until the end of the scope. Needs the privileges of root, or those from
/// `enter_user_namespace`.
class PrivateNetwork {
public:
    /// Null, with the reason in `why_not`, if the machine does not permit it.
    static std::unique_ptr<PrivateNetwork> make(std::string& why_not);
    /// Skips the running test in that case.
    static std::unique_ptr<PrivateNetwork> make_or_skip();
    ~PrivateNetwork();
    PrivateNetwork(const PrivateNetwork&) = delete;
    PrivateNetwork& operator=(const PrivateNetwork&) = delete;

    /// While it is down, packets are lost without an error.
    void set_up(bool up);

private:
    PrivateNetwork() = default;
    std::string enter();
    bool apply(bool up) const noexcept;

    bool inside_ = false;
    int outside_ = -1;
    int socket_ = -1;
};

/// For `Process::Options::prepare`: the process and its children write no core files.
bool limit_core_files() noexcept;
/// The same, and limits the address space of each of them to `bytes`.
bool limit_memory(std::size_t bytes) noexcept;

}  // namespace roomstore::test
