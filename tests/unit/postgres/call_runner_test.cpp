#include "pool/call_runner.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <new>
#include <stdexcept>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "pool/call.hpp"
#include "support/fake_session.hpp"

using namespace roomstore;
using namespace roomstore::postgres;
using namespace roomstore::test;
using namespace std::chrono_literals;

namespace {

using Log = std::vector<std::string>;

class FunctionJob final : public Job {
public:
    explicit FunctionJob(std::function<void(Session&)> function) : function_(std::move(function)) {}
    void run(Session& session) override { function_(session); }

private:
    std::function<void(Session&)> function_;
};

/// The states of a real call in a time that moves only when somebody waits.
class ManualControl final : public CallControl {
public:
    Call call{TimePoint{} + 1h + 5s};
    TimePoint time = TimePoint{} + 1h;
    std::vector<TimePoint::duration> pauses;
    std::optional<Failure> noted;
    bool others = false;
    std::optional<TimePoint> others_connect_at;
    /// Another call of the same run is stopped at each of these, which ends a pause.
    std::deque<TimePoint> companions_stop;

    ManualControl() { call.start(); }

    TimePoint now() override { return time; }
    TimePoint deadline() override { return call.deadline(); }
    BatchScope shared = BatchScope::alone;
    BatchScope batch_scope() override { return shared; }
    bool in_doubt() override { return call.in_doubt(); }
    bool drop_stopped() override {
        if (companions_stop.empty() || time < companions_stop.front()) return false;
        companions_stop.pop_front();
        return true;
    }
    bool others_connected() override { return others; }
    bool may_go_on() override {
        call.escalate(time);
        return call.may_go_on();
    }
    bool enter_commit() override { return call.enter_commit(); }
    void commit_failed() override { call.commit_failed(); }
    void doubt() override { call.doubt(); }
    void note(const Failure& failure) override { noted = failure; }
    void pause(TimePoint until) override {
        pauses.push_back(until - time);
        if (!companions_stop.empty()) until = std::min(until, companions_stop.front());
        time = std::max(time, std::min(until, call.deadline()));
    }
    void await_turn(TimePoint until) override {
        if (others_connect_at) until = std::min(until, std::max(time, *others_connect_at));
        pause(until);
        if (others_connect_at && time >= *others_connect_at) others = true;
    }
    CallOutcome stopped() override {
        if (call.phase() == Phase::committing) {
            return CallOutcome::failed(errc::commit_unknown, noted ? noted->text : "");
        }
        if (call.stop() == Stop::cancelled) return CallOutcome::aborted();
        return CallOutcome::failed(noted ? noted->code : errc::timeout, noted ? noted->text : "");
    }
};

struct Bench {
    FakeSession session;
    AttemptLimit limit{10};
    CallRunner runner{session, limit, 1};
    ManualControl control;
    Operation operation{.name = "op", .mode = Mode::write, .room_id = "lobby"};
    FunctionJob job{[](Session& to) { to.exec({"work", "..."}, Params()); }};

    CallOutcome run() { return runner.run(control, operation, job); }
    CallOutcome run(std::function<void(Session&)> work) {
        FunctionJob other(std::move(work));
        return runner.run(control, operation, other);
    }

    /// The n-th (from 1) occurrence of `step` fails as the server would with `sqlstate`.
    void fail(const std::string& step, int nth, const Failure& failure) {
        session.script = [=, seen = 0](const std::string& at) mutable {
            if (at == step && ++seen == nth) throw failure;
        };
    }
    void fail_always(const std::string& step, const Failure& failure) {
        session.script = [=](const std::string& at) {
            if (at == step) throw failure;
        };
    }
};

Failure server_error(const std::string& sqlstate) { return classify(sqlstate, "text", false); }
Failure lost() { return classify({}, "lost", true); }
Failure doubt() {
    auto failure = lost();
    failure.in_doubt = true;
    return failure;
}

bool failed(const CallOutcome& outcome, errc code) {
    return outcome.kind == CallOutcome::Kind::failed && outcome.code == code;
}
bool succeeded(const CallOutcome& outcome) { return outcome.kind == CallOutcome::Kind::success; }

}  // namespace

