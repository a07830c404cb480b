#include "pool/append_batcher.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace roomstore;
using namespace roomstore::postgres;

namespace {

class SizedJob final : public BatchableJob {
public:
    explicit SizedJob(Size size) : size_(size) {}
    Size size() const noexcept override { return size_; }
    void run_batch(Session&, std::span<BatchableJob* const>) override {}
    std::optional<Error> refusal() const override { return std::nullopt; }

private:
    const Size size_;
};

using Calls = std::vector<AppendBatcher::CallPtr>;
using Tickets = std::vector<std::uint64_t>;

/// Makes calls with the tickets 1, 2, 3 ...
class BatcherFixture {
public:
    AppendBatcher batcher;

    explicit BatcherFixture(AppendBatcher::Bounds bounds = {.events = 100, .bytes = 1000})
        : batcher(bounds) {}

    AppendBatcher::CallPtr make(const std::string& room, BatchableJob::Size size = {.events = 1}) {
        Operation operation{
            .name = "append", .mode = Mode::write, .room_id = room, .bytes = size.bytes};
        auto call = std::make_shared<PendingCall>(std::move(operation),
                                                  std::make_shared<SizedJob>(size),
                                                  Call::TimePoint{},
                                                  StopTimeouts{});
        call->ticket = ++tickets_;
        return call;
    }

    AppendBatcher::CallPtr add(const std::string& room, BatchableJob::Size size = {.events = 1}) {
        auto call = make(room, size);
        batcher.add(call);
        return call;
    }

private:
    std::uint64_t tickets_ = 0;
};

Tickets tickets(const Calls& calls) {
    Tickets tickets;
    for (const auto& call : calls) tickets.push_back(call->ticket);
    return tickets;
}

}  // namespace

TEST_CASE("Queued appends are taken as one batch, those of a room in order") {
    BatcherFixture fixture;
    fixture.add("a");
    fixture.add("b");
    fixture.add("a");
    CHECK(fixture.batcher.size() == 3);
    CHECK(fixture.batcher.first() == 1);
    const auto taken = fixture.batcher.take();
    CHECK(tickets(taken) == Tickets{1, 3, 2});
    CHECK(rooms_of(taken) == AppendBatcher::Rooms{"a", "b"});
    CHECK(fixture.batcher.size() == 0);
    CHECK_FALSE(fixture.batcher.first());
    CHECK(fixture.batcher.take().empty());
}

TEST_CASE("A room is held until its transaction ends, other rooms are not") {
    BatcherFixture fixture;
    fixture.add("a");
    CHECK_FALSE(fixture.batcher.holds("a"));
    const auto first = fixture.batcher.take();
    CHECK(fixture.batcher.holds("a"));
    CHECK_FALSE(fixture.batcher.holds("b"));
    fixture.add("a");
    fixture.add("b");
    fixture.add("a");
    CHECK(fixture.batcher.ready() == 1);
    CHECK(tickets(fixture.batcher.take()) == Tickets{3});
    CHECK(fixture.batcher.ready() == 0);
    CHECK(fixture.batcher.size() == 2);
    fixture.batcher.release(rooms_of(first));
    CHECK(tickets(fixture.batcher.take()) == Tickets{2, 4});
}

TEST_CASE("A batch is bounded by events and bytes, and a larger call forms a batch alone") {
    BatcherFixture by_events({.events = 3, .bytes = 1000});
    by_events.add("a", {.events = 2});
    by_events.add("a", {.events = 2});
    by_events.add("b", {.events = 1});
    CHECK(tickets(by_events.batcher.take()) == Tickets{1});
    CHECK(tickets(by_events.batcher.take()) == Tickets{3});

    BatcherFixture by_bytes({.events = 100, .bytes = 1000});
    by_bytes.add("a", {.events = 1, .bytes = 600});
    by_bytes.add("b", {.events = 1, .bytes = 400});
    by_bytes.add("c", {.events = 1, .bytes = 1});
    CHECK(tickets(by_bytes.batcher.take()) == Tickets{1, 2});
    CHECK(tickets(by_bytes.batcher.take()) == Tickets{3});

    BatcherFixture large({.events = 3, .bytes = 1000});
    large.add("a", {.events = 50, .bytes = 5000});
    large.add("b");
    CHECK(tickets(large.batcher.take()) == Tickets{1});
    CHECK(tickets(large.batcher.take()) == Tickets{2});
}

