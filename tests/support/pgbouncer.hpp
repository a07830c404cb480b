#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "support/private_cluster.hpp"
#include "support/process.hpp"

namespace roomstore::test {

/// A PgBouncer in transaction mode before a private cluster: no two transactions of a client need
/// meet the same server connection, of which there are few.
class PgBouncer {
public:
    explicit PgBouncer(const PrivateCluster& cluster, int pool_size = 2);
    ~PgBouncer();
    PgBouncer(const PgBouncer&) = delete;
    PgBouncer& operator=(const PgBouncer&) = delete;

    /// The one before the shared cluster.
    static PgBouncer& shared();
    /// Skips the running test, or fails it in CI, where the program is missing.
    static void require();

    std::string connection_string(std::string_view database = "postgres") const;
    std::string log() const;

private:
    std::filesystem::path folder_;
    std::optional<Process> server_;
};

}  // namespace roomstore::test
