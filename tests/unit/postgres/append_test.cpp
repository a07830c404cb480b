#include "sql/events/append.hpp"

#include <catch2/catch_test_macros.hpp>

#include "sql/events/append_steps.hpp"
#include "support/builders.hpp"
#include "support/fake_session.hpp"

using namespace roomstore;
using namespace roomstore::postgres;
using namespace roomstore::test;

namespace {

constexpr std::size_t batch = 100;

std::vector<RoomEvent> events() {
    std::vector<RoomEvent> events;
    for (std::size_t i = 0; i < batch; ++i) {
        events.push_back(make_event({.id = std::to_string(i), .room_id = "a"}));
    }
    return events;
}

/// A session whose call is stopped when the job asks for the `nth` time whether it may go on.
class Stopped {
public:
    FakeSession session;
    std::size_t looks = 0;

    explicit Stopped(std::size_t nth) {
        session.on_look = [this, nth] {
            if (++looks == nth) throw classify("57014", "the call was stopped", false);
        };
    }
};

}  // namespace

TEST_CASE("An append looks for every event whether it may go on, and stops at once if not") {
    const sql::Append append("append_events", "a", events());
    Stopped never(0);
    static_cast<void>(sql::append(never.session, {&append}));
    // Once to sort out events that depend on each other, and once to write the parameters.
    CHECK(never.looks == 2 * batch);
    CHECK_FALSE(never.session.log.empty());
    for (const std::size_t nth : {std::size_t{1}, batch, batch + 1, 2 * batch}) {
        Stopped stopped(nth);
        CHECK_THROWS_AS(sql::append(stopped.session, {&append}), Failure);
        CHECK(stopped.looks == nth);
        CHECK(stopped.session.log.empty());
    }
}

TEST_CASE("Events that are stored after their rooms were read are looked at one by one too") {
    const auto given = events();
    std::vector<sql::NewEvent> fresh;
    for (const RoomEvent& event : given) fresh.push_back({&event, 0, 0});
    Stopped stopped(batch);
    CHECK_THROWS_AS(sql::store_new_events(stopped.session, fresh), Failure);
    CHECK(stopped.session.log.empty());
}
