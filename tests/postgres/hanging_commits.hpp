#pragma once

#include <exception>
#include <string>
#include <thread>

#include "support/footprint.hpp"
#include "support/private_cluster.hpp"

namespace roomstore::test {

inline bool waits_for_standby(Admin& admin) {
    return admin.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") != "0";
}

/// A server on which each COMMIT waits for a nonexistent standby, until `release`.
class HangingCommits {
public:
    HangingCommits() : cluster({.tcp = true}) {
        auto admin = cluster.admin();
        admin.query("CREATE TABLE rows (id text PRIMARY KEY)");
        set("nobody");
        await_effect(admin);
    }
    void release() { set(""); }

    PrivateCluster cluster;

private:
    void set(const std::string& standbys) {
        auto admin = cluster.admin();
        admin.query("ALTER SYSTEM SET synchronous_standby_names = '" + standbys + "'");
        cluster.reload();
    }

    // The checkpointer applies the setting, some time after the server has read it. Commits until
    // one waits, and ends that one.
    void await_effect(Admin& admin) {
        auto committer = cluster.admin();
        const std::jthread committing([&](const std::stop_token& stop) {
            try {
                while (!stop.stop_requested()) {
                    committer.query("SELECT pg_logical_emit_message(true, 'probe', '')");
                }
            } catch (const std::exception&) {
                // The connection was terminated.
            }
        });
        await([&] { return waits_for_standby(admin); });
        admin.query(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE wait_event = 'SyncRep'");
    }
};

/// Terminates the backends of all stores, and waits until they are gone.
inline void terminate_backends(Admin& admin) {
    admin.query(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
        "WHERE application_name = 'roomstore'");
}

}  // namespace roomstore::test
