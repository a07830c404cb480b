#include "driver/libpq/control.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace roomstore::postgres {

void ServerControl::reset() noexcept { stopped_ = false; }

void ServerControl::cancel() noexcept {
    std::shared_ptr<PGcancel> canceller;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        if (!canceller_ || sending_) {
            shut_down();
            return;
        }
        canceller = canceller_;
    }
    // Sends the request over a connection of its own. A failure does not matter: the cut follows.
    char ignored[256];
    PQcancel(canceller.get(), ignored, sizeof ignored);
}

void ServerControl::cut() noexcept {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    shut_down();
}

void ServerControl::shut_down() noexcept {
    if (socket_ < 0) return;
    cut_ = true;
    ::shutdown(socket_, SHUT_RDWR);
}

void ServerControl::keep(int socket, const std::string& where) {
    drop();
    socket_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (socket_ >= 0) return;
    const auto why = std::generic_category().message(errno);
    throw classify({}, fmt::format("cannot connect to {}: {}", where, why), true);
}

void ServerControl::drop() noexcept {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

bool ServerControl::lend_connecting(int socket, const std::string& where) {
    const std::lock_guard lock(mutex_);
    keep(socket, where);
    // A stop that arrived while no socket was lent applies to this one.
    if (stopped_) shut_down();
    return !stopped_;
}

void ServerControl::lend(int socket,
                         const std::string& where,
                         std::shared_ptr<PGcancel> canceller) {
    const std::lock_guard lock(mutex_);
    keep(socket, where);
    canceller_ = std::move(canceller);
    if (stopped_) shut_down();
}

bool ServerControl::begin_sending() noexcept {
    const std::lock_guard lock(mutex_);
    sending_ = !stopped_;
    return sending_;
}

void ServerControl::sent() noexcept {
    const std::lock_guard lock(mutex_);
    sending_ = false;
}

void ServerControl::take_back() noexcept {
    std::shared_ptr<PGcancel> canceller;
    const std::lock_guard lock(mutex_);
    drop();
    cut_ = false;
    canceller = std::exchange(canceller_, nullptr);
}

}  // namespace roomstore::postgres
