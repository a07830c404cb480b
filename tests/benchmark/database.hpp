#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "benchmark/settings.hpp"
#include "roomstore/postgres/postgres_store.hpp"
#include "support/private_cluster.hpp"

namespace roomstore::benchmark {

/// What pgbench says of a script.
struct PgbenchResult {
    double per_second = 0;
    double mean_microseconds = 0;
};

/// A server as PostgreSQL ships it, synced to disk, on a socket; with a database for our store and
/// one for the yardstick.
class Database {
public:
    explicit Database(const Settings& settings);

    /// The options a user begins with, but for the database.
    PostgresOptions options(const std::string& schema = "roomstore") const;
    std::string connection_string() const { return cluster_.connection_string("ours"); }
    test::Admin admin() const { return cluster_.admin("ours"); }

    /// Drops what an earlier sample left.
    void drop_schema(const std::string& schema);
    /// What is there is measured, not what the server does after it was written.
    void vacuum();
    /// Begins the next checkpoint's time anew, so that none pays for what the last one wrote.
    void checkpoint();
    /// Transactions that were committed in our database, once all connections of stores are gone.
    std::int64_t commits();

    /// The yardstick's tables anew, with `rooms` rooms of `events` events each.
    void fresh_yardstick(int rooms, std::int64_t events = 0);
    /// Runs a script of the folder `yardstick` on its tables.
    PgbenchResult pgbench(const std::string& script, int clients, int rooms);

    /// How long the server takes to copy the rows of our table `table` into it, after emptying it.
    /// @returns rows a second.
    double copy_again(const std::string& table);

    std::map<std::string, std::string> facts() const;

private:
    void wait_until_left();

    const Settings& settings_;
    test::PrivateCluster cluster_;
};

/// A store that is open as long as the object lives.
class OpenStore {
public:
    explicit OpenStore(const PostgresOptions& options);
    ~OpenStore();
    OpenStore(const OpenStore&) = delete;
    OpenStore& operator=(const OpenStore&) = delete;

    PostgresStore& operator*() const noexcept { return *store_; }
    PostgresStore* operator->() const noexcept { return store_.get(); }

private:
    std::unique_ptr<PostgresStore> store_;
};

}  // namespace roomstore::benchmark
