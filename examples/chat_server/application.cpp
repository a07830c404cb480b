#include "application.hpp"

#include <csignal>
#include <iostream>

#include "server.hpp"

namespace chat {

namespace {

/// SIGUSR1 writes the report, SIGINT and SIGTERM stop the server. Later signals are ignored:
/// otherwise this coroutine would still wait for a signal when everything else has ended.
awaitable<void> handle_signals(std::shared_ptr<asio::signal_set> signals,
                               std::shared_ptr<Server> server) {
    while (true) {
        const int signal = co_await signals->async_wait(asio::use_awaitable);
        if (signal != SIGUSR1) break;
        co_await server->report();
    }
    server->stop();
}

awaitable<void> serve(Options options, std::shared_ptr<roomstore::ConversationStore> store) {
    const auto executor = co_await asio::this_coro::executor;
    co_await store->init();
    const auto server = std::make_shared<Server>(executor, store, options);
    const auto endpoint = server->listen();

    // Kept until the end, so that another signal does not kill the process while it shuts down.
    const auto signals = std::make_shared<asio::signal_set>(executor, SIGINT, SIGTERM, SIGUSR1);
    asio::co_spawn(executor, handle_signals(signals, server), asio::detached);
    std::cout << "listening on " << endpoint.address().to_string() << " port " << endpoint.port()
              << std::endl;
    co_await server->run();
    co_await server->report();
    co_await store->close();
    std::cout << "closed" << std::endl;
}

}  // namespace

int run_application(int argc, char** argv, const StoreFactory& make_store) {
    try {
        const auto options = parse_options(argc, argv);
        if (!options.help.empty()) {
            std::cout << options.help;
            return 0;
        }
        asio::io_context io;
        auto served = asio::co_spawn(io, serve(options, make_store(options)), asio::use_future);
        io.run();
        served.get();
        return 0;
    } catch (const UsageError& error) {
        std::cerr << "chat_server: " << error.what() << "\nTry --help." << std::endl;
        return 2;
    } catch (const std::exception& error) {
        std::cerr << "chat_server: " << error.what() << std::endl;
        return 1;
    }
}

}  // namespace chat
