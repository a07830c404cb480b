#include "support/proxied_connection.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace roomstore::test {

namespace {

/// The protocol message ErrorResponse.
std::string error_response(const std::string& sqlstate) {
    std::string fields;
    for (const auto& [type, value] : {std::pair{'S', std::string("ERROR")},
                                      {'V', std::string("ERROR")},
                                      {'C', sqlstate},
                                      {'M', std::string("an answer of the proxy")}}) {
        fields += type + value + '\0';
    }
    fields += '\0';
    const auto length = 4 + fields.size();
    std::string message = "E";
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        message += static_cast<char>(length >> shift & 0xFFU);
    }
    return message + fields;
}

}  // namespace

ProxiedConnection::~ProxiedConnection() {
    ::close(client_.socket);
    if (server_.socket >= 0) ::close(server_.socket);
}

pollfd ProxiedConnection::events_of(const End& end) {
    short events = 0;
    if (!end.ended) events |= POLLIN;
    if (end.blocked) events |= POLLOUT;
    // poll() would always report an ended socket as ready, so it is left out.
    return {.fd = events == 0 ? -1 : end.socket, .events = events, .revents = 0};
}

ProxiedConnection::Clock::time_point ProxiedConnection::due() const {
    auto due = Clock::time_point::max();
    for (const End* end : {&client_, &server_}) {
        if (end->outgoing.empty() || end->blocked) continue;
        due = std::min(due, std::max(end->outgoing.front().due, end->may_send_at));
    }
    if (holding_) due = std::min(due, holding_->until);
    if (answer_held_) due = std::min(due, answer_fault_->until);
    return due;
}

void ProxiedConnection::read(End& end, const std::function<void(const std::string&)>& taken) {
    char buffer[16384];
    const auto got = ::recv(end.socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got > 0) {
        taken(std::string(buffer, static_cast<std::size_t>(got)));
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        end.ended = true;
    }
}

void ProxiedConnection::read_client(const Surroundings& around) {
    read(client_, [&](const std::string& bytes) {
        if (server_.socket < 0) return;
        for (auto& message : tap_.from_client(bytes)) {
            if (message.is_cancel_request) ++around.counts->cancel_requests;
            requests_.push_back(std::move(message));
        }
    });
}

void ProxiedConnection::read_server(const Surroundings& around) {
    errno = 0;
    read(server_, [&](const std::string& bytes) {
        for (auto& message : tap_.from_server(bytes)) answers_.push_back(std::move(message));
    });
    if (server_.ended && errno == ECONNREFUSED) ++around.counts->unreachable;
}

void ProxiedConnection::queue(End& to, std::string bytes, const Surroundings& around) {
    const auto delay = around.traffic.delay;
    if (delay.count() > 0) ++around.counts->delayed;
    to.outgoing.push_back({.bytes = std::move(bytes), .due = Clock::now() + delay});
}

void ProxiedConnection::release(TcpProxy::FaultId id) {
    if (holding_ && holding_->id == id) holding_.reset();
    if (answer_fault_ && answer_fault_->id == id && answer_fault_->action == Action::hold_reply) {
        answer_fault_.reset();
        answer_held_ = false;
    }
}

bool ProxiedConnection::holds(TcpProxy::FaultId id) const noexcept {
    return (holding_ && holding_->id == id) || (answer_held_ && answer_fault_->id == id);
}

// Returns true if the statement must not be sent.
bool ProxiedConnection::hit(const Hit& hit, const Surroundings& around) {
    switch (hit.action) {
        case Action::cut_before:
            cut_when_sent_ = true;
            around.happened(hit.id);
            return true;
        case Action::swallow:
            swallows_requests_ = true;
            around.happened(hit.id);
            return true;
        case Action::hold:
            holding_ = hit;
            around.happened(hit.id);
            return false;
        case Action::cut_reply:
        case Action::cut_after:
        case Action::swallow_reply:
        case Action::hold_reply:
        case Action::error_reply:
            answer_fault_ = hit;
            answer_number_ = requests_sent_ + 1;
            return false;
    }
    return false;
}