TEST_CASE("A read is a statement, a write is a transaction") {
    Bench bench;
    bench.operation.mode = Mode::read;
    CHECK(succeeded(bench.run()));
    CHECK(bench.session.log == Log{"connect", "work"});
    bench.operation.mode = Mode::write;
    CHECK(succeeded(bench.run()));
    CHECK(bench.session.log == Log{"connect", "work", "begin", "work", "commit"});
}

TEST_CASE("A write that changed nothing is rolled back, and the next one is not") {
    Bench bench;
    CHECK(succeeded(bench.run([](Session& session) { session.nothing_to_commit(); })));
    CHECK(bench.session.log == Log{"connect", "begin", "rollback"});
    CHECK(succeeded(bench.run()));
    CHECK(bench.session.log.back() == "commit");
}

TEST_CASE("A lock that could not be had is tried for again on the same connection") {
    for (const char* sqlstate : {"40001", "40P01", "55P03"}) {
        Bench bench;
        bench.fail("work", 1, server_error(sqlstate));
        CHECK(succeeded(bench.run()));
        CHECK(bench.session.log ==
              Log{"connect", "begin", "work", "rollback", "begin", "work", "commit"});
        CHECK(bench.runner.counts().retries == 1);
    }
}

TEST_CASE("A serialization failure of the COMMIT itself is repeated too") {
    Bench bench;
    bench.fail("commit", 1, server_error("40001"));
    CHECK(succeeded(bench.run()));
    CHECK(bench.control.call.phase() == Phase::committing);
    CHECK(bench.session.log ==
          Log{"connect", "begin", "work", "commit", "rollback", "begin", "work", "commit"});
}

TEST_CASE("After five attempts a call is busy, with growing pauses in between") {
    Bench bench;
    bench.fail_always("work", server_error("40001"));
    const auto outcome = bench.run();
    CHECK(failed(outcome, errc::busy));
    CHECK(outcome.sqlstate == "40001");
    CHECK(outcome.text == "text (after 5 attempts)");
    CHECK(std::ranges::count(bench.session.log, "work") == 5);
    REQUIRE(bench.control.pauses.size() == 4);
    auto base = 20ms;
    for (const auto pause : bench.control.pauses) {
        CHECK(pause >= base / 2);
        CHECK(pause <= base * 3 / 2);
        base *= 2;
    }
}

TEST_CASE("What a call loses by others that are stopped counts as no attempt of its own") {
    Bench bench;
    for (int i = 0; i < 4; ++i) bench.control.companions_stop.push_back(bench.control.time);
    bench.session.script = [&, runs = 0](const std::string& at) mutable {
        if (at != "work" || ++runs > 5) return;
        throw server_error(runs < 5 ? "57014" : "40001");
    };
    CHECK(bench.run().kind == CallOutcome::Kind::success);
}

TEST_CASE("A lost connection is replaced, and the work done again") {
    for (const char* step : {"begin", "work", "commit"}) {
        Bench bench;
        bench.fail(step, 1, lost());
        CAPTURE(step);
        CHECK(succeeded(bench.run()));
        CHECK(bench.session.log.back() == "commit");
        CHECK(std::ranges::count(bench.session.log, "connect") == 2);
        CHECK(bench.runner.counts().reconnects == 1);
    }
}

TEST_CASE("A lost connection of the server's own is no reason to give up ours") {
    Bench bench;
    bench.fail("work", 1, server_error("08006"));
    CHECK(succeeded(bench.run()));
    CHECK(bench.session.log ==
          Log{"connect", "begin", "work", "rollback", "begin", "work", "commit"});
    CHECK(bench.control.pauses.size() == 1);

    Bench always;
    always.fail_always("work", server_error("08006"));
    CHECK(failed(always.run(), errc::unavailable));
    CHECK(std::ranges::count(always.session.log, "work") == 5);
    CHECK(std::ranges::count(always.session.log, "connect") == 1);
    CHECK(always.session.connected());

    Bench read;
    read.operation.mode = Mode::read;
    read.fail("work", 1, server_error("08006"));
    CHECK(succeeded(read.run()));
    CHECK(read.session.log == Log{"connect", "work", "work"});
}

