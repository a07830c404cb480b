#include "support/tcp_proxy.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "support/proxied_connection.hpp"

namespace roomstore::test {

namespace {

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

int tcp_socket() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket < 0) fail("socket");
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    // Otherwise the kernel may merge slices.
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
}

int bound_socket(int port) {
    const int socket = tcp_socket();
    const auto address = loopback(port);
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        fail("bind");
    }
    return socket;
}

int port_of(int socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        fail("getsockname");
    }
    return ntohs(address.sin_port);
}

}  // namespace

class TcpProxy::Core {
public:
    explicit Core(int server_port);
    ~Core();

    /// Returns once the thread has applied the change.
    template <typename Change>
    auto change(Change change) {
        std::unique_lock lock(mutex_);
        auto result = change();
        settle(lock);
        return result;
    }

    template <typename Look>
    auto look(Look look) const {
        const std::lock_guard lock(mutex_);
        return look();
    }

    struct Injected {
        Fault fault;
        bool active = true;
        std::uint64_t seen = 0;
        std::uint64_t happened = 0;
    };

    int port = 0;
    int server_port;
    Traffic traffic{};
    Admission admission = Admission::pass;
    bool frozen = false;
    Counts counts{};
    std::map<FaultId, Injected> faults{};
    std::vector<std::unique_ptr<ProxiedConnection>> connections{};

private:
    void settle(std::unique_lock<std::mutex>& lock);
    void wake() const;
    void run();
    void admit_or_not();
    void accept_all();
    void add(int client);
    void advance_all();
    void wait_for_events(std::unique_lock<std::mutex>& lock);
    std::optional<ProxiedConnection::Hit> match(const ProtocolTap::ClientMessage& message);
    ProxiedConnection::Surroundings surroundings();

    mutable std::mutex mutex_;
    std::condition_variable applied_changed_;
    std::uint64_t wanted_ = 0;
    std::uint64_t applied_ = 0;
    bool stopping_ = false;
    int wake_ = -1;
    int reservation_ = -1;  // reserves the port while there is no listener
    int listener_ = -1;
    std::thread thread_;
};

TcpProxy::Core::Core(int to) : server_port(to) {
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_ < 0) fail("eventfd");
    reservation_ = bound_socket(0);
    port = port_of(reservation_);
    admit_or_not();
    thread_ = std::thread([this] { run(); });
}

TcpProxy::Core::~Core() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake();
    thread_.join();
    connections.clear();
    if (listener_ >= 0) ::close(listener_);
    ::close(reservation_);
    ::close(wake_);
}

void TcpProxy::Core::wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

void TcpProxy::Core::settle(std::unique_lock<std::mutex>& lock) {
    const auto wanted = ++wanted_;
    wake();
    applied_changed_.wait(lock, [&] { return applied_ >= wanted; });
}

void TcpProxy::Core::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const auto wanted = wanted_;
        admit_or_not();
        if (!frozen) advance_all();
        std::erase_if(connections, [](const auto& connection) { return connection->over(); });
        applied_ = wanted;
        applied_changed_.notify_all();
        wait_for_events(lock);
    }
}

void TcpProxy::Core::admit_or_not() {
    if (admission == Admission::refuse) {
        if (listener_ >= 0) ::close(std::exchange(listener_, -1));
    } else if (listener_ < 0) {
        listener_ = bound_socket(port);
        if (::listen(listener_, SOMAXCONN) != 0) fail("listen");
    }
}

void TcpProxy::Core::accept_all() {
    for (;;) {
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client < 0 && errno == EINTR) continue;
        if (client < 0) return;
        add(client);
    }
}

void TcpProxy::Core::add(int client) {
    ++counts.accepted;
    const int on = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (admission == Admission::reset) {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        ::close(client);
        ++counts.reset;
        return;
    }
    int server = -1;
    if (admission == Admission::hang) {
        ++counts.hung;
    } else {
        server = tcp_socket();
        const auto address = loopback(server_port);
        const auto connected =
            ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        if (connected != 0 && errno != EINPROGRESS) {
            ++counts.unreachable;
            ::close(server);
            ::close(client);
            return;
        }
    }
    if (frozen) ++counts.frozen;
    connections.push_back(std::make_unique<ProxiedConnection>(client, server));
}

ProxiedConnection::Surroundings TcpProxy::Core::surroundings() {
    return {.traffic = traffic,
            .counts = &counts,
            .match = [this](const auto& message) { return match(message); },
            .happened = [this](FaultId id) { ++faults.at(id).happened; }};
}

void TcpProxy::Core::advance_all() {
    const auto around = surroundings();
    for (const auto& connection : connections) {
        if (!connection->over()) connection->advance(around);
    }
}

