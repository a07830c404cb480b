#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace roomstore::test {

/// Stands between a store and a PostgreSQL server on 127.0.0.1 and breaks what passes, at a point
/// that is named by what passes and not by the clock. It reads the messages of the protocol, so a
/// statement is found however it is sent: alone, among others, in pieces, as text or prepared.
///
/// Everything works on all connections alike. All functions may be called from any thread; those
/// that change something return once it holds.
class TcpProxy {
public:
    enum class Action {
        cut_before,     ///< Both ends are closed; the server never sees the statement.
        cut_reply,      ///< The server answers; the answer is dropped and both ends are closed.
        cut_after,      ///< The client gets the answer; then both ends are closed.
        swallow,        ///< The statement and all that follows it vanish; the connection stays.
        swallow_reply,  ///< The server answers; that and all that follows it vanish.
        hold,           ///< The statement waits until `release`, or for `time`.
        hold_reply,     ///< Its answer waits until `release`, or for `time`.
        error_reply,  ///< The server answers; the client gets an ERROR instead. Nothing is closed.
    };

    struct Fault {
        Action action = Action::cut_before;
        /// How the SQL of the statement begins, or the name under which it was prepared. Empty: any
        /// statement. COMMIT is that of a transaction that began in an earlier message: it is not
        /// found in the script that sets up a session.
        std::string statement = "COMMIT";
        /// How many statements it hits before it is spent; none: as long as it stands.
        std::optional<std::uint64_t> times = 1;
        /// How many statements it lets pass before.
        std::uint64_t skip = 0;
        /// Of `hold` and `hold_reply`; none: until `release`.
        std::optional<std::chrono::milliseconds> time{};
        /// Of `error_reply`.
        std::string sqlstate = "XX000";
    };
    enum class FaultId : std::uint64_t {};

    /// What happens to all bytes of both directions.
    struct Traffic {
        std::chrono::milliseconds delay{0};
        /// Bytes in one segment at most; 0: as they come.
        std::size_t slice = 0;
        /// Per connection and direction; 0: no limit.
        std::size_t bytes_per_second = 0;
    };

    /// What becomes of those who connect.
    enum class Admission {
        pass,
        refuse,  ///< Nobody listens. Never counted: the kernel answers.
        reset,   ///< Accepted and reset at once.
        hang,    ///< Accepted, and never served.
    };

    struct Counts {
        std::uint64_t accepted = 0;  ///< Connections, with those that were reset or hang.
        std::uint64_t cancel_requests = 0;
        std::uint64_t unreachable = 0;  ///< The server was not there.
        std::uint64_t reset = 0;        ///< By `Admission::reset`.
        std::uint64_t hung = 0;         ///< By `Admission::hang`.
        std::uint64_t cut = 0;          ///< Connections that `cut_all` or a fault ended.
        std::uint64_t sliced = 0;       ///< Segments that `Traffic::slice` made.
        std::uint64_t delayed = 0;      ///< Messages that `Traffic::delay` held up.
        std::uint64_t throttled = 0;    ///< Times that `Traffic::bytes_per_second` made one wait.
        std::uint64_t frozen = 0;       ///< Connections that `freeze` found, or that came since.
    };

    explicit TcpProxy(int server_port);
    /// Closes all connections.
    ~TcpProxy();
    TcpProxy(const TcpProxy&) = delete;
    TcpProxy& operator=(const TcpProxy&) = delete;

    int port() const noexcept;
    /// To the server behind it.
    std::string connection_string(std::string_view database = "postgres",
                                  std::string_view user = "postgres") const;

    /// From now on; of several that fit, the first one hits.
    FaultId inject(Fault fault);
    /// Takes it away and lets go what it holds. Its count stays.
    void remove(FaultId id);
    /// Lets go what it holds.
    void release(FaultId id);
    /// How often it has taken effect: with `cut_reply`, `swallow_reply` and `error_reply` once the
    /// whole answer has arrived, with `cut_after` once it was handed over, otherwise at once.
    std::uint64_t happened(FaultId id) const;
    /// How many connections it keeps waiting.
    std::size_t holding(FaultId id) const;

    void set_traffic(Traffic traffic);
    void set_admission(Admission admission);
    /// Connections that come from now on lead there.
    void set_server_port(int port);
    /// Ends all connections; returns how many.
    std::size_t cut_all();
    /// Nothing passes any more, neither bytes nor the end of a connection, until `thaw`.
    void freeze();
    void thaw();

    /// Connections that are open, with those that hang.
    std::size_t connections() const;
    Counts counts() const;

private:
    class Core;
    std::unique_ptr<Core> core_;
};

}  // namespace roomstore::test
