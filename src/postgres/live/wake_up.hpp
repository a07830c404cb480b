#pragma once

#include <chrono>

namespace roomstore::postgres {

/// Wakes a thread that waits for a socket.
class WakeUp {
public:
    /// @throws std::system_error
    WakeUp();
    ~WakeUp();
    WakeUp(const WakeUp&) = delete;
    WakeUp& operator=(const WakeUp&) = delete;

    /// Ends the next or current `wait`. From any thread.
    void wake() noexcept;

    /// Waits until `socket` (unless it is -1) can be read, `wake` was called, or for `timeout`.
    void wait(int socket, std::chrono::milliseconds timeout) noexcept;

private:
    int read_end_ = -1;
    int write_end_ = -1;
};

}  // namespace roomstore::postgres
