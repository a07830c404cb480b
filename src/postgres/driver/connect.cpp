#include "driver/connect.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <poll.h>
#include <utility>
#include <vector>

namespace roomstore::postgres {

namespace {

using Clock = std::chrono::steady_clock;

void ignore_notice(void*, const char*) {}

/// Waits until the socket is ready; false at the deadline.
bool wait_for(int socket, short events, Clock::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) return false;
        pollfd entry{.fd = socket, .events = events, .revents = 0};
        const auto limit = std::min<long long>(left.count(), 60'000);
        const int ready = ::poll(&entry, 1, static_cast<int>(limit));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return true;  // libpq will find what is wrong with it
    }
}

Failure unreachable(std::string text) { return classify({}, std::move(text), true); }

Failure connect_failure(PGconn* connection, const ConnectionTarget& target) {
    auto failure = failure_of(connection, nullptr);
    failure.broken = true;
    failure.text = "cannot connect to " + target.where + ": " + failure.text;
    return failure;
}

}  // namespace

ConnectionHandle connect_to(const ConnectionTarget& target,
                            Clock::time_point deadline,
                            PqxxControl& control) {
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& [keyword, value] : target.parameters) {
        keywords.push_back(keyword.c_str());
        values.push_back(value.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    ConnectionHandle connection(PQconnectStartParams(keywords.data(), values.data(), 0));
    if (!connection) throw std::bad_alloc();
    PQsetNoticeProcessor(connection.get(), ignore_notice, nullptr);
    // Only this verbosity puts the SQLSTATE of a refused connection anywhere.
    PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
    if (PQstatus(connection.get()) == CONNECTION_BAD)
        throw connect_failure(connection.get(), target);

    const auto began = Clock::now();
    for (auto next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;) {
        if (next == PGRES_POLLING_FAILED) throw connect_failure(connection.get(), target);
        const int socket = PQsocket(connection.get());
        const bool go_on = control.lend_connecting(socket, target.where);
        const bool ready =
            go_on && wait_for(socket, next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline);
        // libpq may close this socket and open another.
        control.take_back();
        if (control.stopped()) throw unreachable("connecting to " + target.where + " was stopped");
        if (!ready) {
            const auto spent =
                std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
            throw unreachable("cannot connect to " + target.where + ": no answer within " +
                              std::to_string(spent.count()) + " ms");
        }
        next = PQconnectPoll(connection.get());
    }
    return connection;
}

void run_until(PGconn* connection, const std::string& query, Clock::time_point deadline) {
    if (PQsendQuery(connection, query.c_str()) == 0) throw failure_of(connection, nullptr);
    std::optional<Failure> failure;
    for (;;) {
        while (PQisBusy(connection) != 0) {
            if (!wait_for(PQsocket(connection), POLLIN, deadline)) {
                throw unreachable("the server did not answer in time");
            }
            if (PQconsumeInput(connection) == 0) throw failure_of(connection, nullptr);
        }
        const ResultHandle result(PQgetResult(connection));
        if (!result) break;
        const auto status = PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !failure) {
            failure = failure_of(connection, result.get());
        }
    }
    if (failure) throw *failure;
}

}  // namespace roomstore::postgres
