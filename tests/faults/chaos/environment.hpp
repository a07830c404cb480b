#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "faults/chaos/child.hpp"
#include "faults/chaos/clients.hpp"
#include "support/footprint.hpp"
#include "support/private_cluster.hpp"
#include "support/tcp_proxy.hpp"

namespace roomstore::chaos {

using test::comes_within;

inline constexpr const char* role = "chaos";

/// The targets of the faults.
struct ChaosEnvironment {
    test::PrivateCluster& cluster;
    test::TcpProxy& proxy;
    Child& child;
    Shared& shared;
    /// COMMITs in doubt that the stores of this process have settled so far.
    std::function<std::uint64_t()> doubts_settled{};

    /// Connects without the proxy, as soon as the server accepts connections.
    test::Admin admin() const;
    /// Process ids of the backends of the stores that satisfy the SQL `condition`.
    std::vector<pid_t> backends(test::Admin& admin, const std::string& condition = "true") const;
    /// One of them, selected by `choice`; 0: there is none.
    pid_t backend(std::int64_t choice, const std::string& condition = "true") const;
    /// Sends a signal to a process of this server; returns false for any other process.
    bool signal(pid_t pid, int number) const;
    void set(test::Admin& admin, const std::string& setting, const std::string& value) const;
};

}  // namespace roomstore::chaos
