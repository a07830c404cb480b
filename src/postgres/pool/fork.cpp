#include "pool/fork.hpp"

#include <atomic>
#include <pthread.h>

namespace roomstore::postgres {

/// All existing mutexes. The list is constant-initialized and never destroyed, so that it is valid
/// for the first and the last mutex of a program.
struct ForkSafeMutexes {
    static constinit inline std::mutex list_mutex;
    static constinit inline ForkSafeMutex* first = nullptr;
    static constinit inline std::atomic<std::uint64_t> forks{0};

    static void before_fork() {
        list_mutex.lock();
        for (auto* each = first; each != nullptr; each = each->next_) each->lock();
    }

    static void after_fork_in_parent() {
        for (auto* each = first; each != nullptr; each = each->next_) each->unlock();
        list_mutex.unlock();
    }

    static void after_fork_in_child() {
        forks.fetch_add(1);
        after_fork_in_parent();
    }

    static void add(ForkSafeMutex& mutex) noexcept {
        const std::lock_guard lock(list_mutex);
        mutex.next_ = first;
        if (first != nullptr) first->previous_ = &mutex;
        first = &mutex;
    }

    static void remove(ForkSafeMutex& mutex) noexcept {
        const std::lock_guard lock(list_mutex);
        (mutex.previous_ == nullptr ? first : mutex.previous_->next_) = mutex.next_;
        if (mutex.next_ != nullptr) mutex.next_->previous_ = mutex.previous_;
    }
};

namespace {

// Registered while the library is loaded, before there is a thread that could fork.
[[maybe_unused]] const int registered = pthread_atfork(ForkSafeMutexes::before_fork,
                                                       ForkSafeMutexes::after_fork_in_parent,
                                                       ForkSafeMutexes::after_fork_in_child);

}  // namespace

std::uint64_t forks() noexcept { return ForkSafeMutexes::forks.load(std::memory_order_relaxed); }

ForkSafeMutex::ForkSafeMutex() noexcept { ForkSafeMutexes::add(*this); }

ForkSafeMutex::~ForkSafeMutex() { ForkSafeMutexes::remove(*this); }

}  // namespace roomstore::postgres
