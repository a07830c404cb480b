#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "pool/worker_pool.hpp"
#include "support/footprint.hpp"
#include "support/private_cluster.hpp"
#include "support/run.hpp"
#include "support/task.hpp"

namespace roomstore::test {

using namespace std::chrono_literals;
using postgres::Mode;
using postgres::Operation;
using postgres::Params;
using postgres::Rerun;
using postgres::Session;
using postgres::Statement;
using postgres::WorkerPool;

inline PostgresOptions options_for(std::string connection_string, std::size_t connections = 1) {
    PostgresOptions options;
    options.connection_string = std::move(connection_string);
    options.connections = connections;
    return options;
}

/// With a deadline that is never reached, for calls that end for another reason.
inline PostgresOptions patient_options(std::string connection_string, std::size_t connections = 1) {
    auto options = options_for(std::move(connection_string), connections);
    options.deadline = 60s;
    return options;
}

/// A pool that is open, and the context of its callers.
class OpenPool : public WorkerPool {
public:
    explicit OpenPool(const PostgresOptions& options) : WorkerPool(options) { open(); }

    asio::io_context& context() { return caller_.context(); }

private:
    Caller caller_;
};

inline asio::awaitable<std::int64_t> answer(WorkerPool& pool) {
    Operation operation{.name = "answer"};
    return pool.run<std::int64_t>(std::move(operation), [](Session& session) {
        return session.exec({"test_answer", "SELECT 42"}, Params())[0].int64(0);
    });
}

/// Sleeps on the server until it is cancelled.
inline asio::awaitable<void> sleep(WorkerPool& pool) {
    Operation operation{.name = "sleep"};
    return pool.run<void>(std::move(operation), [](Session& session) {
        session.exec({"test_sleep", "SELECT pg_sleep(600)"}, Params());
    });
}

inline asio::awaitable<std::string> backend(WorkerPool& pool) {
    Operation operation{.name = "backend"};
    return pool.run<std::string>(std::move(operation), [](Session& session) {
        return session.exec({"test_backend", "SELECT pg_backend_pid()"}, Params())[0].text(0);
    });
}

/// Number of backends whose state is LIKE `state` (`active`, `idle in transaction`) and whose query
/// is LIKE `query`.
inline std::string backends(Admin& admin, const std::string& state, const std::string& query) {
    return admin.value(
        "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state LIKE '" +
        state + "' AND query LIKE '" + query + "'");
}

inline std::string sleepers(Admin& admin) { return backends(admin, "active", "%pg_sleep%"); }

/// Sleepers of one pool only: a backend whose connection an earlier test cut may still sleep.
inline std::string sleepers_of(Admin& admin, const std::string& application_name) {
    return admin.value(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE "
        "'%pg_sleep%' AND application_name = '" +
        application_name + "'");
}

/// Creates a table for a test, and drops it first if it exists.
inline void make_table(Admin& admin, const std::string& name) {
    admin.query("DROP TABLE IF EXISTS " + name + "; CREATE TABLE " + name +
                " (id text PRIMARY KEY)");
}

}  // namespace roomstore::test
