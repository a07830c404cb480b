// Networks that are slow, split messages, or stop.

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "faults/fault_fixture.hpp"
#include "support/tcp_proxy.hpp"

namespace roomstore::test {

namespace {

PostgresOptions through(const TcpProxy& proxy, std::size_t append_batch) {
    auto options = patient_options(append_batch);
    options.connection_string = proxy.connection_string();
    return options;
}

/// Ten concurrent appends of 10 kB each.
void append_ten(StoreUnderFault& fault) {
    std::vector<std::unique_ptr<Task<RoomEvent>>> tasks;
    for (int i = 0; i < 10; ++i) {
        auto event =
            make_event({.id = std::to_string(i), .room_id = "a", .body = std::string(10'000, 'x')});
        tasks.push_back(std::make_unique<Task<RoomEvent>>(
            fault.caller().context(), fault.store().add_event_auto_index("a", std::move(event))));
    }
    for (auto& task : tasks) {
        const auto ending = task->get();
        INFO(ending.text);
        REQUIRE(ending.result);
    }
    CHECK(fault.indexes("a") == "0 1 2 3 4 5 6 7 8 9");
    CHECK(fault.store().stats().retries == 0);
}

}  // namespace

TEST_CASE("a network that is slow or splits messages only delays calls", "[F8]") {
    const auto append_batch = GENERATE(256, 1);
    TcpProxy proxy(shared_server().port());
    StoreUnderFault fault(shared_server(), through(proxy, append_batch));
    SECTION("one byte at a time") {
        proxy.set_traffic({.slice = 1});
        append_ten(fault);
        CHECK(proxy.counts().sliced > 0);
    }
    SECTION("50 ms delay") {
        proxy.set_traffic({.delay = 50ms});
        append_ten(fault);
        CHECK(proxy.counts().delayed > 0);
    }
    SECTION("64 kB per second") {
        proxy.set_traffic({.bytes_per_second = 64'000});
        append_ten(fault);
        CHECK(proxy.counts().throttled > 0);
    }
    proxy.set_traffic({});
    fault.recover();
}

TEST_CASE("on a network that stops, calls end by their deadline", "[F5]") {
    TcpProxy proxy(shared_server().port());
    auto options = through(proxy, GENERATE(256, 1));
    options.deadline = 1s;
    options.connect_timeout = 300ms;
    StoreUnderFault fault(shared_server(), options);
    const auto where = "port " + std::to_string(proxy.port());
    proxy.freeze();
    const auto began = std::chrono::steady_clock::now();
    check_failure(fault.append("a", "first").get(), errc::timeout, "a", where);
    // The first connection was given up, and a new one cannot be opened.
    check_failure(fault.append("a", "second").get(), errc::unavailable, "a", where);
    CHECK(std::chrono::steady_clock::now() - began <
          2 * options.deadline + promised_delay + busy_machine);
    proxy.thaw();
    await([&] { return fault.append("a", "third").get().result.has_value(); });
    CHECK(fault.times_stored("first") == "0");
    CHECK(fault.times_stored("second") == "0");
    fault.recover();
}

}  // namespace roomstore::test
