#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

#include "support/process.hpp"

namespace roomstore::test {

/// Where the rights of root are missing, and the machine lets anybody have them over a user
/// namespace of its own: enters one, in which the process is who it was. For the first line of
/// `main`, as long as there is one thread. What follows says why not, should it not help.
void seek_rights();

/// A disk of so many bytes that belongs to the server user. Nobody sees it but programs that have
/// entered it, and it goes away with the last of them and this object, also when the tests are
/// killed. Needs the rights of root, or what `seek_rights` found.
class SmallDisk {
public:
    /// Skips the running test, with the reason, where the machine does not let us.
    static std::unique_ptr<SmallDisk> make_or_skip(std::size_t bytes);
    ~SmallDisk();
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    /// Where it is, for those who have entered it.
    const std::filesystem::path& folder() const noexcept { return folder_; }
    /// A `Process::Options::prepare`.
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

/// A network of its own, with nothing but 127.0.0.1, for this thread and for all threads and
/// processes that it starts, until the end of the scope. Needs the rights of root, or what
/// `seek_rights` found.
class PrivateNetwork {
public:
    /// Nothing where the machine does not let us, and why.
    static std::unique_ptr<PrivateNetwork> make(std::string& why_not);
    /// Skips the running test then.
    static std::unique_ptr<PrivateNetwork> make_or_skip();
    ~PrivateNetwork();
    PrivateNetwork(const PrivateNetwork&) = delete;
    PrivateNetwork& operator=(const PrivateNetwork&) = delete;

    /// Down: whatever is sent is lost, and nobody is told.
    void set_up(bool up);

private:
    PrivateNetwork() = default;
    std::string enter();
    bool apply(bool up) const noexcept;

    bool inside_ = false;
    int outside_ = -1;
    int socket_ = -1;
};

/// For `Process::Options::prepare`: the process and its children leave no core files.
bool limit_core_files() noexcept;
/// Likewise, and have so much address space each.
bool limit_memory(std::size_t bytes) noexcept;

}  // namespace roomstore::test
