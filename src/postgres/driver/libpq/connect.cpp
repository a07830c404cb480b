#include "driver/libpq/connect.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <netdb.h>
#include <new>
#include <poll.h>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace roomstore::postgres {

namespace {

using Clock = std::chrono::steady_clock;

void ignore_notice(void*, const char*) {}

/// Waits until the socket is ready. Returns false at the deadline.
bool wait_for(int socket, short events, Clock::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) return false;
        pollfd entry{.fd = socket, .events = events, .revents = 0};
        const auto limit = std::min<long long>(left.count(), 60'000);
        const int ready = ::poll(&entry, 1, static_cast<int>(limit));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return true;  // libpq will report the error
    }
}

Failure unreachable(std::string text) { return classify({}, std::move(text), true); }

// A refused login quotes role, database and options, which may be parts of a misplaced password.
std::string text_of_refusal(std::string_view sqlstate) {
    struct Words {
        std::string_view sqlstate;
        std::string_view text;
    };
    constexpr std::array known{
        Words{"28P01",
              "password authentication failed: the role is unknown, or the password wrong"},
        Words{"28",
              "the server rejects this role: it is unknown, may not log in, or has no entry "
              "in pg_hba.conf for this database and address"},
        Words{"3D000", "the database does not exist"},
        Words{"42501", "the role may not connect to the database (it lacks GRANT CONNECT)"},
        Words{"53300", "there are too many connections"},
        Words{"57P03", "the database system is starting up, shutting down or recovering"},
    };
    const auto* const found = std::ranges::find_if(
        known, [&](const Words& words) { return sqlstate.starts_with(words.sqlstate); });
    const std::string_view text =
        found == known.end() ? "the server refuses the connection" : found->text;
    return fmt::format("{} (SQLSTATE {})", text, sqlstate);
}

// Whether a libpq message contains one of the values that such messages are known to quote.
bool repeats_value(const std::string& text, const ConnectionTarget& target) {
    constexpr std::array keys{"sslcert",
                              "sslkey",
                              "sslrootcert",
                              "sslcrl",
                              "sslcrldir",
                              "sslkeylogfile",
                              "passfile",
                              "krbsrvname",
                              "gsslib",
                              "requirepeer",
                              "require_auth",
                              "oauth_issuer",
                              "oauth_client_id",
                              "oauth_scope"};
    const auto defaults = default_settings();
    const auto repeats = [&](const char* key) {
        const auto found = target.settings.find(key);
        if (found == target.settings.end() || found->second.empty()) return false;
        const auto usual = defaults.find(key);
        if (usual != defaults.end() && usual->second == found->second) return false;
        return text.find(found->second) != std::string::npos;
    };
    return std::ranges::any_of(keys, repeats) ||
           (!target.may_be_shown() && (repeats("host") || repeats("port")));
}

std::string text_without_values(const Failure& failure, const ConnectionTarget& target) {
    if (!failure.sqlstate.empty()) return text_of_refusal(failure.sqlstate);
    if (!repeats_value(failure.text, target)) return failure.text;
    return "libpq's message is not repeated, since it quotes the connection string";
}

Failure not_found(const ConnectionTarget& target, std::string_view why) {
    auto failure = unreachable(fmt::format("cannot connect to {}: {}", target.where(), why));
    failure.no_server = true;
    return failure;
}

// Only libpq has seen the error's number. Its message contains the system's text of it.
bool is_refusal(std::string_view message) {
    return std::ranges::any_of(std::array{ECONNREFUSED, ENOENT}, [&](int error) {
        return message.find(std::generic_category().message(error)) != message.npos;
    });
}

