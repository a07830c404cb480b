#include "support/pgbouncer.hpp"

#include <chrono>
#include <fstream>
#include <signal.h>
#include <stdexcept>
#include <thread>

#include <libpq-fe.h>

namespace roomstore::test {

namespace {

// Only names a Unix socket in a folder of its own, so it cannot conflict.
constexpr int port = 6432;

std::optional<std::filesystem::path> program() {
    return find_program("pgbouncer", {"/usr/sbin", "/usr/local/sbin"});
}

}  // namespace

void PgBouncer::require() {
    PrivateCluster::require();
    if (!program()) skip_or_fail("no pgbouncer on this machine");
}

PgBouncer& PgBouncer::shared() {
    require();
    auto& cluster = PrivateCluster::shared();
    static PgBouncer pooler(cluster);
    return pooler;
}

PgBouncer::PgBouncer(const PrivateCluster& cluster, int pool_size, int server_port)
    : folder_(cluster.folder() / ("pgbouncer-" + std::to_string(pool_size))) {
    const auto found = program();
    if (!found) throw std::runtime_error("no pgbouncer on this machine");
    // Inside the cluster's folder, so that it is removed together with the cluster.
    std::filesystem::create_directory(folder_);
    ServerUser::get().own(folder_);
    const auto settings = folder_ / "pgbouncer.ini";
    std::ofstream(settings) << "[databases]\n"
                            << "* = host="
                            << (server_port > 0 ? "127.0.0.1" : cluster.folder().string())
                            << " port=" << (server_port > 0 ? server_port : cluster.port())
                            << " user=postgres\n"
                            << "[pgbouncer]\n"
                            << "unix_socket_dir = " << folder_.string() << "\n"
                            << "listen_port = " << port << "\n"
                            << "auth_type = any\n"
                            << "pool_mode = transaction\n"
                            << "default_pool_size = " << pool_size << "\n"
                            << (server_port > 0 ? "server_login_retry = 0.1\n" : "")
                            << "max_client_conn = 500\n";
    server_ = Process::start({found->string(), settings.string()},
                             {.log = folder_ / "server.log", .as_server_user = true});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (PQping(connection_string().c_str()) != PQPING_OK) {
        if (!server_->running()) throw std::runtime_error("pgbouncer did not start:\n" + log());
        if (std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error("pgbouncer is not ready after 60 s:\n" + log());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

PgBouncer::~PgBouncer() {
    server_->signal(SIGTERM);  // at once; SIGINT would wait for the transactions of its clients
    server_->wait();
}

std::string PgBouncer::connection_string(std::string_view database) const {
    return "host=" + folder_.string() + " port=" + std::to_string(port) +
           " dbname=" + std::string(database) + " user=postgres";
}

std::string PgBouncer::log() const { return read_file(folder_ / "server.log"); }

}  // namespace roomstore::test
