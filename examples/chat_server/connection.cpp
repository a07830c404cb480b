#include "connection.hpp"

#include <algorithm>
#include <array>

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/write.hpp>

#include "irc.hpp"

namespace chat {

namespace {

/// Added to the size of each waiting line, so that the number of empty lines is bounded too.
constexpr std::size_t line_overhead = 64;
constexpr std::size_t max_partial_bytes = irc::max_client_tags_bytes + irc::max_line_bytes;

/// The client's address, or 0.0.0.0 if the client has already gone.
asio::ip::address address_of(const asio::ip::tcp::socket& socket) {
    asio::error_code ec;
    const auto endpoint = socket.remote_endpoint(ec);
    return ec ? asio::ip::address() : endpoint.address();
}

std::string host_of(const asio::ip::address& address) {
    const std::string host = address.to_string();
    return host.starts_with(':') ? "0" + host : host;
}

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
    : socket_(std::move(socket)),
      limits_(limits),
      host_(host_of(address_of(socket_))),
      network_(network_of(address_of(socket_))),
      input_(socket_.get_executor()),
      tokens_(limits.burst),
      tokens_at_(Clock::now()),
      output_(socket_.get_executor()),
      drained_(socket_.get_executor()),
      opened_at_(Clock::now()),
      last_input_(opened_at_),
      watch_(socket_.get_executor()) {
    asio::error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
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
    while (!closing_) {
        if (lines_.empty()) {
            if (input_ended_) break;
            co_await input_.wait();
        } else if (waiting_output() > limits_.busy_output_bytes) {
            co_await input_.wait();
        } else if (take_token() || input_ended_) {
            std::string line = std::move(lines_.front());
            lines_.pop_front();
            input_bytes_ -= line.size() + line_overhead;
            co_return line;
        } else {
            const std::chrono::duration<double> pause((1 - tokens_) / limits_.lines_per_second);
            co_await input_.wait_until(tokens_at_ + std::chrono::ceil<Clock::duration>(pause));
        }
    }
    co_return std::nullopt;
}

bool Connection::take_token() {
    const auto now = Clock::now();
    const std::chrono::duration<double> elapsed = now - tokens_at_;
    tokens_ = std::min(limits_.burst, tokens_ + elapsed.count() * limits_.lines_per_second);
    tokens_at_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
}

void Connection::queue(std::string_view line) {
    pending_ += line;
    queued_ += line.size();
    output_.notify();
}

void Connection::send(std::string_view line) {
    if (closing_) return;
    if (waiting_output() + line.size() <= limits_.max_output_bytes) {
        queue(line);
        return;
    }
    // Dropped lines still count as queued, so that they never count as written.
    pending_.clear();
    close("SendQ exceeded");
}

awaitable<void> Connection::writable() {
    while (!closing_ && waiting_output() > limits_.busy_output_bytes) co_await drained_.wait();
}

awaitable<void> Connection::flushed() {
    const std::uint64_t target = queued_;
    while (writing_open_ && written_ < target) co_await drained_.wait();
}

void Connection::close(std::string reason) {
    if (closing_) return;
    const std::string text = "Closing Link: " + host_ + " (" + reason + ")";
    queue(irc::serialize({{}, "ERROR", {text}}));
    reason_ = std::move(reason);
    closing_ = true;
    closed_at_ = Clock::now();
    lines_.clear();
    input_bytes_ = 0;
    input_.notify();
    drained_.notify();
    watch_.notify();
}

void Connection::stop_lingering() {
    limits_.linger = std::chrono::milliseconds::zero();
    watch_.notify();
}

void Connection::set_registered(std::string server_name) {
    server_name_ = std::move(server_name);
    watch_.notify();
}

awaitable<void> Connection::read() {
    std::array<char, 4096> chunk;
    while (true) {
        asio::error_code ec;
        const std::size_t size = co_await socket_.async_read_some(
            asio::buffer(chunk), asio::redirect_error(asio::use_awaitable, ec));
        if (ec == asio::error::eof) {
            input_ended_ = true;
            input_.notify();
            break;
        }
        if (ec) {
            close("Connection lost: " + ec.message());
            break;
        }
        if (!closing_) {
            accept_input({chunk.data(), size});
            continue;
        }
        // Input of a closing connection is read and dropped, because closing a socket with unread
        // input resets the connection, and the client might never see the ERROR line. If there is
        // too much, nothing more is read, and the connection ends with the linger time.
        discarded_bytes_ += size;
        if (discarded_bytes_ > limits_.max_discarded_bytes) co_return;
    }
    reading_ = false;
    watch_.notify();
}

void Connection::accept_input(std::string_view input) {
    last_input_ = Clock::now();
    ping_pending_ = false;
    while (!input.empty() && !closing_) {
        const auto end = input.find('\n');
        partial_ += input.substr(0, end);
        if (partial_.size() > max_partial_bytes) {
            partial_.clear();
            close("Input line too long");
            return;
        }
        if (end == std::string_view::npos) break;
        input.remove_prefix(end + 1);
        if (partial_.ends_with('\r')) partial_.pop_back();
        input_bytes_ += partial_.size() + line_overhead;
        lines_.push_back(std::exchange(partial_, {}));
        if (input_bytes_ > limits_.max_input_bytes) close("Excess Flood");
    }
    input_.notify();
}

awaitable<void> Connection::write() {
    while (true) {
        while (pending_.empty() && !closing_) co_await output_.wait();
        if (pending_.empty()) break;
        writing_.clear();
        writing_.swap(pending_);
        asio::error_code ec;
        co_await asio::async_write(
            socket_, asio::buffer(writing_), asio::redirect_error(asio::use_awaitable, ec));
        if (ec) {
            pending_.clear();
            close("Connection lost: " + ec.message());
            break;
        }
        written_ += writing_.size();
        writing_.clear();
        drained_.notify();
        input_.notify();
    }
    asio::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    writing_open_ = false;
    drained_.notify();
    watch_.notify();
}

Connection::Clock::time_point Connection::next_deadline() const {
    if (closing_) return closed_at_ + limits_.linger;
    if (server_name_.empty()) return opened_at_ + limits_.registration_timeout;
    if (ping_pending_) return pinged_at_ + limits_.ping_timeout;
    return last_input_ + limits_.ping_interval;
}

awaitable<void> Connection::watch() {
    while (reading_ || writing_open_) {
        const auto deadline = next_deadline();
        if (Clock::now() < deadline) {
            co_await watch_.wait_until(deadline);
            continue;
        }
        if (closing_) break;
        if (server_name_.empty()) {
            close("Registration timeout");
        } else if (ping_pending_) {
            const auto silence = Clock::now() - last_input_;
            close("Ping timeout: " + std::to_string(silence / std::chrono::seconds(1)) +
                  " seconds");
        } else {
            ping_pending_ = true;
            pinged_at_ = Clock::now();
            send("PING :" + server_name_ + "\r\n");
        }
    }
    asio::error_code ignored;
    socket_.close(ignored);
}

}  // namespace chat