Failure connect_failure(PGconn* connection,
                        const ConnectionTarget& target,
                        const std::string& where,
                        Quoting quoting) {
    auto failure = failure_of(connection, nullptr);
    failure.broken = true;
    failure.no_server = failure.sqlstate.empty() && is_refusal(failure.text);
    if (PQconnectionNeedsPassword(connection) != 0) {
        failure.code = errc::access_denied;
        failure.remedy = Remedy::none;
        failure.text = "the server asks for a password, and there is none";
    } else if (quoting == Quoting::forbidden) {
        failure.text = text_without_values(failure, target);
    }
    failure.text = fmt::format("cannot connect to {}: {}", where, failure.text);
    return failure;
}

// Whether this is the directory of a socket, as far as can be determined. Throws if it certainly
// does not exist.
bool is_folder(const ConnectionTarget& target, const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found) {
        throw not_found(target, "No such file or directory, which should hold its socket");
    }
    return std::filesystem::is_directory(status);
}

std::string numeric(const addrinfo& address) {
    char text[NI_MAXHOST];
    const int error = ::getnameinfo(
        address.ai_addr, address.ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
    return error == 0 ? text : std::string();
}

std::vector<std::string> resolve(const ConnectionTarget& target, const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (error != 0) {
        auto failure =
            not_found(target, fmt::format("its name has no address: {}", ::gai_strerror(error)));
        failure.no_server = error != EAI_AGAIN;
        throw failure;
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, ::freeaddrinfo);
    std::vector<std::string> addresses;
    for (const auto* each = found; each != nullptr; each = each->ai_next) {
        auto address = numeric(*each);
        if (address.empty() || std::ranges::find(addresses, address) != addresses.end()) continue;
        addresses.push_back(std::move(address));
    }
    if (addresses.empty()) throw not_found(target, "its name has no address");
    return addresses;
}

}  // namespace

Addresses find_addresses(const ConnectionTarget& target) {
    const auto& host = target.settings.at("host");
    const auto& address = target.settings.at("hostaddr");
    // Numeric, as was checked; the host name beside it is not resolved.
    if (!address.empty()) return {.list = {address}, .found = host.empty()};
    if (host.empty()) return {.list = {""}, .found = true};
    if (host.starts_with('/')) return {.list = {""}, .found = is_folder(target, host)};
    if (host.starts_with('@')) return {.list = {""}};
    return {.list = resolve(target, host), .found = true};
}

std::string server_name(const ConnectionTarget& target, const std::string& address) {
    auto text = target.where();
    // If the name may not be shown, its address may not be either: "1234" is 0.0.4.210.
    if (address.empty() || !target.may_be_shown() || text.find(address) != std::string::npos)
        return text;
    return fmt::format("{} at {}", text, address);
}

ConnectionHandle connect_to(const ConnectionTarget& target,
                            const std::string& address,
                            Quoting quoting,
                            Clock::time_point deadline,
                            ServerControl& control) {
    const auto where = server_name(target, address);
    auto settings = target.settings;
    settings["hostaddr"] = address;
    ConnectionHandle connection(PQconnectStart(connection_string_of(settings).c_str()));
    if (!connection) throw std::bad_alloc();
    PQsetNoticeProcessor(connection.get(), ignore_notice, nullptr);
    // A refused connection reports its SQLSTATE only at this verbosity.
    PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
    const auto failed = [&] { return connect_failure(connection.get(), target, where, quoting); };
    if (PQstatus(connection.get()) == CONNECTION_BAD) throw failed();

    const auto began = Clock::now();
    for (auto next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;) {
        if (next == PGRES_POLLING_FAILED) throw failed();
        const int socket = PQsocket(connection.get());
        const bool go_on = control.lend_connecting(socket, where);
        const bool ready =
            go_on && wait_for(socket, next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline);
        // libpq may close this socket and open another.
        control.take_back();
        if (control.stopped())
            throw unreachable(fmt::format("connecting to {} was stopped", where));
        if (!ready) {
            const auto spent =
                std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
            throw unreachable(
                fmt::format("cannot connect to {}: no answer within {} ms", where, spent.count()));
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
