#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>

#include <asio/ip/address.hpp>

#include "irc/text.hpp"

namespace chat {

namespace {

/// Like CLI::Range, but refuses NaN, which is neither below nor above any bound.
template <typename Number>
CLI::Validator between(Number low, Number high) {
    const auto check = [=](const std::string& text) -> std::string {
        Number number{};
        const auto* const end = text.data() + text.size();
        const auto [stop, ec] = std::from_chars(text.data(), end, number);
        if (ec == std::errc() && stop == end && number >= low && number <= high) return {};
        return "'" + text + "' is not a number between " + std::to_string(low) + " and " +
               std::to_string(high);
    };
    return {check, ""};
}

CLI::Validator ip_address() {
    const auto check = [](const std::string& text) -> std::string {
        asio::error_code ec;
        asio::ip::make_address(text, ec);
        return ec ? "'" + text + "' is not an IP address" : "";
    };
    return {check, ""};
}

CLI::Validator one_word() {
    const auto check = [](const std::string& text) -> std::string {
        const bool is_word = !text.empty() && text.size() <= 63 && irc::quotable(text) == text;
        return is_word ? "" : "must be one word of at most 63 bytes";
    };
    return {check, ""};
}

CLI::Validator not_empty() {
    const auto check = [](const std::string& text) -> std::string {
        return text.empty() ? "must not be empty" : "";
    };
    return {check, ""};
}

/// Adds options of the types that occur here to one group of the help.
class OptionGroup {
public:
    OptionGroup(CLI::App& app, const std::string& title) : app_(app) {
        app_.option_defaults()->group(title);
    }

    CLI::Option* text(const std::string& name, std::string& field, const std::string& help) {
        return app_.add_option(name, field, help);
    }

    template <typename Field>
    void port(const std::string& name, Field& field, const std::string& help) {
        app_.add_option(name, field, help)
            ->type_name("PORT")
            ->check(between<std::uint16_t>(0, 65'535));
    }

    void size(const std::string& name,
              std::size_t& field,
              const std::string& unit,
              const std::string& help) {
        app_.add_option(name, field, help)
            ->type_name(unit)
            ->check(between<std::size_t>(1, std::size_t{1} << 30));
    }

    void rate(const std::string& name, double& field, const std::string& help) {
        app_.add_option(name, field, help)->type_name("LINES")->check(between(1.0, 1e6));
    }

    void seconds(const std::string& name,
                 std::chrono::milliseconds& field,
                 double low,
                 const std::string& help) {
        const auto set = [&field](const double& seconds) {
            field = std::chrono::round<std::chrono::milliseconds>(
                std::chrono::duration<double>(seconds));
        };
        const auto whole = std::chrono::duration_cast<std::chrono::seconds>(field);
        app_.add_option_function<double>(name, set, help)
            ->type_name("SECONDS")
            ->default_str(std::to_string(whole.count()))
            ->check(between(low, 86'400.0));
    }

private:
    CLI::App& app_;
};

void add_network_options(CLI::App& app, Options& options) {
    OptionGroup group(app, "Network");
    group.text("--listen", options.listen, "the IP address to listen on")
        ->type_name("ADDRESS")
        ->check(ip_address());
    group.port("--port", options.port, "the port to listen on; 0 takes a free one");
    group.text("--name", options.server.name, "the name of the server")
        ->type_name("NAME")
        ->check(one_word());
    group.port("--metrics",
               options.metrics_port,
               "serve counters to Prometheus on this port of 127.0.0.1;\n"
               "0 takes a free one; without it, nothing is served");
}

void add_store_options(CLI::App& app, Options& options) {
    OptionGroup group(app, "Store");
    group
        .text("--store",
              options.store,
              "where conversations are kept: 'memory' or the address of a\n"
              "database; every user of this machine can read arguments,\n"
              "so put a password into PGPASSWORD or ~/.pgpass")
        ->type_name("memory|URL")
        ->check(not_empty());
    group
        .text("--report",
              options.report,
              "write all that the store holds to this file on SIGUSR1 and\n"
              "at the end; only the owner of the file can read it")
        ->type_name("FILE")
        ->check(not_empty());
    group.seconds("--mark-interval",
                  options.server.mark_interval,
                  0.01,
                  "how often read positions are stored");
    group.seconds("--poll-interval",
                  options.server.poll_interval,
                  0,
                  "how often to look for messages of other servers on the\n"
                  "same store; 0: only when something happens here");
}

void add_limits(CLI::App& app, Options& options) {
    OptionGroup group(app, "Limits");
    auto& server = options.server;
    auto& connection = server.connection;
    group.size("--max-clients",
               server.max_clients,
               "N",
               "connections at a time; where this bound or the next is\n"
               "reached, an unregistered connection is dropped for a new one");
    group.size("--max-clients-per-address",
               server.max_clients_per_address,
               "N",
               "connections at a time from one IPv4 address or IPv6 /64\n"
               "network");
    group.size("--max-turned-away",
               server.max_turned_away,
               "N",
               "connections that were told why they are closed and have not\n"
               "ended yet; the oldest of them is cut off for another");
    group.size("--max-channels", server.max_channels, "N", "channels for each client");
    group.size("--max-output",
               connection.max_output_bytes,
               "BYTES",
               "how much may wait to be sent to one client");
    group.rate("--burst", connection.burst, "lines that a client may send at once ...");
    group.rate("--rate", connection.lines_per_second, "... and how many each second after that");
}

void add_timeouts(CLI::App& app, Options& options) {
    OptionGroup group(app, "Timeouts");
    auto& connection = options.server.connection;
    group.seconds("--registration-timeout",
                  connection.registration_timeout,
                  0.01,
                  "how long a client may take to register");
    group.seconds("--ping-interval",
                  connection.ping_interval,
                  0.01,
                  "silence after which a client is sent a PING");
    group.seconds(
        "--ping-timeout", connection.ping_timeout, 0.01, "how long it has to answer the PING");
    group.seconds("--shutdown-timeout",
                  options.server.shutdown_timeout,
                  0,
                  "how long the server waits for its clients when it ends");
}

/// Names an argument that no option takes. What follows a `=` or stands alone is not repeated: it
/// may be the address of a database with a password in it.
std::string describe_unexpected(const std::string& argument) {
    if (!argument.starts_with('-')) return "an argument belongs to no option";
    return argument.substr(0, argument.find('=')) + ": unknown option";
}

}  // namespace

Options parse_options(int argc, const char* const* argv) {
    Options options;
    CLI::App app("A chat server with many rooms that speaks IRC.", "chat_server");
    app.set_help_flag("--help", "print this and exit");
    app.footer("SIGINT and SIGTERM end the server cleanly.");
    app.get_formatter()->column_width(37);
    app.option_defaults()->always_capture_default()->multi_option_policy(
        CLI::MultiOptionPolicy::TakeLast);
    add_network_options(app, options);
    add_store_options(app, options);
    add_limits(app, options);
    add_timeouts(app, options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        options.help = app.help();
    } catch (const CLI::ExtrasError&) {
        throw UsageError(describe_unexpected(app.remaining().front()));
    } catch (const CLI::ParseError& error) {
        throw UsageError(error.what());
    }
    auto& connection = options.server.connection;
    connection.busy_output_bytes =
        std::min(connection.busy_output_bytes, connection.max_output_bytes / 4);
    return options;
}

}  // namespace chat
