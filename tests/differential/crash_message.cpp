#include "differential/crash_message.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <unistd.h>

// A sanitizer, if linked, ends the process without a signal.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace roomstore::differential {

namespace {

// Data that a signal handler may use: no allocation, no lock.
std::array<char, 256> words{};
volatile std::sig_atomic_t length = 0;

void say() {
    // Nothing can be done here if standard error is gone.
    static_cast<void>(!::write(STDERR_FILENO, words.data(), static_cast<std::size_t>(length)));
}

void say_and_die(int signal) {
    say();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void install() {
    std::signal(SIGABRT, say_and_die);
    std::signal(SIGTERM, say_and_die);
    if (__sanitizer_set_death_callback) {
        // The sanitizer's own report of a bad access is more useful.
        __sanitizer_set_death_callback(say);
        return;
    }
    std::signal(SIGSEGV, say_and_die);
    std::signal(SIGBUS, say_and_die);
    std::signal(SIGFPE, say_and_die);
}

}  // namespace

void set_crash_message(const std::string& text) {
    static const bool installed = (install(), true);
    static_cast<void>(installed);
    length = 0;
    const auto size = std::min(text.size(), words.size());
    std::memcpy(words.data(), text.data(), size);
    length = static_cast<std::sig_atomic_t>(size);
}

}  // namespace roomstore::differential