TEST_CASE("What part of a cluster refuses is tried again without the calls to other rooms") {
    Bench bench;
    bench.control.shared = BatchScope::any_room;
    bench.fail_always("work", server_error("08006"));
    const auto outcome = bench.run();
    CHECK(outcome.retry_scope == BatchScope::one_room);
    CHECK(std::ranges::count(bench.session.log, "work") == 1);
    CHECK(bench.session.connected());
    // None of them is told of it who ends before it is run again.
    CHECK_FALSE(bench.control.noted);

    Bench room;
    room.control.shared = BatchScope::one_room;
    room.fail("work", 1, server_error("08006"));
    CHECK(succeeded(room.run()));
}

TEST_CASE("A read-only server is left") {
    Bench bench;
    bench.fail("work", 1, server_error("25006"));
    CHECK(succeeded(bench.run()));
    CHECK(bench.session.log ==
          Log{"connect", "begin", "work", "disconnect", "connect", "begin", "work", "commit"});

    Bench always;
    always.fail_always("work", server_error("25006"));
    CHECK(failed(always.run(), errc::read_only));
    CHECK(std::ranges::count(always.session.log, "connect") == 5);
    CHECK_FALSE(always.session.connected());
}

TEST_CASE("State of the session that is in the way is left behind once") {
    for (const char* sqlstate : {"26000", "42P05", "0A000"}) {
        Bench bench;
        bench.fail("work", 1, server_error(sqlstate));
        CHECK(succeeded(bench.run()));
        CHECK(std::ranges::count(bench.session.log, "connect") == 2);

        Bench always;
        always.fail_always("work", server_error(sqlstate));
        CHECK(failed(always.run(), errc::internal));
        CHECK(std::ranges::count(always.session.log, "work") == 2);
    }
}

TEST_CASE("What the server refuses for good is not repeated") {
    const std::pair<const char*, errc> cases[] = {{"53100", errc::storage_full},
                                                  {"22021", errc::invalid_argument},
                                                  {"54000", errc::invalid_argument},
                                                  {"42P01", errc::schema_mismatch},
                                                  {"57014", errc::timeout},
                                                  {"23505", errc::internal},
                                                  {"XX000", errc::internal}};
    for (const auto& [sqlstate, code] : cases) {
        Bench bench;
        bench.fail_always("work", server_error(sqlstate));
        CAPTURE(sqlstate);
        CHECK(failed(bench.run(), code));
        CHECK(std::ranges::count(bench.session.log, "work") == 1);
        CHECK(bench.control.pauses.empty());
    }
}

TEST_CASE("After an error that nobody expected the connection is given up") {
    Bench bench;
    bench.fail_always("work", server_error("XX000"));
    bench.run();
    CHECK(bench.session.log.back() == "disconnect");

    Bench known;
    known.fail_always("work", server_error("53100"));
    known.run();
    CHECK(known.session.log.back() == "rollback");
}

TEST_CASE("Doubt is settled by doing the work again") {
    Bench bench;
    bench.operation.rerun = Rerun::settles;
    bench.fail("commit", 1, doubt());
    CHECK(succeeded(bench.run()));
    CHECK(bench.session.log == Log{"connect",
                                   "begin",
                                   "work",
                                   "commit",
                                   "connect",
                                   "begin",
                                   "work",
                                   "expect_durable",
                                   "commit"});
    CHECK(bench.runner.counts().doubts == 1);
    CHECK(bench.runner.counts().doubts_settled == 1);
}

