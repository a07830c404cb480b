// The equivalent of 01_hello.cpp without roomstore, the yardstick of row E2: the cost of compiling
// asio, nlohmann_json and one coroutine.

#include <iostream>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <nlohmann/json.hpp>

asio::awaitable<void> hello(nlohmann::json& events) {
    const nlohmann::json event = {{"room_id", "lobby"}, {"body", "Hello, world"}};
    events.push_back(event);
    for (const nlohmann::json& said : events) {
        std::cout << said.at("body").get<std::string>() << '\n';
    }
    co_return;
}

int main() {
    asio::io_context io;
    nlohmann::json events = nlohmann::json::array();
    asio::co_spawn(io, hello(events), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
}