void ProxiedConnection::advance_requests(const Surroundings& around) {
    while (!requests_.empty() && !cut_when_sent_) {
        auto& request = requests_.front();
        if (swallows_requests_) {
            requests_.clear();
            return;
        }
        if (request.executes && !std::exchange(judged_, true)) {
            if (const auto fault = around.match(request); fault && hit(*fault, around)) continue;
        }
        if (holding_) {
            if (Clock::now() < holding_->until) return;
            holding_.reset();
        }
        if (request.ends_request) ++requests_sent_;
        queue(server_, std::move(request.bytes), around);
        requests_.pop_front();
        judged_ = false;
    }
}

bool ProxiedConnection::within_answer() const noexcept {
    return answer_fault_ && answers_received_ >= answer_number_;
}

void ProxiedConnection::advance_answers(const Surroundings& around) {
    while (!answers_.empty() && !cut_when_sent_) {
        auto& answer = answers_.front();
        const bool whole = answer.ready_for_query;
        const auto fault = within_answer() ? answer_fault_ : std::nullopt;
        if (fault && fault->action == Action::hold_reply) {
            if (!std::exchange(answer_held_, true)) around.happened(fault->id);
            if (Clock::now() < fault->until) return;
            answer_held_ = false;
            answer_fault_.reset();
        } else if (fault && whole) {
            around.happened(fault->id);
            if (fault->action == Action::cut_reply) over_ = true;
            if (fault->action == Action::cut_after) cut_when_sent_ = true;
            if (fault->action == Action::swallow_reply) swallows_answers_ = true;
            if (fault->action == Action::error_reply) {
                queue(client_, error_response(fault->sqlstate), around);
            }
            answer_fault_.reset();
        }
        const bool dropped = fault && (fault->action == Action::cut_reply ||
                                       fault->action == Action::swallow_reply ||
                                       (fault->action == Action::error_reply && !whole));
        if (whole) ++answers_received_;
        if (!dropped && !swallows_answers_) queue(client_, std::move(answer.bytes), around);
        answers_.pop_front();
    }
}

void ProxiedConnection::send(End& to, const Surroundings& around) {
    to.blocked = false;
    const auto& traffic = around.traffic;
    while (!to.outgoing.empty()) {
        const auto now = Clock::now();
        const auto& chunk = to.outgoing.front();
        if (chunk.due > now || to.may_send_at > now) return;
        auto size = chunk.bytes.size() - to.sent;
        if (traffic.slice > 0) size = std::min(size, traffic.slice);
        // A chunk size that makes the pauses about 20 ms.
        const auto rate = traffic.bytes_per_second;
        if (rate > 0) size = std::min(size, std::max<std::size_t>(1, rate / 50));
        const auto sent =
            ::send(to.socket, chunk.bytes.data() + to.sent, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) {
            to.blocked = errno == EAGAIN || errno == ENOTCONN;
            if (!to.blocked) {
                to.ended = true;
                to.outgoing.clear();
            }
            return;
        }
        to.sent += static_cast<std::size_t>(sent);
        if (traffic.slice > 0) ++around.counts->sliced;
        if (rate > 0) {
            ++around.counts->throttled;
            to.may_send_at = now + std::chrono::nanoseconds(sent * 1'000'000'000 /
                                                            static_cast<std::int64_t>(rate));
        }
        if (to.sent == chunk.bytes.size()) {
            to.outgoing.pop_front();
            to.sent = 0;
        }
    }
}

void ProxiedConnection::advance(const Surroundings& around) {
    if (server_.socket >= 0) {
        advance_requests(around);
        advance_answers(around);
        if (over_) {
            ++around.counts->cut;
            return;
        }
        send(server_, around);
        send(client_, around);
    }
    const bool all_sent = server_.outgoing.empty() && client_.outgoing.empty();
    if (cut_when_sent_ && all_sent) {
        ++around.counts->cut;
        over_ = true;
    }
    // Close only after everything received from the ended side was passed on, including held data.
    if (client_.ended && server_.outgoing.empty() && (requests_.empty() || server_.ended)) {
        over_ = true;
    }
    if (server_.ended && client_.outgoing.empty() && answers_.empty()) over_ = true;
}

}  // namespace roomstore::test