std::optional<ProxiedConnection::Hit> TcpProxy::Core::match(
    const ProtocolTap::ClientMessage& message) {
    for (auto& [id, injected] : faults) {
        const Fault& fault = injected.fault;
        if (!injected.active) continue;
        if (!fault.statement.empty() && message.prepared_name != fault.statement &&
            !has_statement(message.sql, fault.statement)) {
            continue;
        }
        const auto number = injected.seen++;
        if (number < fault.skip) continue;
        if (fault.times && injected.seen - fault.skip >= *fault.times) injected.active = false;
        ProxiedConnection::Hit hit{.id = id, .action = fault.action, .sqlstate = fault.sqlstate};
        if (fault.time) hit.until = ProxiedConnection::Clock::now() + *fault.time;
        return hit;
    }
    return std::nullopt;
}

void TcpProxy::Core::wait_for_events(std::unique_lock<std::mutex>& lock) {
    using namespace std::chrono;
    std::vector<pollfd> events;
    events.push_back({.fd = wake_, .events = POLLIN, .revents = 0});
    events.push_back({.fd = listener_, .events = POLLIN, .revents = 0});
    auto due = ProxiedConnection::Clock::time_point::max();
    const bool serve = !frozen;
    for (const auto& connection : connections) {
        if (!serve) break;
        events.push_back(connection->client_events());
        events.push_back(connection->server_events());
        due = std::min(due, connection->due());
    }
    int timeout = -1;
    if (due != ProxiedConnection::Clock::time_point::max()) {
        const auto left = ceil<milliseconds>(due - ProxiedConnection::Clock::now());
        timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    }
    const auto served = serve ? connections.size() : 0;
    lock.unlock();
    ::poll(events.data(), events.size(), timeout);
    lock.lock();
    std::uint64_t ignored;
    while (::read(wake_, &ignored, sizeof ignored) > 0) {
    }
    const auto around = surroundings();
    for (std::size_t i = 0; i < served && !frozen; ++i) {
        auto& connection = *connections[i];
        // A refused connect is reported as an error event; reading yields the error.
        constexpr short readable = POLLIN | POLLHUP | POLLERR;
        if ((events[2 + 2 * i].revents & readable) != 0) connection.read_client(around);
        if ((events[3 + 2 * i].revents & readable) != 0) connection.read_server(around);
    }
    if (listener_ >= 0 && (events[1].revents & POLLIN) != 0) accept_all();
}

TcpProxy::TcpProxy(int server_port) : core_(std::make_unique<Core>(server_port)) {}

TcpProxy::~TcpProxy() = default;

int TcpProxy::port() const noexcept { return core_->port; }

std::string TcpProxy::connection_string(std::string_view database, std::string_view user) const {
    return "host=127.0.0.1 port=" + std::to_string(port()) + " dbname=" + std::string(database) +
           " user=" + std::string(user);
}

TcpProxy::FaultId TcpProxy::inject(Fault fault) {
    return core_->change([&] {
        const auto id = static_cast<FaultId>(core_->faults.size() + 1);
        core_->faults.emplace(id, Core::Injected{.fault = std::move(fault)});
        return id;
    });
}

void TcpProxy::remove(FaultId id) {
    core_->look([&] {
        core_->faults.at(id).active = false;
        return 0;
    });
    release(id);
}

void TcpProxy::release(FaultId id) {
    core_->change([&] {
        for (const auto& connection : core_->connections) connection->release(id);
        return 0;
    });
}

std::uint64_t TcpProxy::happened(FaultId id) const {
    return core_->look([&] { return core_->faults.at(id).happened; });
}

std::size_t TcpProxy::holding(FaultId id) const {
    return core_->look([&] {
        return static_cast<std::size_t>(std::ranges::count_if(
            core_->connections, [&](const auto& connection) { return connection->holds(id); }));
    });
}

void TcpProxy::set_traffic(Traffic traffic) {
    core_->change([&] { return core_->traffic = traffic, 0; });
}

void TcpProxy::set_admission(Admission admission) {
    core_->change([&] { return core_->admission = admission, 0; });
}

void TcpProxy::set_server_port(int port) {
    core_->change([&] { return core_->server_port = port, 0; });
}

std::size_t TcpProxy::cut_all() {
    return core_->change([&] {
        for (const auto& connection : core_->connections) connection->cut();
        core_->counts.cut += core_->connections.size();
        return core_->connections.size();
    });
}

void TcpProxy::freeze() {
    core_->change([&] {
        if (!std::exchange(core_->frozen, true)) core_->counts.frozen += core_->connections.size();
        return 0;
    });
}

void TcpProxy::thaw() {
    core_->change([&] { return core_->frozen = false, 0; });
}

std::size_t TcpProxy::connections() const {
    return core_->look([&] { return core_->connections.size(); });
}

TcpProxy::Counts TcpProxy::counts() const {
    return core_->look([&] { return core_->counts; });
}

}  // namespace roomstore::test
