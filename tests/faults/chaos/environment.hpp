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

/// What there is to break.
struct ChaosEnvironment {
    test::PrivateCluster& cluster;
    test::TcpProxy& proxy;
    Child& child;
    Shared& shared;
    /// Doubts that the stores of this process have settled by themselves so far.
    std::function<std::uint64_t()> doubts_settled{};

    /// Connects beside the proxy, as soon as the server lets anybody in.
    test::Admin admin() const;
    /// Backends of the stores, by process id: those `WHERE` the condition holds.
    std::vector<pid_t> backends(test::Admin& admin, const std::string& condition = "true") const;
    /// One of them, by the number that was drawn; 0: there is none.
    pid_t backend(std::int64_t choice, const std::string& condition = "true") const;
    /// Sends a signal to a process of this server, and to no other.
    bool signal(pid_t pid, int number) const;
    void set(test::Admin& admin, const std::string& setting, const std::string& value) const;
};

}  // namespace roomstore::chaos
