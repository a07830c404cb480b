#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include <libpq-fe.h>

#include "driver/session.hpp"

namespace roomstore::postgres {

/// Reaches the socket of a session from other threads.
///
/// The session says which descriptor is its own, and takes it back before libpq may close it: a
/// number that has been closed may belong to somebody else a moment later.
class PqxxControl final : public SessionControl {
public:
    void reset() noexcept override;
    void cancel() noexcept override;
    void cut() noexcept override;

    /// @name For the session's own thread
    /// @{

    /// Lends the socket of an attempt to connect. False: the attempt has been ended.
    bool lend_connecting(int socket) noexcept;
    /// Lends the socket of a connection, and what cancels its statements.
    void lend(int socket, std::shared_ptr<PGcancel> canceller) noexcept;
    /// Takes back what was lent.
    void take_back() noexcept;
    bool stopped() const noexcept { return stopped_; }

    /// @}

private:
    void shut_down() noexcept;

    std::mutex mutex_;
    int socket_ = -1;
    std::atomic<bool> stopped_{false};
    std::shared_ptr<PGcancel> canceller_;
};

}  // namespace roomstore::postgres
