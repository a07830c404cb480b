#include <limits>

#include <catch2/catch_test_macros.hpp>

#include "driver/connection_string.hpp"
#include "driver/errors.hpp"
#include "driver/params.hpp"
#include "driver/result_impl.hpp"
#include "driver/session_setup.hpp"
#include "pool/backoff.hpp"
#include "roomstore/error.hpp"
#include "roomstore/postgres/postgres_options.hpp"

using namespace roomstore;
using namespace roomstore::postgres;
using namespace std::chrono_literals;

namespace {

std::string refusal_of(const PostgresOptions& options) {
    try {
        validate(options);
    } catch (const Error& error) {
        CHECK(error.code() == make_error_code(errc::invalid_argument));
        return error.detail();
    }
    return "";
}

std::string value_of(const ConnectionTarget& target, const std::string& keyword) {
    const auto found = target.settings.find(keyword);
    return found == target.settings.end() ? std::string() : found->second;
}

ConnectionPlan plan(std::string connection_string) {
    PostgresOptions options;
    options.connection_string = std::move(connection_string);
    return plan_connections(options);
}

struct TextResult final : Result::Impl {
    explicit TextResult(std::vector<const char*> row) {
        rows = 1;
        columns = row.size();
        for (const char* text : row) {
            cells.push_back({text, text == nullptr ? 0 : std::string_view(text).size()});
        }
    }
    std::string column_name(int column) const override { return "c" + std::to_string(column); }
};

Result row_of(std::vector<const char*> row) {
    return Result(std::make_shared<const TextResult>(std::move(row)));
}

}  // namespace

