// The constructor checks the connection string, and the values that the environment adds to it.

#include <fstream>

#include <catch2/catch_test_macros.hpp>

#include "postgres/environment.hpp"
#include "postgres/fresh_schema.hpp"
#include "roomstore/error.hpp"
#include "roomstore/postgres/postgres_store.hpp"

namespace roomstore::test {

namespace {

/// The error text of the constructor; empty if it accepts the string.
std::string refusal_of(const std::string& connection_string) {
    try {
        const PostgresStore store({.connection_string = connection_string});
        return {};
    } catch (const Error& error) {
        CHECK(error.code() == errc::invalid_argument);
        CHECK_FALSE(is_retryable(error.code()));
        return error.detail();
    }
}

void check_refused(const std::string& connection_string, const std::string& key) {
    CAPTURE(connection_string, key);
    const auto text = refusal_of(connection_string);
    CAPTURE(text);
    CHECK(text.starts_with("PostgresOptions::connection_string: " + key + ' '));
}

}  // namespace

TEST_CASE("the constructor refuses an invalid value and names its key") {
    for (const char* key : {"port",
                            "connect_timeout",
                            "keepalives",
                            "keepalives_idle",
                            "keepalives_interval",
                            "keepalives_count",
                            "tcp_user_timeout",
                            "sslmode",
                            "ssl_min_protocol_version",
                            "ssl_max_protocol_version",
                            "channel_binding",
                            "gssencmode",
                            "target_session_attrs"}) {
        for (const char* value : {"bogus", "1x", "99999999999"}) {
            check_refused("host=/tmp " + std::string(key) + '=' + value, key);
            check_refused("postgres://db1/chat?" + std::string(key) + '=' + value, key);
        }
    }
    for (const char* port : {"0", "65536", "-1", "5432,x", "5432,0"}) {
        check_refused("host=a,b port=" + std::string(port), "port");
    }
    check_refused("hostaddr=db1", "hostaddr");
    check_refused("service=nosuch", "service");
    check_refused("postgres://u:p@ss@db1/chat", "host");
}

TEST_CASE("the constructor accepts values that libpq accepts") {
    for (const char* text : {"",
                             " ",
                             "host=/tmp",
                             "port=' 5432 '",
                             "host=a,b port=,5433",
                             "connect_timeout=0",
                             "connect_timeout=-1",
                             "keepalives=0 keepalives_idle=-1",
                             "tcp_user_timeout=0",
                             "sslmode=verify-full",
                             "gssencmode=disable",
                             "channel_binding=disable",
                             "ssl_min_protocol_version=TLSv1.3",
                             "hostaddr=127.0.0.1,::1",
                             "host=@abstract",
                             "target_session_attrs=prefer-standby",
                             "postgres://",
                             "postgresql://u:p%40ss@db1,db2:5433/chat?connect_timeout=3"}) {
        CAPTURE(text);
        CHECK(refusal_of(text).empty());
    }
}

TEST_CASE("an invalid value from the environment or a service file is refused") {
    {
        const Environment port("PGPORT", "bogus");
        check_refused("host=/tmp", "port");
        CHECK(refusal_of("host=/tmp port=5432").empty());
    }
    {
        const Environment timeout("PGCONNECT_TIMEOUT", "soon");
        check_refused("host=/tmp", "connect_timeout");
    }
    {
        const Environment mode("PGSSLMODE", "bogus");
        check_refused("host=/tmp", "sslmode");
    }
    {
        const Environment attributes("PGTARGETSESSIONATTRS", "bogus");
        check_refused("host=/tmp", "target_session_attrs");
    }
    {
        const Environment service("PGSERVICE", "nosuch");
        check_refused("host=/tmp", "service");
    }
    const auto file = PrivateCluster::shared().folder() / "wrong.services";
    std::ofstream(file) << "[wrong]\nhost=/tmp\nkeepalives_idle=bogus\n";
    const Environment services("PGSERVICEFILE", file.string());
    check_refused("service=wrong", "keepalives_idle");
    CHECK(refusal_of("service=wrong keepalives_idle=3").empty());
}

}  // namespace roomstore::test
