#include <exception>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>

#include "roomstore/memory/in_memory_store.hpp"
#include "support/builders.hpp"
#include "support/run.hpp"

using namespace roomstore;
using namespace roomstore::test;

namespace {

asio::awaitable<int> write_in_child(InMemoryStore& store) {
    const auto event = make_event({.id = "of the child", .room_id = "room"});
    const auto stored = co_await store.add_event_auto_index("room", event);
    const auto count = co_await store.get_event_count("room");
    co_return stored.index == 1 && count == 2 ? 0 : 1;
}

}  // namespace

TEST_CASE("A forked child process can use and destroy its copy of the store") {
    auto store = std::make_unique<InMemoryStore>();
    run(store->init());
    run(store->create_room({.id = "room"}));
    run(store->add_event_auto_index("room", make_event({.id = "before", .room_id = "room"})));
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::alarm(30);
        int result = 100;
        asio::io_context context;
        asio::co_spawn(
            context, write_in_child(*store), [&](const std::exception_ptr& failure, int wrong) {
                if (!failure) result = wrong;
            });
        context.run();
        store.reset();
        ::_exit(result);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(run(store->get_event_count("room")) == 1);
    const auto after = make_event({.id = "after", .room_id = "room"});
    CHECK(run(store->add_event_auto_index("room", after)).index == 1);
}
