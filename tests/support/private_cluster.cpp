#include "support/private_cluster.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <signal.h>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <libpq-fe.h>

namespace roomstore::test {

namespace {

namespace fs = std::filesystem;

const std::vector<std::string> program_folders{"/usr/lib/postgresql/*/bin",
                                               "/usr/pgsql-*/bin",
                                               "/usr/local/pgsql/bin"};

int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    const bool found = socket >= 0 && ::bind(socket, generic, size) == 0 &&
                       ::getsockname(socket, generic, &size) == 0;
    ::close(socket);
    if (!found) throw std::runtime_error("no free port on 127.0.0.1");
    return ntohs(address.sin_port);
}

PGconn* raw(void* connection) { return static_cast<PGconn*>(connection); }

}  // namespace

void Admin::Close::operator()(void* connection) const noexcept { PQfinish(raw(connection)); }

Admin::Admin(const std::string& connection_string)
    : connection_(PQconnectdb(connection_string.c_str())) {
    PGconn* const connection = raw(connection_.get());
    PQsetNoticeProcessor(connection, [](void*, const char*) {}, nullptr);
    if (PQstatus(connection) != CONNECTION_OK) {
        throw std::runtime_error(PQerrorMessage(connection));
    }
}

Admin::~Admin() = default;
Admin::Admin(Admin&&) noexcept = default;

std::vector<TextRow> Admin::query(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexec(raw(connection_.get()), sql.c_str()), PQclear);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        throw std::runtime_error(PQerrorMessage(raw(connection_.get())));
    }
    std::vector<TextRow> rows;
    for (int row = 0; row < PQntuples(result.get()); ++row) {
        TextRow& fields = rows.emplace_back();
        for (int column = 0; column < PQnfields(result.get()); ++column) {
            if (PQgetisnull(result.get(), row, column) != 0) {
                fields.emplace_back(std::nullopt);
            } else {
                fields.emplace_back(PQgetvalue(result.get(), row, column));
            }
        }
    }
    return rows;
}

std::string Admin::value(const std::string& sql) {
    const auto rows = query(sql);
    if (rows.size() != 1 || rows[0].size() != 1) {
        throw std::runtime_error("not one value: " + sql);
    }
    return rows[0][0].value_or("");
}

std::optional<fs::path> PrivateCluster::programs() {
    const auto initdb = find_program("initdb", program_folders);
    if (!initdb) return std::nullopt;
    const auto folder = fs::canonical(*initdb).parent_path();
    return ::access((folder / "postgres").c_str(), X_OK) == 0 ? std::optional(folder)
                                                              : std::nullopt;
}

std::optional<std::string> PrivateCluster::missing() {
    if (!programs()) {
        return "no PostgreSQL server programs (initdb, postgres) on this machine";
    }
    if (::geteuid() == 0 && !ServerUser::get().uid) {
        return "a server does not run as root, and there is no user postgres";
    }
    return std::nullopt;
}

void PrivateCluster::require() {
    if (const auto reason = missing()) skip_or_fail(*reason);
}

PrivateCluster::PrivateCluster(Options options) : options_(std::move(options)) {
    if (!programs()) throw std::runtime_error("no PostgreSQL server programs here");
    std::string name = (fs::temp_directory_path() / "roomstore-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    folder_ = name;
    try {
        watch_over();
        ServerUser::get().own(folder_);
        make_data();
        if (options_.tcp) port_ = free_port();
        std::ofstream settings(folder_ / "data" / "postgresql.conf", std::ios::app);
        settings << "\nlisten_addresses='" << (options_.tcp ? "127.0.0.1" : "") << "'\n"
                 << "unix_socket_directories='" << folder_.string() << "'\n"
                 << "port=" << port_ << '\n';
        if (!options_.as_shipped) settings << "fsync=off\nshared_buffers=64MB\n";
        for (const auto& setting : options_.settings) settings << setting << '\n';
        settings.close();
        start();
    } catch (...) {
        if (server_) server_.reset();
        ::close(lifeline_);
        if (caretaker_) caretaker_->wait();
        throw;
    }
}

void PrivateCluster::make_data() {
    const auto data = "--pgdata=" + (folder_ / "data").string();
    std::vector<std::string> command;
    if (options_.primary == nullptr) {
        command = {(*programs() / "initdb").string(),
                   data,
                   "--username=postgres",
                   "--auth=trust",
                   "--encoding=UTF8",
                   "--locale=C",
                   "--no-sync"};
        command.insert(command.end(), options_.initdb.begin(), options_.initdb.end());
    } else {
        command = {(*programs() / "pg_basebackup").string(),
                   data,
                   "--write-recovery-conf",
                   "--checkpoint=fast",
                   "--no-sync",
                   "--dbname=" + options_.primary->connection_string()};
    }
    Process::run(
        std::move(command),
        {.log = folder_ / "make_data.log", .as_server_user = true, .prepare = options_.prepare});
}

PrivateCluster::~PrivateCluster() {
    if (server_) {
        server_->signal(SIGQUIT);
        server_->wait();
    }
    ::close(lifeline_);
    caretaker_->wait();
}

// The caretaker reads from a pipe that is closed when the test process ends, for whatever reason.
// It then stops the server if it still runs, and removes the folder.
void PrivateCluster::watch_over() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    lifeline_ = ends[1];
    caretaker_ = Process::start({"/bin/sh",
                                 "-c",
                                 "read -r never; pid=$(head -n 1 \"$1/data/postmaster.pid\" "
                                 "2>/dev/null) && kill -QUIT \"$pid\" && while kill -0 \"$pid\" "
                                 "2>/dev/null; do sleep 0.05; done; rm -rf \"$1\"",
                                 "caretaker",
                                 folder_.string()},
                                {.standard_input = ends[0]});
    ::close(ends[0]);
}

