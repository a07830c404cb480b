#include <chrono>
#include <cstdio>
#include <filesystem>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>

#include "benchmark/guarded_process.hpp"
#include "benchmark/irc_load.hpp"
#include "benchmark/rows.hpp"
#include "benchmark/turns.hpp"

namespace roomstore::benchmark {

namespace {

using Clock = std::chrono::steady_clock;

/// The chat server of the examples, on a free port.
class ChatServer {
public:
    ChatServer(const std::filesystem::path& program, const std::string& store)
        // All clients connect from one address, and the rate limit must not slow them down.
        : process_({program.string(),
                    "--port",
                    "0",
                    "--store",
                    store,
                    "--max-clients-per-address",
                    "500",
                    "--rate",
                    "1000000",
                    "--burst",
                    "1000000"}),
          port_(find_port()) {}

    std::uint16_t port() const noexcept { return port_; }

private:
    std::uint16_t find_port() {
        const std::regex listening("listening on \\S+ port (\\d+)");
        const auto deadline = Clock::now() + std::chrono::seconds{60};
        for (;;) {
            const auto said = process_.printed();
            std::smatch found;
            if (std::regex_search(said, found, listening)) {
                return static_cast<std::uint16_t>(std::stoi(found[1]));
            }
            process_.require_running();
            if (Clock::now() > deadline)
                throw std::runtime_error("the chat server does not listen");
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
    }

    GuardedProcess process_;
    std::uint16_t port_;
};

void note(Row& row, const std::string& store, const IrcResult& result) {
    row.note(store + ", messages", "/s", result.messages_per_second);
    row.note(store + ", deliveries", "/s", result.deliveries_per_second);
    row.note(store + ", sent to seen, mean", "us", result.mean_microseconds);
    row.note(store + ", sent to seen, p99", "us", result.p99_microseconds);
}

}  // namespace

void measure_chat(Bench& bench) {
    const Settings& settings = bench.settings;
    if (!settings.wants("E1")) return;
    if (settings.chat_server.empty()) {
        std::fprintf(stderr, "E1 is skipped: no --chat-server\n");
        return;
    }
    IrcLoad load{.clients = static_cast<int>(settings.count(200, 20)),
                 .channels = static_cast<int>(settings.count(20, 4)),
                 .seconds = settings.seconds};
    Row row("E1",
            "chat server, end to end",
            std::to_string(load.clients) + " IRC clients in " + std::to_string(load.channels) +
                " channels, each sends a message when it has received its last one");
    for (int sample = 0; sample < settings.samples; ++sample) {
        const auto chat = [&](const std::string& name, const std::string& store) {
            const ChatServer server(settings.chat_server, store);
            load.port = server.port();
            note(row, name, talk(load));
        };
        const auto chat_with_database = [&] {
            bench.database().drop_schema("roomstore");
            chat("Postgres", bench.database().connection_string());
        };
        take_turns(sample, {[&] { chat("memory", "memory"); }, chat_with_database});
    }
    row.compare({.ours = "Postgres, messages", .yardstick = "memory, messages"});
    bench.output.write(row);
}

}  // namespace roomstore::benchmark
