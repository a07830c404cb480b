#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "driver/libpq/connection_settings.hpp"
#include "roomstore/postgres/postgres_options.hpp"

namespace roomstore::postgres {

/// One server to try.
struct ConnectionTarget {
    /// All settings for libpq; `host`, `hostaddr` and `port` have one value each, or are empty.
    Settings settings;
    /// `server "db1", port 5432`, or the number of the server while host and port may not be shown.
    std::string where() const;
    /// Whether host and port are known not to be a misplaced password.
    bool may_be_shown() const noexcept { return *shown; }
    void allow_to_show() const noexcept { *shown = true; }

    /// Position among the servers, from 1.
    std::size_t number = 1;
    /// Shared by all copies.
    std::shared_ptr<std::atomic<bool>> shown = std::make_shared<std::atomic<bool>>(false);
};

/// A connection string, parsed and completed.
struct ConnectionPlan {
    /// In the order in which to try them; at least one.
    std::vector<ConnectionTarget> targets;
    /// Whether to begin with the target that answered last. False with `prefer-standby`, where the
    /// order is the user's choice.
    bool begin_with_last = true;
    /// Whether to try targets, and the addresses of each, in random order.
    bool shuffled = false;
    /// For one attempt to connect to one address.
    std::chrono::milliseconds connect_timeout{};
    /// Whether a host may be shown as soon as its name resolves; otherwise only after a server has
    /// accepted the connection.
    bool shows_resolved_hosts = true;
};

/// Reads the connection string and the settings that libpq adds, splits the list of hosts, so that
/// each gets its own timeout, and sets our defaults for what is left open.
/// @throws Error, invalid_argument; no text quotes a value.
ConnectionPlan plan_connections(const PostgresOptions& options);

}  // namespace roomstore::postgres
