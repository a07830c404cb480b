// Servers that run out of space on the data disk or the WAL disk, or out of memory.

#include <random>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "faults/fault_fixture.hpp"
#include "support/confinement.hpp"

namespace roomstore::test {

namespace {

constexpr std::size_t megabyte = 1'000'000;

/// Text that can hardly be compressed.
std::string noise(std::size_t bytes) {
    static std::minstd_rand random(20261124);
    std::string text(bytes, ' ');
    for (char& each : text) each = static_cast<char>('!' + random() % 90);
    return text;
}

Ending<RoomEvent> append_large(StoreUnderFault& fault, const std::string& id, std::size_t bytes) {
    auto event = make_event({.id = id, .room_id = "a", .body = noise(bytes)});
    return Task(fault.caller().context(), fault.store().add_event_auto_index("a", std::move(event)))
        .get();
}

/// Appends until one fails; returns the number of stored events.
std::int64_t fill(StoreUnderFault& fault, std::size_t bytes, Ending<RoomEvent>& failure) {
    for (std::int64_t i = 0; i < 1000; ++i) {
        failure = append_large(fault, "filling-" + std::to_string(i), bytes);
        if (!failure.result) return i;
        CHECK(failure.result->index == i);
    }
    FAIL("it is never full");
    return 0;
}

}  // namespace

TEST_CASE("a full disk is storage_full, and stored events stay readable", "[F17]") {
    PrivateCluster::require();
    const auto disk = SmallDisk::make_or_skip(12 * megabyte);
    PrivateCluster server({.prepare = [&] { return disk->enter(); }});
    server.admin().query("CREATE TABLESPACE small LOCATION '" + disk->folder().string() + "'");
    server.admin().query("ALTER DATABASE postgres SET default_tablespace = small");
    StoreUnderFault fault(server, patient_options(GENERATE(256, 1)));
    Ending<RoomEvent> failure;
    const auto stored = fill(fault, 200'000, failure);
    CHECK(stored > 10);
    check_failure(failure, errc::storage_full, "a", server.folder().string(), "53100");
    CHECK(failure.text.find("No space left on device") != std::string::npos);
    CHECK(fault.store().stats().reconnects == 0);
    CHECK(run(fault.store().get_event_count("a")) == stored);
    const auto events = all_events(fault.store(), {"a"}).at("a");
    REQUIRE(static_cast<std::int64_t>(events.size()) == stored);
    for (std::size_t i = 0; i < events.size(); ++i) {
        CHECK(events[i].id == "filling-" + std::to_string(i));
        CHECK(events[i].content.get_if<TextContent>()->body.size() == 200'000);
    }
    disk->resize(64 * megabyte);
    CHECK(append_large(fault, "after", 200'000).result->index == stored);
    fault.recover();
}

TEST_CASE("a full WAL disk crashes the server, but no acknowledged append is lost", "[F18]") {
    PrivateCluster::require();
    const auto disk = SmallDisk::make_or_skip(200 * megabyte);
    PrivateCluster server(
        {.settings = {"max_wal_size=2MB", "min_wal_size=2MB", "wal_level=replica"},
         .initdb = {"--waldir=" + (disk->folder() / "wal").string(), "--wal-segsize=1"},
         .prepare = [&] { return limit_core_files() && disk->enter(); }});
    auto options = patient_options(GENERATE(256, 1));
    options.deadline = 2s;
    StoreUnderFault fault(server, options);
    // Prevents the server from removing WAL segments.
    fault.query("SELECT pg_create_physical_replication_slot('pin', true)");
    fault.query("CHECKPOINT");
    disk->resize(disk->bytes_used() + 4 * megabyte);
    Ending<RoomEvent> failure;
    const auto stored = fill(fault, 200'000, failure);
    CAPTURE(failure.code, failure.text);
    CHECK((failure.failed(errc::commit_unknown) || failure.failed(errc::unavailable)));
    CHECK(failure.text.starts_with("add_event_auto_index in room 'a': "));
    CHECK(server.log().find("PANIC:") != std::string::npos);
    fault.forget_admin();
    disk->resize(200 * megabyte);
    server.restart(PrivateCluster::Stop::immediate);
    await([&] { return append_large(fault, "after", 10).result.has_value(); });
    const auto events = all_events(fault.store(), {"a"}).at("a");
    // The append in doubt may be stored, once.
    REQUIRE(static_cast<std::int64_t>(events.size()) >= stored + 1);
    REQUIRE(static_cast<std::int64_t>(events.size()) <= stored + 2);
    for (std::size_t i = 0; i + 1 < events.size(); ++i) {
        CHECK(events[i].id == "filling-" + std::to_string(i));
        CHECK(events[i].index == static_cast<std::int64_t>(i));
    }
    if (failure.failed(errc::unavailable)) {
        CHECK(static_cast<std::int64_t>(events.size()) == stored + 1);
    }
    fault.recover();
}

TEST_CASE("a backend that is out of memory is storage_full, and its connection is kept", "[F19]") {
    PrivateCluster::require();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr std::size_t size = 40 * megabyte;
#else
    constexpr std::size_t size = 60 * megabyte;
#endif
    PrivateCluster server({.prepare = [] { return limit_memory(260'000 * 1024UL); }});
    auto options = patient_options(GENERATE(256, 1));
    options.limits.max_event_bytes = 64UL * 1024 * 1024;
    StoreUnderFault fault(server, options);
    check_failure(append_large(fault, "large", size),
                  errc::storage_full,
                  "a",
                  server.folder().string(),
                  "53200");
    CHECK(fault.store().stats().reconnects == 0);
    CHECK(fault.times_stored("large") == "0");
    CHECK(append_large(fault, "small", 1000).result->index == 0);
    fault.recover();
}

}  // namespace roomstore::test
