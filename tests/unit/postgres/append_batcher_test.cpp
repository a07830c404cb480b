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

/// Calls with the tickets 1, 2, 3 ...
class Desk {
public:
    AppendBatcher batcher;

    explicit Desk(AppendBatcher::Bounds bounds = {.events = 100, .bytes = 1000})
        : batcher(bounds) {}

    AppendBatcher::CallPtr make(const std::string& room, BatchableJob::Size size = {.events = 1}) {
        Operation operation{.name = "append", .mode = Mode::write, .room_id = room};
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

TEST_CASE("Appends that wait are taken together, those of a room in their order") {
    Desk desk;
    desk.add("a");
    desk.add("b");
    desk.add("a");
    CHECK(desk.batcher.size() == 3);
    CHECK(desk.batcher.first() == 1);
    const auto taken = desk.batcher.take();
    CHECK(tickets(taken) == Tickets{1, 3, 2});
    CHECK(rooms_of(taken) == AppendBatcher::Rooms{"a", "b"});
    CHECK(desk.batcher.size() == 0);
    CHECK_FALSE(desk.batcher.first());
    CHECK(desk.batcher.take().empty());
}

TEST_CASE("A room is held until its transaction has ended; others are not") {
    Desk desk;
    desk.add("a");
    CHECK_FALSE(desk.batcher.holds("a"));
    const auto first = desk.batcher.take();
    CHECK(desk.batcher.holds("a"));
    CHECK_FALSE(desk.batcher.holds("b"));
    desk.add("a");
    desk.add("b");
    desk.add("a");
    CHECK(desk.batcher.ready() == 1);
    CHECK(tickets(desk.batcher.take()) == Tickets{3});
    CHECK(desk.batcher.ready() == 0);
    CHECK(desk.batcher.size() == 2);
    desk.batcher.release(rooms_of(first));
    CHECK(tickets(desk.batcher.take()) == Tickets{2, 4});
}

TEST_CASE("A transaction is bounded by events and by bytes, and a call that is larger goes alone") {
    Desk by_events({.events = 3, .bytes = 1000});
    by_events.add("a", {.events = 2});
    by_events.add("a", {.events = 2});
    by_events.add("b", {.events = 1});
    CHECK(tickets(by_events.batcher.take()) == Tickets{1});
    CHECK(tickets(by_events.batcher.take()) == Tickets{3});

    Desk by_bytes({.events = 100, .bytes = 1000});
    by_bytes.add("a", {.events = 1, .bytes = 600});
    by_bytes.add("b", {.events = 1, .bytes = 400});
    by_bytes.add("c", {.events = 1, .bytes = 1});
    CHECK(tickets(by_bytes.batcher.take()) == Tickets{1, 2});
    CHECK(tickets(by_bytes.batcher.take()) == Tickets{3});

    Desk large({.events = 3, .bytes = 1000});
    large.add("a", {.events = 50, .bytes = 5000});
    large.add("b");
    CHECK(tickets(large.batcher.take()) == Tickets{1});
    CHECK(tickets(large.batcher.take()) == Tickets{2});
}

TEST_CASE("Whoever waits longest goes first, whatever the rooms are called") {
    Desk desk({.events = 1, .bytes = 1000});
    desk.add("z");
    desk.add("a");
    desk.add("m");
    CHECK(tickets(desk.batcher.take()) == Tickets{1});
    CHECK(tickets(desk.batcher.take()) == Tickets{2});
    CHECK(tickets(desk.batcher.take()) == Tickets{3});
}

TEST_CASE("Calls that are put back go before the rest, in the company that is left to them") {
    Desk desk;
    desk.add("a");
    desk.add("b");
    desk.add("a");
    auto taken = desk.batcher.take();
    desk.add("a");
    desk.batcher.release(rooms_of(taken));

    SECTION("alone") {
        for (const auto& call : taken) call->scope = BatchScope::alone;
        desk.batcher.put_back(taken);
        CHECK(desk.batcher.size() == 4);
        CHECK(tickets(desk.batcher.take()) == Tickets{1});
        CHECK(tickets(desk.batcher.take()) == Tickets{2});
        CHECK(desk.batcher.take().empty());  // the rest is of a room that is held
        desk.batcher.release({"a"});
        CHECK(tickets(desk.batcher.take()) == Tickets{3});
        desk.batcher.release({"a"});
        CHECK(tickets(desk.batcher.take()) == Tickets{4});
    }
    SECTION("by room") {
        for (const auto& call : taken) call->scope = BatchScope::one_room;
        desk.batcher.put_back(taken);
        CHECK(tickets(desk.batcher.take()) == Tickets{1, 3});
        CHECK(tickets(desk.batcher.take()) == Tickets{2});
        desk.batcher.release({"a", "b"});
        CHECK(tickets(desk.batcher.take()) == Tickets{4});
    }
    SECTION("and those who may have any scope pass them by") {
        taken.front()->scope = BatchScope::alone;
        desk.batcher.put_back({taken.front()});
        desk.add("c");
        desk.add("d");
        CHECK(tickets(desk.batcher.take()) == Tickets{1});
        CHECK(tickets(desk.batcher.take()) == Tickets{5, 6});
    }
}

TEST_CASE("A call that waits is taken out, alone or by a rule") {
    Desk desk;
    const auto first = desk.add("a");
    desk.add("a");
    const auto other = desk.add("b");
    CHECK(desk.batcher.remove(*first));
    CHECK_FALSE(desk.batcher.remove(*first));
    CHECK_FALSE(desk.batcher.remove(*desk.make("a")));
    CHECK(desk.batcher.first() == 2);
    desk.batcher.remove_if([&](const auto& call) { return &call == other.get(); });
    CHECK(desk.batcher.size() == 1);
    CHECK(tickets(desk.batcher.take()) == Tickets{2});
}
