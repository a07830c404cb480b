#include <roomstore/roomstore.hpp>

int main() {
    roomstore::InMemoryStore store;
    asio::io_context io;
    auto opened = asio::co_spawn(io, store.init(), asio::use_future);
    io.run();
    opened.get();
}
