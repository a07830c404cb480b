// Links the PostgreSQL store from the installed library and shows what can be seen without a
// server.
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <roomstore/postgres/postgres_store.hpp>
#include <roomstore/roomstore.hpp>

namespace {

asio::awaitable<roomstore::errc> first_error(std::shared_ptr<roomstore::ConversationStore> store) {
    try {
        co_await store->init();
    } catch (const roomstore::Error& error) {
        std::printf("init: %s\n", error.what());
        co_return static_cast<roomstore::errc>(error.code().value());
    }
    co_return roomstore::errc{};
}

}  // namespace

int main() {
    // A socket folder in which no server can be.
    const roomstore::PostgresOptions options{
        .connection_string = "host=/nonexistent dbname=none connect_timeout=2",
        .connections = 1,
        .deadline = std::chrono::seconds(1)};
    asio::io_context io;
    auto outcome = asio::co_spawn(
        io, first_error(std::make_shared<roomstore::PostgresStore>(options)), asio::use_future);
    io.run();
    if (outcome.get() != roomstore::errc::unavailable) {
        std::fprintf(stderr, "a server that is not there was not reported as unavailable\n");
        return 1;
    }
    const auto ddl = roomstore::PostgresStore::schema_sql(options);
    std::printf("schema_sql: %zu bytes\n", ddl.size());
    return ddl.find("CREATE TABLE") == std::string::npos ? 1 : 0;
}
