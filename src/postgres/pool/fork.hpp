#pragma once

#include <cstdint>
#include <mutex>

namespace roomstore::postgres {

/// Number of forks between the process that loaded the library and this process. If it has changed
/// since an object was opened, this process is a child that was forked since, and the threads of
/// that object do not exist.
std::uint64_t forks() noexcept;

/// A mutex that no other thread holds while the process forks: in the child it is unlocked, and the
/// data that it guards are consistent. Hold it briefly, because fork() waits for it, and never
/// while calling fork().
class ForkSafeMutex {
public:
    ForkSafeMutex() noexcept;
    ~ForkSafeMutex();
    ForkSafeMutex(const ForkSafeMutex&) = delete;
    ForkSafeMutex& operator=(const ForkSafeMutex&) = delete;

    void lock() { mutex_.lock(); }
    void unlock() { mutex_.unlock(); }

private:
    friend struct ForkSafeMutexes;

    std::mutex mutex_;
    // The list of all such mutexes, which fork() locks.
    ForkSafeMutex* next_ = nullptr;
    ForkSafeMutex* previous_ = nullptr;
};

}  // namespace roomstore::postgres
