#include "options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>

#include <asio/ip/address.hpp>

#include "irc.hpp"

namespace chat {

namespace {

using std::chrono::milliseconds;

// Each check returns an error message, or an empty string.

/// Like CLI::Range, but refuses NaN, which is neither below nor above any bound.
template <typename Number>
auto between(Number low, Number high) {
    return [=](const std::string& text) -> std::string {
        Number number{};
        const auto* const end = text.data() + text.size();
        const auto [stop, ec] = std::from_chars(text.data(), end, number);
        if (ec == std::errc() && stop == end && number >= low && number <= high) return {};
        return "'" + text + "' is not a number between " + std::to_string(low) + " and " +
               std::to_string(high);
    };
}

std::string check_address(const std::string& text) {
    asio::error_code ec;
    asio::ip::make_address(text, ec);
    return ec ? "'" + text + "' is not an IP address" : "";
}

std::string check_word(const std::string& text) {
    const bool short_word = text.size() <= 63 && irc::is_word(text);
    return short_word ? "" : "must be one word of at most 63 bytes";
}

std::string check_not_empty(const std::string& text) {
    return text.empty() ? "must not be empty" : "";
}

/// Adds options to a group of the help.
struct Group {
    Group(CLI::App& its_app, const char* name) : app(its_app) {
        app.option_defaults()->group(name);
    }

    void add(const char* name, auto& field, const char* type, auto check, const char* help) {
        app.add_option(name, field, help)->type_name(type)->check(check);
    }

    void port(const char* name, auto& field, const char* help) {
        add(name, field, "PORT", between<std::uint16_t>(0, 65'535), help);
    }

    void size(const char* name, std::size_t& field, const char* help) {
        add(name, field, "N", between<std::size_t>(1, std::size_t{1} << 30), help);
    }

    void rate(const char* name, double& field, const char* help) {
        add(name, field, "LINES", between(1.0, 1e6), help);
    }

    void time(const char* name,
              milliseconds& field,
              const char* help,
              double low = 0.01,
              double high = 86'400) {
        const auto set = [&field](const double& seconds) {
            field = std::chrono::round<milliseconds>(std::chrono::duration<double>(seconds));
        };
        app.add_option_function<double>(name, set, help)
            ->type_name("SECONDS")
            ->default_str(std::to_string(field / std::chrono::seconds(1)))
            ->check(between(low, high));
    }

    CLI::App& app;
};

void add_options(CLI::App& app, Options& options) {
    ConnectionLimits& client = options.connection;

    Group network(app, "Network");
    network.add("--listen", options.listen, "ADDRESS", check_address, "IP address to listen on");
    network.port("--port", options.port, "port to listen on; 0 takes a free one");
    network.add("--name", options.name, "NAME", check_word, "name of the server");
    network.port("--metrics",
                 options.metrics_port,
                 "port of 127.0.0.1 that serves counters to Prometheus;\n0 takes a free one");

    Group store(app, "Store");
    store.add("--store",
              options.store,
              "memory|URL",
              check_not_empty,
              "where conversations are kept: 'memory' or the address of\n"
              "a database; every user of this machine can read arguments,\n"
              "so put a password into PGPASSWORD or ~/.pgpass");
    store.add("--report",
              options.report,
              "FILE",
              check_not_empty,
              "on SIGUSR1 and at the end, write all that the store holds\n"
              "to this file, which only its owner can read");
    store.time("--mark-interval", options.mark_interval, "how often read positions are stored");
    store.time("--watch-poll-interval",
               options.watch_poll_interval,
               "how often to look for messages of other servers on the\n"
               "same database; normally it tells of them at once",
               0.1,
               3'600);

    Group limits(app, "Limits");
    limits.size("--max-clients", options.max_clients, "connections at a time");
    limits.size("--max-clients-per-address",
                options.max_clients_per_address,
                "connections at a time from one IPv4 address or IPv6 /64\n"
                "network; where this or --max-clients is reached, an\n"
                "unregistered connection is dropped for a new one");
    limits.size("--max-turned-away",
                options.max_turned_away,
                "connections that were told why they are closed and have not\n"
                "ended yet; the oldest of them is cut off for another");
    limits.size("--max-channels", options.max_channels, "channels for each client");
    limits.size(
        "--max-output", client.max_output_bytes, "bytes that may wait to be sent to a client");
    limits.rate("--burst", client.burst, "lines that a client may send at once ...");
    limits.rate("--rate", client.lines_per_second, "... and how many each second after that");

    Group timeouts(app, "Timeouts");
    timeouts.time("--registration-timeout",
                  client.registration_timeout,
                  "how long a client may take to register");
    timeouts.time(
        "--ping-interval", client.ping_interval, "silence after which a client is sent a PING");
    timeouts.time("--ping-timeout", client.ping_timeout, "how long it has to answer the PING");
    timeouts.time("--shutdown-timeout",
                  options.shutdown_timeout,
                  "how long the server waits for its clients when it ends",
                  0);
}

/// Describes an argument that no option takes. A value after `=` and a positional argument are not
/// repeated: they may be the address of a database with a password in it.
std::string describe_unexpected(const std::string& argument) {
    if (!argument.starts_with('-')) return "an argument belongs to no option";
    return argument.substr(0, argument.find('=')) + ": unknown option";
}

}  // namespace

Options parse_options(int argc, const char* const* argv) {
    Options options;
    CLI::App app("A chat server with many rooms that speaks IRC.", "chat_server");
    app.set_help_flag("--help", "print this and exit");
    app.footer(
        "If another program changes or deletes a message in the store, the members of\n"
        "the channel are sent a NOTICE that says so.\n"
        "SIGINT and SIGTERM end the server cleanly.");
    app.get_formatter()->column_width(37);
    app.option_defaults()->always_capture_default()->multi_option_policy(
        CLI::MultiOptionPolicy::TakeLast);
    add_options(app, options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        options.help = app.help();
    } catch (const CLI::ExtrasError&) {
        throw UsageError(describe_unexpected(app.remaining().front()));
    } catch (const CLI::ParseError& error) {
        throw UsageError(error.what());
    }
    return options;
}

}  // namespace chat
