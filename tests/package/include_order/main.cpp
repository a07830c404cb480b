// clang-format off
// FIRST is the first header that the program includes.
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
    // Memory allocated by the library is released here, where asio keeps it for the next coroutine.
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
