#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <catch2/catch_test_macros.hpp>

#include "driver/session.hpp"
#include "support/private_cluster.hpp"

namespace roomstore::test {

using namespace roomstore::postgres;
using namespace std::chrono_literals;

inline PostgresOptions options_for(std::string connection_string) {
    PostgresOptions options;
    options.connection_string = std::move(connection_string);
    return options;
}

inline std::unique_ptr<Session> connect(const PostgresOptions& options) {
    validate(options);
    auto session = make_session_factory(options)->make();
    session->connect(Session::Clock::now() + 5s);
    return session;
}

inline Failure failure_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Failure& failure) {
        return failure;
    }
    FAIL("no failure");
    return {};
}

/// Waits until `number` backends run a query that begins with `query`.
inline void await_sleepers(const std::string& query, const std::string& number) {
    Admin admin(test_database());
    while (admin.value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '" + query +
                       "%' AND state = 'active'") != number) {
        std::this_thread::sleep_for(1ms);
    }
}

inline constexpr Statement pid{"test_pid", "SELECT pg_backend_pid()"};

}  // namespace roomstore::test
