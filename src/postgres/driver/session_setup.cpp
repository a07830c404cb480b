#include "driver/session_setup.hpp"

#include <iterator>

#include <fmt/format.h>

namespace roomstore::postgres {

namespace {

// How long a client that stops between two statements of a transaction keeps its locks.
constexpr std::chrono::seconds idle_in_transaction{10};

constexpr bool needed = true;

std::string literal(std::chrono::milliseconds time) { return fmt::to_string(time.count()); }

}  // namespace

std::string quote_identifier(std::string_view name) {
    std::string quoted = "\"";
    for (const char c : name) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted += '"';
}

std::string search_path(std::string_view quoted_schema) {
    return fmt::format("pg_catalog, {}, pg_temp", quoted_schema);
}

std::vector<Setting> transaction_settings(const SessionLimits& limits,
                                          const std::string& search_path) {
    return {{"search_path", search_path, needed},
            {"statement_timeout", literal(limits.statement_timeout)},
            {"lock_timeout", literal(limits.lock_timeout)},
            {"idle_in_transaction_session_timeout", literal(idle_in_transaction)},
            // Ends the statements of a client that is gone, and so releases its locks. Some
            // platforms refuse it.
            {"client_connection_check_interval", "1000", !needed, 140000}};
}

std::vector<Setting> session_settings(const SessionLimits& limits, const std::string& search_path) {
    auto settings = transaction_settings(limits, search_path);
    settings.insert(settings.end(),
                    {{"default_transaction_isolation", "'read committed'", needed},
                     {"TimeZone", "'UTC'", needed},
                     {"DateStyle", "'ISO, MDY'", needed},
                     {"extra_float_digits", "1"},
                     // By default the server replans a statement with arrays each time, which takes
                     // longer than running it. The plan checks of the tests run with this setting.
                     {"plan_cache_mode", "'force_generic_plan'"},
                     // The estimated cost of such a plan, for an average room, is high enough to
                     // trigger JIT; compiling it on every run takes longer than running it.
                     {"jit", "off"},
                     // Every statement finds its rows by an index. In a small table the planner
                     // prefers to read all rows, which is slower already with 64 rooms, and a
                     // prepared statement keeps that plan while the table grows.
                     {"enable_seqscan", "off"},
                     {"client_min_messages", "'warning'"}});
    return settings;
}

std::string set_commands(std::string_view scope, const std::vector<Setting>& settings) {
    std::string text;
    for (const auto& setting : settings) {
        fmt::format_to(std::back_inserter(text), "{} {} = {};", scope, setting.name, setting.value);
    }
    return text;
}

std::string plan_for_values() {
    return "SELECT pg_catalog.set_config('plan_cache_mode', 'force_custom_plan', "
           "true)";
}

std::string set_search_path() { return "SELECT pg_catalog.set_config('search_path', $1, true)"; }

std::string begin_command() {
    // The access mode is left to the server: operators fence a primary with
    // default_transaction_read_only, which must not be overridden.
    return "BEGIN ISOLATION LEVEL READ COMMITTED;";
}

std::string expand_schema(std::string_view text, std::string_view quoted_schema) {
    constexpr std::string_view placeholder = "{schema}";
    std::string expanded;
    expanded.reserve(text.size() + 4 * quoted_schema.size());
    for (;;) {
        const auto at = text.find(placeholder);
        expanded += text.substr(0, at);
        if (at == std::string_view::npos) return expanded;
        expanded += quoted_schema;
        text.remove_prefix(at + placeholder.size());
    }
}

}  // namespace roomstore::postgres