TEST_CASE("Options out of range are refused, naming the option") {
    CHECK(refusal_of({}).empty());
    CHECK(refusal_of({.schema = ""}) == "PostgresOptions::schema: 0 bytes long, not 1..63");
    CHECK(refusal_of({.schema = std::string(64, 's')}) ==
          "PostgresOptions::schema: 64 bytes long, not 1..63");
    CHECK(refusal_of({.schema = std::string("a\0b", 3)}) ==
          "PostgresOptions::schema: NUL at byte 1");
    CHECK(refusal_of({.schema = "pg_rooms"}).starts_with("PostgresOptions::schema: 'pg_rooms'"));
    CHECK(refusal_of({.schema = "we\"ird; name"}).empty());
    CHECK(refusal_of({.connections = 0}) == "PostgresOptions::connections: 0 is not in 1..1000");
    CHECK(refusal_of({.connections = 1001}).starts_with("PostgresOptions::connections: 1001"));
    CHECK(refusal_of({.queue_capacity = 0}).starts_with("PostgresOptions::queue_capacity: 0"));
    CHECK(refusal_of({.queue_bytes = 0}) ==
          "PostgresOptions::queue_bytes: 0 is not in 1..68719476736");
    CHECK(refusal_of({.queue_bytes = std::size_t{64} << 30}).empty());
    CHECK(refusal_of({.queue_bytes = (std::size_t{64} << 30) + 1})
              .starts_with("PostgresOptions::queue_bytes: 68719476737"));
    CHECK(refusal_of({.deadline = 99ms}) ==
          "PostgresOptions::deadline: 99 ms is not in 100..3600000 ms");
    CHECK(refusal_of({.connect_timeout = 0ms}).starts_with("PostgresOptions::connect_timeout: 0"));
    CHECK(refusal_of({.lock_timeout = -1ms}).starts_with("PostgresOptions::lock_timeout: -1 ms"));
    CHECK(refusal_of({.partitions = -1}).starts_with("PostgresOptions::partitions: -1"));
    CHECK(refusal_of({.partitions = 1025}).starts_with("PostgresOptions::partitions: 1025"));
    CHECK(refusal_of({.application_name = std::string(64, 'a')})
              .starts_with("PostgresOptions::application_name: 64"));
    CHECK(refusal_of({.limits = {.max_event_bytes = 0}})
              .starts_with("PostgresOptions::limits.max_event_bytes: 0"));
    CHECK(refusal_of({.limits = {.max_page_rows = 0}}) ==
          "PostgresOptions::limits.max_page_rows: 0 is not in 1..1000000");
    CHECK(refusal_of({.limits = {.max_batch_events = 100'001}}) ==
          "PostgresOptions::limits.max_batch_events: 100001 is not in 1..100000");
    CHECK(refusal_of({.limits = {.max_batch_bytes = 0}}) ==
          "PostgresOptions::limits.max_batch_bytes: 0 is not in 1..134217728");
    CHECK(refusal_of({.connection_string = "nonsense"})
              .starts_with("PostgresOptions::connection_string: libpq cannot read it"));
    CHECK(refusal_of({.connection_string = "hots=db1"})
              .starts_with("PostgresOptions::connection_string: libpq cannot read it"));
    CHECK(refusal_of({.connection_string = std::string("host=a\0b", 8)})
              .starts_with("PostgresOptions::connection_string: holds a NUL"));
    CHECK(refusal_of({.connection_string = "host=a,b port=1,2,3"}) ==
          "PostgresOptions::connection_string: names 2 hosts, but 3 ports");
    CHECK(refusal_of({.connection_string = "host=a,b hostaddr=1.2.3.4"}) ==
          "PostgresOptions::connection_string: names 2 hosts, but 1 addresses");
    CHECK(refusal_of({.connection_string = "connect_timeout=soon"})
              .starts_with("PostgresOptions::connection_string: connect_timeout"));
}

TEST_CASE("A connection string keeps its settings and gets defaults for the others") {
    const auto open = plan("host=db1 dbname=chat");
    REQUIRE(open.targets.size() == 1);
    CHECK(value_of(open.targets[0], "host") == "db1");
    CHECK(value_of(open.targets[0], "tcp_user_timeout") == "4000");
    CHECK(value_of(open.targets[0], "keepalives_idle") == "2");
    CHECK(value_of(open.targets[0], "gssencmode") == "disable");
    CHECK(value_of(open.targets[0], "application_name") == "roomstore");
    CHECK(value_of(open.targets[0], "client_encoding") == "UTF8");
    CHECK(open.connect_timeout == 3s);
    CHECK(open.targets[0].where() == "server 1 of the connection string");
    open.targets[0].allow_to_show();
    CHECK(open.targets[0].where() == "server \"db1\", port 5432");

    const auto given = plan(
        "postgresql://u:p@db1:5433/chat?connect_timeout=7&tcp_user_timeout=1&keepalives_idle=60&"
        "application_name=mine&client_encoding=LATIN1&gssencmode=prefer");
    REQUIRE(given.targets.size() == 1);
    CHECK(value_of(given.targets[0], "port") == "5433");
    CHECK(value_of(given.targets[0], "password") == "p");
    CHECK(value_of(given.targets[0], "tcp_user_timeout") == "1");
    CHECK(value_of(given.targets[0], "keepalives_idle") == "60");
    CHECK(value_of(given.targets[0], "application_name") == "mine");
    CHECK(value_of(given.targets[0], "gssencmode") == "prefer");
    CHECK(value_of(given.targets[0], "client_encoding") == "UTF8");
    CHECK(given.connect_timeout == 7s);
    CHECK(given.shows_resolved_hosts);
    CHECK_FALSE(plan("postgresql://u:12/p@db1/chat").shows_resolved_hosts);
    CHECK(plan("connect_timeout=0").connect_timeout == 1h);
}

TEST_CASE("Each of several hosts is a separate target") {
    const auto url = plan("postgresql://u@db1:1,db2:2/chat?target_session_attrs=read-write");
    REQUIRE(url.targets.size() == 2);
    CHECK(value_of(url.targets[0], "host") == "db1");
    CHECK(value_of(url.targets[0], "port") == "1");
    CHECK(value_of(url.targets[1], "host") == "db2");
    CHECK(value_of(url.targets[1], "port") == "2");
    CHECK(value_of(url.targets[1], "target_session_attrs") == "read-write");
    CHECK(url.begin_with_last);

    const auto one_port = plan("host=db1,,db3 hostaddr=10.0.0.1,10.0.0.2, port=5433");
    REQUIRE(one_port.targets.size() == 3);
    CHECK(value_of(one_port.targets[1], "host").empty());
    CHECK(value_of(one_port.targets[1], "hostaddr") == "10.0.0.2");
    CHECK(value_of(one_port.targets[2], "port") == "5433");

    const auto standby = plan("host=db1,db2 target_session_attrs=prefer-standby");
    REQUIRE(standby.targets.size() == 4);
    CHECK_FALSE(standby.begin_with_last);
    CHECK(value_of(standby.targets[0], "target_session_attrs") == "standby");
    CHECK(value_of(standby.targets[3], "target_session_attrs") == "any");
}

TEST_CASE("The SQLSTATE is parsed from the libpq message in any language") {
    const auto english = parse_server_text(
        "ERROR:  23505: duplicate key value\nDETAIL:  Key (id)=(1) already exists.\n"
        "LOCATION:  _bt_check_unique, nbtinsert.c:666\n");
    CHECK(english.sqlstate == "23505");
    CHECK(english.text == "ERROR:  duplicate key value\nDETAIL:  Key (id)=(1) already exists.");
    const auto connect = parse_server_text(
        "connection to server at \"::1\", port 5432 failed: FATAL:  28P01: password authentication "
        "failed for user \"a:  B\"\n");
    CHECK(connect.sqlstate == "28P01");
    CHECK(connect.text ==
          "connection to server at \"::1\", port 5432 failed: FATAL:  password authentication "
          "failed for user \"a:  B\"");
    CHECK(parse_server_text("FEHLER:  22012: Division durch Null\n").sqlstate == "22012");
    const auto plain = parse_server_text("server closed the connection unexpectedly\n\tmore\n");
    CHECK(plain.sqlstate.empty());
    CHECK(plain.text == "server closed the connection unexpectedly\n\tmore");
    CHECK(parse_server_text("gone\r\n\n").text == "gone");
    CHECK(parse_server_text("").text.empty());
}

TEST_CASE("A broken connection is reconnected after any error except denied access") {
    CHECK(classify("", "", true).remedy == Remedy::reconnect);
    CHECK(classify("XX000", "", true).remedy == Remedy::reconnect);
    CHECK(classify("XX000", "", true).code == errc::unavailable);
    CHECK(classify("08006", "", true).remedy == Remedy::reconnect);
    CHECK(classify("08006", "", true).code == errc::unavailable);
    CHECK(classify("08P01", "", true).remedy == Remedy::reconnect);
    CHECK(classify("57P03", "", true).remedy == Remedy::reconnect);
    CHECK(classify("53300", "", true).remedy == Remedy::reconnect);
    CHECK(classify("25006", "", true).code == errc::read_only);
    for (const char* sqlstate : {"28P01", "28000", "3D000", "42501"}) {
        CHECK(classify(sqlstate, "", true).remedy == Remedy::none);
        CHECK(classify(sqlstate, "", true).code == errc::access_denied);
    }
    CHECK(classify("42501", "", false).code == errc::access_denied);
}

TEST_CASE("A live connection is kept if the server lost a connection of its own") {
    for (const char* sqlstate : {"08000", "08003", "08006", "08001"}) {
        CAPTURE(sqlstate);
        const auto failure = classify(sqlstate, "", false);
        CHECK(failure.remedy == Remedy::rerun);
        CHECK(failure.code == errc::unavailable);
        CHECK_FALSE(failure.discard);
    }
    CHECK(classify("08P01", "", false).discard);
}

TEST_CASE("A cluster error in response to COMMIT leaves the COMMIT in doubt") {
    for (const char* sqlstate : {"XX000", "XX001", "08006", "08007", "40003"}) {
        CAPTURE(sqlstate);
        CHECK(leaves_commit_in_doubt(sqlstate));
    }
    for (const char* sqlstate : {"40001", "23505", "P0001", "53100", "57014"}) {
        CAPTURE(sqlstate);
        CHECK_FALSE(leaves_commit_in_doubt(sqlstate));
    }
}

TEST_CASE("Error texts for missing tables, privileges and prepared statements contain a hint") {
    CHECK(classify("42P01", "", false).text.find("PostgresOptions::schema") != std::string::npos);
    CHECK(classify("42501", "", false).text.find("GRANT") != std::string::npos);
    CHECK(classify("26000", "", false).text.find("prepared_statements") != std::string::npos);
}

TEST_CASE("Parameters other than arrays use PostgreSQL's text format") {
    const auto values = Params()
                            .add(std::numeric_limits<double>::denorm_min())
                            .add(-0.0)
                            .add(std::numeric_limits<std::int64_t>::max())
                            .add(false)
                            .add(max_timestamp)
                            .add(std::optional<std::int64_t>{})
                            .values();
    CHECK(values[0].bytes == "5e-324");
    CHECK(values[1].bytes == "-0");
    CHECK(values[2].bytes == "9223372036854775807");
    CHECK(values[3].bytes == "f");
    CHECK(values[4].bytes == "9999-12-31T23:59:59.999999Z");
    CHECK(values[4].format == Value::Format::text);
    CHECK(values[5].format == Value::Format::null);
}

TEST_CASE("Arrays use PostgreSQL's binary format") {
    using namespace std::literals;
    const auto values = Params()
                            .add_array(std::vector<std::string>{R"(a"\)", ""})
                            .add_array(std::vector<std::int64_t>{-2})
                            .add_array(std::vector<std::optional<std::string>>{std::nullopt})
                            .add_array(std::vector<std::int64_t>{})
                            .values();
    CHECK(values[0].format == Value::Format::binary);
    CHECK(values[0].bytes == "\0\0\0\1\0\0\0\0\0\0\0\31\0\0\0\2\0\0\0\1\0\0\0\3a\"\\\0\0\0\0"s);
    CHECK(values[1].bytes ==
          "\0\0\0\1\0\0\0\0\0\0\0\24\0\0\0\1\0\0\0\1\0\0\0\10\377\377\377\377\377\377\377\376"s);
    CHECK(values[2].bytes == "\0\0\0\1\0\0\0\1\0\0\0\31\0\0\0\1\0\0\0\1\377\377\377\377"s);
    CHECK(values[3].bytes == "\0\0\0\0\0\0\0\0\0\0\0\24"s);
}

TEST_CASE("Times in arrays are relative to the year 2000") {
    Array array(ElementType::timestamptz);
    array.add(parse_iso8601("1999-12-31T23:59:59.999999Z").value());
    CHECK(std::move(array).take().substr(24) == std::string(8, '\377'));
}

TEST_CASE("Times are parsed with any offset, and other texts are refused") {
    const auto is = [](std::string_view text, std::string_view iso) {
        return parse_timestamptz(text) == parse_iso8601(iso);
    };
    CHECK(is("2026-01-02 03:04:05+00", "2026-01-02T03:04:05Z"));
    CHECK(is("2026-01-02 03:04:05.1+05:45", "2026-01-01T21:19:05.1Z"));
    CHECK(is("2026-01-02T03:04:05.123456-03:30", "2026-01-02T06:34:05.123456Z"));
    CHECK(is("1900-01-01 00:19:32+00:19:32", "1900-01-01T00:00:00Z"));
    CHECK(is("1883-11-18 12:03:57-04:56:02", "1883-11-18T16:59:59Z"));
    CHECK(is("0001-01-01 00:00:00+00", "0001-01-01T00:00:00Z"));
    CHECK(is("0001-12-31 19:03:58-04:56:02 BC", "0001-01-01T00:00:00Z"));
    CHECK(is("10000-01-01 00:59:59.999999+01", "9999-12-31T23:59:59.999999Z"));
    for (const char* text : {"",
                             "infinity",
                             "2026-01-02 03:04:05",
                             "2026-01-02 03:04:05+0",
                             "2026-01-02 03:04:05+00:00:60",
                             "2026-13-02 03:04:05+00",
                             "2026-02-29 03:04:05+00",
                             "0044-03-15 12:00:00+00 BC",
                             "0001-12-31 23:59:59+00 BC",
                             "0001-01-01 00:00:00+01",
                             "9999-12-31 23:59:59-01",
                             "10000-01-01 00:00:00+00",
                             "12026-01-02 03:04:05+00",
                             "01/02/2026 03:04:05 UTC",
                             "Fri Jan 02 03:04:05 2026 UTC"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_timestamptz(text).has_value());
    }
}

TEST_CASE("The error of an invalid column has its name and value") {
    const auto result =
        row_of({"t", "12x", nullptr, "infinity", "9223372036854775808", "3fb99999"});
    const auto row = result[0];
    CHECK(row.boolean(0));
    const auto text_of = [](auto read) {
        try {
            read();
        } catch (const ColumnError& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    CHECK(text_of([&] { row.int64(1); }) == "column c1 holds '12x', which is not a 64-bit integer");
    CHECK(text_of([&] { row.int64(2); }) ==
          "column c2 holds 'NULL', which is not a 64-bit integer");
    CHECK(text_of([&] { row.timestamp(3); }).find("infinity") != std::string::npos);
    CHECK(text_of([&] { row.int64(4); }) != "no error");
    CHECK(text_of([&] { row.float64(5); }) != "no error");
    CHECK(text_of([&] { row.boolean(1); }) != "no error");
    CHECK_FALSE(row.optional_int64(2).has_value());
    CHECK_THROWS_AS(row.view(6), std::out_of_range);
    const std::string wide(1000, 'x');
    CHECK(text_of([&] { row_of({wide.c_str()})[0].int64(0); }).size() < 200);
}

TEST_CASE("The number of attempts in any second is limited") {
    AttemptLimit limit(10);
    const auto start = AttemptLimit::TimePoint{} + 1h;
    std::vector<AttemptLimit::TimePoint> given;
    for (int i = 0; i < 100; ++i) given.push_back(limit.reserve(start));
    for (std::size_t i = 10; i < given.size(); ++i) CHECK(given[i] - given[i - 10] >= 1s);
    CHECK(given[9] == start);
    CHECK(limit.reserve(start + 1h) == start + 1h);
}

TEST_CASE("A reconnect slot given back can be reserved again") {
    AttemptLimit limit(2);
    const auto start = AttemptLimit::TimePoint{} + 1h;
    for (const auto wait : {0s, 0s, 1s, 1s}) CHECK(limit.reserve(start) == start + wait);
    limit.give_back(start + 1s);
    CHECK(limit.reserve(start) == start + 1s);
    CHECK(limit.reserve(start) == start + 2s);
    // A slot given back expires when its time has passed.
    limit.give_back(start + 1s);
    CHECK(limit.reserve(start + 1500ms) == start + 2s);
}

TEST_CASE("expand_schema replaces every occurrence of {schema}") {
    CHECK(expand_schema("SELECT * FROM {schema}.a, {schema}.b", "\"x\"") ==
          "SELECT * FROM \"x\".a, \"x\".b");
    CHECK(expand_schema("{schema", "\"x\"") == "{schema");
}
