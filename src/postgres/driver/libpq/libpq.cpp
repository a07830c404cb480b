#include "driver/libpq/libpq.hpp"

#include <cerrno>
#include <new>
#include <string_view>
#include <sys/socket.h>
#include <utility>

#include "driver/libpq/pqxx.hpp"

namespace roomstore::postgres {

namespace {

Failure failure_from(PGconn* connection, std::string sqlstate, std::string_view fallback) {
    // libpq keeps the last message of the server even if libpqxx reports that the connection is
    // lost.
    auto server = parse_server_text(PQerrorMessage(connection));
    if (server.text.empty()) server.text = fallback;
    if (sqlstate.empty()) sqlstate = std::move(server.sqlstate);
    const bool lost = PQstatus(connection) != CONNECTION_OK;
    // A socket timeout leaves an error without a SQLSTATE on a connection whose status is still OK.
    const bool silent = sqlstate.empty();
    if (!lost && !silent) return classify(std::move(sqlstate), std::move(server.text), false);
    return classify(std::move(sqlstate), std::move(server.text), true);
}

}  // namespace

Failure failure_of(PGconn* connection, const PGresult* result) {
    const char* sqlstate =
        result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return failure_from(connection,
                        sqlstate == nullptr ? "" : sqlstate,
                        result == nullptr ? "no answer" : PQresultErrorMessage(result));
}

Failure failure_of_current_exception(PGconn* connection) {
    try {
        throw;
    } catch (const Failure& failure) {
        return failure;
    } catch (const pqxx::sql_error& error) {
        return failure_from(connection, std::string(error.sqlstate()), error.what());
    } catch (const pqxx::broken_connection& error) {
        return failure_from(connection, {}, error.what());
    } catch (const std::bad_alloc&) {
        // libpqxx also reports this if libpq ran out of memory; what the server did is unknown.
        Failure failure;
        failure.discard = true;
        failure.text = "out of memory in the client";
        return failure;
    } catch (const std::exception& error) {
        // Usage and range errors of libpqxx, detected before anything was sent.
        Failure failure;
        failure.broken = PQstatus(connection) != CONNECTION_OK;
        failure.discard = true;
        failure.text = error.what();
        return failure;
    }
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

namespace {

ResultHandle checked(PGconn* connection, PGresult* answer) {
    ResultHandle result(answer);
    switch (PQresultStatus(result.get())) {
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_EMPTY_QUERY:
            return result;
        default:
            throw failure_of(connection, result.get());
    }
}

}  // namespace

ResultHandle run_simple(PGconn* connection, const char* query) {
    return checked(connection, PQexec(connection, query));
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

ResultHandle run_prepared(PGconn* connection, const std::string& name, const Values& values) {
    const Arguments arguments(values);
    return checked(connection,
                   PQexecPrepared(connection,
                                  name.c_str(),
                                  arguments.count,
                                  arguments.bytes.data(),
                                  arguments.lengths.data(),
                                  arguments.formats.data(),
                                  0));
}

}  // namespace roomstore::postgres
