#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <utility>

namespace roomstore::postgres {

/// One address of one of the servers.
struct ServerPlace {
    std::size_t target = 0;
    /// Empty: the first address of the host.
    std::string address{};

    bool operator==(const ServerPlace&) const = default;
};

/// Where the sessions of a store start to look for a server: at the server found last, or after
/// those that took all the time of the previous attempt. Thread-safe.
class ServerOrder {
public:
    ServerPlace first() const {
        const std::lock_guard lock(mutex_);
        return first_;
    }

    void begin_with(ServerPlace place) {
        const std::lock_guard lock(mutex_);
        first_ = std::move(place);
    }

    /// Moves on unless another session has done so: if several sessions find the same problem, the
    /// first one moves on for all.
    void move_on(const ServerPlace& from, ServerPlace to) {
        const std::lock_guard lock(mutex_);
        if (first_ == from) first_ = std::move(to);
    }

private:
    mutable std::mutex mutex_;
    ServerPlace first_;
};

}  // namespace roomstore::postgres
