#include <chrono>
#include <memory>

#include <roomstore/postgres/postgres_store.hpp>
#include <roomstore/roomstore.hpp>

// No server is needed to check that the library is linked and its errors can be caught.
int main() {
    roomstore::PostgresOptions options{.connection_string = "host=/nonexistent dbname=none"};
    options.deadline = std::chrono::seconds(1);
    asio::io_context io;
    roomstore::PostgresStore store(options);
    auto opened = asio::co_spawn(io, store.init(), asio::use_future);
    io.run();
    try {
        opened.get();
    } catch (const roomstore::Error& error) {
        return error.code() == roomstore::errc::unavailable ? 0 : 1;
    }
    return 1;
}