PrivateCluster& PrivateCluster::shared() {
    require();
    static PrivateCluster cluster;
    return cluster;
}

std::string PrivateCluster::connection_string(std::string_view database,
                                              std::string_view user) const {
    return "host=" + folder_.string() + " port=" + std::to_string(port_) +
           " dbname=" + std::string(database) + " user=" + std::string(user);
}

std::string PrivateCluster::tcp_connection_string(std::string_view database,
                                                  std::string_view user) const {
    return "host=127.0.0.1 port=" + std::to_string(port_) + " dbname=" + std::string(database) +
           " user=" + std::string(user);
}

Admin PrivateCluster::admin(std::string_view database) const {
    return Admin(connection_string(database));
}

void PrivateCluster::launch() {
    server_ = Process::start(
        {(*programs() / "postgres").string(), "-D", (folder_ / "data").string()},
        {.log = folder_ / "server.log", .as_server_user = true, .prepare = options_.prepare});
}

void PrivateCluster::start() {
    launch();
    await_ping(PQPING_OK);
}

void PrivateCluster::start_recovering() {
    std::ofstream(folder_ / "data" / "standby.signal").close();
    std::ofstream(folder_ / "data" / "postgresql.conf", std::ios::app) << "hot_standby=off\n";
    launch();
    await_ping(PQPING_REJECT);
}

void PrivateCluster::await_ping(int expected) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (PQping(connection_string().c_str()) != expected) {
        if (!server_->running()) throw std::runtime_error("the server did not start:\n" + log());
        if (std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error("the server is not ready after 60 s:\n" + log());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

void PrivateCluster::promote() {
    std::ofstream(folder_ / "data" / "promote").close();
    server_->signal(SIGUSR1);
    await_ping(PQPING_OK);
    auto connection = admin();
    while (connection.value("SELECT pg_is_in_recovery()") == "t") {
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

void PrivateCluster::kill_postmaster() {
    const auto pid = std::to_string(server_->pid());
    std::istringstream children(read_file("/proc/" + pid + "/task/" + pid + "/children"));
    server_->signal(SIGKILL);
    server_->wait();
    server_.reset();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    for (std::string child; children >> child;) {
        // It has ended if it is gone or a zombie.
        const auto lives = [&] {
            const auto stat = read_file("/proc/" + child + "/stat");
            return !stat.empty() && stat.find(") Z ") == std::string::npos;
        };
        while (lives()) {
            if (std::chrono::steady_clock::now() > deadline) {
                throw std::runtime_error("process " + child + " outlives its postmaster");
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
    }
}

void PrivateCluster::stop(Stop how) {
    if (!server_) return;
    server_->signal(how == Stop::fast ? SIGINT : SIGQUIT);
    server_->wait();
    server_.reset();
}

void PrivateCluster::restart(Stop how) {
    stop(how);
    start();
}

void PrivateCluster::reload() {
    constexpr std::string_view answer = "received SIGHUP, reloading configuration files";
    const auto answers = [&] {
        const auto text = log();
        std::size_t count = 0;
        for (auto at = text.find(answer); at != text.npos; at = text.find(answer, at + 1)) ++count;
        return count;
    };
    const auto before = answers();
    server_->signal(SIGHUP);
    // The line is written before the files are read, but a client that connects now waits for both.
    while (answers() == before) std::this_thread::sleep_for(std::chrono::milliseconds{1});
}

void PrivateCluster::set_hba(std::string_view rules) {
    std::ofstream(folder_ / "data" / "pg_hba.conf") << "local all postgres trust\n"
                                                    << rules << '\n';
    reload();
}

pid_t PrivateCluster::postmaster() const noexcept { return server_ ? server_->pid() : -1; }

std::string PrivateCluster::log() const { return read_file(folder_ / "server.log"); }

std::string test_database() {
    const char* const url = std::getenv("ROOMSTORE_TEST_DATABASE_URL");
    if (url != nullptr && *url != '\0') return url;
    return PrivateCluster::shared().connection_string();
}

}  // namespace roomstore::test
