#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>
#include <unordered_map>

#include <asio/ip/address.hpp>

#include "irc/text.hpp"

namespace chat {

namespace {

using Setter = std::function<void(Options&, const std::string& name, const std::string& value)>;

template <typename Number>
Number parse_number(const std::string& name, const std::string& value, Number low, Number high) {
    Number number{};
    const auto* const end = value.data() + value.size();
    const auto [stop, ec] = std::from_chars(value.data(), end, number);
    if (ec != std::errc() || stop != end || !(number >= low && number <= high)) {
        throw UsageError(name + ": '" + value + "' is not a number between " + std::to_string(low) +
                         " and " + std::to_string(high));
    }
    return number;
}

Setter set_seconds(std::chrono::milliseconds& (*field)(Options&), double low) {
    return [=](Options& options, const std::string& name, const std::string& value) {
        const std::chrono::duration<double> seconds(parse_number(name, value, low, 86'400.0));
        field(options) = std::chrono::round<std::chrono::milliseconds>(seconds);
    };
}

Setter set_size(std::size_t& (*field)(Options&)) {
    return [=](Options& options, const std::string& name, const std::string& value) {
        field(options) = parse_number<std::size_t>(name, value, 1, std::size_t{1} << 30);
    };
}

Setter set_rate(double& (*field)(Options&)) {
    return [=](Options& options, const std::string& name, const std::string& value) {
        field(options) = parse_number(name, value, 1.0, 1e6);
    };
}

Setter set_text(std::string& (*field)(Options&)) {
    return [=](Options& options, const std::string& name, const std::string& value) {
        if (value.empty()) throw UsageError(name + ": must not be empty");
        field(options) = value;
    };
}

void set_listen(Options& options, const std::string& name, const std::string& value) {
    asio::error_code ec;
    asio::ip::make_address(value, ec);
    if (ec) throw UsageError(name + ": '" + value + "' is not an IP address");
    options.listen = value;
}

void set_name(Options& options, const std::string& name, const std::string& value) {
    const bool is_word = !value.empty() && value.size() <= 63 && irc::quotable(value) == value;
    if (!is_word) throw UsageError(name + ": must be one word of at most 63 bytes");
    options.server.name = value;
}

const std::unordered_map<std::string, Setter>& setters() {
    static const std::unordered_map<std::string, Setter> table{
        {"--listen", set_listen},
        {"--port",
         [](Options& o, const std::string& name, const std::string& value) {
             o.port = parse_number<std::uint16_t>(name, value, 0, 65'535);
         }},
        {"--metrics",
         [](Options& o, const std::string& name, const std::string& value) {
             o.metrics_port = parse_number<std::uint16_t>(name, value, 0, 65'535);
         }},
        {"--store", set_text([](Options& o) -> std::string& { return o.store; })},
        {"--report", set_text([](Options& o) -> std::string& { return o.report; })},
        {"--name", set_name},
        {"--max-clients",
         set_size([](Options& o) -> std::size_t& { return o.server.max_clients; })},
        {"--max-clients-per-address",
         set_size([](Options& o) -> std::size_t& { return o.server.max_clients_per_address; })},
        {"--max-turned-away",
         set_size([](Options& o) -> std::size_t& { return o.server.max_turned_away; })},
        {"--max-channels",
         set_size([](Options& o) -> std::size_t& { return o.server.max_channels; })},
        {"--max-output",
         set_size([](Options& o) -> std::size_t& { return o.server.connection.max_output_bytes; })},
        {"--burst", set_rate([](Options& o) -> double& { return o.server.connection.burst; })},
        {"--rate",
         set_rate([](Options& o) -> double& { return o.server.connection.lines_per_second; })},
        {"--registration-timeout",
         set_seconds(
             [](Options& o) -> std::chrono::milliseconds& {
                 return o.server.connection.registration_timeout;
             },
             0.01)},
        {"--ping-interval",
         set_seconds(
             [](Options& o) -> std::chrono::milliseconds& {
                 return o.server.connection.ping_interval;
             },
             0.01)},
        {"--ping-timeout",
         set_seconds([](Options& o)
                         -> std::chrono::milliseconds& { return o.server.connection.ping_timeout; },
                     0.01)},
        {"--mark-interval",
         set_seconds(
             [](Options& o) -> std::chrono::milliseconds& { return o.server.mark_interval; },
             0.01)},
        {"--poll-interval",
         set_seconds(
             [](Options& o) -> std::chrono::milliseconds& { return o.server.poll_interval; }, 0)},
        {"--shutdown-timeout",
         set_seconds(
             [](Options& o) -> std::chrono::milliseconds& { return o.server.shutdown_timeout; },
             0)},
    };
    return table;
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments) {
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& name = arguments[i];
        if (name == "--help") {
            options.help = true;
            continue;
        }
        const auto setter = setters().find(name);
        if (setter == setters().end()) throw UsageError(name + ": unknown argument");
        if (++i == arguments.size()) throw UsageError(name + ": needs a value");
        setter->second(options, name, arguments[i]);
    }
    auto& connection = options.server.connection;
    connection.busy_output_bytes =
        std::min(connection.busy_output_bytes, connection.max_output_bytes / 4);
    return options;
}

std::string_view usage() {
    return R"(chat_server: a multi-room chat server that speaks IRC

  --listen ADDRESS              where to listen (127.0.0.1)
  --port PORT                   0 takes a free one (6667)
  --store memory|URL            where conversations are kept (memory); everybody on this machine can
                                read arguments, so put a password into PGPASSWORD or ~/.pgpass
  --report FILE                 write the store's view there on SIGUSR1 and at the end; only the
                                owner of the file can read it
  --metrics PORT                serve counters to Prometheus on this port of 127.0.0.1; 0 takes a
                                free one (not served)
  --name NAME                   the server's name (chat.localhost)
  --max-clients N               connections at a time (500); where this bound or the next is reached,
                                an unregistered connection is dropped for a new one
  --max-clients-per-address N   connections at a time from one address, or one IPv6 /64 network (50)
  --max-turned-away N           connections that were told why they have to go and have not ended yet;
                                the oldest of them is cut off for another (200)
  --max-channels N              channels for each client (50)
  --max-output BYTES            what may wait to be sent to one client (1 MiB)
  --burst LINES                 lines a client may send at once (40) ...
  --rate LINES                  ... and how many each second after that (10)
  --registration-timeout SECONDS  (30)
  --ping-interval SECONDS       silence before a client is asked for a sign of life (90)
  --ping-timeout SECONDS        how long it has to answer (60)
  --mark-interval SECONDS       how often read positions are stored (10)
  --poll-interval SECONDS       how often to look for messages of other servers on the same
                                store; 0: only when something happens here (0)
  --shutdown-timeout SECONDS    how long the end waits for the clients to go (10)

SIGINT and SIGTERM end it cleanly.
)";
}

}  // namespace chat
