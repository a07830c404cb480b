#pragma once

#include <deque>
#include <string_view>

#include "async.hpp"
#include "options.hpp"

namespace chat {

/// The part of an address by which connections are counted: the whole of an IPv4 address, the first
/// 64 bits of an IPv6 address, since one subscriber usually has all addresses of such a network.
asio::ip::address network_of(const asio::ip::address& address);

/// The TCP connection of one client, which receives and sends lines.
///
/// Every buffer is bounded, and every wait ends. A client that exceeds a limit is sent an ERROR
/// line with the reason and disconnected. Only the thread that runs the executor may use a
/// connection.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(asio::ip::tcp::socket socket, const ConnectionLimits& limits);

    /// Starts to read and write. The object then lives until the connection has ended.
    void start();

    /// The next line, without its line end, as fast as the rate limit allows. Empty if the
    /// connection is closing, or if the client has disconnected and all its lines were returned.
    awaitable<std::optional<std::string>> next_line();

    /// Queues a line. The caller has added the line end.
    void send(std::string_view line);

    /// Waits until the output queue is short enough to continue a long answer, or the connection is
    /// closing.
    awaitable<void> writable();

    /// Waits until everything that is queued now has been written or can no longer be written.
    awaitable<void> flushed();

    /// Sends what is queued and an ERROR line with the reason, then ends the connection. Only the
    /// first call has an effect.
    void close(std::string reason);

    /// Ends a connection that is closing, without waiting for the client any longer.
    void stop_lingering();

    /// Ends the registration timeout and starts the pings, which `server_name` sends.
    void set_registered(std::string server_name);

    bool closing() const noexcept { return !reason_.empty(); }
    const std::string& close_reason() const noexcept { return reason_; }

    /// The client's address, in a form that never begins with a colon.
    const std::string& host() const noexcept { return host_; }
    const asio::ip::address& network() const noexcept { return network_; }

    /// The number of bytes given to `send` so far, and how many of them the kernel has accepted.
    std::uint64_t queued_bytes() const noexcept { return queued_; }
    std::uint64_t written_bytes() const noexcept { return written_; }

private:
    using Clock = AsyncEvent::Clock;

    awaitable<void> read();
    awaitable<void> write();
    awaitable<void> watch();
    void accept_line(std::string line);
    void queue(std::string_view line);
    /// Whether so much output waits that nothing is done that would add to it.
    bool busy() const noexcept { return queued_ - written_ > limits_.max_output_bytes / 4; }

    asio::ip::tcp::socket socket_;
    const ConnectionLimits limits_;
    std::string host_;
    asio::ip::address network_;

    std::deque<std::string> lines_;
    std::size_t input_bytes_ = 0;
    bool input_ended_ = false;
    AsyncEvent input_{socket_.get_executor()};
    /// The lines processed so far use up the permitted rate until this time. The client may be
    /// ahead of it by the burst.
    Clock::time_point rate_used_until_;

    std::string pending_;
    std::uint64_t queued_ = 0;
    std::uint64_t written_ = 0;
    AsyncEvent output_{socket_.get_executor()};
    AsyncEvent drained_{socket_.get_executor()};

    bool reading_ = false;
    bool writing_open_ = false;
    /// Why the connection is closing. Empty: it is not.
    std::string reason_;
    std::string server_name_;
    bool ping_pending_ = false;
    /// When `watch` has to do something. It has to be woken if the deadline moves back.
    Clock::time_point deadline_ = Clock::now() + limits_.registration_timeout;
    AsyncEvent watch_{socket_.get_executor()};
};

}  // namespace chat
