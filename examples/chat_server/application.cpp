#include "application.hpp"

#include <csignal>
#include <iostream>
#include <system_error>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/this_coro.hpp>

#include "report.hpp"
#include "server.hpp"

namespace chat {

namespace {

using asio::ip::tcp;
using StorePtr = std::shared_ptr<roomstore::ConversationStore>;
using ServerPtr = std::shared_ptr<Server>;
using SignalsPtr = std::shared_ptr<asio::signal_set>;

awaitable<void> report(ServerPtr server, StorePtr store, std::string path) {
    if (path.empty()) co_return;
    try {
        co_await server->mark_read();
        co_await write_report(*store, path);
    } catch (const std::exception& error) {
        log_error("report", error);
    }
}

/// SIGUSR1 writes the report, SIGINT and SIGTERM stop the server. Later signals are ignored:
/// otherwise this coroutine would still wait for a signal when everything else has ended.
awaitable<void> handle_signals(SignalsPtr signals,
                               ServerPtr server,
                               StorePtr store,
                               std::string report_path) {
    while (true) {
        const int signal = co_await signals->async_wait(asio::use_awaitable);
        if (signal != SIGUSR1) break;
        co_await report(server, store, report_path);
    }
    server->stop();
}

tcp::endpoint listen(Server& server, const Options& options) {
    try {
        return server.listen(tcp::endpoint(asio::ip::make_address(options.listen), options.port));
    } catch (const std::system_error& error) {
        throw std::runtime_error("cannot listen on " + options.listen + " port " +
                                 std::to_string(options.port) + ": " + error.code().message());
    }
}

awaitable<void> serve(Options options, StorePtr store) {
    const auto executor = co_await asio::this_coro::executor;
    co_await store->init();
    const auto server = std::make_shared<Server>(executor, store, options.server);
    const auto endpoint = listen(*server, options);

    // Kept until the end, so that another signal does not kill the process while it shuts down.
    const auto signals = std::make_shared<asio::signal_set>(executor, SIGINT, SIGTERM, SIGUSR1);
    asio::co_spawn(
        executor, handle_signals(signals, server, store, options.report), asio::detached);
    std::cout << "listening on " << endpoint.address().to_string() << " port " << endpoint.port()
              << std::endl;
    co_await server->run();
    co_await report(server, store, options.report);
    co_await store->close();
    std::cout << "closed" << std::endl;
}

void run_to_end(const Options& options, StorePtr store) {
    asio::io_context io;
    std::exception_ptr failure;
    asio::co_spawn(io, serve(options, std::move(store)), [&](std::exception_ptr exception) {
        failure = exception;
        if (failure) io.stop();
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace

int run_application(int argc, char** argv, const StoreFactory& make_store) {
    try {
        const auto options = parse_options(argc, argv);
        if (!options.help.empty()) {
            std::cout << options.help;
        } else {
            run_to_end(options, make_store(options));
        }
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
