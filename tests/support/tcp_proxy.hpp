#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace roomstore::test {

/// A proxy between a store and a PostgreSQL server on 127.0.0.1 that injects faults at chosen
/// statements, not at chosen times. It parses the protocol messages, so a statement is found
/// however it is sent: alone, with others, in pieces, as text or prepared.
///
/// Everything applies to all connections. All functions may be called from any thread; a function
/// that changes something returns once the change is in effect.
class TcpProxy {
public:
    enum class Action {
        cut_before,     ///< Both ends are closed; the server never sees the statement.
        cut_reply,      ///< The server answers; the answer is dropped and both ends are closed.
        cut_after,      ///< The client gets the answer; then both ends are closed.
        swallow,        ///< The statement and all later ones are dropped; no end is closed.
        swallow_reply,  ///< The server answers; this and all later answers are dropped.
        hold,           ///< The statement is delayed until `release`, or for `time`.
        hold_reply,     ///< Its answer is delayed until `release`, or for `time`.
        error_reply,  ///< The server answers; the client gets an ERROR instead. Nothing is closed.
    };

    struct Fault {
        Action action = Action::cut_before;
        /// The beginning of the statement's SQL, or the name of the prepared statement. Empty: any
        /// statement. COMMIT matches only if its transaction began in an earlier message, so not in
        /// the script that sets up a session.
        std::string statement = "COMMIT";
        /// Number of statements that it hits; `nullopt`: every one until `remove`.
        std::optional<std::uint64_t> times = 1;
        /// Number of matching statements that pass before the first hit.
        std::uint64_t skip = 0;
        /// For `hold` and `hold_reply`; `nullopt`: until `release`.
        std::optional<std::chrono::milliseconds> time{};
        /// For `error_reply`.
        std::string sqlstate = "XX000";
    };
    enum class FaultId : std::uint64_t {};

    /// Applies to all bytes in both directions.
    struct Traffic {
        std::chrono::milliseconds delay{0};
        /// Maximum bytes in one segment; 0: no limit.
        std::size_t slice = 0;
        /// Per connection and direction; 0: no limit.
        std::size_t bytes_per_second = 0;
    };

    /// How new connections are treated.
    enum class Admission {
        pass,
        refuse,  ///< The port is closed. Not counted, since the kernel answers.
        reset,   ///< Accepted and reset at once.
        hang,    ///< Accepted, and never served.
    };

    struct Counts {
        std::uint64_t accepted = 0;  ///< Connections, including those that were reset or hang.
        std::uint64_t cancel_requests = 0;
        std::uint64_t unreachable = 0;  ///< Connections for which the server was not reached.
        std::uint64_t reset = 0;        ///< By `Admission::reset`.
        std::uint64_t hung = 0;         ///< By `Admission::hang`.
        std::uint64_t cut = 0;          ///< Connections that `cut_all` or a fault ended.
        std::uint64_t sliced = 0;       ///< Segments sent with `Traffic::slice` set.
        std::uint64_t delayed = 0;      ///< Messages delayed by `Traffic::delay`.
        std::uint64_t throttled = 0;    ///< Pauses due to `Traffic::bytes_per_second`.
        std::uint64_t frozen = 0;       ///< Connections open at `freeze`, or accepted until `thaw`.
    };

    explicit TcpProxy(int server_port);
    /// Closes all connections.
    ~TcpProxy();
    TcpProxy(const TcpProxy&) = delete;
    TcpProxy& operator=(const TcpProxy&) = delete;

    int port() const noexcept;
    /// To the server, through the proxy.
    std::string connection_string(std::string_view database = "postgres",
                                  std::string_view user = "postgres") const;

    /// In effect from now on. If several faults match a statement, the first one injected hits.
    FaultId inject(Fault fault);
    /// Removes it and releases what it holds. Its count remains.
    void remove(FaultId id);
    /// Releases what it holds.
    void release(FaultId id);
    /// How often it has taken effect. `cut_reply`, `swallow_reply`, `error_reply` and `cut_after`
    /// count when the whole answer has arrived, `hold_reply` at the first message of the answer,
    /// the others at the statement.
    std::uint64_t happened(FaultId id) const;
    /// Number of connections that it delays.
    std::size_t holding(FaultId id) const;

    void set_traffic(Traffic traffic);
    void set_admission(Admission admission);
    /// For new connections.
    void set_server_port(int port);
    /// Ends all connections; returns their number.
    std::size_t cut_all();
    /// Until `thaw`, nothing passes, neither bytes nor the end of a connection.
    void freeze();
    void thaw();

    /// Number of open connections, including those that hang.
    std::size_t connections() const;
    Counts counts() const;

private:
    class Core;
    std::unique_ptr<Core> core_;
};

}  // namespace roomstore::test
