#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "driver/connection_settings.hpp"
#include "roomstore/postgres/postgres_options.hpp"

namespace roomstore::postgres {

/// One server to try.
struct ConnectionTarget {
    /// For libpq, all of them; `host`, `hostaddr` and `port` are one each, or empty.
    Settings settings;
    /// `server "db1", port 5432`, or its number, as long as host and port may not be shown.
    std::string where() const;
    /// Whether host and port are known to be what they seem to be, and no misplaced password.
    bool may_be_shown() const noexcept { return *shown; }
    void allow_to_show() const noexcept { *shown = true; }

    /// Its place among the servers, from 1.
    std::size_t number = 1;
    /// Shared by all copies.
    std::shared_ptr<std::atomic<bool>> shown = std::make_shared<std::atomic<bool>>(false);
};

/// A connection string, taken apart and completed.
struct ConnectionPlan {
    /// In the order in which to try them; at least one.
    std::vector<ConnectionTarget> targets;
    /// Whether to begin with the target that answered last. With `prefer-standby` the order is the
    /// user's wish.
    bool begin_with_last = true;
    /// Whether to try targets, and the addresses of each, in random order.
    bool shuffled = false;
    /// Of one attempt to connect to one address.
    std::chrono::milliseconds connect_timeout{};
    /// A host may be shown as soon as its name resolves; else only after a server has accepted us.
    bool shows_resolved_hosts = true;
};

/// Reads the connection string and what libpq adds to it, splits its hosts, so that each can be
/// given a time of its own, and adds what it leaves open.
/// @throws Error, invalid_argument; no text repeats a value.
ConnectionPlan plan_connections(const PostgresOptions& options);

}  // namespace roomstore::postgres
