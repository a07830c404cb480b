// Represents a library that was compiled before the program.
#include <string>

#include <asio/awaitable.hpp>

asio::awaitable<std::string> answer(int depth);

asio::awaitable<std::string> answer(int depth) {
    if (depth == 0) co_return "an answer";
    co_return co_await answer(depth - 1);
}
