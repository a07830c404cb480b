// Sessions on a real server.

#include <limits>
#include <thread>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "driver/server_session.hpp"
#include "postgres/session_fixture.hpp"
#include "support/pgbouncer.hpp"

using namespace roomstore;
using namespace roomstore::test;

namespace {

Failure connect_failure(PostgresOptions options) {
    return failure_of([&] { connect(options); });
}

}  // namespace

TEST_CASE("A session returns parameter values unchanged") {
    const bool prepared = GENERATE(true, false);
    auto options = options_for(test_database());
    options.prepared_statements = prepared;
    const auto session = connect(options);

    const std::string hostile =
        "quotes ' \" backslash \\ percent % dollar $1 newline \n emoji 😀 {schema}";
    const Timestamp time = parse_iso8601("1883-11-18T12:03:58.123456Z").value();
    const auto result = session->exec(
        {"test_echo",
         "SELECT $1::text, $2::bigint, encode(float8send($3), 'hex'), $4::timestamptz, $5::bool, "
         "$6::text, $7::text[], "
         "$8::bigint[], $9::text[]"},
        Params()
            .add(hostile)
            .add(std::numeric_limits<std::int64_t>::min())
            .add(0.1)
            .add(time)
            .add(true)
            .add_null()
            .add_array(std::vector<std::string>{hostile, "", "NULL", "{,}"})
            .add_array(std::vector<std::int64_t>{1, -2})
            .add_array(std::vector<std::optional<std::string>>{"a", std::nullopt}));
    REQUIRE(result.size() == 1);
    const auto row = result[0];
    CHECK(row.text(0) == hostile);
    CHECK(row.int64(1) == std::numeric_limits<std::int64_t>::min());
    CHECK(row.float64(2) == 0.1);
    CHECK(row.timestamp(3) == time);
    CHECK(row.boolean(4));
    CHECK(row.is_null(5));
    CHECK(row.text(7) == "{1,-2}");
    CHECK(row.text(8) == "{a,NULL}");
    const auto elements =
        session->exec({"test_elements", "SELECT unnest($1::text[])"},
                      Params().add_array(std::vector<std::string>{hostile, "", "NULL", "{,}"}));
    REQUIRE(elements.size() == 4);
    CHECK(elements[0].text(0) == hostile);
    CHECK(elements[1].text(0).empty());
    CHECK_FALSE(elements[2].is_null(0));
}

TEST_CASE("A value longer than the server's limit is refused before anything is sent") {
    auto options = options_for(test_database());
    options.prepared_statements = GENERATE(true, false);
    const auto session = connect(options);
    const Params params = Params().add(std::string(std::size_t{1} << 30, 'x'));
    const auto failure =
        failure_of([&] { session->exec({"test_length", "SELECT length($1::text)"}, params); });
    CHECK(failure.code == errc::invalid_argument);
    CHECK_FALSE(failure.broken);
    CHECK(failure.text.find("1073741823") != std::string::npos);
    CHECK(session->connected());
}

TEST_CASE("Timestamps are read in every time zone that the server may use") {
    const auto session = connect(options_for(test_database()));
    const auto time = parse_iso8601("2026-01-02T03:04:05.000006Z").value();
    for (const char* zone : {"UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"}) {
        session->run_command(std::string("SET TimeZone = '") + zone + "'");
        CHECK(
            session->exec({"test_time", "SELECT $1::timestamptz"}, Params().add(time))[0].timestamp(
                0) == time);
    }
    // In other time zones the first and last timestamps fall into the years 1 BC and 10000.
    const std::pair<const char*, const char*> moments[] = {
        {"0001-01-01T00:00:00Z", "America/New_York"},
        {"0001-01-01T12:34:56.000007Z", "Pacific/Honolulu"},
        {"9999-12-31T23:59:59.999999Z", "Europe/Berlin"},
        {"9999-12-31T12:00:00Z", "Pacific/Kiritimati"},
    };
    for (const auto& [moment, zone] : moments) {
        session->run_command(std::string("SET TimeZone = '") + zone + "'");
        const auto at_the_end = parse_iso8601(moment).value();
        const auto row =
            session->exec({"test_time", "SELECT $1::timestamptz"}, Params().add(at_the_end));
        CAPTURE(row[0].text(0));
        CHECK(row[0].timestamp(0) == at_the_end);
    }
    session->run_command("SET TimeZone = 'UTC'");
    for (const char* beyond : {"10000-01-01 00:00:00Z", "0001-12-31 23:59:59Z BC"}) {
        const Statement text{"test_text", "SELECT $1::text::timestamptz"};
        const auto row = session->exec(text, Params().add(beyond));
        CAPTURE(row[0].text(0));
        CHECK_THROWS_AS(row[0].timestamp(0), ColumnError);
    }
    // Amsterdam was 19 min 32 s ahead until 1937.
    session->run_command("SET TimeZone = 'Europe/Amsterdam'");
    const auto odd = parse_iso8601("1900-01-01T00:00:00Z").value();
    const auto result = session->exec({"test_time", "SELECT $1::timestamptz"}, Params().add(odd));
    CAPTURE(result[0].text(0));
    CHECK(result[0].timestamp(0) == odd);
}

