#include "driver/session_setup.hpp"

namespace roomstore::postgres {

namespace {

// A client that stops between two statements of a transaction keeps its locks for this long.
constexpr std::chrono::seconds idle_in_transaction{10};

// Ends the statements of a client that is gone, and so frees its locks.
constexpr std::string_view check_interval = "client_connection_check_interval";
constexpr int first_with_check_interval = 140000;

std::string set(std::string_view scope, std::string_view name, std::string_view value) {
    std::string text(scope);
    text += name;
    text += " = '";
    text += value;
    text += "';";
    return text;
}

std::string set_path(std::string_view scope, const std::string& path) {
    return std::string(scope) + "search_path = " + path + ';';
}

std::string milliseconds(std::chrono::milliseconds time) { return std::to_string(time.count()); }

std::string limits_commands(std::string_view scope, const SessionLimits& limits) {
    return set(scope, "statement_timeout", milliseconds(limits.statement_timeout)) +
           set(scope, "lock_timeout", milliseconds(limits.lock_timeout)) +
           set(scope, "idle_in_transaction_session_timeout", milliseconds(idle_in_transaction));
}

}  // namespace

std::string search_path(std::string_view quoted_schema) {
    return "pg_catalog, " + std::string(quoted_schema) + ", pg_temp";
}

std::string session_setup(const SessionLimits& limits,
                          const std::string& search_path,
                          int server_version) {
    constexpr std::string_view scope = "SET ";
    auto text = "BEGIN;" + set_path(scope, search_path) + limits_commands(scope, limits) +
                set(scope, "default_transaction_isolation", "read committed") +
                set(scope, "TimeZone", "UTC") + set(scope, "DateStyle", "ISO, MDY") +
                set(scope, "extra_float_digits", "1") +
                // Left to itself the server plans a statement on arrays anew each time, which takes
                // longer than running it. The plan checks of the tests run with this setting.
                set(scope, "plan_cache_mode", "force_generic_plan") +
                // Such a plan is dear by the average room; compiling it, on every run, takes
                // longer than running it does.
                set(scope, "jit", "off") + set(scope, "client_min_messages", "warning") + "COMMIT;";
    // The last one: some platforms refuse it.
    if (server_version >= first_with_check_interval) {
        text += set(scope, check_interval, "1000");
    }
    return text;
}

std::string plan_for_values() {
    return "SELECT pg_catalog.set_config('plan_cache_mode', 'force_custom_plan', true)";
}

std::string set_search_path() { return "SELECT pg_catalog.set_config('search_path', $1, true)"; }

std::string check_interval_probe(int server_version) {
    if (server_version < first_with_check_interval) return {};
    return "SELECT pg_catalog.set_config('" + std::string(check_interval) + "', '1000', true)";
}

std::string begin_command() {
    // Access mode is left to the server: default_transaction_read_only is how operators fence a
    // primary, and must not be overruled.
    return "BEGIN ISOLATION LEVEL READ COMMITTED;";
}

std::string begin_command_with(const SessionLimits& limits,
                               const std::string& search_path,
                               bool with_check_interval) {
    constexpr std::string_view scope = "SET LOCAL ";
    auto text = begin_command() + set_path(scope, search_path) + limits_commands(scope, limits);
    if (with_check_interval) text += set(scope, check_interval, "1000");
    return text;
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
