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

/// The result of a pgbench run.
struct PgbenchResult {
    double per_second = 0;
    double mean_microseconds = 0;
};

/// A private server with PostgreSQL's default settings (synced to disk), on a Unix-domain socket,
/// with one database for our store and one for the yardstick.
class Database {
public:
    explicit Database(const Settings& settings);

    /// The default options, except for the database and the schema.
    PostgresOptions options(const std::string& schema = "roomstore") const;
    std::string connection_string() const { return cluster_.connection_string("ours"); }
    test::Admin admin() const { return cluster_.admin("ours"); }

    /// Drops the schema of an earlier sample, if there is one.
    void drop_schema(const std::string& schema);
    /// Vacuums and writes a checkpoint, so that this work does not fall into a measurement.
    void vacuum();
    /// Writes a checkpoint now, so that no contestant pays for the writes of the previous one.
    void checkpoint();
    /// Waits until all stores have disconnected.
    /// @returns the number of transactions that were committed in our database.
    std::int64_t commits();

    /// Creates the yardstick's tables anew, with `rooms` rooms of `events` events each.
    void fresh_yardstick(int rooms, std::int64_t events = 0);
    /// Runs a script of the folder `yardstick` on the yardstick's tables.
    PgbenchResult pgbench(const std::string& script, int clients, int rooms);

    /// Empties our table `table` and times a COPY of the same rows back into it.
    /// @returns rows per second.
    double copy_again(const std::string& table);

    std::map<std::string, std::string> facts() const;

private:
    void wait_until_left();

    const Settings& settings_;
    test::PrivateCluster cluster_;
};

/// A store that is open for the lifetime of the object.
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