TEST_CASE("A failed statement is reported with code, SQLSTATE and the server's text") {
    const auto session = connect(options_for(test_database()));
    const auto failure = failure_of([&] {
        session->exec({"test_division", "SELECT 1 / $1::int"}, Params().add(std::int64_t{0}));
    });
    CHECK(failure.code == errc::invalid_argument);
    CHECK(failure.sqlstate == "22012");
    CHECK(failure.text.starts_with("ERROR:  division by zero (server "));
    CHECK_FALSE(failure.broken);
    CHECK(session->connected());

    const auto missing = failure_of(
        [&] { session->exec({"test_missing", "SELECT * FROM {schema}.nowhere"}, Params()); });
    CHECK(missing.code == errc::schema_mismatch);
    CHECK(missing.text.find("roomstore.nowhere") != std::string::npos);
    CHECK(missing.text.find("LOCATION") == std::string::npos);
}

TEST_CASE("Commands, prepared and unprepared statements report the same code and SQLSTATE") {
    struct Expected {
        std::string sqlstate;
        errc code;
        Remedy remedy;
    };
    const auto expected = GENERATE(values<Expected>({
        {"42501", errc::access_denied, Remedy::none},
        {"57P01", errc::unavailable, Remedy::reconnect},
        {"08006", errc::unavailable, Remedy::rerun},
        {"40001", errc::busy, Remedy::rerun},
        {"25006", errc::read_only, Remedy::reconnect},
    }));
    CAPTURE(expected.sqlstate);
    auto options = options_for(test_database());
    const auto raising = connect(options);
    raising->run_command(
        "CREATE FUNCTION pg_temp.raise(text) RETURNS int LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = $1; END$$");
    const auto raise = "SELECT pg_temp.raise('" + expected.sqlstate + "')";
    const auto check = [&](const Failure& failure) {
        CHECK(failure.sqlstate == expected.sqlstate);
        CHECK(failure.code == expected.code);
        CHECK(failure.remedy == expected.remedy);
        CHECK_FALSE(failure.broken);
        CHECK_FALSE(failure.in_doubt);
        CHECK(failure.text.starts_with("ERROR:  on purpose"));
    };
    check(failure_of([&] { raising->run_command(raise); }));
    check(failure_of([&] { raising->exec({"test_raise", raise}, Params()); }));
    check(failure_of([&] {
        raising->exec({.name = "test_raise_planned", .text = raise, .custom_plan = true}, Params());
    }));
    check(failure_of([&] { raising->exec_all({{{"test_raise", raise}, Params()}}); }));
    CHECK(raising->exec(pid, Params()).size() == 1);
}

TEST_CASE("Commands and statements that the server ends report its last message") {
    using End = std::function<void(Session&)>;
    constexpr const char* suicide = "SELECT pg_terminate_backend(pg_backend_pid())";
    const auto end = GENERATE_COPY(
        End([&](Session& session) { session.run_command(suicide); }),
        End([&](Session& session) { session.exec({"test_suicide", suicide}, Params()); }),
        End([&](Session& session) {
            session.exec_all({{{"test_suicide", suicide}, Params()}, {pid, Params()}});
        }));
    const auto session = connect(options_for(test_database()));
    const auto failure = failure_of([&] { end(*session); });
    CHECK(failure.sqlstate == "57P01");
    CHECK(failure.code == errc::unavailable);
    CHECK(failure.remedy == Remedy::reconnect);
    CHECK(failure.broken);
    CHECK(failure.text.starts_with("FATAL:  terminating connection"));
    CHECK_FALSE(session->connected());
}

