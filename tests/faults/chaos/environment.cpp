#include "faults/chaos/environment.hpp"

#include <chrono>
#include <fstream>
#include <signal.h>
#include <stdexcept>
#include <thread>

namespace roomstore::chaos {

using namespace std::chrono_literals;

test::Admin ChaosEnvironment::admin() const {
    const auto end = std::chrono::steady_clock::now() + 30s;
    for (;;) {
        try {
            auto admin = cluster.admin(role);
            // Faults make commits hang or fail, but must not affect this session.
            admin.query("SET synchronous_commit = local; SET default_transaction_read_only = off");
            return admin;
        } catch (const std::runtime_error&) {
            if (std::chrono::steady_clock::now() > end) throw;
            std::this_thread::sleep_for(5ms);
        }
    }
}

std::vector<pid_t> ChaosEnvironment::backends(test::Admin& admin,
                                              const std::string& condition) const {
    std::vector<pid_t> pids;
    for (const auto& row :
         admin.query("SELECT pid FROM pg_stat_activity WHERE usename = '" + std::string(role) +
                     "' AND (" + condition + ") ORDER BY backend_start")) {
        pids.push_back(std::stoi(row[0].value()));
    }
    return pids;
}

pid_t ChaosEnvironment::backend(std::int64_t choice, const std::string& condition) const {
    auto looker = admin();
    std::vector<pid_t> pids;
    // Transactions are short: at times there is none.
    comes_within(500ms, [&] { return !(pids = backends(looker, condition)).empty(); });
    if (pids.empty()) return 0;
    return pids[static_cast<std::size_t>(choice) % pids.size()];
}

bool ChaosEnvironment::signal(pid_t pid, int number) const {
    if (pid <= 1) return false;  // no such process: -1 would signal all processes
    std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
    std::string number_text, name, state;
    pid_t parent = 0;
    status >> number_text >> name >> state >> parent;
    if (pid != cluster.postmaster() && parent != cluster.postmaster()) return false;
    return ::kill(pid, number) == 0;
}

void ChaosEnvironment::set(test::Admin& admin,
                           const std::string& setting,
                           const std::string& value) const {
    admin.query("ALTER SYSTEM SET " + setting + " = '" + value + "'");
    cluster.reload();
}

}  // namespace roomstore::chaos
