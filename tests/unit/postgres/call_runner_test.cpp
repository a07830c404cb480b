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

/// The states of a real call, with a clock that advances only in pauses.
class ManualControl final : public CallControl {
public:
    Call call{TimePoint{} + 1h + 5s};
    TimePoint time = TimePoint{} + 1h;
    std::vector<TimePoint::duration> pauses;
    std::optional<Failure> noted;
    bool others = false;
    std::optional<TimePoint> other_worker_connects_at;
    /// Times at which another call of the batch is stopped, which ends a pause.
    std::deque<TimePoint> batch_stops_at;

    ManualControl() { call.start(); }

    TimePoint now() override { return time; }
    TimePoint deadline() override { return call.deadline(); }
    BatchScope shared = BatchScope::alone;
    BatchScope batch_scope() override { return shared; }
    bool in_doubt() override { return call.in_doubt(); }
    bool drop_stopped() override {
        if (batch_stops_at.empty() || time < batch_stops_at.front()) return false;
        batch_stops_at.pop_front();
        return true;
    }
    bool others_connected() override { return others; }
    /// Whether the deadline is not noticed until the next pause.
    bool late = false;
    bool may_continue() override {
        if (!late) call.escalate(time);
        return call.may_continue();
    }
    bool enter_commit() override { return call.enter_commit(); }
    void commit_failed() override { call.commit_failed(); }
    void doubt() override { call.doubt(); }
    void note(const Failure& failure) override { noted = failure; }
    void pause(TimePoint until) override {
        late = false;
        pauses.push_back(until - time);
        if (!batch_stops_at.empty()) until = std::min(until, batch_stops_at.front());
        time = std::max(time, std::min(until, call.deadline()));
    }
    void await_slot(TimePoint until) override {
        if (other_worker_connects_at)
            until = std::min(until, std::max(time, *other_worker_connects_at));
        pause(until);
        if (other_worker_connects_at && time >= *other_worker_connects_at) others = true;
    }
    CallOutcome stopped() override {
        if (call.phase() == Phase::committing) {
            return CallOutcome::failed(errc::commit_unknown, noted ? noted->text : "");
        }
        if (call.stop() == Stop::cancelled) return CallOutcome::aborted();
        return CallOutcome::failed(noted ? noted->code : errc::timeout, noted ? noted->text : "");
    }
};

struct RunnerFixture {
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

