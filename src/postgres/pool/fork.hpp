#pragma once

#include <cstdint>
#include <mutex>

namespace roomstore::postgres {

/// How often this process and those before it have forked since the library was
/// loaded. Where it is not what it was when something was opened, this process is
/// a child that was forked since, and the threads of what was opened do not exist.
std::uint64_t forks() noexcept;

/// A mutex that no other thread holds while the process forks: in the child it
/// is free, and what it guards is whole. Hold it for a few steps only, because
/// a fork waits for it, and never while forking.
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
    // The list of all of them, which fork() locks.
    ForkSafeMutex* next_ = nullptr;
    ForkSafeMutex* previous_ = nullptr;
};

}  // namespace roomstore::postgres
