#include "driver/libpq/libpq.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <utility>

namespace roomstore::postgres {

Failure failure_of(PGconn* connection, std::string sqlstate, std::string_view text) {
    auto server = parse_server_text(PQerrorMessage(connection));
    if (server.text.empty()) server.text = text;
    if (sqlstate.empty()) sqlstate = std::move(server.sqlstate);
    const bool lost = PQstatus(connection) != CONNECTION_OK;
    // A socket timeout leaves an error without a SQLSTATE on a connection whose status is still OK.
    const bool silent = sqlstate.empty();
    if (!lost && !silent) return classify(std::move(sqlstate), std::move(server.text), false);
    return classify(std::move(sqlstate), std::move(server.text), true);
}

Failure failure_of(PGconn* connection, const PGresult* result) {
    const char* sqlstate =
        result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return failure_of(connection,
                      sqlstate == nullptr ? "" : sqlstate,
                      result == nullptr ? "no answer" : PQresultErrorMessage(result));
}

bool still_there(PGconn* connection) {
    // A server that ends the session sends a message and then closes the stream: more than one
    // read.
    for (;;) {
        char peeked;
        const auto got = ::recv(PQsocket(connection), &peeked, 1, MSG_PEEK | MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
        if (PQconsumeInput(connection) == 0 || PQstatus(connection) != CONNECTION_OK) return false;
    }
}

Arguments::Arguments(const Values& values) : count(static_cast<int>(values.size())) {
    bytes.reserve(values.size());
    lengths.reserve(values.size());
    formats.reserve(values.size());
    for (const Value& value : values) {
        bytes.push_back(value.format == Value::Format::null ? nullptr : value.bytes.c_str());
        lengths.push_back(static_cast<int>(value.bytes.size()));
        formats.push_back(value.format == Value::Format::binary ? 1 : 0);
    }
}

void send_prepared(PGconn* connection, const std::string& name, const Values& values) {
    const Arguments arguments(values);
    if (PQsendQueryPrepared(connection,
                            name.c_str(),
                            arguments.count,
                            arguments.bytes.data(),
                            arguments.lengths.data(),
                            arguments.formats.data(),
                            0) != 1) {
        throw failure_of(connection, nullptr);
    }
}

ResultHandle result_of_sent(PGconn* connection) {
    ResultHandle result;
    // A null result ends the statement; before it, a lost connection adds a result of its own.
    while (ResultHandle next{PQgetResult(connection)}) result = std::move(next);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        throw failure_of(connection, result.get());
    }
    return result;
}

}  // namespace roomstore::postgres
