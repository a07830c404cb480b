#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
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

/// The failure of `connection`, with the details of `result`, which may be null.
Failure failure_of(PGconn* connection, const PGresult* result);

/// The same, with the SQLSTATE that libpqxx reported, and a text for the case that libpq has none.
/// An empty SQLSTATE is taken from libpq's last message, which libpq keeps even if libpqxx reports
/// only that the connection is lost.
Failure failure_of(PGconn* connection, std::string sqlstate, std::string_view text);

/// Reads messages that the server has sent unasked. Returns false if the server has closed the
/// connection, or is gone.
bool still_there(PGconn* connection);

/// Parameters in the form that libpq takes. Refers to the values, which must outlive it.
struct Arguments {
    explicit Arguments(const Values& values);

    int count = 0;
    std::vector<const char*> bytes{};
    std::vector<int> lengths{};
    std::vector<int> formats{};
};

/// Sends a prepared statement, and returns when all of it is on its way.
/// @throws Failure
void send_prepared(PGconn* connection, const std::string& name, const Values& values);

/// The result of the statement that was sent.
/// @throws Failure
ResultHandle result_of_sent(PGconn* connection);

}  // namespace roomstore::postgres
