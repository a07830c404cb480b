#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <utility>

namespace roomstore::postgres {

/// One address of one of the servers.
struct ServerPlace {
    std::size_t target = 0;
    /// Empty: the first that its name has.
    std::string address{};

    bool operator==(const ServerPlace&) const = default;
};

/// Where the sessions of a store begin to look for a server: where one was found, or behind those
/// that took the time of the attempt before. Any thread may use it.
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

    /// Moves on, unless somebody has: where several sessions find out, the first does so for all.
    void move_on(const ServerPlace& from, ServerPlace to) {
        const std::lock_guard lock(mutex_);
        if (first_ == from) first_ = std::move(to);
    }

private:
    mutable std::mutex mutex_;
    ServerPlace first_;
};

}  // namespace roomstore::postgres