TEST_CASE("A COMMIT in doubt over a session that lives is settled on it, where it may be kept") {
    const auto settle = [](const char* sqlstate) {
        Bench bench;
        bench.operation.rerun = Rerun::settles;
        auto failure = server_error(sqlstate);
        failure.in_doubt = true;
        bench.fail("commit", 1, failure);
        CHECK(succeeded(bench.run()));
        CHECK(bench.runner.counts().doubts_settled == 1);
        return bench.session.log;
    };
    CHECK(settle("08006") == Log{"connect",
                                 "begin",
                                 "work",
                                 "commit",
                                 "rollback",
                                 "begin",
                                 "work",
                                 "expect_durable",
                                 "commit"});
    CHECK(settle("XX000") == Log{"connect",
                                 "begin",
                                 "work",
                                 "commit",
                                 "disconnect",
                                 "connect",
                                 "begin",
                                 "work",
                                 "expect_durable",
                                 "commit"});
}

TEST_CASE("What is found done by an earlier run is committed once more before it is answered") {
    Bench bench;
    bench.operation.rerun = Rerun::settles;
    bench.fail("commit", 1, doubt());
    CHECK(succeeded(bench.run([runs = 0](Session& session) mutable {
        if (++runs > 1) session.nothing_to_commit();
    })));
    CHECK(bench.session.log ==
          Log{"connect", "begin", "commit", "connect", "begin", "expect_durable", "commit"});
}

TEST_CASE("Doubt about work that cannot be done again is reported") {
    Bench bench;
    bench.fail("commit", 1, doubt());
    const auto outcome = bench.run();
    CHECK(failed(outcome, errc::commit_unknown));
    CHECK(std::ranges::count(bench.session.log, "work") == 1);
    CHECK(bench.runner.counts().doubts_settled == 0);
}

TEST_CASE("Memory that runs out when COMMIT may have been sent leaves the call in doubt") {
    Bench bench;
    bench.operation.rerun = GENERATE(Rerun::settles, Rerun::unsafe);
    bench.session.script = [seen = 0](const std::string& step) mutable {
        if (step == "commit" && ++seen == 1) throw std::bad_alloc();
    };
    const auto outcome = bench.run();
    CHECK(bench.runner.counts().doubts == 1);
    CHECK(bench.session.log.at(4) == "disconnect");
    if (bench.operation.rerun == Rerun::settles) {
        CHECK(succeeded(outcome));
    } else {
        CHECK(failed(outcome, errc::commit_unknown));
        CHECK(outcome.text.find("after COMMIT") != std::string::npos);
    }
}

TEST_CASE("Once in doubt, only a true answer ends a call") {
    const auto rerun_with = [](std::function<void()> second) {
        Bench bench;
        bench.operation.rerun = Rerun::settles;
        bench.fail("commit", 1, doubt());
        return bench.run([second = std::move(second), runs = 0](Session& session) mutable {
            session.exec({"work", "..."}, Params());
            if (++runs == 2) second();
        });
    };
    CHECK(succeeded(rerun_with([] {})));
    CHECK(failed(rerun_with([] { throw Error(errc::not_found, "gone"); }), errc::not_found));
    CHECK(failed(rerun_with([] { throw std::runtime_error("bug"); }), errc::commit_unknown));
    CHECK(failed(rerun_with([] { throw std::bad_alloc(); }), errc::commit_unknown));
    CHECK(failed(rerun_with([] { throw server_error("53100"); }), errc::commit_unknown));
}

TEST_CASE("Doubt is worth more than five attempts, but not more than the deadline") {
    Bench bench;
    bench.operation.rerun = Rerun::settles;
    bench.session.script = [commits = 0](const std::string& step) mutable {
        if (step == "commit" && ++commits == 1) throw doubt();
        // The transaction that is in doubt still holds the lock.
        if (step == "work" && commits == 1) throw server_error("55P03");
    };
    CHECK(failed(bench.run(), errc::commit_unknown));
    CHECK(std::ranges::count(bench.session.log, "work") > 6);
    CHECK(bench.control.time == bench.control.deadline());
}

