#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <poll.h>
#include <string>

#include "support/protocol_tap.hpp"
#include "support/tcp_proxy.hpp"

namespace roomstore::test {

/// One connection through a `TcpProxy`: both sockets, and the data in transit between them. Used by
/// the thread of the proxy, or under its lock.
class ProxiedConnection {
public:
    using Clock = std::chrono::steady_clock;
    using Action = TcpProxy::Action;

    /// A fault that hits a statement.
    struct Hit {
        TcpProxy::FaultId id{};
        Action action{};
        /// For `hold` and `hold_reply`.
        Clock::time_point until = Clock::time_point::max();
        /// For `error_reply`.
        std::string sqlstate{};
    };

    /// What a connection needs from its proxy.
    struct Surroundings {
        TcpProxy::Traffic traffic{};
        TcpProxy::Counts* counts = nullptr;
        std::function<std::optional<Hit>(const ProtocolTap::ClientMessage&)> match{};
        std::function<void(TcpProxy::FaultId)> happened{};
    };

    /// Owns both sockets. Without `server` (-1) it is never served.
    ProxiedConnection(int client, int server)
        : client_{.socket = client}, server_{.socket = server} {}
    ~ProxiedConnection();
    ProxiedConnection(const ProxiedConnection&) = delete;
    ProxiedConnection& operator=(const ProxiedConnection&) = delete;

    pollfd client_events() const { return events_of(client_); }
    pollfd server_events() const { return events_of(server_); }
    /// When `advance` has to be called next, even without an event.
    Clock::time_point due() const;

    void read_client(const Surroundings& around);
    void read_server(const Surroundings& around);
    /// Sends what is due.
    void advance(const Surroundings& around);

    void cut() noexcept { over_ = true; }
    void release(TcpProxy::FaultId id);
    bool holds(TcpProxy::FaultId id) const noexcept;
    bool over() const noexcept { return over_; }

private:
    struct Chunk {
        std::string bytes;
        Clock::time_point due;
    };
    /// A socket and the data queued for it.
    struct End {
        int socket = -1;
        bool ended = false;    // no more data will arrive from it
        bool blocked = false;  // its send buffer is full, or it is not connected yet
        std::deque<Chunk> outgoing{};
        std::size_t sent = 0;  // bytes of the first chunk
        Clock::time_point may_send_at{};
    };

    static pollfd events_of(const End& end);
    void read(End& end, const std::function<void(const std::string&)>& taken);
    void queue(End& to, std::string bytes, const Surroundings& around);
    void advance_requests(const Surroundings& around);
    void advance_answers(const Surroundings& around);
    bool hit(const Hit& hit, const Surroundings& around);
    bool within_answer() const noexcept;
    void send(End& to, const Surroundings& around);

    End client_;
    End server_;
    ProtocolTap tap_;
    std::deque<ProtocolTap::ClientMessage> requests_;
    std::deque<ProtocolTap::ServerMessage> answers_;
    bool judged_ = false;  // whether the first of requests_ was matched against the faults
    // The answer to each request ends with a ReadyForQuery; startup ends with one more.
    std::uint64_t requests_sent_ = 0;
    std::uint64_t answers_received_ = 0;
    std::optional<Hit> holding_;  // delays the first of requests_
    /// The fault for the answer to the request with number `answer_number_`.
    std::optional<Hit> answer_fault_;
    std::uint64_t answer_number_ = 0;
    bool answer_held_ = false;
    bool swallows_requests_ = false;
    bool swallows_answers_ = false;
    bool cut_when_sent_ = false;
    bool over_ = false;
};

}  // namespace roomstore::test
