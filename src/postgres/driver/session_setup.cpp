#include "driver/session_setup.hpp"

namespace roomstore::postgres {

namespace {

// A client that stops between two statements of a transaction keeps its locks for this long.
constexpr std::chrono::seconds idle_in_transaction{10};

std::string set(std::string_view scope, std::string_view name, std::string_view value) {
    std::string text(scope);
    text += name;
    text += " = '";
    text += value;
    text += "';";
    return text;
}

std::string milliseconds(std::chrono::milliseconds time) { return std::to_string(time.count()); }

std::string limits_commands(std::string_view scope, const SessionLimits& limits) {
    return set(scope, "statement_timeout", milliseconds(limits.statement_timeout)) +
           set(scope, "lock_timeout", milliseconds(limits.lock_timeout)) +
           set(scope, "idle_in_transaction_session_timeout", milliseconds(idle_in_transaction));
}

}  // namespace

std::string session_setup(const SessionLimits& limits, int server_version) {
    constexpr std::string_view scope = "SET ";
    auto text = "BEGIN;" + limits_commands(scope, limits) +
                set(scope, "default_transaction_isolation", "read committed") +
                set(scope, "TimeZone", "UTC") + set(scope, "DateStyle", "ISO, MDY") +
                set(scope, "extra_float_digits", "1") +
                set(scope, "client_min_messages", "warning") + "COMMIT;";
    // Ends the statements of a client that is gone, and so frees its locks. Some platforms refuse.
    if (server_version >= 140000) {
        text += set(scope, "client_connection_check_interval", "1000");
    }
    return text;
}

std::string begin_command(const SessionLimits& limits, bool local_limits) {
    // Access mode is left to the server: default_transaction_read_only is how operators fence a
    // primary, and must not be overruled.
    std::string text = "BEGIN ISOLATION LEVEL READ COMMITTED;";
    if (local_limits) text += limits_commands("SET LOCAL ", limits);
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
