#include "connection.hpp"

#include <algorithm>
#include <array>

#include "irc.hpp"

namespace chat {

namespace {

/// Added to the size of each waiting line, so that the number of empty lines is bounded too.
constexpr std::size_t line_overhead = 64;
constexpr std::size_t max_line_bytes = irc::max_client_tags_bytes + irc::max_line_bytes;

}  // namespace

asio::ip::address network_of(const asio::ip::address& address) {
    if (address.is_v4()) return address;
    const auto v6 = address.to_v6();
    // A socket that listens on [::] sees IPv4 clients under such addresses.
    if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6);
    auto bytes = v6.to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), 0);
    return asio::ip::address_v6(bytes);
}

Connection::Connection(asio::ip::tcp::socket socket, const ConnectionLimits& limits)
    : socket_(std::move(socket)), limits_(limits) {
    asio::error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    // 0.0.0.0 if the client has already gone.
    const auto address = socket_.remote_endpoint(ignored).address();
    network_ = network_of(address);
    host_ = address.to_string();
    if (host_.starts_with(':')) host_.insert(0, "0");
}

void Connection::start() {
    reading_ = writing_open_ = true;
    const auto executor = socket_.get_executor();
    const auto self = shared_from_this();
    asio::co_spawn(executor, [self] { return self->read(); }, asio::detached);
    asio::co_spawn(executor, [self] { return self->write(); }, asio::detached);
    asio::co_spawn(executor, [self] { return self->watch(); }, asio::detached);
}

awaitable<std::optional<std::string>> Connection::next_line() {
    using Seconds = std::chrono::duration<double>;
    const auto interval = std::chrono::ceil<Clock::duration>(Seconds(1 / limits_.lines_per_second));
    const auto ahead = std::chrono::floor<Clock::duration>(interval * (limits_.burst - 1));
    while (!closing() && !(input_ended_ && lines_.empty())) {
        const auto now = Clock::now();
        if (lines_.empty() || busy()) {
            co_await input_.wait();
        } else if (now < rate_used_until_ - ahead && !input_ended_) {
            co_await input_.wait_until(rate_used_until_ - ahead);
        } else {
            rate_used_until_ = std::max(rate_used_until_, now) + interval;
            std::string line = std::move(lines_.front());
            lines_.pop_front();
            input_bytes_ -= line.size() + line_overhead;
            co_return line;
        }
    }
    co_return std::nullopt;
}

void Connection::queue(std::string_view line) {
    pending_ += line;
    queued_ += line.size();
    output_.notify();
}

void Connection::send(std::string_view line) {
    if (closing()) return;
    if (queued_ - written_ + line.size() <= limits_.max_output_bytes) return queue(line);
    // Dropped lines still count as queued, so that they never count as written.
    pending_.clear();
    close("SendQ exceeded");
}

awaitable<void> Connection::writable() {
    while (!closing() && busy()) co_await drained_.wait();
}

awaitable<void> Connection::flushed() {
    const std::uint64_t target = queued_;
    while (writing_open_ && written_ < target) co_await drained_.wait();
}

void Connection::close(std::string reason) {
    if (closing()) return;
    const std::string text = "Closing Link: " + host_ + " (" + reason + ")";
    queue(irc::serialize({{}, "ERROR", {text}}));
    reason_ = std::move(reason);
    deadline_ = Clock::now() + limits_.linger;
    lines_.clear();
    input_bytes_ = 0;
    input_.notify();
    drained_.notify();
    watch_.notify();
}

void Connection::stop_lingering() {
    deadline_ = Clock::now();
    watch_.notify();
}

void Connection::set_registered(std::string server_name) {
    server_name_ = std::move(server_name);
    if (!closing()) deadline_ = Clock::now() + limits_.ping_interval;
    watch_.notify();
}

awaitable<void> Connection::read() {
    asio::error_code ec;
    std::string buffer;
    while (!ec && !closing()) {
        const std::size_t size = co_await asio::async_read_until(
            socket_, asio::dynamic_buffer(buffer, max_line_bytes), '\n', catch_error(ec));
        if (!ec) accept_line(buffer.substr(0, size - 1));
        buffer.erase(0, size);
    }
    if (ec == asio::error::not_found) {
        close("Input line too long");
        ec.clear();
    }
    // Input of a closing connection is read and dropped, because closing a socket with unread input
    // resets the connection, and the client might never see the ERROR line. If there is too much,
    // nothing more is read, and the connection ends with the linger time.
    std::array<char, 4096> dropped;
    std::size_t dropped_bytes = 0;
    while (!ec) {
        dropped_bytes += co_await socket_.async_read_some(asio::buffer(dropped), catch_error(ec));
        if (dropped_bytes > limits_.max_dropped_bytes) co_return;
    }
    if (ec != asio::error::eof) close("Connection lost: " + ec.message());
    input_ended_ = true;
    input_.notify();
    reading_ = false;
    watch_.notify();
}

void Connection::accept_line(std::string line) {
    if (closing()) return;
    ping_pending_ = false;
    if (!server_name_.empty()) deadline_ = Clock::now() + limits_.ping_interval;
    if (line.ends_with('\r')) line.pop_back();
    input_bytes_ += line.size() + line_overhead;
    lines_.push_back(std::move(line));
    if (input_bytes_ > limits_.max_input_bytes) close("Excess Flood");
    input_.notify();
}

awaitable<void> Connection::write() {
    while (true) {
        while (pending_.empty() && !closing()) co_await output_.wait();
        if (pending_.empty()) break;
        const std::string writing = std::exchange(pending_, {});
        asio::error_code ec;
        co_await asio::async_write(socket_, asio::buffer(writing), catch_error(ec));
        if (ec) {
            pending_.clear();
            close("Connection lost: " + ec.message());
            break;
        }
        written_ += writing.size();
        drained_.notify();
        input_.notify();
    }
    asio::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    writing_open_ = false;
    drained_.notify();
    watch_.notify();
}

awaitable<void> Connection::watch() {
    while (reading_ || writing_open_) {
        if (Clock::now() < deadline_) {
            co_await watch_.wait_until(deadline_);
        } else if (closing()) {
            break;
        } else if (server_name_.empty()) {
            close("Registration timeout");
        } else if (ping_pending_) {
            const auto silence = limits_.ping_interval + limits_.ping_timeout;
            const auto seconds = std::chrono::floor<std::chrono::seconds>(silence).count();
            close("Ping timeout: " + std::to_string(seconds) + " seconds");
        } else {
            ping_pending_ = true;
            deadline_ = Clock::now() + limits_.ping_timeout;
            send("PING :" + server_name_ + "\r\n");
        }
    }
    asio::error_code ignored;
    socket_.close(ignored);
}

}  // namespace chat
