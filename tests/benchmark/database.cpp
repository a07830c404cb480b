#include "benchmark/database.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <regex>
#include <stdexcept>
#include <thread>
#include <vector>

#include <libpq-fe.h>

#include "benchmark/callers.hpp"
#include "benchmark/events.hpp"

namespace roomstore::benchmark {

namespace {

using Clock = std::chrono::steady_clock;
using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

void expect(PGconn* connection, const std::string& sql, ExecStatusType status) {
    const Result result(PQexec(connection, sql.c_str()), PQclear);
    if (PQresultStatus(result.get()) != status) {
        throw std::runtime_error(sql + ": " + PQerrorMessage(connection));
    }
}

/// Reads the results that end a COPY.
void expect_end(PGconn* connection) {
    while (PGresult* const raw = PQgetResult(connection)) {
        const Result result(raw, PQclear);
        if (PQresultStatus(raw) != PGRES_COMMAND_OK) {
            throw std::runtime_error(PQerrorMessage(connection));
        }
    }
}

std::string copy_out(PGconn* connection, const std::string& table) {
    expect(connection, "COPY " + table + " TO STDOUT", PGRES_COPY_OUT);
    std::string rows;
    char* row = nullptr;
    for (int bytes = 0; (bytes = PQgetCopyData(connection, &row, 0)) > 0; PQfreemem(row)) {
        rows.append(row, static_cast<std::size_t>(bytes));
    }
    expect_end(connection);
    return rows;
}

void copy_in(PGconn* connection, const std::string& table, const std::string& rows) {
    constexpr std::size_t slice = 65'536;
    expect(connection, "COPY " + table + " FROM STDIN", PGRES_COPY_IN);
    for (std::size_t at = 0; at < rows.size(); at += slice) {
        const auto bytes = static_cast<int>(std::min(slice, rows.size() - at));
        if (PQputCopyData(connection, rows.data() + at, bytes) != 1) {
            throw std::runtime_error(PQerrorMessage(connection));
        }
    }
    if (PQputCopyEnd(connection, nullptr) != 1) {
        throw std::runtime_error(PQerrorMessage(connection));
    }
    expect_end(connection);
}

double number_after(const std::string& text, const std::string& words) {
    std::smatch found;
    if (!std::regex_search(text, found, std::regex(words + " ([0-9.]+)"))) {
        throw std::runtime_error("pgbench did not print '" + words + "':\n" + text);
    }
    return std::stod(found[1]);
}

}  // namespace

Database::Database(const Settings& settings) : settings_(settings), cluster_({.as_shipped = true}) {
    for (const char* const script : {"append_five_statements.sql", "append_one_statement.sql"}) {
        const auto text = test::read_file(settings.yardstick / script);
        if (text.find(event_body) == text.npos) {
            throw std::runtime_error(std::string(script) +
                                     " does not store the text of our events");
        }
    }
    auto postgres = cluster_.admin();
    postgres.query("CREATE DATABASE ours");
    postgres.query("CREATE DATABASE yardstick");
}

PostgresOptions Database::options(const std::string& schema) const {
    return PostgresOptions{.connection_string = connection_string(), .schema = schema};
}

void Database::drop_schema(const std::string& schema) {
    admin().query("DROP SCHEMA IF EXISTS " + schema + " CASCADE");
}

void Database::vacuum() {
    for (const char* const database : {"ours", "yardstick"}) {
        cluster_.admin(database).query("VACUUM ANALYZE");
    }
    checkpoint();
}

void Database::checkpoint() { admin().query("CHECKPOINT"); }

std::int64_t Database::commits() {
    // A connection reports its commits to the statistics when it ends.
    wait_until_left();
    return std::stoll(
        admin().value("SELECT xact_commit FROM pg_stat_database WHERE datname = 'ours'"));
}

void Database::wait_until_left() {
    auto looking = admin();
    const auto deadline = Clock::now() + std::chrono::seconds{30};
    while (looking.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                         "'roomstore'") != "0") {
        if (Clock::now() > deadline) throw std::runtime_error("a store did not disconnect");
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

void Database::fresh_yardstick(int rooms, std::int64_t events) {
    auto admin = cluster_.admin("yardstick");
    admin.query("DROP TABLE IF EXISTS events, rooms");
    admin.query(test::read_file(settings_.yardstick / "schema.sql"));
    admin.query("INSERT INTO rooms (id, next_index, event_count) SELECT 'r' || i, " +
                std::to_string(events) + ", " + std::to_string(events) +
                " FROM generate_series(0, " + std::to_string(rooms - 1) + ") AS i");
    admin.query(
        "INSERT INTO events SELECT gen_random_uuid()::text, id, i, 'message', 'pending', "
        "'all', 'sms1', 'sms', 'p1', NULL, NULL, gen_random_uuid()::text, now(), "
        "'{\"content\": {\"type\": \"text\", \"body\": \"" +
        std::string(event_body) +
        "\"}, \"metadata\": {}, \"channel_data\": {}}' FROM rooms, generate_series(0, " +
        std::to_string(events - 1) + ") AS i");
}

PgbenchResult Database::pgbench(const std::string& script, int clients, int rooms) {
    const auto log = cluster_.folder() / "pgbench.log";
    std::filesystem::remove(log);
    const int seconds = std::max(1, static_cast<int>(std::lround(settings_.seconds)));
    test::Process::run({(test::PrivateCluster::programs().value() / "pgbench").string(),
                        "--no-vacuum",
                        "--protocol=prepared",
                        "--jobs=1",
                        "--client=" + std::to_string(clients),
                        "--time=" + std::to_string(seconds),
                        "--define=rooms=" + std::to_string(rooms),
                        "--file=" + (settings_.yardstick / script).string(),
                        "--host=" + cluster_.folder().string(),
                        "--port=" + std::to_string(cluster_.port()),
                        "--username=postgres",
                        "yardstick"},
                       {.log = log});
    const auto said = test::read_file(log);
    if (number_after(said, "number of failed transactions:") != 0) {
        throw std::runtime_error("pgbench reports failed transactions:\n" + said);
    }
    return {.per_second = number_after(said, "tps ="),
            .mean_microseconds = 1000 * number_after(said, "latency average =")};
}

double Database::copy_again(const std::string& table) {
    const Connection connection(PQconnectdb(connection_string().c_str()), PQfinish);
    if (PQstatus(connection.get()) != CONNECTION_OK) {
        throw std::runtime_error(PQerrorMessage(connection.get()));
    }
    const auto rows = copy_out(connection.get(), table);
    expect(connection.get(), "TRUNCATE " + table, PGRES_COMMAND_OK);
    checkpoint();
    const auto began = Clock::now();
    copy_in(connection.get(), table, rows);
    const std::chrono::duration<double> took = Clock::now() - began;
    return std::stod(admin().value("SELECT count(*) FROM " + table)) / took.count();
}

std::map<std::string, std::string> Database::facts() const {
    auto looking = admin();
    std::map<std::string, std::string> facts;
    for (const char* const name :
         {"server_version", "fsync", "synchronous_commit", "shared_buffers", "max_wal_size"}) {
        facts[name] = looking.value("SELECT current_setting('" + std::string(name) + "')");
    }
    facts["seconds"] = Json(settings_.seconds).dump();
    facts["samples"] = std::to_string(settings_.samples);
    facts["data_folder"] = cluster_.folder().parent_path().string();
    return facts;
}

OpenStore::OpenStore(const PostgresOptions& options)
    : store_(std::make_unique<PostgresStore>(options)) {
    complete(store_->init());
}

OpenStore::~OpenStore() {
    try {
        complete(store_->close());
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "closing a store: %s\n", failure.what());
    }
}

}  // namespace roomstore::benchmark