TEST_CASE("A transaction is committed or rolled back; COMMIT fails after a failed statement") {
    const auto session = connect(options_for(test_database()));
    session->run_command("CREATE TEMP TABLE t (n int)");
    const Statement insert{"test_insert", "INSERT INTO t VALUES (1)"};
    const Statement count{"test_count", "SELECT count(*) FROM t"};
    const auto rows = [&] { return session->exec(count, Params())[0].int64(0); };

    session->begin();
    CHECK(session->exec(insert, Params()).affected_rows() == 1);
    CHECK(session->transaction_status() == TransactionStatus::open);
    session->rollback();
    CHECK(rows() == 0);

    session->begin();
    session->exec(insert, Params());
    session->commit();
    CHECK(session->transaction_status() == TransactionStatus::idle);
    CHECK(rows() == 1);

    session->begin();
    session->exec(insert, Params());
    failure_of([&] { session->exec({"test_bad", "SELECT 1 / 0"}, Params()); });
    CHECK(session->transaction_status() == TransactionStatus::failed);
    const auto failure = failure_of([&] { session->commit(); });
    CHECK_FALSE(failure.in_doubt);
    session->rollback();
    CHECK(rows() == 1);

    CHECK_FALSE(failure_of([&] { session->commit(); }).in_doubt);
}

TEST_CASE("A session reports a lost connection, and connects again") {
    auto& cluster = PrivateCluster::shared();
    const auto session = connect(options_for(cluster.connection_string()));
    const auto terminate = [&] {
        const auto backend = session->exec(pid, Params())[0].text(0);
        cluster.admin().query("SELECT pg_terminate_backend(" + backend + ", 10000)");
    };
    const auto kill_in_transaction = [&] {
        session->begin();
        terminate();
    };

    terminate();
    const auto idle = failure_of([&] { session->exec(pid, Params()); });
    CHECK(idle.broken);
    CHECK(idle.code == errc::unavailable);
    CHECK(idle.remedy == Remedy::reconnect);
    CHECK(idle.sqlstate == "57P01");
    CHECK(idle.text.find("terminating connection") != std::string::npos);
    CHECK(idle.text.find(cluster.folder().string()) != std::string::npos);
    CHECK_FALSE(session->connected());

    session->connect(Session::Clock::now() + 5s);
    kill_in_transaction();
    const auto before_commit = failure_of([&] { session->commit(); });
    CHECK(before_commit.broken);
    CHECK_FALSE(before_commit.in_doubt);  // the loss was detected before COMMIT was sent

    session->connect(Session::Clock::now() + 5s);
    CHECK(session->exec(pid, Params()).size() == 1);
}

