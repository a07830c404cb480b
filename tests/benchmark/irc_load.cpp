#include "benchmark/irc_load.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include "benchmark/events.hpp"

namespace roomstore::benchmark {

namespace {

using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

struct Window {
    Clock::time_point begin;
    Clock::time_point end;

    bool holds(Clock::time_point moment) const { return moment >= begin && moment < end; }
};

struct Seen {
    std::vector<double> microseconds{};
    std::uint64_t deliveries = 0;
};

class Client {
public:
    Client(asio::io_context& context, int number, int channel)
        : socket_(context),
          nick_("client" + std::to_string(number)),
          channel_("#room" + std::to_string(channel)),
          own_message_(":" + nick_ + "!") {}

    /// Connects, registers and joins the channel.
    asio::awaitable<void> join(std::uint16_t port) {
        const tcp::endpoint server(asio::ip::address_v4::loopback(), port);
        co_await socket_.async_connect(server, asio::use_awaitable);
        socket_.set_option(tcp::no_delay(true));
        const std::string hello = "CAP REQ :echo-message\r\nNICK " + nick_ + "\r\nUSER " + nick_ +
                                  " 0 * :" + nick_ + "\r\nCAP END\r\nJOIN " + channel_ + "\r\n";
        co_await send(hello);
        const std::string end_of_names = " 366 " + nick_ + " ";
        while (co_await read_line(), line_.find(end_of_names) == line_.npos) {
        }
    }

    asio::awaitable<void> talk(Window window, Seen& seen) {
        const std::string message = "PRIVMSG " + channel_ + " :" + std::string(event_body) + "\r\n";
        auto sent = Clock::now();
        do {
            co_await send(message);
            bool echoed = false;
            while (!echoed) {
                co_await read_line();
                if (line_.find(" PRIVMSG ") == line_.npos) {
                    if (line_.find(" PART ") == line_.npos && line_.find(" JOIN ") == line_.npos) {
                        throw std::runtime_error("the chat server says: " + line_);
                    }
                    continue;
                }
                if (window.holds(Clock::now())) ++seen.deliveries;
                echoed = line_.starts_with(own_message_);
            }
            const auto now = Clock::now();
            // If all messages outlast the window, the first one is counted nevertheless.
            if (window.holds(now) || (now >= window.end && seen.microseconds.empty())) {
                seen.microseconds.push_back(
                    std::chrono::duration<double, std::micro>(now - sent).count());
            }
            sent = now;
        } while (sent < window.end);
    }

private:
    asio::awaitable<void> send(const std::string& text) {
        co_await asio::async_write(socket_, asio::buffer(text), asio::use_awaitable);
    }

    asio::awaitable<void> read_line() {
        auto buffer = asio::dynamic_buffer(received_);
        const std::size_t bytes =
            co_await asio::async_read_until(socket_, buffer, '\n', asio::use_awaitable);
        line_.assign(received_, 0, bytes);
        received_.erase(0, bytes);
    }

    tcp::socket socket_;
    std::string nick_;
    std::string channel_;
    std::string own_message_;
    std::string received_;
    std::string line_;
};

/// Runs one coroutine for each client, until all have ended or one has failed.
template <typename Task>
void for_each(asio::io_context& context,
              std::vector<std::unique_ptr<Client>>& clients,
              const Task& task) {
    std::exception_ptr first_failure;
    for (auto& client : clients) {
        asio::co_spawn(context, task(*client), [&](std::exception_ptr failure) {
            if (failure && !first_failure) {
                first_failure = std::move(failure);
                context.stop();
            }
        });
    }
    context.restart();
    context.run();
    if (first_failure) std::rethrow_exception(first_failure);
}

}  // namespace

IrcResult talk(const IrcLoad& load) {
    asio::io_context context(1);
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < load.clients; ++i) {
        clients.push_back(std::make_unique<Client>(context, i, i % load.channels));
    }
    for_each(context, clients, [&](Client& client) { return client.join(load.port); });

    Seen seen;
    const auto length =
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(load.seconds));
    const auto begin = Clock::now() + length / 5;
    const Window window{begin, begin + length};
    for_each(context, clients, [&](Client& client) { return client.talk(window, seen); });

    std::sort(seen.microseconds.begin(), seen.microseconds.end());
    const auto messages = static_cast<double>(seen.microseconds.size());
    const auto total = std::accumulate(seen.microseconds.begin(), seen.microseconds.end(), 0.0);
    return {.messages_per_second = messages / load.seconds,
            .deliveries_per_second = static_cast<double>(seen.deliveries) / load.seconds,
            .mean_microseconds = total / messages,
            .p99_microseconds = seen.microseconds[static_cast<std::size_t>(0.99 * (messages - 1))]};
}

}  // namespace roomstore::benchmark
