#include "pool/call.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace roomstore::postgres;
using namespace std::chrono_literals;

namespace {

const Call::TimePoint start = Call::TimePoint{} + 1h;
const Call::TimePoint deadline = start + 5s;

Call running() {
    Call call(deadline);
    call.start();
    return call;
}

Call committing() {
    Call call = running();
    call.enter_commit();
    return call;
}

}  // namespace

TEST_CASE("A call is queued, run and finished exactly once") {
    Call call(deadline);
    CHECK(call.phase() == Phase::queued);
    CHECK(call.start());
    CHECK_FALSE(call.start());
    CHECK(call.may_continue());
    CHECK(call.enter_commit());
    CHECK(call.phase() == Phase::committing);
    CHECK(call.finish());
    CHECK_FALSE(call.finish());
    CHECK_FALSE(call.may_continue());
}

TEST_CASE("A call that ended in the queue cannot be started") {
    Call call(deadline);
    CHECK(call.finish());
    CHECK_FALSE(call.start());
    CHECK_FALSE(call.enter_commit());
}

TEST_CASE("A stop before COMMIT prevents it, and a cancellation during COMMIT is ignored") {
    auto early = running();
    early.request_stop(Stop::cancelled, start);
    CHECK_FALSE(early.enter_commit());
    CHECK(early.phase() == Phase::running);

    auto late = committing();
    late.request_stop(Stop::cancelled, start);
    CHECK(late.stop() == Stop::none);
    CHECK(late.may_continue());
}

TEST_CASE("After a failed COMMIT a call can be cancelled, unless a COMMIT is in doubt") {
    auto failed = committing();
    failed.commit_failed();
    CHECK(failed.phase() == Phase::running);
    failed.request_stop(Stop::cancelled, start);
    CHECK(failed.stop() == Stop::cancelled);

    auto doubtful = committing();
    doubtful.doubt();
    doubtful.commit_failed();
    CHECK(doubtful.phase() == Phase::committing);
    doubtful.request_stop(Stop::cancelled, start);
    CHECK(doubtful.may_continue());
    CHECK(doubtful.enter_commit());
}

TEST_CASE("The first stop reason is kept") {
    auto call = running();
    call.request_stop(Stop::cancelled, start);
    call.request_stop(Stop::closing, start);
    CHECK(call.stop() == Stop::cancelled);
    CHECK(call.escalate(deadline + 1h) == Escalation::abandon);
    CHECK(call.stop() == Stop::cancelled);
}

TEST_CASE("A cancelled call is cancelled at once, cut after 1 s and abandoned after 1.1 s") {
    auto call = running();
    CHECK(call.next_escalation() == deadline);
    CHECK(call.escalate(start) == Escalation::none);
    call.request_stop(Stop::cancelled, start);
    CHECK(call.next_escalation() == start);
    CHECK(call.escalate(start) == Escalation::cancel);
    CHECK(call.escalate(start) == Escalation::none);
    CHECK(call.next_escalation() == start + 1s);
    CHECK(call.escalate(start + 999ms) == Escalation::none);
    CHECK(call.escalate(start + 1s) == Escalation::cut);
    CHECK(call.next_escalation() == start + 1100ms);
    CHECK(call.escalate(start + 1099ms) == Escalation::none);
    CHECK(call.escalate(start + 1100ms) == Escalation::abandon);
    CHECK(call.next_escalation() == Call::TimePoint::max());
    CHECK(call.escalate(start + 1h) == Escalation::none);
}

TEST_CASE("A call past its deadline is cancelled, cut after 100 ms and abandoned after 200 ms") {
    auto call = running();
    CHECK(call.escalate(deadline - 1ms) == Escalation::none);
    CHECK(call.escalate(deadline) == Escalation::cancel);
    CHECK(call.stop() == Stop::deadline);
    CHECK(call.next_escalation() == deadline + 100ms);
    CHECK(call.escalate(deadline + 100ms) == Escalation::cut);
    CHECK(call.escalate(deadline + 200ms) == Escalation::abandon);
}

TEST_CASE("The deadline also limits a call that was cancelled just before it") {
    auto call = running();
    call.request_stop(Stop::cancelled, deadline - 10ms);
    CHECK(call.escalate(deadline - 10ms) == Escalation::cancel);
    CHECK(call.next_escalation() == deadline + 100ms);
    CHECK(call.escalate(deadline + 100ms) == Escalation::cut);
    CHECK(call.escalate(deadline + 200ms) == Escalation::abandon);
}

TEST_CASE("A COMMIT is never cancelled, only cut") {
    auto call = committing();
    CHECK(call.escalate(deadline) == Escalation::cut);
    CHECK(call.next_escalation() == deadline + 100ms);
    CHECK(call.escalate(deadline + 100ms) == Escalation::abandon);

    auto closing = committing();
    closing.request_stop(Stop::closing, start);
    CHECK(closing.escalate(start) == Escalation::cut);
}

TEST_CASE("A late watchdog escalates directly to the last step") {
    auto call = running();
    CHECK(call.escalate(deadline + 10s) == Escalation::abandon);
    CHECK(call.escalate(deadline + 10s) == Escalation::none);
}

TEST_CASE("A finished call is not stopped or escalated") {
    auto call = running();
    call.finish();
    CHECK(call.escalate(deadline + 1h) == Escalation::none);
    call.request_stop(Stop::cancelled, start);
    CHECK(call.stop() == Stop::none);
}
