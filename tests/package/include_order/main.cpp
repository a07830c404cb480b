// clang-format off
// FIRST is the header that the program includes first of all.
#include FIRST

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <roomstore/conversation_store.hpp>

#include <exception>
#include <string>
// clang-format on

asio::awaitable<std::string> answer(int depth);

int main() {
    bool right = false;
    // What the library allocates is released here, and what is released is kept for the next.
    for (int depth = 0; depth < 4; ++depth) {
        asio::io_context io;
        asio::co_spawn(io, answer(depth), [&](std::exception_ptr failure, std::string text) {
            right = !failure && text == "an answer";
        });
        io.run();
        [[maybe_unused]] const auto dropped = answer(depth);
    }
    return right ? 0 : 1;
}
