#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <thread>

/// Selects the active mutant at process start, from the environment variable `ROOMSTORE_MUTANT`;
/// none if it is not set. Included only by the mutated copies that `apply.py` writes.
namespace roomstore::mutants {

enum class Mutant {
    no_fault,
#define ROOMSTORE_MUTANT_NAME(name) name,
#include <roomstore_mutant_names.inc>
#undef ROOMSTORE_MUTANT_NAME
};

/// An unknown name terminates the process: running the unmodified code instead would look like a
/// mutant that survives.
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

/// A rendezvous of threads between two steps of an operation that should be atomic, so that the
/// race does not depend on the scheduler. Concurrency tests run their calls on separate threads, so
/// the main thread does not wait.
class Meeting {
public:
    /// Returns when another thread has called it too, or after the timeout `patience`.
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
    /// Long enough for a machine under load. The last thread always waits this long.
    static constexpr std::chrono::milliseconds patience{250};

    const std::thread::id main_thread_ = std::this_thread::get_id();
    std::mutex mutex_;
    std::condition_variable met_;
    bool waiting_ = false;
    unsigned waits_ = 0;
};

inline Meeting meeting;

/// Lets concurrent calls run between two steps that should be atomic.
inline void yield_to_race() { meeting.attend(); }

}  // namespace roomstore::mutants

#define ROOMSTORE_MUTANT(name) (::roomstore::mutants::active == ::roomstore::mutants::Mutant::name)
