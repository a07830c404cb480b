#include "driver/libpq/connection_settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <netdb.h>
#include <new>
#include <optional>

#include <fmt/format.h>

#include "driver/libpq/libpq.hpp"
#include "roomstore/error.hpp"

namespace roomstore::postgres {

namespace {

struct FreeOptions {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

// libpq parses these only when it connects, and the last not at all in non-blocking mode.
constexpr std::array numbers{"keepalives",
                             "keepalives_idle",
                             "keepalives_interval",
                             "keepalives_count",
                             "tcp_user_timeout",
                             "connect_timeout"};

[[noreturn]] void throw_invalid_setting(std::string_view text) {
    throw Error(errc::invalid_argument,
                fmt::format("PostgresOptions::connection_string: {}", text));
}

Settings settings_in(const PQconninfoOption* options) {
    Settings settings;
    for (; options->keyword != nullptr; ++options) {
        if (options->val != nullptr) settings.emplace(options->keyword, options->val);
    }
    return settings;
}

// An integer as libpq accepts it.
std::optional<int> to_number(std::string_view text) {
    constexpr std::string_view spaces = " \t\n\v\f\r";
    const auto begin = text.find_first_not_of(spaces);
    if (begin == text.npos) return std::nullopt;
    text = text.substr(begin, text.find_last_not_of(spaces) + 1 - begin);
    if (text.starts_with('+')) text.remove_prefix(1);
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

ConnectionHandle start_connection(const Settings& settings) {
    ConnectionHandle connection(PQconnectStart(connection_string_of(settings).c_str()));
    if (!connection) throw std::bad_alloc();
    return connection;
}

// A libpq connection that fails before it looks for a server, because libpq rejects this value. By
// then it has read everything else.
ConnectionHandle refused_connection(Settings settings, const char* key) {
    settings[key] = "?";
    return start_connection(settings);
}

Settings settings_of(const PGconn* connection) {
    const Options options(PQconninfo(const_cast<PGconn*>(connection)));
    if (!options) throw std::bad_alloc();
    return settings_in(options.get());
}

// Whether libpq accepts all values except those of hosts and ports, which are replaced with a
// socket that cannot exist. Its message may be in any language, but depends on the socket only if
// libpq got as far as trying it.
bool all_accepted(Settings settings) {
    settings["hostaddr"] = settings["port"] = "";
    const auto message_about = [&](const char* host) {
        settings["host"] = host;
        return std::string(PQerrorMessage(start_connection(settings).get()));
    };
    return message_about("/dev/null/1") != message_about("/dev/null/2");
}

// Only libpq knows which values it accepts, and this differs between versions.
void check_by_libpq(const Settings& settings) {
    if (all_accepted(settings)) return;
    // libpq asks the system for the user's name, which processes in some containers do not have.
    auto somebody = settings;
    auto& user = somebody["user"];
    if (user.empty()) {
        user = "somebody";
        if (all_accepted(somebody)) {
            refuse_value("user", "is missing, and the process has no user name");
        }
    }
    for (const auto& [key, value] : settings) {
        auto only = default_settings();
        only["user"] = user;
        only[key] = value;
        if (!all_accepted(only)) refuse_value(key, "has a value that libpq does not take");
    }
    throw_invalid_setting("holds a value, or the environment does, that libpq does not take");
}

void check_addresses(const Settings& settings) {
    for (const auto& address : list_of(settings, "hostaddr")) {
        if (address.empty()) continue;
        addrinfo hints{};
        hints.ai_flags = AI_NUMERICHOST;
        addrinfo* found = nullptr;
        if (::getaddrinfo(address.c_str(), nullptr, &hints, &found) != 0) {
            refuse_value("hostaddr", "is not a list of numeric addresses");
        }
        ::freeaddrinfo(found);
    }
}

void check_hosts_and_ports(const Settings& settings) {
    const auto hosts = list_of(settings, "host");
    const auto addresses = list_of(settings, "hostaddr");
    const auto ports = list_of(settings, "port");
    for (const auto& host : hosts) {
        // A leading @ denotes an abstract socket. Host names do not contain one.
        if (!host.starts_with('/') && host.find('@', 1) != host.npos) {
            refuse_value("host", "holds an @; in a URL, a password has %40 for it");
        }
    }
    for (const auto& port : ports) {
        const auto number = port.empty() ? 1 : to_number(port);
        if (!number || *number < 1 || *number > 65535) {
            refuse_value("port", "is not in 1..65535");
        }
    }
    check_addresses(settings);
    const auto count = std::max({hosts.size(), addresses.size(), std::size_t{1}});
    if (!hosts.empty() && !addresses.empty() && hosts.size() != addresses.size()) {
        throw_invalid_setting(
            fmt::format("names {} hosts, but {} addresses", hosts.size(), addresses.size()));
    }
    if (ports.size() > 1 && ports.size() != count) {
        throw_invalid_setting(fmt::format("names {} hosts, but {} ports", count, ports.size()));
    }
}

void check(const Settings& settings) {
    check_hosts_and_ports(settings);
    for (const char* key : numbers) {
        const auto found = settings.find(key);
        if (found != settings.end() && !found->second.empty() && !to_number(found->second)) {
            refuse_value(key, "is not a number");
        }
    }
    check_by_libpq(settings);
}

}  // namespace

void refuse_value(std::string_view key, std::string_view text) {
    throw_invalid_setting(
        fmt::format("{} (there, in the service file or in the environment) {}", key, text));
}

Settings parse_settings(const std::string& connection_string) {
    if (connection_string.find('\0') != std::string::npos) throw_invalid_setting("holds a NUL");
    char* message = nullptr;
    const Options options(PQconninfoParse(connection_string.c_str(), &message));
    const bool refused = message != nullptr;
    PQfreemem(message);
    if (!options && !refused) throw std::bad_alloc();
    if (!options) {
        throw_invalid_setting(
            "libpq cannot read it, and its message would quote it: check the keywords, put values "
            "with blanks in '', with \\' and \\\\ for ' and \\, and percent-encode special "
            "characters in a URL");
    }
    return settings_in(options.get());
}

Settings read_settings(const std::string& connection_string) {
    const auto given = parse_settings(connection_string);
    constexpr auto key = "target_session_attrs";
    auto settings = settings_of(refused_connection(given, key).get());
    // Not even the defaults are set: this is how libpq fails if it does not find the service.
    if (!settings.contains("sslmode")) {
        refuse_value("service", "is not found, or its file cannot be read (manual, section 34.17)");
    }
    // The value of `key`, which was overwritten above, read in the same way.
    const auto others = settings_of(refused_connection(given, "sslmode").get());
    settings.erase(key);
    if (const auto found = others.find(key); found != others.end()) settings.insert(*found);
    check(settings);
    return settings;
}

std::string connection_string_of(const Settings& settings) {
    std::string text;
    for (const auto& [key, value] : settings) {
        if (!text.empty()) text += ' ';
        text += key + "='";
        for (const char c : value) {
            if (c == '\'' || c == '\\') text += '\\';
            text += c;
        }
        text += '\'';
    }
    return text;
}

std::vector<std::string> list_of(const Settings& settings, const std::string& key) {
    const auto found = settings.find(key);
    if (found == settings.end() || found->second.empty()) return {};
    const auto& list = found->second;
    std::vector<std::string> parts;
    for (std::size_t begin = 0;;) {
        const auto comma = list.find(',', begin);
        parts.push_back(list.substr(begin, comma - begin));
        if (comma == std::string::npos) return parts;
        begin = comma + 1;
    }
}

int number_of(const Settings& settings, const std::string& key, int otherwise) {
    const auto found = settings.find(key);
    if (found == settings.end()) return otherwise;
    return to_number(found->second).value_or(otherwise);
}

Settings default_settings() {
    const Options options(PQconndefaults());
    if (!options) throw std::bad_alloc();
    Settings settings;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->compiled != nullptr) settings.emplace(option->keyword, option->compiled);
    }
    return settings;
}

}  // namespace roomstore::postgres
