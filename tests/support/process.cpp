#include "support/process.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <catch2/catch_test_macros.hpp>

namespace roomstore::test {

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

// Only async-signal-safe calls between fork and exec: another thread may have held any lock.
[[noreturn]] void become(char* const* command,
                         const Process::Options& options,
                         int output,
                         const ServerUser& user) {
    const int input = options.standard_input >= 0 ? options.standard_input
                                                  : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(input, 0);
    ::dup2(output, 1);
    ::dup2(output, 2);
    ::setpgid(0, 0);  // an interrupt at the terminal reaches the tests only, which then clean up
    if (options.prepare && !options.prepare()) ::_exit(errno);
    if (options.as_server_user && user.uid) {
        if (::setgroups(user.groups.size(), user.groups.data()) != 0 || ::setgid(user.gid) != 0 ||
            ::setuid(*user.uid) != 0 || ::chdir("/") != 0) {
            ::_exit(126);
        }
    }
    ::execv(command[0], command);
    ::_exit(127);
}

}  // namespace

const ServerUser& ServerUser::get() {
    static const ServerUser user = [] {
        ServerUser found;
        if (::geteuid() != 0) return found;
        const passwd* const entry = ::getpwnam("postgres");
        if (entry == nullptr) return found;
        found.uid = entry->pw_uid;
        found.gid = entry->pw_gid;
        int count = 64;
        found.groups.resize(static_cast<std::size_t>(count));
        ::getgrouplist("postgres", found.gid, found.groups.data(), &count);
        found.groups.resize(static_cast<std::size_t>(count));
        return found;
    }();
    return user;
}

void ServerUser::own(const std::filesystem::path& path) const {
    if (uid && ::chown(path.c_str(), *uid, gid) != 0) fail("chown " + path.string());
}

Process Process::start(std::vector<std::string> command, Options options) {
    std::vector<char*> arguments;
    for (auto& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const auto& user = ServerUser::get();
    const auto log = options.log.empty() ? "/dev/null" : options.log.string();
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (output < 0) fail("open " + log);
    const pid_t pid = ::fork();
    if (pid == 0) become(arguments.data(), options, output, user);
    ::close(output);
    if (pid < 0) fail("fork");
    return Process(pid);
}

void Process::run(std::vector<std::string> command, Options options) {
    const auto name = command.front();
    const auto log = options.log;
    const int status = start(std::move(command), std::move(options)).wait();
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    throw std::runtime_error(name + " failed:\n" + read_file(log));
}

Process::Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

Process& Process::operator=(Process&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
}

Process::~Process() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    wait();
}

void Process::signal(int number) const {
    if (pid_ > 0 && ::kill(pid_, number) != 0) fail("kill");
}

bool Process::running() {
    if (pid_ < 0) return false;
    const pid_t ended = ::waitpid(pid_, nullptr, WNOHANG);
    if (ended == 0) return true;
    pid_ = -1;
    return false;
}

int Process::wait() {
    int status = 0;
    while (pid_ > 0 && ::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
}

Frozen::Frozen(pid_t pid) : pid_(pid) { ::kill(pid_, SIGSTOP); }
Frozen::~Frozen() { ::kill(pid_, SIGCONT); }

std::optional<std::filesystem::path> find_program(const std::string& name,
                                                  const std::vector<std::string>& folders) {
    std::vector<std::string> places;
    std::istringstream path(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
    for (std::string folder; std::getline(path, folder, ':');) places.push_back(folder);
    for (const auto& folder : folders) {
        glob_t found{};
        if (::glob(folder.c_str(), 0, nullptr, &found) == 0) {
            // Sorted by name, so the newest of the two-digit versions comes last.
            for (std::size_t i = found.gl_pathc; i > 0; --i)
                places.push_back(found.gl_pathv[i - 1]);
        }
        ::globfree(&found);
    }
    for (const auto& place : places) {
        auto program = std::filesystem::path(place) / name;
        if (::access(program.c_str(), X_OK) == 0) return program;
    }
    return std::nullopt;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void skip_or_fail(const std::string& reason) {
    const char* const ci = std::getenv("CI");
    if (ci != nullptr && *ci != '\0' && std::string_view(ci) != "false") FAIL(reason);
    std::fprintf(stderr, "SKIPPED: %s\n", reason.c_str());
    SKIP(reason);
    std::abort();  // SKIP throws
}

}  // namespace roomstore::test
