#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "support/private_cluster.hpp"
#include "support/process.hpp"

namespace roomstore::test {

/// A PgBouncer in transaction mode in front of a private cluster: it has few server connections,
/// and each transaction of a client may run on another one.
class PgBouncer {
public:
    /// @param server_port  if > 0, it connects to this port of 127.0.0.1, such as that of a
    ///                     `TcpProxy`, and tries again soon after a failure
    explicit PgBouncer(const PrivateCluster& cluster, int pool_size = 2, int server_port = 0);
    ~PgBouncer();
    PgBouncer(const PgBouncer&) = delete;
    PgBouncer& operator=(const PgBouncer&) = delete;

    /// The one in front of the shared cluster.
    static PgBouncer& shared();
    /// Skips the running test, or fails it in CI, if the program is missing.
    static void require();

    std::string connection_string(std::string_view database = "postgres") const;
    std::string log() const;

private:
    std::filesystem::path folder_;
    std::optional<Process> server_;
};

}  // namespace roomstore::test