TEST_CASE("Batches are taken in queue order, not in order of room ids") {
    BatcherFixture fixture({.events = 1, .bytes = 1000});
    fixture.add("z");
    fixture.add("a");
    fixture.add("m");
    CHECK(tickets(fixture.batcher.take()) == Tickets{1});
    CHECK(tickets(fixture.batcher.take()) == Tickets{2});
    CHECK(tickets(fixture.batcher.take()) == Tickets{3});
}

TEST_CASE("The bytes of the queued calls are counted, whichever way a call leaves the queue") {
    BatcherFixture fixture({.events = 100, .bytes = 10});
    auto& batcher = fixture.batcher;
    const auto first = fixture.add("a", {.events = 1, .bytes = 10});
    const auto second = fixture.add("a", {.events = 1, .bytes = 200});
    fixture.add("b", {.events = 1, .bytes = 3000});
    fixture.add("c", {.events = 1, .bytes = 40000});
    CHECK(batcher.bytes() == 43210);
    auto taken = batcher.take();
    CHECK(batcher.bytes() == 43200);
    batcher.release(rooms_of(taken));
    batcher.put_back(std::move(taken));
    CHECK(batcher.bytes() == 43210);
    CHECK(batcher.remove(*first));
    CHECK_FALSE(batcher.remove(*first));
    CHECK(batcher.bytes() == 43200);
    batcher.remove_if([&](PendingCall& call) { return call.operation.room_id == "b"; });
    CHECK(batcher.bytes() == 40200);
    batcher.remove_if([](PendingCall&) { return true; });
    CHECK(batcher.bytes() == 0);
}

TEST_CASE("The heads of the queue are the first calls of the rooms that are not held") {
    BatcherFixture fixture({.events = 1, .bytes = 1000});
    auto& batcher = fixture.batcher;
    CHECK(batcher.heads(5).empty());
    fixture.add("z");
    fixture.add("z");
    const auto second = fixture.add("b");
    const auto third = fixture.add("a");
    batcher.take();
    CHECK(batcher.heads(5) == std::vector<const PendingCall*>{second.get(), third.get()});
    CHECK(batcher.heads(1) == std::vector<const PendingCall*>{second.get()});
}

TEST_CASE("Calls put back are taken first, in batches allowed by their scope") {
    BatcherFixture fixture;
    fixture.add("a");
    fixture.add("b");
    fixture.add("a");
    auto taken = fixture.batcher.take();
    fixture.add("a");
    fixture.batcher.release(rooms_of(taken));

    SECTION("alone") {
        for (const auto& call : taken) call->scope = BatchScope::alone;
        fixture.batcher.put_back(taken);
        CHECK(fixture.batcher.size() == 4);
        CHECK(tickets(fixture.batcher.take()) == Tickets{1});
        CHECK(tickets(fixture.batcher.take()) == Tickets{2});
        CHECK(fixture.batcher.take().empty());  // the others are of a held room
        fixture.batcher.release({"a"});
        CHECK(tickets(fixture.batcher.take()) == Tickets{3});
        fixture.batcher.release({"a"});
        CHECK(tickets(fixture.batcher.take()) == Tickets{4});
    }
    SECTION("one room per batch") {
        for (const auto& call : taken) call->scope = BatchScope::one_room;
        fixture.batcher.put_back(taken);
        CHECK(tickets(fixture.batcher.take()) == Tickets{1, 3});
        CHECK(tickets(fixture.batcher.take()) == Tickets{2});
        fixture.batcher.release({"a", "b"});
        CHECK(tickets(fixture.batcher.take()) == Tickets{4});
    }
    SECTION("later calls of any scope are batched without them") {
        taken.front()->scope = BatchScope::alone;
        fixture.batcher.put_back({taken.front()});
        fixture.add("c");
        fixture.add("d");
        CHECK(tickets(fixture.batcher.take()) == Tickets{1});
        CHECK(tickets(fixture.batcher.take()) == Tickets{5, 6});
    }
}

TEST_CASE("Queued calls can be removed individually or by a predicate") {
    BatcherFixture fixture;
    const auto first = fixture.add("a");
    fixture.add("a");
    const auto other = fixture.add("b");
    CHECK(fixture.batcher.remove(*first));
    CHECK_FALSE(fixture.batcher.remove(*first));
    CHECK_FALSE(fixture.batcher.remove(*fixture.make("a")));
    CHECK(fixture.batcher.first() == 2);
    fixture.batcher.remove_if([&](const auto& call) { return &call == other.get(); });
    CHECK(fixture.batcher.size() == 1);
    CHECK(tickets(fixture.batcher.take()) == Tickets{2});
}