TEST_CASE("A call that is cancelled before its commit is rolled back") {
    Bench bench;
    const auto outcome = bench.run(
        [&](Session&) { bench.control.call.request_stop(Stop::cancelled, bench.control.time); });
    CHECK(outcome.kind == CallOutcome::Kind::aborted);
    CHECK(bench.session.log == Log{"connect", "begin", "rollback"});
}

TEST_CASE("A call that is cancelled during its commit gets the true outcome") {
    Bench bench;
    bench.session.script = [&](const std::string& step) {
        if (step == "commit") {
            bench.control.call.request_stop(Stop::cancelled, bench.control.time);
        }
    };
    CHECK(succeeded(bench.run()));

    Bench settled;
    settled.operation.rerun = Rerun::settles;
    settled.session.script = [&, commits = 0](const std::string& step) mutable {
        if (step != "commit") return;
        settled.control.call.request_stop(Stop::cancelled, settled.control.time);
        if (++commits == 1) throw doubt();
    };
    CHECK(succeeded(settled.run()));
}

TEST_CASE("A statement that fails because the call was stopped is not the reason") {
    Bench bench;
    bench.session.script = [&](const std::string& step) {
        if (step != "work") return;
        bench.control.call.request_stop(Stop::cancelled, bench.control.time);
        throw server_error("57014");
    };
    CHECK(bench.run().kind == CallOutcome::Kind::aborted);
    CHECK(bench.session.log.back() == "rollback");
    CHECK_FALSE(bench.control.noted);
}

TEST_CASE("A cancellation that comes too late for its call does not fail the next") {
    Bench bench;
    CHECK(succeeded(bench.run()));
    bench.runner.expect_stray_cancel();
    bench.fail("work", 1, server_error("57014"));
    CHECK(succeeded(bench.run()));
    CHECK(bench.runner.counts().retries == 1);
}

TEST_CASE("A call stopped before it began does not begin") {
    Bench bench;
    bench.control.call.request_stop(Stop::cancelled, bench.control.time);
    CHECK(bench.run().kind == CallOutcome::Kind::aborted);
    CHECK(bench.session.log.empty());
}

TEST_CASE("A server that is down is asked until the deadline, ten times a second at most") {
    Bench bench;
    bench.fail_always("connect", lost());
    const auto outcome = bench.run();
    CHECK(failed(outcome, errc::unavailable));
    CHECK(outcome.text == "lost");
    CHECK(bench.control.time == bench.control.deadline());
    const auto attempts = std::ranges::count(bench.session.log, "connect");
    CHECK(attempts <= 51);
    CHECK(attempts >= 8);
}

TEST_CASE("A call beside which another is stopped waits for its turn to connect all the same") {
    Bench bench;
    std::vector<ManualControl::TimePoint> attempts;
    bench.session.script = [&](const std::string& at) {
        if (at != "connect") return;
        attempts.push_back(bench.control.time);
        throw lost();
    };
    static_cast<void>(bench.runner.connect_ahead({}));
    attempts.clear();
    // Others have taken all turns of this second.
    const auto begin = bench.control.time;
    for (int i = 0; i < 10; ++i) bench.limit.reserve(begin);
    bench.control.companions_stop = {begin + 300ms};
    static_cast<void>(bench.run());
    REQUIRE(!attempts.empty());
    CHECK(attempts.front() == begin + 1s);
}

TEST_CASE("A server that comes back is used at once") {
    Bench bench;
    bench.session.script = [&, attempts = 0](const std::string& step) mutable {
        if (step == "connect" && ++attempts < 4) throw lost();
    };
    CHECK(succeeded(bench.run()));
    CHECK(bench.control.time < bench.control.deadline() - 4s);
}

