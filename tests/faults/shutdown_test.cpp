// Stores and execution contexts that are destroyed during calls.

#include <future>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "faults/fault_fixture.hpp"

namespace roomstore::test {

namespace {

asio::awaitable<void> append_and_say(PostgresStore& store,
                                     std::string id,
                                     int& residents,
                                     int& resumed) {
    const FrameCounter resident(residents);
    const auto event = make_event({.id = std::move(id), .room_id = "a"});
    auto appended = store.add_event_auto_index("a", event);
    co_await std::move(appended);
    ++resumed;
}

}  // namespace

TEST_CASE("a destroyed store answers its appends, and leaks nothing", "[F15]") {
    auto& server = shared_server();
    // A running append has a few seconds to end.
    const bool ends = GENERATE(true, false);
    StoreUnderFault fault(server, patient_options(GENERATE(256, 1)));
    RoomLock lock(server, fault, "a");
    auto runs = fault.append("a", "running");
    await([&] { return fault.waits_for_lock(); });
    auto waits = fault.append("b", "queued");
    await([&] { return fault.store().stats().queue_length == 1; });
    auto destroyed = std::async(std::launch::async, [&] { fault.destroy(); });
    CHECK(waits.get().failed(errc::closed));
    if (ends) lock.release();
    const auto ending = runs.get();
    destroyed.get();
    INFO(ending.text);
    CHECK((ends ? ending.result.has_value() : ending.failed(errc::closed)));
    if (!ends) lock.release();
    fault.check_nothing_left();
    CHECK(fault.times_stored("running") == (ends ? "1" : "0"));
    CHECK(fault.times_stored("queued") == "0");
    fault.reopen();
    fault.recover();
}

TEST_CASE("close() waits for running and queued appends; later ones fail as closed", "[F15]") {
    auto& server = shared_server();
    StoreUnderFault fault(server, patient_options(GENERATE(256, 1)));
    RoomLock lock(server, fault, "a");
    auto runs = fault.append("a", "running");
    await([&] { return fault.waits_for_lock(); });
    auto waits = fault.append("b", "queued");
    await([&] { return fault.store().stats().queue_length == 1; });
    Task closing(fault.caller().context(), fault.store().close());
    await([&] { return fault.append("b", "late").get().failed(errc::closed); });
    CHECK_FALSE(closing.ended());
    lock.release();
    CHECK(runs.get().result);
    CHECK(waits.get().result);
    CHECK(closing.get().result);
    fault.destroy();
    fault.check_nothing_left();
    CHECK(fault.times_stored("late") == "0");
    fault.reopen();
    fault.recover();
}

TEST_CASE("destroying an execution context during appends destroys their callers", "[F15]") {
    auto& server = shared_server();
    const bool stop_first = GENERATE(false, true);
    StoreUnderFault fault(server, patient_options(GENERATE(256, 1)));
    int residents = 0;
    int resumed = 0;
    {
        RoomLock lock(server, fault, "a");
        asio::io_context context;
        for (const char* id : {"running", "queued"}) {
            asio::co_spawn(
                context, append_and_say(fault.store(), id, residents, resumed), asio::detached);
        }
        while (residents < 2) context.run_one();
        context.poll();
        await([&] { return fault.waits_for_lock(); });
        if (stop_first) context.stop();
    }
    CHECK(residents == 0);
    CHECK(resumed == 0);
    fault.recover();
}

}  // namespace roomstore::test
