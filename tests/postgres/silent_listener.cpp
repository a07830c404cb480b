#include "postgres/silent_listener.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace roomstore::test {

SilentListener::SilentListener(const std::string& address, int port)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(static_cast<in_port_t>(port));
    ::inet_pton(AF_INET, address.c_str(), &where.sin_addr);
    const int on = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 ||
        ::listen(socket_, 128) != 0) {
        const int error = errno;
        ::close(socket_);
        throw std::system_error(error, std::generic_category(), "no listener on " + address);
    }
}

SilentListener::~SilentListener() { ::close(socket_); }

}  // namespace roomstore::test
