#pragma once

#include <string>

#include "support/private_cluster.hpp"

namespace roomstore::test {

/// A server on which each COMMIT waits for a nonexistent standby, until `release`.
class HangingCommits {
public:
    HangingCommits() : cluster({.tcp = true}) {
        auto admin = cluster.admin();
        admin.query("CREATE TABLE rows (id text PRIMARY KEY)");
        set("nobody");
    }
    void release() { set(""); }

    PrivateCluster cluster;

private:
    void set(const std::string& standbys) {
        auto admin = cluster.admin();
        admin.query("ALTER SYSTEM SET synchronous_standby_names = '" + standbys + "'");
        cluster.reload();
    }
};

inline bool waits_for_standby(Admin& admin) {
    return admin.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") != "0";
}

/// Terminates the backends of all stores, and waits until they are gone.
inline void terminate_backends(Admin& admin) {
    admin.query(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
        "WHERE application_name = 'roomstore'");
}

}  // namespace roomstore::test