TEST_CASE("Wrong parameters fail the statement, not the connection") {
    const auto session = connect(options_for(test_database()));
    const auto failure =
        failure_of([&] { session->exec({"test_one", "SELECT $1::int"}, Params()); });
    CHECK(failure.code == errc::internal);
    CHECK(failure.sqlstate == "08P01");
    CHECK_FALSE(failure.broken);
    CHECK(failure.remedy == Remedy::none);
    CHECK(failure.discard);

    Params many;
    for (int i = 0; i < 65'536; ++i) many.add(std::int64_t{i});
    CHECK(failure_of([&] { session->exec(pid, many); }).code == errc::invalid_argument);
    CHECK(session->connected());
}

TEST_CASE("A session has the settings that keep a lost client from holding locks") {
    PrivateCluster::require();
    auto options = options_for(PrivateCluster::shared().connection_string());
    options.deadline = 7s;
    const auto session = connect(options);
    const auto setting = [&](const char* name) {
        return session->exec({"test_setting", "SELECT current_setting($1)"}, Params().add(name))[0]
            .text(0);
    };
    CHECK(setting("statement_timeout") == "7s");
    CHECK(setting("lock_timeout") == "2s");
    CHECK(setting("jit") == "off");
    CHECK(setting("enable_seqscan") == "off");
    CHECK(setting("idle_in_transaction_session_timeout") == "10s");
    CHECK(setting("client_connection_check_interval") == "1s");
    CHECK(setting("plan_cache_mode") == "force_generic_plan");
    CHECK(setting("TimeZone") == "UTC");
    CHECK(setting("DateStyle") == "ISO, MDY");
    CHECK(setting("application_name") == "roomstore");
    CHECK(setting("client_encoding") == "UTF8");
    session->begin();
    CHECK(setting("transaction_isolation") == "read committed");
    session->rollback();
}

TEST_CASE("Without session state, a DateStyle other than ISO is refused") {
    auto options = options_for(test_database());
    options.connection_string += " options='-c DateStyle=German'";
    CHECK(connect(options)->connected());
    options.prepared_statements = false;
    const auto failure = failure_of([&] { connect(options); });
    CHECK(failure.code == errc::schema_mismatch);
    CHECK(failure.text.find("DateStyle is \"German, DMY\"") != std::string::npos);
    CHECK(failure.text.find("ALTER ROLE") != std::string::npos);
}

TEST_CASE("A statement uses a generic plan, unless it requests a custom plan") {
    const auto session = connect(options_for(test_database()));
    const Statement kept{"test_kept", "SELECT unnest($1::text[])"};
    for (int i = 0; i < 8; ++i) session->exec(kept, Params().add("{a}"));
    const Statement plans{"test_plans",
                          "SELECT generic_plans, custom_plans FROM pg_prepared_statements "
                          "WHERE name = 'test_kept'"};
    const auto counted = session->exec(plans, Params());
    CHECK(counted[0].int64(0) == 8);
    CHECK(counted[0].int64(1) == 0);

    const Statement planned{
        "test_planned", "SELECT current_setting('plan_cache_mode'), $1::int", true};
    const Statement setting{"test_setting", "SELECT current_setting('plan_cache_mode')"};
    for (const bool in_transaction : {false, true}) {
        if (in_transaction) session->begin();
        const auto row = session->exec(planned, Params().add(std::int64_t{7}));
        CHECK(row[0].text(0) == "force_custom_plan");
        CHECK(row[0].int64(1) == 7);
        if (in_transaction) session->commit();
        CHECK(session->exec(setting, Params())[0].text(0) == "force_generic_plan");
    }
    const auto failure = failure_of([&] {
        session->exec({"test_failing", "SELECT 1 / $1::int", true}, Params().add(std::int64_t{0}));
    });
    CHECK(failure.sqlstate == "22012");
    CHECK(session->exec(setting, Params())[0].text(0) == "force_generic_plan");
}

TEST_CASE("Plans are discarded after 1, 2, 4, 8 ... statements, since tables grow") {
    PrivateCluster cluster({.settings = {"log_statement=all"}});
    const auto session = connect(options_for(cluster.connection_string()));
    for (int i = 0; i < 15; ++i) session->exec(pid, Params());
    const auto log = cluster.log();
    std::size_t renewals = 0;
    for (auto at = log.find("DISCARD PLANS"); at != std::string::npos;
         at = log.find("DISCARD PLANS", at + 1)) {
        ++renewals;
    }
    CHECK(renewals == 4);
}

TEST_CASE("A session keeps 256 prepared statements, and evicts the least recently used") {
    const auto session = connect(options_for(test_database()));
    const Statement kept{"test_kept",
                         "SELECT count(*), count(*) FILTER (WHERE name = 'test_0') "
                         "FROM pg_prepared_statements"};
    session->exec(kept, Params());
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 400; ++i) {
            const auto name = "test_" + std::to_string(i);
            const auto text = "SELECT " + std::to_string(i);
            if (i == 200) session->begin();
            CHECK(session->exec({name, text}, Params())[0].int64(0) == i);
            if (i == 201) session->commit();
            const auto counted = session->exec(kept, Params());
            CHECK(counted[0].int64(0) <= 256);
            CHECK(counted[0].int64(1) == (i < 255 ? 1 : 0));
        }
    }
}