TEST_CASE("A server that will not let us in is not asked again") {
    for (const char* sqlstate : {"28P01", "28000", "3D000", "42501"}) {
        Bench bench;
        bench.fail_always("connect", classify(sqlstate, "no", true));
        CHECK(failed(bench.run(), errc::access_denied));
        CHECK(bench.session.log == Log{"connect"});
    }
}

TEST_CASE("What a job throws is an answer, and its transaction is rolled back") {
    const auto outcome_of = [](std::function<void()> failure) {
        Bench bench;
        const auto outcome = bench.run([&](Session&) { failure(); });
        CHECK(bench.session.log == Log{"connect", "begin", "rollback"});
        return outcome;
    };
    const auto refused =
        outcome_of([] { throw Error(errc::conflict, "index 4 is taken", "23505"); });
    CHECK(failed(refused, errc::conflict));
    CHECK(refused.text == "index 4 is taken");
    CHECK(refused.sqlstate == "23505");
    const auto corrupt = outcome_of([] { throw ColumnError("index", "x", "a number"); });
    CHECK(failed(corrupt, errc::corrupt_data));
    CHECK(corrupt.text == "column index holds 'x', which is not a number");
    CHECK(failed(outcome_of([] { throw std::bad_alloc(); }), errc::internal));
    CHECK(failed(outcome_of([] { throw std::runtime_error("bug"); }), errc::internal));
    CHECK(failed(outcome_of([] { throw 1; }), errc::internal));
}

TEST_CASE("A call for which there is no connection goes to where there is one") {
    Bench bench;
    bench.fail_always("connect", server_error("53300"));
    bench.control.others = true;
    const auto outcome = bench.run();
    CHECK(outcome.reroute);
    CHECK(bench.session.log == Log{"connect"});
    CHECK(bench.control.pauses.empty());
}

TEST_CASE("A call does not wait for its turn to connect where somebody is connected") {
    Bench bench;
    bench.fail_always("connect", lost());
    CHECK(failed(bench.run(), errc::unavailable));
    // All turns of the next second are taken.
    while (bench.limit.reserve(bench.control.time) < bench.control.time + 900ms) {
    }
    const auto turns = [&] { return bench.limit.reserve(bench.control.time); };
    const auto next = turns();
    bench.limit.give_back(next);
    for (const auto connected_after : {0ms, 30ms}) {
        ManualControl control;
        control.time = bench.control.time;
        control.call = Call{control.time + 5s};
        control.call.start();
        control.others_connect_at = control.time + connected_after;
        control.others = connected_after == 0ms;
        const auto began = control.time;
        CHECK(bench.runner.run(control, bench.operation, bench.job).reroute);
        CHECK(control.time == began + connected_after);
    }
    // Its turn is left to others.
    CHECK(turns() == next);
}

TEST_CASE("A connection on which the rollback fails is given up") {
    Bench bench;
    bench.session.script = [](const std::string& step) {
        if (step == "work") throw server_error("53100");
        if (step == "rollback") throw server_error("XX000");
    };
    CHECK(failed(bench.run(), errc::storage_full));
    CHECK(bench.session.log.back() == "disconnect");
}

TEST_CASE("A commit that was answered with ROLLBACK is a failure, not a doubt") {
    Bench bench;
    Failure failure;
    failure.discard = true;
    failure.text = "COMMIT was answered with ROLLBACK";
    bench.fail("commit", 1, failure);
    CHECK(failed(bench.run(), errc::internal));
    CHECK(bench.session.log.back() == "disconnect");
}

TEST_CASE("Calls that end while they wait for their turn to connect do not put off others") {
    Bench bench;
    bench.fail_always("connect", lost());
    const auto start = bench.control.time;
    for (int i = 0; i < 200; ++i) {
        ManualControl hurried;
        hurried.call = Call{start + 50ms};
        hurried.call.start();
        CHECK(bench.runner.run(hurried, bench.operation, bench.job).kind ==
              CallOutcome::Kind::failed);
    }
    CHECK(bench.limit.reserve(start + 50ms) <= start + 50ms + 1s);
}
