// Processes that fork with a store open: the store's threads and connections belong to the parent
// only.

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <catch2/catch_test_macros.hpp>

#include "postgres/child.hpp"
#include "postgres/fresh_schema.hpp"
#include "support/builders.hpp"
#include "support/run.hpp"

namespace roomstore::test {

namespace {

/// Runs `part` in a forked child, with its result as exit status, and returns the wait status.
/// Neither Catch2 nor `run` can be used in the child. A child that hangs is killed by a signal, so
/// its status is not 0.
int in_child(const std::function<int()>& part) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::alarm(30);
        int result = 100;
        try {
            result = part();
        } catch (const std::exception&) {
            result = 101;
        }
        ::_exit(result);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

/// Runs `call` on a new execution context and returns its error code.
template <typename T>
std::error_code code_of(asio::awaitable<T> call) {
    std::error_code code;
    asio::io_context context;
    asio::co_spawn(context, std::move(call), [&](const std::exception_ptr& failure, auto&&...) {
        try {
            if (failure) std::rethrow_exception(failure);
        } catch (const std::system_error& error) {
            code = error.code();
        }
    });
    context.run();
    return code;
}

std::unique_ptr<PostgresStore> open_store(const PostgresOptions& options) {
    auto store = std::make_unique<PostgresStore>(options);
    run(store->init());
    run(store->create_room({.id = "room"}));
    return store;
}

/// Checks that the parent's connections are still intact.
void check_goes_on(PostgresStore& store, std::int64_t index) {
    const auto event = make_event({.id = "event-" + std::to_string(index), .room_id = "room"});
    CHECK(run(store.add_event_auto_index("room", event)).index == index);
    const auto stats = store.stats();
    CHECK(stats.reconnects == 0);
    CHECK(stats.failed_connects == 0);
    CHECK(stats.retries == 0);
}

asio::awaitable<void> append_until(PostgresStore& store,
                                   const bool& over,
                                   std::string prefix,
                                   std::int64_t& stored) {
    for (int i = 0; !over; ++i) {
        const auto event = make_event({.id = prefix + std::to_string(i), .room_id = "room"});
        co_await store.add_event_auto_index("room", event);
        ++stored;
    }
}

}  // namespace

TEST_CASE("In a forked child each call fails as closed; the parent's store still works") {
    const FreshSchema schema;
    const auto store = open_store(schema.options());
    const int status = in_child([&] {
        int wrong = 0;
        const auto refused = [&](auto call) {
            if (code_of(std::move(call)) != errc::closed) ++wrong;
        };
        refused(store->room_exists("room"));
        refused(store->create_room({.id = "another"}));
        refused(store->add_event_auto_index("room", make_event({.id = "e", .room_id = "room"})));
        refused(store->init());
        if (store->stats().connections_open != 0) ++wrong;
        if (code_of(store->close())) ++wrong;
        refused(store->room_exists("room"));
        return wrong;
    });
    CHECK(status == 0);
    check_goes_on(*store, 0);
}

TEST_CASE("A forked child can destroy the store at once; the parent's store still works") {
    const FreshSchema schema;
    auto store = open_store(schema.options());
    CHECK(in_child([&] {
              store.reset();
              return 0;
          }) == 0);
    check_goes_on(*store, 0);
}

TEST_CASE("A forked child can exit with a store of static storage duration") {
    FreshSchema schema;
    const auto log = std::filesystem::temp_directory_path() / (schema.name() + ".log");
    auto process = start_child({"fork", schema.options().connection_string, schema.name()}, log);
    CHECK(process.wait() == 0);
    CHECK(read_file(log) == "child 0, index 0, reconnects 0\n");
    std::filesystem::remove(log);
}

TEST_CASE("A child forked during calls can destroy the execution context and the store") {
    constexpr int forks = 200;
    constexpr int callers = 16;
    const FreshSchema schema;
    auto store = open_store(schema.options());
    auto context = std::make_unique<asio::io_context>(1);
    bool over = false;
    std::vector<std::int64_t> stored(callers);
    std::vector<std::exception_ptr> failures(callers);
    for (std::size_t i = 0; i < callers; ++i) {
        asio::co_spawn(*context,
                       append_until(*store, over, std::to_string(i) + '-', stored[i]),
                       [&, i](const std::exception_ptr& failure) { failures[i] = failure; });
    }
    const Watchdog watchdog;
    for (int i = 0; i < forks; ++i) {
        // Workers post results while this thread forks.
        for (int handlers = 0; handlers < 1 + i % 7; ++handlers) context->run_one();
        REQUIRE(in_child([&] {
                    context.reset();
                    store.reset();
                    return 0;
                }) == 0);
    }
    over = true;
    context->run();
    std::int64_t all = 0;
    for (std::size_t i = 0; i < callers; ++i) {
        CHECK_FALSE(failures[i]);
        all += stored[i];
    }
    CHECK(run(store->get_event_count("room")) == all);
    check_goes_on(*store, all);
}

TEST_CASE("A forked child can open its own store") {
#if defined(__SANITIZE_THREAD__)
    SKIP("ThreadSanitizer ends a child that starts threads");
#endif
    const FreshSchema schema;
    const auto store = open_store(schema.options());
    for (int i = 0; i < 3; ++i) {
        CHECK(in_child([&] {
                  PostgresStore own(schema.options());
                  const auto event = make_event({.id = std::to_string(i), .room_id = "room"});
                  if (code_of(own.init())) return 1;
                  if (code_of(own.add_event_auto_index("room", event))) return 2;
                  return code_of(own.close()) ? 3 : 0;
              }) == 0);
    }
    check_goes_on(*store, 3);
}

TEST_CASE("A store made before the fork can be opened in the child and in the parent") {
#if defined(__SANITIZE_THREAD__)
    SKIP("ThreadSanitizer ends a child that starts threads");
#endif
    const FreshSchema schema;
    PostgresStore store(schema.options());
    CHECK(in_child([&] {
              if (code_of(store.init())) return 1;
              if (code_of(store.create_room({.id = "room"}))) return 2;
              return code_of(store.close()) ? 3 : 0;
          }) == 0);
    run(store.init());
    check_goes_on(store, 0);
}

}  // namespace roomstore::test
