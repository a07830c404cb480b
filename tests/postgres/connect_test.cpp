#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "postgres/fresh_schema.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"
#include "support/run.hpp"
#include "support/tcp_proxy.hpp"

namespace roomstore::test {

namespace {

/// With a short deadline, since some attempts are repeated until then.
PostgresOptions options_for(std::string connection_string) {
    PostgresOptions options;
    options.connection_string = std::move(connection_string);
    options.deadline = std::chrono::milliseconds{1500};
    return options;
}

/// Accepts every client that connects without TLS, reports this PostgreSQL version, and then stays
/// silent.
class ServerOfVersion {
public:
    explicit ServerOfVersion(std::string version) : version_(std::move(version)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        REQUIRE(::bind(listener_, generic, size) == 0);
        REQUIRE(::listen(listener_, 16) == 0);
        REQUIRE(::getsockname(listener_, generic, &size) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }

    ~ServerOfVersion() {
        ::shutdown(listener_, SHUT_RDWR);  // ends accept()
        thread_.join();
        for (const int client : clients_) ::close(client);
        ::close(listener_);
    }

    std::string connection_string() const {
        return "host=127.0.0.1 user=alice dbname=alice sslmode=disable port=" +
               std::to_string(port_);
    }

private:
    // Manual, section 55.7.
    std::string greeting() const {
        const std::string parameter = std::string("server_version") + '\0' + version_ + '\0';
        return std::string("R\0\0\0\x08\0\0\0\0", 9) + std::string("S\0\0\0", 4) +
               static_cast<char>(parameter.size() + 4) + parameter +
               std::string("K\0\0\0\x0c\0\0\0\x01\0\0\0\x01", 13) + std::string("Z\0\0\0\x05I", 6);
    }

    void serve() {
        for (;;) {
            const int client = ::accept(listener_, nullptr, nullptr);
            if (client < 0) return;
            clients_.push_back(client);
            char startup[1000];
            if (::recv(client, startup, sizeof startup, 0) <= 0) continue;
            const auto bytes = greeting();
            ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        }
    }

    std::string version_;
    int listener_ = -1;
    int port_ = 0;
    std::vector<int> clients_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("init() on a server older than 13 fails at once with the server's version") {
    const ServerOfVersion server("12.22");
    PostgresStore store(options_for(server.connection_string()));
    CHECK_FAILS(store.init(), errc::schema_mismatch, "PostgreSQL 12.22");
    CHECK_FAILS(store.init(), errc::schema_mismatch, "13 or newer");
}

TEST_CASE("init() reports a wrong password and does not retry", "[F21]") {
    PrivateCluster cluster;
    cluster.admin().query(
        "CREATE ROLE alice LOGIN PASSWORD 'right'; CREATE SCHEMA roomstore "
        "AUTHORIZATION alice");
    cluster.set_hba("local all all scram-sha-256");
    const auto alice = cluster.connection_string("postgres", "alice");
    const auto wrong_options = options_for(alice + " password=wrong");
    PostgresStore wrong(wrong_options);
    CHECK_FAILS(wrong.init(), errc::access_denied, "password authentication failed");
    CHECK_FAILS(wrong.init(), errc::access_denied, cluster.folder().string());
    // One attempt per connection before the calls, and one for each of the two calls.
    CHECK(wrong.stats().failed_connects <= wrong_options.connections + 2);
    CHECK_FAILS(wrong.create_room(sample_room()), errc::closed, "init()");
    PostgresStore none(options_for(alice));
    CHECK_FAILS(none.init(), errc::access_denied, "password");
    PostgresStore right(options_for(alice + " password=right"));
    run(right.init());
    run(right.create_room(sample_room()));
}

TEST_CASE("init() reports a nonexistent database or role and does not retry", "[F21]") {
    auto& cluster = PrivateCluster::shared();
    PostgresStore database(options_for(cluster.connection_string("nowhere_to_be_found")));
    CHECK_FAILS(database.init(), errc::access_denied, "the database does not exist");
    PostgresStore role(options_for(cluster.connection_string("postgres", "nobody_of_that_name")));
    CHECK_FAILS(role.init(), errc::access_denied, "the server rejects this role");
}

TEST_CASE("a connected store reports that its role may no longer log in", "[F21]") {
    PrivateCluster cluster;
    cluster.admin().query("CREATE ROLE alice LOGIN; CREATE SCHEMA roomstore AUTHORIZATION alice");
    auto options = options_for(cluster.connection_string("postgres", "alice"));
    // A second one might still be logging in, and then outlives the statements below.
    options.connections = 1;
    PostgresStore store(options);
    run(store.init());
    auto admin = cluster.admin();
    admin.query("ALTER ROLE alice NOLOGIN");
    admin.query(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE usename = 'alice'");
    try {
        run(store.room_exists("room"));
        FAIL("a role without LOGIN was let in");
    } catch (const Error& error) {
        INFO(error.what());
        CHECK(error.code() == errc::access_denied);
        CHECK_FALSE(error.retryable());
        // After a successful connection, error texts may quote the server.
        CHECK(error.detail().find("\"alice\"") != std::string::npos);
    }
}

TEST_CASE("init() fails at once if there is no server", "[F21]") {
    // Ends the test long before the deadline of the calls.
    Watchdog watchdog(std::chrono::seconds{60});
    const auto init = [](const std::string& server) {
        auto options = options_for(server + " user=alice dbname=alice sslmode=disable");
        options.deadline = std::chrono::hours{1};
        PostgresStore store(options);
        CHECK_FAILS(store.init(), errc::unavailable, "init: ");
        return store.stats().failed_connects;
    };
    std::string nobody;
    {
        const TcpProxy gone(1);
        nobody = std::to_string(gone.port());
    }
    init("host=127.0.0.1 port=" + nobody);
    init("host=/nowhere/to/be/found");
    init("host=/tmp port=1");
    // Without a name server, nobody knows whether the name exists.
    addrinfo* found = nullptr;
    if (::getaddrinfo("nowhere.invalid", nullptr, nullptr, &found) == EAI_NONAME) {
        init("host=nowhere.invalid");
    }
    const PostgresOptions defaults;
    CHECK(init("host=127.0.0.1,localhost,/nowhere port=" + nobody) <= defaults.connections + 1);
}

TEST_CASE("init() reports that the server is down; once it is up, the same store works", "[F21]") {
    PrivateCluster cluster;
    cluster.stop();
    PostgresStore store(options_for(cluster.connection_string()));
    CHECK_FAILS(store.init(), errc::unavailable, "init");
    CHECK_FAILS(store.init(), errc::unavailable, cluster.folder().string());
    CHECK_FAILS(store.get_room("room"), errc::closed, "init()");
    cluster.start();
    run(store.init());
    run(store.create_room(sample_room()));
    CHECK(run(store.room_exists("room")));
}

}  // namespace roomstore::test