    /// Makes the n-th occurrence of `step`, counted from 1, fail with `failure`.
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
Failure failure_of(errc code, std::string text) {
    Failure failure;
    failure.code = code;
    failure.text = std::move(text);
    return failure;
}
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

TEST_CASE("A read is a single statement, a write is a transaction") {
    RunnerFixture fixture;
    fixture.operation.mode = Mode::read;
    CHECK(succeeded(fixture.run()));
    CHECK(fixture.session.log == Log{"connect", "work"});
    fixture.operation.mode = Mode::write;
    CHECK(succeeded(fixture.run()));
    CHECK(fixture.session.log == Log{"connect", "work", "begin", "work", "commit"});
}

TEST_CASE("A write that changed nothing is rolled back, and the next write is committed") {
    RunnerFixture fixture;
    CHECK(succeeded(fixture.run([](Session& session) { session.nothing_to_commit(); })));
    CHECK(fixture.session.log == Log{"connect", "begin", "rollback"});
    CHECK(succeeded(fixture.run()));
    CHECK(fixture.session.log.back() == "commit");
}

TEST_CASE("Lock and serialization failures are retried on the same connection") {
    for (const char* sqlstate : {"40001", "40P01", "55P03"}) {
        RunnerFixture fixture;
        fixture.fail("work", 1, server_error(sqlstate));
        CHECK(succeeded(fixture.run()));
        CHECK(fixture.session.log ==
              Log{"connect", "begin", "work", "rollback", "begin", "work", "commit"});
        CHECK(fixture.runner.counts().retries == 1);
    }
}

TEST_CASE("A serialization failure of COMMIT is retried too") {
    RunnerFixture fixture;
    fixture.fail("commit", 1, server_error("40001"));
    CHECK(succeeded(fixture.run()));
    CHECK(fixture.control.call.phase() == Phase::committing);
    CHECK(fixture.session.log ==
          Log{"connect", "begin", "work", "commit", "rollback", "begin", "work", "commit"});
}

TEST_CASE("A call fails with busy after five attempts with increasing delays") {
    RunnerFixture fixture;
    fixture.fail_always("work", server_error("40001"));
    const auto outcome = fixture.run();
    CHECK(failed(outcome, errc::busy));
    CHECK(outcome.sqlstate == "40001");
    CHECK(outcome.text == "text (after 5 attempts)");
    CHECK(std::ranges::count(fixture.session.log, "work") == 5);
    REQUIRE(fixture.control.pauses.size() == 4);
    auto base = 20ms;
    for (const auto pause : fixture.control.pauses) {
        CHECK(pause >= base / 2);
        CHECK(pause <= base * 3 / 2);
        base *= 2;
    }
}

TEST_CASE("A job that is done in parts commits each of them, and runs until it is done") {
    RunnerFixture fixture;
    const auto outcome = fixture.run([runs = 0](Session& session) mutable {
        session.exec({"work", "..."}, Params());
        // More often than a call is retried.
        if (++runs < 9) session.commit_and_repeat(failure_of(errc::busy, "not done"));
    });
    CHECK(succeeded(outcome));
    CHECK(fixture.control.call.phase() == Phase::committing);
    CHECK(std::ranges::count(fixture.session.log, "commit") == 9);
    CHECK(fixture.control.pauses.empty());
    CHECK(fixture.runner.counts().retries == 0);
}

TEST_CASE("A job that is not done by the deadline fails with the error that it gave") {
    RunnerFixture fixture;
    const auto outcome = fixture.run([&, runs = 0](Session& session) mutable {
        session.exec({"work", "..."}, Params());
        if (++runs == 3) fixture.control.time = fixture.control.deadline();
        session.commit_and_repeat(failure_of(errc::busy, "not done"));
    });
    CHECK(failed(outcome, errc::busy));
    CHECK(outcome.text == "not done");
    CHECK(std::ranges::count(fixture.session.log, "commit") == 2);
    CHECK(fixture.session.log.back() == "rollback");
}

TEST_CASE("Doubt about the commit of a part is no doubt about the call") {
    RunnerFixture fixture;
    fixture.operation.rerun = Rerun::unsafe;
    fixture.fail("commit", 1, doubt());
    const auto outcome = fixture.run([runs = 0](Session& session) mutable {
        session.exec({"work", "..."}, Params());
        if (++runs < 3) session.commit_and_repeat(failure_of(errc::busy, "not done"));
    });
    CHECK(succeeded(outcome));
    CHECK(fixture.runner.counts().doubts == 0);
    CHECK(fixture.session.log == Log{"connect",
                                     "begin",
                                     "work",
                                     "commit",
                                     "connect",
                                     "begin",
                                     "work",
                                     "commit",
                                     "begin",
                                     "work",
                                     "commit"});
}

TEST_CASE("A cancelled job commits no further part") {
    RunnerFixture fixture;
    const auto outcome = fixture.run([&, runs = 0](Session& session) mutable {
        session.exec({"work", "..."}, Params());
        if (++runs == 2) fixture.control.call.request_stop(Stop::cancelled, fixture.control.time);
        session.commit_and_repeat(failure_of(errc::busy, "not done"));
    });
    CHECK(outcome.kind == CallOutcome::Kind::aborted);
    CHECK(std::ranges::count(fixture.session.log, "commit") == 1);
}

TEST_CASE("A patient operation gives way to a lock until its deadline") {
    RunnerFixture fixture;
    fixture.operation.patient = true;
    fixture.fail_always("work", server_error("55P03"));
    const auto outcome = fixture.run();
    CHECK(failed(outcome, errc::busy));
    CHECK(fixture.control.time == fixture.control.deadline());
    CHECK(std::ranges::count(fixture.session.log, "work") > 5);
    RunnerFixture other;
    other.operation.patient = true;
    other.fail_always("work", server_error("40001"));
    CHECK(failed(other.run(), errc::busy));
    CHECK(std::ranges::count(other.session.log, "work") == 5);
}

TEST_CASE("Runs lost because other calls of the batch were stopped do not count as attempts") {
    RunnerFixture fixture;
    for (int i = 0; i < 4; ++i) fixture.control.batch_stops_at.push_back(fixture.control.time);
    fixture.session.script = [&, runs = 0](const std::string& at) mutable {
        if (at != "work" || ++runs > 5) return;
        throw server_error(runs < 5 ? "57014" : "40001");
    };
    CHECK(fixture.run().kind == CallOutcome::Kind::success);
}

TEST_CASE("After a lost connection the runner reconnects and retries the work") {
    for (const char* step : {"begin", "work", "commit"}) {
        RunnerFixture fixture;
        fixture.fail(step, 1, lost());
        CAPTURE(step);
        CHECK(succeeded(fixture.run()));
        CHECK(fixture.session.log.back() == "commit");
        CHECK(std::ranges::count(fixture.session.log, "connect") == 2);
        CHECK(fixture.runner.counts().reconnects == 1);
    }
}

TEST_CASE("A connection lost behind the server does not discard the connection to the server") {
    RunnerFixture fixture;
    fixture.fail("work", 1, server_error("08006"));
    CHECK(succeeded(fixture.run()));
    CHECK(fixture.session.log ==
          Log{"connect", "begin", "work", "rollback", "begin", "work", "commit"});
    CHECK(fixture.control.pauses.size() == 1);

    RunnerFixture always;
    always.fail_always("work", server_error("08006"));
    CHECK(failed(always.run(), errc::unavailable));
    CHECK(std::ranges::count(always.session.log, "work") == 5);
    CHECK(std::ranges::count(always.session.log, "connect") == 1);
    CHECK(always.session.connected());

    RunnerFixture read;
    read.operation.mode = Mode::read;
    read.fail("work", 1, server_error("08006"));
    CHECK(succeeded(read.run()));
    CHECK(read.session.log == Log{"connect", "work", "work"});
}

TEST_CASE("After a failure of a part of a cluster each room is retried separately") {
    RunnerFixture fixture;
    fixture.control.shared = BatchScope::any_room;
    fixture.fail_always("work", server_error("08006"));
    const auto outcome = fixture.run();
    CHECK(outcome.retry_scope == BatchScope::one_room);
    CHECK(std::ranges::count(fixture.session.log, "work") == 1);
    CHECK(fixture.session.connected());
    // The failure is not noted, so a call that ends before its re-run does not report it.
    CHECK_FALSE(fixture.control.noted);

    RunnerFixture room;
    room.control.shared = BatchScope::one_room;
    room.fail("work", 1, server_error("08006"));
    CHECK(succeeded(room.run()));
}

TEST_CASE("The runner disconnects from a read-only server") {
    RunnerFixture fixture;
    fixture.fail("work", 1, server_error("25006"));
    CHECK(succeeded(fixture.run()));
    CHECK(fixture.session.log ==
          Log{"connect", "begin", "work", "disconnect", "connect", "begin", "work", "commit"});

    RunnerFixture always;
    always.fail_always("work", server_error("25006"));
    CHECK(failed(always.run(), errc::read_only));
    CHECK(std::ranges::count(always.session.log, "connect") == 5);
    CHECK_FALSE(always.session.connected());
}

TEST_CASE("A failure caused by session state is retried once on a new connection") {
    for (const char* sqlstate : {"26000", "42P05", "0A000"}) {
        RunnerFixture fixture;
        fixture.fail("work", 1, server_error(sqlstate));
        CHECK(succeeded(fixture.run()));
        CHECK(std::ranges::count(fixture.session.log, "connect") == 2);

        RunnerFixture always;
        always.fail_always("work", server_error(sqlstate));
        CHECK(failed(always.run(), errc::internal));
        CHECK(std::ranges::count(always.session.log, "work") == 2);
    }
}

TEST_CASE("Permanent server errors are not retried") {
    const std::pair<const char*, errc> cases[] = {{"53100", errc::storage_full},
                                                  {"22021", errc::invalid_argument},
                                                  {"54000", errc::invalid_argument},
                                                  {"42P01", errc::schema_mismatch},
                                                  {"57014", errc::timeout},
                                                  {"23505", errc::internal},
                                                  {"XX000", errc::internal}};
    for (const auto& [sqlstate, code] : cases) {
        RunnerFixture fixture;
        fixture.fail_always("work", server_error(sqlstate));
        CAPTURE(sqlstate);
        CHECK(failed(fixture.run(), code));
        CHECK(std::ranges::count(fixture.session.log, "work") == 1);
        CHECK(fixture.control.pauses.empty());
    }
}

TEST_CASE("After an unexpected error the connection is discarded") {
    RunnerFixture fixture;
    fixture.fail_always("work", server_error("XX000"));
    fixture.run();
    CHECK(fixture.session.log.back() == "disconnect");

    RunnerFixture known;
    known.fail_always("work", server_error("53100"));
    known.run();
    CHECK(known.session.log.back() == "rollback");
}

TEST_CASE("A COMMIT in doubt is settled by a re-run") {
    RunnerFixture fixture;
    fixture.operation.rerun = Rerun::settles;
    fixture.fail("commit", 1, doubt());
    CHECK(succeeded(fixture.run()));
    CHECK(fixture.session.log == Log{"connect",
                                     "begin",
                                     "work",
                                     "commit",
                                     "connect",
                                     "begin",
                                     "work",
                                     "expect_durable",
                                     "commit"});
    CHECK(fixture.runner.counts().doubts == 1);
    CHECK(fixture.runner.counts().doubts_settled == 1);
}

TEST_CASE(
    "A COMMIT in doubt on a live session is settled on that session, unless it is discarded") {
    const auto settle = [](const char* sqlstate) {
        RunnerFixture fixture;
        fixture.operation.rerun = Rerun::settles;
        auto failure = server_error(sqlstate);
        failure.in_doubt = true;
        fixture.fail("commit", 1, failure);
        CHECK(succeeded(fixture.run()));
        CHECK(fixture.runner.counts().doubts_settled == 1);
        return fixture.session.log;
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

TEST_CASE("A re-run that finds the work done still commits before the call succeeds") {
    RunnerFixture fixture;
    fixture.operation.rerun = Rerun::settles;
    fixture.fail("commit", 1, doubt());
    CHECK(succeeded(fixture.run([runs = 0](Session& session) mutable {
        if (++runs > 1) session.nothing_to_commit();
    })));
    CHECK(fixture.session.log ==
          Log{"connect", "begin", "commit", "connect", "begin", "expect_durable", "commit"});
}

TEST_CASE("A COMMIT in doubt is reported if a re-run is unsafe") {
    RunnerFixture fixture;
    fixture.fail("commit", 1, doubt());
    const auto outcome = fixture.run();
    CHECK(failed(outcome, errc::commit_unknown));
    CHECK(std::ranges::count(fixture.session.log, "work") == 1);
    CHECK(fixture.runner.counts().doubts_settled == 0);
}

TEST_CASE("An allocation failure after COMMIT may have been sent leaves the call in doubt") {
    RunnerFixture fixture;
    fixture.operation.rerun = GENERATE(Rerun::settles, Rerun::unsafe);
    fixture.session.script = [seen = 0](const std::string& step) mutable {
        if (step == "commit" && ++seen == 1) throw std::bad_alloc();
    };
    const auto outcome = fixture.run();
    CHECK(fixture.runner.counts().doubts == 1);
    CHECK(fixture.session.log.at(4) == "disconnect");
    if (fixture.operation.rerun == Rerun::settles) {
        CHECK(succeeded(outcome));
    } else {
        CHECK(failed(outcome, errc::commit_unknown));
        CHECK(outcome.text.find("after COMMIT") != std::string::npos);
    }
}

TEST_CASE("Once in doubt, only a definite answer settles a call") {
    const auto rerun_with = [](std::function<void()> second) {
        RunnerFixture fixture;
        fixture.operation.rerun = Rerun::settles;
        fixture.fail("commit", 1, doubt());
        return fixture.run([second = std::move(second), runs = 0](Session& session) mutable {
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

TEST_CASE("A call in doubt is retried beyond five attempts, until the deadline") {
    RunnerFixture fixture;
    fixture.operation.rerun = Rerun::settles;
    fixture.session.script = [commits = 0](const std::string& step) mutable {
        if (step == "commit" && ++commits == 1) throw doubt();
        // The transaction in doubt still holds the lock.
        if (step == "work" && commits == 1) throw server_error("55P03");
    };
    CHECK(failed(fixture.run(), errc::commit_unknown));
    CHECK(std::ranges::count(fixture.session.log, "work") > 6);
    CHECK(fixture.control.time == fixture.control.deadline());
}

TEST_CASE("A doubt that the re-run has no time to settle is not counted as settled") {
    RunnerFixture fixture;
    fixture.operation.rerun = Rerun::settles;
    fixture.fail("commit", 1, doubt());
    const auto outcome = fixture.run([&, runs = 0](Session& session) mutable {
        session.exec({"work", "..."}, Params());
        if (++runs == 2) {
            fixture.control.call.request_stop(Stop::deadline, fixture.control.deadline());
        }
    });
    CHECK(failed(outcome, errc::commit_unknown));
    CHECK(fixture.runner.counts().doubts == 1);
    CHECK(fixture.runner.counts().doubts_settled == 0);
}

TEST_CASE("A call cancelled before COMMIT is rolled back") {
    RunnerFixture fixture;
    const auto outcome = fixture.run([&](Session&) {
        fixture.control.call.request_stop(Stop::cancelled, fixture.control.time);
    });
    CHECK(outcome.kind == CallOutcome::Kind::aborted);
    CHECK(fixture.session.log == Log{"connect", "begin", "rollback"});
}

TEST_CASE("A call cancelled during COMMIT reports its true outcome") {
    RunnerFixture fixture;
    fixture.session.script = [&](const std::string& step) {
        if (step == "commit") {
            fixture.control.call.request_stop(Stop::cancelled, fixture.control.time);
        }
    };
    CHECK(succeeded(fixture.run()));

    RunnerFixture settled;
    settled.operation.rerun = Rerun::settles;
    settled.session.script = [&, commits = 0](const std::string& step) mutable {
        if (step != "commit") return;
        settled.control.call.request_stop(Stop::cancelled, settled.control.time);
        if (++commits == 1) throw doubt();
    };
    CHECK(succeeded(settled.run()));
}

TEST_CASE("The error of a statement cancelled by a stop is not reported") {
    RunnerFixture fixture;
    fixture.session.script = [&](const std::string& step) {
        if (step != "work") return;
        fixture.control.call.request_stop(Stop::cancelled, fixture.control.time);
        throw server_error("57014");
    };
    CHECK(fixture.run().kind == CallOutcome::Kind::aborted);
    CHECK(fixture.session.log.back() == "rollback");
    CHECK_FALSE(fixture.control.noted);
}

TEST_CASE("A cancel request that arrives after its call does not fail the next call") {
    RunnerFixture fixture;
    CHECK(succeeded(fixture.run()));
    fixture.runner.expect_stray_cancel();
    fixture.fail("work", 1, server_error("57014"));
    CHECK(succeeded(fixture.run()));
    CHECK(fixture.runner.counts().retries == 1);
}

TEST_CASE("A call stopped before it starts does not run") {
    RunnerFixture fixture;
    fixture.control.call.request_stop(Stop::cancelled, fixture.control.time);
    CHECK(fixture.run().kind == CallOutcome::Kind::aborted);
    CHECK(fixture.session.log.empty());
}

TEST_CASE("Connecting is retried until the deadline, at most ten times per second") {
    RunnerFixture fixture;
    fixture.fail_always("connect", lost());
    const auto outcome = fixture.run();
    CHECK(failed(outcome, errc::unavailable));
    CHECK(outcome.text == "lost");
    CHECK(fixture.control.time == fixture.control.deadline());
    const auto attempts = std::ranges::count(fixture.session.log, "connect");
    CHECK(attempts <= 51);
    CHECK(attempts >= 8);
}

TEST_CASE("The first contact fails if there is no server, and is retried if there was one") {
    RunnerFixture fixture;
    fixture.operation.first_contact = true;
    auto missing = lost();
    missing.no_server = true;
    SECTION("never connected") {
        fixture.fail_always("connect", missing);
        CHECK(failed(fixture.run(), errc::unavailable));
        CHECK(fixture.session.log == std::vector<std::string>{"connect"});
    }
    SECTION("a server that does not answer is waited for") {
        fixture.fail_always("connect", lost());
        CHECK(failed(fixture.run(), errc::unavailable));
        CHECK(fixture.control.time == fixture.control.deadline());
    }
    SECTION("connected before") {
        fixture.fail("connect", 2, missing);
        CHECK(succeeded(fixture.run()));
        fixture.session.disconnect();
        CHECK(succeeded(fixture.run()));
        CHECK(std::ranges::count(fixture.session.log, "connect") == 3);
    }
    SECTION("any other call waits for the server") {
        fixture.operation.first_contact = false;
        fixture.fail("connect", 1, missing);
        CHECK(succeeded(fixture.run()));
    }
}

TEST_CASE("An attempt to connect that ran out of time does not hide why the one before it failed") {
    RunnerFixture fixture;
    const bool late = GENERATE(false, true);
    fixture.session.script = [&, attempts = 0](const std::string& step) mutable {
        if (step != "connect") return;
        if (++attempts == 1) throw classify({}, "not in hot standby mode", true);
        fixture.control.time = fixture.control.deadline();
        fixture.control.late = late;
        throw classify({}, "no answer within 0 ms", true);
    };
    // The first attempt may be made before there is a call.
    if (GENERATE(false, true)) fixture.runner.connect_ahead(fixture.control.deadline());
    CHECK(fixture.run().text == "not in hot standby mode");
    // The next call, which ends before it may connect, reports the same.
    ManualControl next;
    next.time = next.call.deadline() - 1ms;
    for (int i = 0; i < 20; ++i) fixture.limit.reserve(next.time);
    CHECK(fixture.runner.run(next, fixture.operation, fixture.job).text ==
          "not in hot standby mode");
}

TEST_CASE("After a connection was made and lost, an earlier failure to connect is not reported") {
    RunnerFixture fixture;
    fixture.session.script = [&, attempts = 0](const std::string& step) mutable {
        if (step == "work") throw lost();
        if (step != "connect" || ++attempts == 2) return;
        if (attempts == 1) throw classify({}, "not in hot standby mode", true);
        fixture.control.time = fixture.control.deadline();
        fixture.control.late = true;
        throw classify({}, "no answer", true);
    };
    CHECK(fixture.run().text == "no answer");
}

TEST_CASE("A stopped call of a batch does not end the others' wait for a reconnect slot") {
    RunnerFixture fixture;
    std::vector<ManualControl::TimePoint> attempts;
    fixture.session.script = [&](const std::string& at) {
        if (at != "connect") return;
        attempts.push_back(fixture.control.time);
        throw lost();
    };
    static_cast<void>(fixture.runner.connect_ahead({}));
    attempts.clear();
    // Others have reserved all reconnect slots of this second.
    const auto begin = fixture.control.time;
    for (int i = 0; i < 10; ++i) fixture.limit.reserve(begin);
    fixture.control.batch_stops_at = {begin + 300ms};
    static_cast<void>(fixture.run());
    REQUIRE(!attempts.empty());
    CHECK(attempts.front() == begin + 1s);
}

TEST_CASE("A server that becomes available is used immediately") {
    RunnerFixture fixture;
    fixture.session.script = [&, attempts = 0](const std::string& step) mutable {
        if (step == "connect" && ++attempts < 4) throw lost();
    };
    CHECK(succeeded(fixture.run()));
    CHECK(fixture.control.time < fixture.control.deadline() - 4s);
}

TEST_CASE("Connecting is not retried if the server denies access") {
    for (const char* sqlstate : {"28P01", "28000", "3D000", "42501"}) {
        RunnerFixture fixture;
        fixture.fail_always("connect", classify(sqlstate, "no", true));
        CHECK(failed(fixture.run(), errc::access_denied));
        CHECK(fixture.session.log == Log{"connect"});
    }
}

TEST_CASE("An exception of a job is the outcome, and the transaction is rolled back") {
    const auto outcome_of = [](std::function<void()> failure) {
        RunnerFixture fixture;
        const auto outcome = fixture.run([&](Session&) { failure(); });
        CHECK(fixture.session.log == Log{"connect", "begin", "rollback"});
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

TEST_CASE("A call that cannot connect is rerouted if another worker is connected") {
    RunnerFixture fixture;
    fixture.fail_always("connect", server_error("53300"));
    fixture.control.others = true;
    const auto outcome = fixture.run();
    CHECK(outcome.reroute);
    CHECK(fixture.session.log == Log{"connect"});
    CHECK(fixture.control.pauses.empty());
}

TEST_CASE("A call does not wait for a reconnect slot if another worker is connected") {
    RunnerFixture fixture;
    fixture.fail_always("connect", lost());
    CHECK(failed(fixture.run(), errc::unavailable));
    // All reconnect slots of the next second are reserved.
    while (fixture.limit.reserve(fixture.control.time) < fixture.control.time + 900ms) {
    }
    const auto turns = [&] { return fixture.limit.reserve(fixture.control.time); };
    const auto next = turns();
    fixture.limit.give_back(next);
    for (const auto connected_after : {0ms, 30ms}) {
        ManualControl control;
        control.time = fixture.control.time;
        control.call = Call{control.time + 5s};
        control.call.start();
        control.other_worker_connects_at = control.time + connected_after;
        control.others = connected_after == 0ms;
        const auto began = control.time;
        CHECK(fixture.runner.run(control, fixture.operation, fixture.job).reroute);
        CHECK(control.time == began + connected_after);
    }
    // It gave its reconnect slot back.
    CHECK(turns() == next);
}

TEST_CASE("A connection is discarded if the rollback fails") {
    RunnerFixture fixture;
    fixture.session.script = [](const std::string& step) {
        if (step == "work") throw server_error("53100");
        if (step == "rollback") throw server_error("XX000");
    };
    CHECK(failed(fixture.run(), errc::storage_full));
    CHECK(fixture.session.log.back() == "disconnect");
}

TEST_CASE("A COMMIT answered with ROLLBACK is a failure, not in doubt") {
    RunnerFixture fixture;
    Failure failure;
    failure.discard = true;
    failure.text = "COMMIT was answered with ROLLBACK";
    fixture.fail("commit", 1, failure);
    CHECK(failed(fixture.run(), errc::internal));
    CHECK(fixture.session.log.back() == "disconnect");
}

TEST_CASE("Calls that end while waiting for a reconnect slot do not delay others") {
    RunnerFixture fixture;
    fixture.fail_always("connect", lost());
    const auto start = fixture.control.time;
    for (int i = 0; i < 200; ++i) {
        ManualControl hurried;
        hurried.call = Call{start + 50ms};
        hurried.call.start();
        CHECK(fixture.runner.run(hurried, fixture.operation, fixture.job).kind ==
              CallOutcome::Kind::failed);
    }
    CHECK(fixture.limit.reserve(start + 50ms) <= start + 50ms + 1s);
}
