#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <thread>

/// Chooses, when the process starts, the one fault that it has; none unless the environment says
/// so. Included by nothing but the mutated copies that `apply.py` writes.
namespace roomstore::mutants {

enum class Mutant {
    no_fault,
#define ROOMSTORE_MUTANT_NAME(name) name,
#include <roomstore_mutant_names.inc>
#undef ROOMSTORE_MUTANT_NAME
};

/// A name that is misspelt would run the sound code, and so would look like a fault that nobody
/// sees: it ends the process instead.
inline Mutant mutant_from_environment() {
    const char* value = std::getenv("ROOMSTORE_MUTANT");
    if (value == nullptr) return Mutant::no_fault;
    const std::string_view wanted(value);
#define ROOMSTORE_MUTANT_NAME(name) \
    if (wanted == #name) return Mutant::name;
#include <roomstore_mutant_names.inc>
#undef ROOMSTORE_MUTANT_NAME
    std::fprintf(stderr, "ROOMSTORE_MUTANT: there is no mutant '%s'\n", value);
    std::_Exit(EXIT_FAILURE);
}

inline const Mutant active = mutant_from_environment();

/// Where rivals wait for each other between two steps that ought to be one, so that whether they
/// come between does not depend on the scheduler. Tests that have rivals run them on threads of
/// their own; on the thread that started the process there is nobody to wait for.
class Meeting {
public:
    /// Returns once another thread has come here too, or nobody comes within `patience`.
    void attend() {
        if (std::this_thread::get_id() == main_thread_) return;
        std::unique_lock lock(mutex_);
        if (waiting_) {
            waiting_ = false;
            met_.notify_one();
            return;
        }
        waiting_ = true;
        const auto mine = ++waits_;
        const bool met = met_.wait_for(lock, patience, [&] { return !waiting_ || waits_ != mine; });
        if (!met) waiting_ = false;
    }

private:
    /// Long enough for a machine under load; the last of all rivals waits it out.
    static constexpr std::chrono::milliseconds patience{250};

    const std::thread::id main_thread_ = std::this_thread::get_id();
    std::mutex mutex_;
    std::condition_variable met_;
    bool waiting_ = false;
    unsigned waits_ = 0;
};

inline Meeting meeting;

/// Lets the rivals of a test in between two steps that ought to be one.
inline void give_way() { meeting.attend(); }

}  // namespace roomstore::mutants

#define ROOMSTORE_MUTANT(name) (::roomstore::mutants::active == ::roomstore::mutants::Mutant::name)
