#include "driver/connection_string.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

namespace roomstore::postgres {

namespace {

bool is_in(const Settings& settings, const std::string& key) { return settings.contains(key); }

std::string value_of(const Settings& settings, const std::string& key) {
    const auto found = settings.find(key);
    return found == settings.end() ? std::string() : found->second;
}

bool environment_has(const char* variable, const std::string& value) {
    const char* const set = std::getenv(variable);
    return set != nullptr && set == value;
}

// libpq's GSSAPI negotiation costs a round trip and is not thread-safe, so it is disabled unless
// requested. A service counts as a request: it cannot be determined whether its file asks for the
// default.
bool wants_gss(const Settings& settings, const Settings& given) {
    if (is_in(given, "gssencmode") || is_in(given, "service")) return true;
    if (std::getenv("PGGSSENCMODE") != nullptr || std::getenv("PGSERVICE") != nullptr) return true;
    return value_of(settings, "gssencmode") != value_of(default_settings(), "gssencmode");
}

// Keepalives detect a peer that died while a request was running, tcp_user_timeout one that died
// before; neither detects both. Together they take at most 4 s.
void complete(Settings& settings, const Settings& given, const PostgresOptions& options) {
    settings.emplace("tcp_user_timeout", "4000");
    settings.emplace("keepalives", "1");
    settings.emplace("keepalives_idle", "2");
    settings.emplace("keepalives_interval", "1");
    settings.emplace("keepalives_count", "2");
    if (!wants_gss(settings, given)) settings["gssencmode"] = "disable";
    // The application's option takes precedence over the environment.
    const auto name = value_of(settings, "application_name");
    if (!options.application_name.empty() && !is_in(given, "application_name") &&
        (name.empty() || environment_has("PGAPPNAME", name))) {
        settings["application_name"] = options.application_name;
    }
    settings["client_encoding"] = "UTF8";
}

std::chrono::milliseconds take_connect_timeout(Settings& settings,
                                               std::chrono::milliseconds otherwise) {
    if (value_of(settings, "connect_timeout").empty()) return otherwise;
    const int seconds = number_of(settings, "connect_timeout", 0);
    settings.erase("connect_timeout");
    // In libpq this means no limit; the deadline of the call still applies.
    return seconds <= 0 ? std::chrono::hours{1} : std::chrono::seconds{seconds};
}

// A URL with another @ after what libpq takes for the end of the password, or for a host: the
// password may end there, and what libpq takes for host, port and database may be part of it.
bool may_be_misread(std::string_view connection_string) {
    const auto scheme = connection_string.find("://");
    if (scheme == connection_string.npos) return false;
    const auto end = connection_string.find_first_of("@/", scheme + 3);
    return end != connection_string.npos &&
           connection_string.find('@', end + 1) != connection_string.npos;
}

// Element `at` of `list`, or its only element; `otherwise` if that or the list is empty.
std::string entry(const std::vector<std::string>& list,
                  std::size_t at,
                  const std::string& otherwise) {
    if (list.empty()) return otherwise;
    const auto& value = list.size() == 1 ? list[0] : list[at];
    return value.empty() ? otherwise : value;
}

void add_targets(ConnectionPlan& plan, const Settings& settings) {
    const auto hosts = list_of(settings, "host");
    const auto addresses = list_of(settings, "hostaddr");
    const auto ports = list_of(settings, "port");
    const auto port = value_of(default_settings(), "port");
    const auto count = std::max({hosts.size(), addresses.size(), std::size_t{1}});
    for (std::size_t i = 0; i < count; ++i) {
        ConnectionTarget target{.settings = settings, .number = i + 1};
        target.settings["host"] = entry(hosts, i, "");
        target.settings["hostaddr"] = entry(addresses, i, "");
        target.settings["port"] = entry(ports, i, port);
        plan.targets.push_back(std::move(target));
    }
}

}  // namespace

std::string ConnectionTarget::where() const {
    const auto host = value_of(settings, "host");
    const auto address = value_of(settings, "hostaddr");
    if (host.empty() && address.empty()) return "the default server";
    if (!may_be_shown()) return fmt::format("server {} of the connection string", number);
    return fmt::format(
        R"(server "{}", port {})", host.empty() ? address : host, value_of(settings, "port"));
}

ConnectionPlan plan_connections(const PostgresOptions& options) {
    const auto given = parse_settings(options.connection_string);
    auto settings = read_settings(options.connection_string);
    complete(settings, given, options);
    ConnectionPlan plan;
    plan.connect_timeout = take_connect_timeout(settings, options.connect_timeout);
    plan.shows_resolved_hosts = !may_be_misread(options.connection_string);
    if (value_of(settings, "load_balance_hosts") == "random") {
        plan.shuffled = true;
        plan.begin_with_last = false;
    }
    if (value_of(settings, "target_session_attrs") != "prefer-standby") {
        add_targets(plan, settings);
        return plan;
    }
    // Like libpq, look for a standby on all hosts first, then for any server on all of them.
    plan.begin_with_last = false;
    for (const char* pass : {"standby", "any"}) {
        settings["target_session_attrs"] = pass;
        add_targets(plan, settings);
    }
    return plan;
}

}  // namespace roomstore::postgres
