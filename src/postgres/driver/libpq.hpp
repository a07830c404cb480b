#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <libpq-fe.h>

#include "driver/errors.hpp"
#include "driver/params.hpp"

namespace roomstore::postgres {

struct FinishConnection {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
struct ClearResult {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using ConnectionHandle = std::unique_ptr<PGconn, FinishConnection>;
using ResultHandle = std::unique_ptr<PGresult, ClearResult>;

/// The failure that `connection` is left with. `result` may be null.
Failure failure_of(PGconn* connection, const PGresult* result);

/// The same while an exception of libpqxx is being handled: the only place that catches them.
Failure failure_of_current_exception(PGconn* connection);

/// Reads what the server has said of its own accord. False: it has said goodbye, or is gone.
bool still_there(PGconn* connection);

/// Runs a simple query and returns the last of its results.
/// @throws Failure
ResultHandle run_simple(PGconn* connection, const char* query);

/// Parameters as libpq takes them. Borrows.
struct Arguments {
    explicit Arguments(const Values& values);

    int count = 0;
    std::vector<const char*> bytes{};
    std::vector<int> lengths{};
    std::vector<int> formats{};
};

/// Runs a statement that has been prepared.
/// @throws Failure
ResultHandle run_prepared(PGconn* connection, const std::string& name, const Values& values);

}  // namespace roomstore::postgres
