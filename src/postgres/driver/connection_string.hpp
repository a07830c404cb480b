#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "roomstore/postgres/postgres_options.hpp"

namespace roomstore::postgres {

/// One server to try, as keywords and values of libpq.
struct ConnectionTarget {
    std::vector<std::pair<std::string, std::string>> parameters;
    /// `port 5432 of host "db1"`, for texts.
    std::string where;
};

/// A connection string, taken apart and completed.
struct ConnectionPlan {
    /// In the order in which to try them; at least one.
    std::vector<ConnectionTarget> targets;
    /// Whether to begin with the target that answered last. With `prefer-standby` the order is the
    /// user's wish.
    bool begin_with_last = true;
    std::chrono::milliseconds connect_timeout{};
};

/// Reads the connection string, splits its hosts, so that each can be given a time of its own, and
/// adds what it leaves open.
/// @throws Error, invalid_argument, with libpq's text.
ConnectionPlan plan_connections(const PostgresOptions& options);

}  // namespace roomstore::postgres
