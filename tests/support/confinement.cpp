#include "support/confinement.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

namespace roomstore::test {

namespace {

// Skips in CI too, since the permission depends on the machine.
[[noreturn]] void skip(const std::string& reason) {
    std::fprintf(stderr, "SKIPPED: %s\n", reason.c_str());
    SKIP(reason);
    std::abort();  // SKIP throws
}

/// Why no user namespace could be created; empty if none was needed.
std::string& no_rights() {
    static std::string text;
    return text;
}

std::string error_of(const char* what) {
    auto text = std::string(what) + ": " + std::strerror(errno);
    if (!no_rights().empty()) text += "; with a user namespace: " + no_rights();
    return text;
}

/// Whether unshare() succeeds with `flags`; tried in a child process.
bool may_unshare(int flags) {
    const auto child = ::fork();
    if (child == 0) ::_exit(::unshare(flags) == 0 ? 0 : 1);
    int status = 0;
    return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

bool write_file(const std::string& path, const std::string& text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    const bool written =
        file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (file >= 0) ::close(file);
    return written;
}

std::string identity_map(const std::set<unsigned>& ids) {
    std::string text;
    for (const auto id : ids) text += std::to_string(id) + ' ' + std::to_string(id) + " 1\n";
    return text;
}

/// Maps the users and groups of the process `pid` and of the server to themselves. Only a process
/// outside the namespace may write a map of more than one user.
bool map_users(pid_t pid) {
    const auto& server = ServerUser::get();
    const auto process = "/proc/" + std::to_string(pid);
    std::set<unsigned> users{::getuid()};
    std::set<unsigned> groups{::getgid()};
    if (server.uid) {
        users.insert(*server.uid);
        groups.insert(server.gid);
        groups.insert(server.groups.begin(), server.groups.end());
    } else if (!write_file(process + "/setgroups", "deny")) {
        return false;
    }
    return write_file(process + "/uid_map", identity_map(users)) &&
           write_file(process + "/gid_map", identity_map(groups));
}

std::string options_of(std::size_t bytes) {
    const auto& user = ServerUser::get();
    auto options = "mode=700,size=" + std::to_string(bytes);
    if (user.uid) {
        options += ",uid=" + std::to_string(*user.uid) + ",gid=" + std::to_string(user.gid);
    }
    return options;
}

}  // namespace

void enter_user_namespace() {
    if (may_unshare(CLONE_NEWNET | CLONE_NEWNS)) return;
    int go[2];
    if (::pipe2(go, O_CLOEXEC) != 0) return;
    const auto self = ::getpid();
    const auto outside = ::fork();
    if (outside == 0) {
        char begun = 0;
        ::close(go[1]);
        const bool mapped = ::read(go[0], &begun, 1) == 1 && map_users(self);
        ::_exit(mapped ? 0 : 1);
    }
    ::close(go[0]);
    int status = 1;
    if (::unshare(CLONE_NEWUSER) != 0) {
        no_rights() = std::strerror(errno);
    } else if (::write(go[1], "+", 1) != 1) {
        no_rights() = "write";
    }
    ::close(go[1]);
    ::waitpid(outside, &status, 0);
    if (no_rights().empty() && status != 0) no_rights() = "its users cannot be mapped";
}

std::unique_ptr<SmallDisk> SmallDisk::make_or_skip(std::size_t bytes) {
    std::unique_ptr<SmallDisk> disk(new SmallDisk);
    const auto problem = disk->make(bytes);
    if (!problem.empty()) {
        disk.reset();
        skip("no disk of our own: " + problem);
    }
    return disk;
}

std::string SmallDisk::make(std::size_t bytes) {
    std::string name = (std::filesystem::temp_directory_path() / "roomstore-disk-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return std::string("mkdtemp: ") + std::strerror(errno);
    folder_ = name;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return "pipe";
    lifeline_ = ends[1];
    const auto options = options_of(bytes);
    // Reads from a pipe that is closed when the test process ends, for whatever reason.
    holder_ = Process::start(
        {"/bin/sh", "-c", "read -r never; umount -l \"$1\"; rmdir \"$1\"", "disk", name},
        {.standard_input = ends[0], .prepare = [&] {
             return ::unshare(CLONE_NEWNS) == 0 &&
                    ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                    ::mount("tmpfs", name.c_str(), "tmpfs", 0, options.c_str()) == 0;
         }});
    ::close(ends[0]);
    const auto process = "/proc/" + std::to_string(holder_->pid());
    while (read_file(process + "/mounts").find(' ' + name + ' ') == std::string::npos) {
        siginfo_t ended{};
        if (::waitid(
                P_PID, static_cast<id_t>(holder_->pid()), &ended, WEXITED | WNOHANG | WNOWAIT) ==
                0 &&
            ended.si_pid != 0) {
            errno = ended.si_status;
            return error_of("unshare and mount");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    mounts_ = ::open((process + "/ns/mnt").c_str(), O_RDONLY | O_CLOEXEC);
    return mounts_ < 0 ? std::string("open: ") + std::strerror(errno) : std::string();
}

SmallDisk::~SmallDisk() {
    if (mounts_ >= 0) ::close(mounts_);
    if (lifeline_ >= 0) ::close(lifeline_);
    if (holder_) holder_->wait();
    ::rmdir(folder_.c_str());  // in case the holder did not get that far
}

bool SmallDisk::enter() const noexcept { return ::setns(mounts_, CLONE_NEWNS) == 0; }

void SmallDisk::resize(std::size_t bytes) const {
    const auto options = options_of(bytes);
    Process::run(
        {"/bin/true"}, {.prepare = [&] {
            return enter() &&
                   ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, options.c_str()) == 0;
        }});
}

std::size_t SmallDisk::bytes_used() const {
    struct statvfs numbers{};
    const auto inside = "/proc/" + std::to_string(holder_->pid()) + "/root" + folder_.string();
    if (::statvfs(inside.c_str(), &numbers) != 0) throw std::runtime_error("statvfs " + inside);
    return (numbers.f_blocks - numbers.f_bfree) * numbers.f_frsize;
}

std::unique_ptr<PrivateNetwork> PrivateNetwork::make(std::string& why_not) {
    std::unique_ptr<PrivateNetwork> network(new PrivateNetwork);
    why_not = network->enter();
    if (!why_not.empty()) network.reset();
    return network;
}

std::unique_ptr<PrivateNetwork> PrivateNetwork::make_or_skip() {
    std::string why_not;
    auto network = make(why_not);
    if (!network) skip("no network of our own: " + why_not);
    return network;
}

std::string PrivateNetwork::enter() {
    outside_ = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (outside_ < 0) return error_of("open");
    if (::unshare(CLONE_NEWNET) != 0) return error_of("unshare");
    inside_ = true;
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return error_of("socket");
    return apply(true) ? std::string() : error_of("lo");
}

PrivateNetwork::~PrivateNetwork() {
    if (inside_) ::setns(outside_, CLONE_NEWNET);
    if (outside_ >= 0) ::close(outside_);
    if (socket_ >= 0) ::close(socket_);
}

void PrivateNetwork::set_up(bool up) {
    if (!apply(up)) throw std::runtime_error("cannot change the state of lo");
}

bool PrivateNetwork::apply(bool up) const noexcept {
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    if (::ioctl(socket_, SIOCGIFFLAGS, &request) != 0) return false;
    const int flags = up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP;
    request.ifr_flags = static_cast<short>(flags);
    return ::ioctl(socket_, SIOCSIFFLAGS, &request) == 0;
}

bool limit_core_files() noexcept {
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    return ::setrlimit(RLIMIT_CORE, &none) == 0;
}

bool limit_memory(std::size_t bytes) noexcept {
    const rlimit memory{.rlim_cur = bytes, .rlim_max = bytes};
    return limit_core_files() && ::setrlimit(RLIMIT_AS, &memory) == 0;
}

}  // namespace roomstore::test
