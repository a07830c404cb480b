#include "driver/connection_string.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <string_view>

#include <libpq-fe.h>

#include "roomstore/error.hpp"

namespace roomstore::postgres {

namespace {

using Settings = std::map<std::string, std::string>;

[[noreturn]] void refuse(std::string_view text) {
    auto detail = "PostgresOptions::connection_string: " + std::string(text);
    while (!detail.empty() && detail.back() == '\n') detail.pop_back();
    throw Error(errc::invalid_argument, std::move(detail));
}

Settings parse(const std::string& connection_string) {
    if (connection_string.find('\0') != std::string::npos) refuse("holds a NUL");
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(connection_string.c_str(), &message), PQconninfoFree);
    const std::unique_ptr<char, decltype(&PQfreemem)> owned(message, PQfreemem);
    if (!options) refuse(message == nullptr ? "out of memory" : message);
    Settings settings;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) settings.emplace(option->keyword, option->val);
    }
    return settings;
}

// A peer that died with a request under way is found by the keepalives, one that died before by
// tcp_user_timeout; neither finds both. Together they notice within 4 s.
void complete(Settings& settings, const PostgresOptions& options) {
    settings.emplace("tcp_user_timeout", "4000");
    settings.emplace("keepalives", "1");
    settings.emplace("keepalives_idle", "2");
    settings.emplace("keepalives_interval", "1");
    settings.emplace("keepalives_count", "2");
    // libpq's GSSAPI negotiation costs a round trip and is not safe with several threads.
    settings.emplace("gssencmode", "disable");
    if (!options.application_name.empty()) {
        settings.emplace("application_name", options.application_name);
    }
    settings["client_encoding"] = "UTF8";
}

std::chrono::milliseconds take_connect_timeout(Settings& settings,
                                               std::chrono::milliseconds otherwise) {
    const auto found = settings.find("connect_timeout");
    if (found == settings.end()) return otherwise;
    const auto& text = found->second;
    int seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size()) {
        refuse("connect_timeout is \"" + text + "\", which is not a number of seconds");
    }
    settings.erase(found);
    // libpq's way to say that there is no limit; the deadline of the call remains one.
    return seconds <= 0 ? std::chrono::hours{1} : std::chrono::seconds{seconds};
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (;;) {
        const auto comma = list.find(',', begin);
        parts.push_back(list.substr(begin, comma - begin));
        if (comma == std::string::npos) return parts;
        begin = comma + 1;
    }
}

std::vector<std::string> take_list(Settings& settings, const std::string& key) {
    const auto found = settings.find(key);
    if (found == settings.end()) return {};
    auto parts = split(found->second);
    settings.erase(found);
    return parts;
}

std::string describe(const Settings& settings) {
    const auto value = [&](const char* key) {
        const auto found = settings.find(key);
        return found == settings.end() ? std::string() : found->second;
    };
    auto host = value("host").empty() ? value("hostaddr") : value("host");
    auto text = host.empty() ? std::string("the default server") : "server \"" + host + '"';
    if (!value("port").empty()) text += ", port " + value("port");
    if (!value("dbname").empty()) text += ", database \"" + value("dbname") + '"';
    return text;
}

ConnectionTarget target_of(const Settings& settings) {
    return {.parameters = {settings.begin(), settings.end()}, .where = describe(settings)};
}

}  // namespace

ConnectionPlan plan_connections(const PostgresOptions& options) {
    auto settings = parse(options.connection_string);
    complete(settings, options);
    ConnectionPlan plan;
    plan.connect_timeout = take_connect_timeout(settings, options.connect_timeout);

    const auto hosts = take_list(settings, "host");
    const auto addresses = take_list(settings, "hostaddr");
    const auto ports = take_list(settings, "port");
    const auto count = std::max({hosts.size(), addresses.size(), std::size_t{1}});
    if (!hosts.empty() && !addresses.empty() && hosts.size() != addresses.size()) {
        refuse("names " + std::to_string(hosts.size()) + " hosts, but " +
               std::to_string(addresses.size()) + " addresses");
    }
    if (ports.size() > 1 && ports.size() != count) {
        refuse("names " + std::to_string(count) + " hosts, but " + std::to_string(ports.size()) +
               " ports");
    }
    // libpq would look for a standby first on all hosts, then for anything on all of them.
    std::vector<std::string> passes{""};
    if (const auto found = settings.find("target_session_attrs");
        found != settings.end() && found->second == "prefer-standby") {
        passes = {"standby", "any"};
        plan.begin_with_last = false;
    }
    for (const auto& pass : passes) {
        if (!pass.empty()) settings["target_session_attrs"] = pass;
        for (std::size_t i = 0; i < count; ++i) {
            auto one = settings;
            if (!hosts.empty() && !hosts[i].empty()) one["host"] = hosts[i];
            if (!addresses.empty() && !addresses[i].empty()) one["hostaddr"] = addresses[i];
            if (!ports.empty()) {
                const auto& port = ports.size() == 1 ? ports[0] : ports[i];
                if (!port.empty()) one["port"] = port;
            }
            plan.targets.push_back(target_of(one));
        }
    }
    return plan;
}

}  // namespace roomstore::postgres
