#include "driver/pqxx_control.hpp"

#include <sys/socket.h>
#include <utility>

namespace roomstore::postgres {

void PqxxControl::reset() noexcept { stopped_ = false; }

void PqxxControl::cancel() noexcept {
    std::shared_ptr<PGcancel> canceller;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        if (!canceller_) {
            shut_down();
            return;
        }
        canceller = canceller_;
    }
    // Asks over a connection of its own. That it may fail is no concern: the cut follows.
    char ignored[256];
    PQcancel(canceller.get(), ignored, sizeof ignored);
}

void PqxxControl::cut() noexcept {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    shut_down();
}

void PqxxControl::shut_down() noexcept {
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

bool PqxxControl::lend_connecting(int socket) noexcept {
    const std::lock_guard lock(mutex_);
    socket_ = socket;
    // A stop that came between two loans counts all the same.
    if (stopped_) shut_down();
    return !stopped_;
}

void PqxxControl::lend(int socket, std::shared_ptr<PGcancel> canceller) noexcept {
    const std::lock_guard lock(mutex_);
    socket_ = socket;
    canceller_ = std::move(canceller);
    if (stopped_) shut_down();
}

void PqxxControl::take_back() noexcept {
    std::shared_ptr<PGcancel> canceller;
    const std::lock_guard lock(mutex_);
    socket_ = -1;
    canceller = std::exchange(canceller_, nullptr);
}

}  // namespace roomstore::postgres