TEST_CASE("A session ignores settings that the server refuses, unless they are required") {
    auto options = options_for(PrivateCluster::shared().connection_string());
    options.prepared_statements = GENERATE(true, false);
    CAPTURE(options.prepared_statements);
    const auto config = session_config(options);
    // An unknown setting, one with a value out of range, and one that is accepted.
    config->settings.push_back({.name = "no_such_setting", .value = "on"});
    config->settings.push_back({.name = "work_mem", .value = "'1kB'"});
    config->settings.push_back({.name = "vacuum_cost_limit", .value = "201"});
    const Statement settings{"test_settings",
                             "SELECT current_setting('lock_timeout'), "
                             "current_setting('client_connection_check_interval'), "
                             "current_setting('vacuum_cost_limit'), "
                             "current_setting('search_path')"};
    ServerSession session(config);
    session.connect(Session::Clock::now() + 5s);
    session.begin();
    const auto row = session.exec(settings, Params());
    CHECK(row[0].text(0) == "2s");
    CHECK(row[0].text(1) == "1s");
    CHECK(row[0].text(2) == "201");
    CHECK(row[0].text(3) == "pg_catalog, roomstore, pg_temp");
    session.commit();

    config->settings.push_back({.name = "no_such_need", .value = "on", .needed = true});
    const auto failure = failure_of([&] { session.connect(Session::Clock::now() + 5s); });
    CHECK(failure.code == errc::schema_mismatch);
    CHECK(failure.text.find("no_such_need") != std::string::npos);
}

TEST_CASE("Behind a pooler a session leaves no state; its settings apply to its transactions") {
    auto& pooler = PgBouncer::shared();
    auto options = options_for(pooler.connection_string());
    options.prepared_statements = false;
    const auto session = connect(options);
    const Statement limits{"test_limits",
                           "SELECT current_setting('lock_timeout'), "
                           "current_setting('transaction_isolation'), (SELECT count(*) FROM "
                           "pg_prepared_statements), "
                           "current_setting('client_connection_check_interval')"};
    CHECK(session->exec(limits, Params())[0].text(0) == "0");
    session->begin();
    const auto inside = session->exec(limits, Params());
    CHECK(inside[0].text(0) == "2s");
    CHECK(inside[0].text(1) == "read committed");
    CHECK(inside[0].int64(2) == 0);
    CHECK(inside[0].text(3) == "1s");
    session->commit();
    CHECK(session->exec(limits, Params())[0].text(0) == "0");
}

TEST_CASE("An unreachable server is unavailable; one that rejects the client is access_denied") {
    auto& cluster = PrivateCluster::shared();
    const auto database = connect_failure(options_for(cluster.connection_string("nowhere")));
    CHECK(database.code == errc::access_denied);
    CHECK(database.remedy == Remedy::none);
    CHECK(database.sqlstate == "3D000");
    CHECK(database.text.find("the database does not exist") != std::string::npos);
    CHECK(database.text.find("LOCATION") == std::string::npos);

    const auto refused = connect_failure(options_for("host=127.0.0.1 port=1 dbname=postgres"));
    CHECK(refused.code == errc::unavailable);
    CHECK(refused.remedy == Remedy::reconnect);
    CHECK(refused.text.find("Connection refused") != std::string::npos);

    cluster.admin().query("CREATE ROLE locked LOGIN PASSWORD 'right'");
    cluster.set_hba("local all locked scram-sha-256");
    const auto password = connect_failure(
        options_for(cluster.connection_string("postgres", "locked") + " password=wrong"));
    cluster.set_hba("local all all trust");
    CHECK(password.code == errc::access_denied);
    CHECK(password.remedy == Remedy::none);
    CHECK(password.sqlstate == "28P01");
    CHECK(password.text.find("password authentication failed") != std::string::npos);
}

TEST_CASE("With several hosts a session connects to the one that accepts writes") {
    auto& cluster = PrivateCluster::shared();
    const auto folder = cluster.folder().string();
    const auto session = connect(options_for("host=/nonexistent,127.0.0.1," + folder +
                                             " port=5432,1," + std::to_string(cluster.port()) +
                                             " user=postgres dbname=postgres "
                                             "target_session_attrs=read-write"));
    CHECK(session->exec(pid, Params()).size() == 1);
    const auto url = connect(options_for("postgresql://postgres@/postgres?host=" + folder +
                                         "&port=" + std::to_string(cluster.port())));
    CHECK(url->exec(pid, Params()).size() == 1);
}
