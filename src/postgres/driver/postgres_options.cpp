#include "roomstore/postgres/postgres_options.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "driver/connection_string.hpp"
#include "roomstore/detail/text.hpp"
#include "roomstore/error.hpp"

namespace roomstore {

namespace {

using namespace std::chrono_literals;

[[noreturn]] void throw_invalid_option(std::string_view field, std::string_view text) {
    throw Error(errc::invalid_argument, fmt::format("PostgresOptions::{}: {}", field, text));
}

void check_number(std::string_view field, long long value, long long low, long long high) {
    if (value >= low && value <= high) return;
    throw_invalid_option(field, fmt::format("{} is not in {}..{}", value, low, high));
}

void check_time(std::string_view field,
                std::chrono::milliseconds value,
                std::chrono::milliseconds low) {
    constexpr std::chrono::milliseconds high = 1h;
    if (value >= low && value <= high) return;
    throw_invalid_option(
        field, fmt::format("{} ms is not in {}..{} ms", value.count(), low.count(), high.count()));
}

// Does not check for valid UTF-8: the server rejects any other invalid name with its own message.
void check_name(std::string_view field, const std::string& value, std::size_t low) {
    constexpr std::size_t high = 63;  // NAMEDATALEN - 1: the server truncates silently
    if (value.size() < low || value.size() > high) {
        throw_invalid_option(field,
                             fmt::format("{} bytes long, not {}..{}", value.size(), low, high));
    }
    if (const auto nul = value.find('\0'); nul != std::string::npos) {
        throw_invalid_option(field, fmt::format("NUL at byte {}", nul));
    }
}

void check_notify_connection(PostgresOptions options) {
    options.connection_string = std::move(options.notify_connection_string);
    try {
        static_cast<void>(postgres::plan_connections(options));
    } catch (const Error& error) {
        constexpr std::string_view prefix = "PostgresOptions::connection_string: ";
        std::string_view text = error.detail();
        if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
        throw_invalid_option("notify_connection_string", text);
    }
}

}  // namespace

void validate(const PostgresOptions& options) {
    check_name("schema", options.schema, 1);
    if (options.schema.starts_with("pg_")) {
        throw_invalid_option("schema",
                             fmt::format("{} is reserved: PostgreSQL keeps pg_ for itself",
                                         detail::quoted(options.schema)));
    }
    const auto count = [](std::size_t value) { return static_cast<long long>(value); };
    check_number("connections", count(options.connections), 1, 1000);
    check_number("queue_capacity", count(options.queue_capacity), 1, 1'000'000);
    check_number("queue_bytes", count(options.queue_bytes), 1, 64LL << 30);
    check_number("append_batch", count(options.append_batch), 1, 4096);
    check_number("partitions", options.partitions, 0, 1024);
    check_time("deadline", options.deadline, 100ms);
    check_time("connect_timeout", options.connect_timeout, 100ms);
    check_time("lock_timeout", options.lock_timeout, 1ms);
    check_name("application_name", options.application_name, 0);
    check_number("limits.max_event_bytes",
                 count(options.limits.max_event_bytes),
                 1,
                 count(Limits::highest_max_event_bytes));
    check_number(
        "limits.max_page_rows", options.limits.max_page_rows, 1, Limits::highest_max_page_rows);
    check_number("limits.max_batch_events",
                 count(options.limits.max_batch_events),
                 1,
                 count(Limits::highest_max_batch_events));
    check_number("limits.max_batch_bytes",
                 count(options.limits.max_batch_bytes),
                 1,
                 count(Limits::highest_max_batch_bytes));
    check_number(
        "limits.change_history", options.limits.change_history, 0, Limits::highest_change_history);
    check_time("watch_poll_interval", options.watch_poll_interval, 100ms);
    // Parses the connection strings and throws if one is invalid.
    static_cast<void>(postgres::plan_connections(options));
    if (!options.notify_connection_string.empty()) check_notify_connection(options);
}

}  // namespace roomstore
