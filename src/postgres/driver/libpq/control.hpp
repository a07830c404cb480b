#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include <libpq-fe.h>

#include "driver/session.hpp"

namespace roomstore::postgres {

/// Gives other threads access to the socket of a session.
///
/// Holds a duplicate of the descriptor: libpq closes its socket as soon as it finds the connection
/// lost, and the number may be reused at once.
class ServerControl final : public SessionControl {
public:
    void reset() noexcept override;
    void cancel() noexcept override;
    void cut() noexcept override;

    /// @name For the session's own thread
    /// @{

    /// Lends the socket of an attempt to connect to `where`. Returns false if the attempt was
    /// stopped.
    /// @throws Failure if no descriptor is left: the attempt could not be cut.
    bool lend_connecting(int socket, const std::string& where);
    /// Lends the socket of a connection, and the handle that cancels its statements.
    /// @throws Failure, as `lend_connecting`.
    void lend(int socket, const std::string& where, std::shared_ptr<PGcancel> canceller);
    /// Takes back what was lent. Until then the server does not see that libpq closed the socket.
    void take_back() noexcept;
    /// From here to `sent`, a cancellation cuts the connection: the server forgets a cancel request
    /// that it gets while it reads a statement. Returns false if the call was stopped.
    bool begin_sending() noexcept;
    void sent() noexcept;
    bool stopped() const noexcept { return stopped_; }
    /// Whether the lent socket was cut.
    bool was_cut() const noexcept { return cut_; }

    /// @}

private:
    void shut_down() noexcept;
    void keep(int socket, const std::string& where);
    void drop() noexcept;

    std::mutex mutex_;
    int socket_ = -1;  // a duplicate
    bool sending_ = false;
    std::atomic<bool> stopped_{false};
    std::atomic<bool> cut_{false};
    std::shared_ptr<PGcancel> canceller_;
};

}  // namespace roomstore::postgres
