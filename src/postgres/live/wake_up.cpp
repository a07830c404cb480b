#include "live/wake_up.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <poll.h>
#include <system_error>
#include <unistd.h>

namespace roomstore::postgres {

WakeUp::WakeUp() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    read_end_ = ends[0];
    write_end_ = ends[1];
    for (const int end : ends) {
        ::fcntl(end, F_SETFL, O_NONBLOCK);
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
    }
}

WakeUp::~WakeUp() {
    ::close(read_end_);
    ::close(write_end_);
}

void WakeUp::wake() noexcept {
    // A full pipe wakes the thread too.
    const char byte = 0;
    [[maybe_unused]] const auto written = ::write(write_end_, &byte, 1);
}

void WakeUp::wait(int socket, std::chrono::milliseconds timeout) noexcept {
    std::array<pollfd, 2> watched{pollfd{.fd = read_end_, .events = POLLIN, .revents = 0},
                                  pollfd{.fd = socket, .events = POLLIN, .revents = 0}};
    const auto limit =
        std::clamp<std::int64_t>(timeout.count(), 0, std::numeric_limits<int>::max());
    ::poll(watched.data(), socket < 0 ? 1 : 2, static_cast<int>(limit));
    std::array<char, 64> bytes{};
    while (::read(read_end_, bytes.data(), bytes.size()) > 0) {
    }
}

}  // namespace roomstore::postgres
