// Control of a session from another thread.

#include <array>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include "postgres/session_fixture.hpp"

using namespace roomstore;
using namespace roomstore::test;

namespace {

/// A connection in this process that does not belong to the session.
class UnrelatedConnection {
public:
    UnrelatedConnection() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()) == 0); }
    ~UnrelatedConnection() {
        for (const int end : ends_) ::close(end);
    }
    UnrelatedConnection(const UnrelatedConnection&) = delete;
    UnrelatedConnection& operator=(const UnrelatedConnection&) = delete;

    bool works() const { return ::send(ends_[0], "x", 1, MSG_NOSIGNAL) == 1; }

private:
    std::array<int, 2> ends_{};
};

/// Prevents opening more descriptors until the end of the scope.
class NoMoreDescriptors {
public:
    NoMoreDescriptors() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        const int lowest_free = ::dup(0);
        REQUIRE(lowest_free >= 0);
        ::close(lowest_free);
        limit(static_cast<rlim_t>(lowest_free));
    }
    ~NoMoreDescriptors() { limit(before_.rlim_cur); }
    NoMoreDescriptors(const NoMoreDescriptors&) = delete;
    NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

    void allow_one_more() { limit(++allowed_); }

private:
    void limit(rlim_t descriptors) {
        allowed_ = descriptors;
        const rlimit now{.rlim_cur = descriptors, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &now);
    }

    rlimit before_{};
    rlim_t allowed_ = 0;
};

}  // namespace

TEST_CASE("A statement is cancelled from another thread; the session still works") {
    const auto session = connect(options_for(test_database()));
    session->control()->reset();
    std::thread canceller([&, control = session->control()] {
        await_sleepers("SELECT pg_sleep(61)", "1");
        control->cancel();
    });
    const auto failure =
        failure_of([&] { session->exec({"test_sleep", "SELECT pg_sleep(61)"}, Params()); });
    canceller.join();
    CHECK(failure.sqlstate == "57014");
    CHECK_FALSE(failure.broken);
    // The cancellation stays in effect until reset(): the server would ignore it while idle.
    CHECK(failure_of([&] { session->exec(pid, Params()); }).sqlstate == "57014");
    session->control()->reset();
    CHECK(session->exec(pid, Params()).size() == 1);
}

TEST_CASE("A statement ends when its connection is cut") {
    const auto session = connect(options_for(test_database()));
    session->control()->reset();
    std::thread cutter([&, control = session->control()] {
        await_sleepers("SELECT pg_sleep(62)", "1");
        control->cut();
    });
    const auto failure =
        failure_of([&] { session->exec({"test_sleep", "SELECT pg_sleep(62)"}, Params()); });
    cutter.join();
    CHECK(failure.broken);
    CHECK_FALSE(session->connected());
    // Other tests count sleeping backends.
    await_sleepers("SELECT pg_sleep(62)", "0");
}

TEST_CASE("A session that has lost its connection does not cut another connection") {
    const auto session = connect(options_for(test_database()));
    Admin admin(test_database());
    admin.query("SELECT pg_terminate_backend(" + session->exec(pid, Params())[0].text(0) +
                ", 10000)");
    CHECK(failure_of([&] { session->exec(pid, Params()); }).broken);
    // The socket is closed, but disconnect() was not called yet; its descriptor can be reused here.
    const std::array<UnrelatedConnection, 4> others;
    session->control()->cut();
    for (const auto& other : others) CHECK(other.works());
}

TEST_CASE("connect() fails without a free descriptor for cutting the connection") {
    PrivateCluster::require();
    // The first connection opens descriptors that the process keeps.
    const auto options = options_for(PrivateCluster::shared().connection_string());
    connect(options)->disconnect();
    NoMoreDescriptors scarcity;
    for (int more = 0;; ++more) {
        REQUIRE(more < 8);
        try {
            const auto session = connect(options);
            session->control()->cut();
            session->control()->reset();
            CHECK(failure_of([&] { session->exec(pid, Params()); }).broken);
            break;
        } catch (const Failure& failure) {
            CHECK(failure.code == errc::unavailable);
            CHECK(failure.text.find("server \"") != std::string::npos);
            CHECK(failure.text.find("oo many open files") != std::string::npos);
        }
        scarcity.allow_one_more();
    }
}

TEST_CASE("A connection cut by the store is not reported as closed by the server") {
    const auto session = connect(options_for(test_database()));
    session->control()->cut();
    session->control()->reset();
    const auto cut = failure_of([&] { session->exec(pid, Params()); });
    CHECK(cut.broken);
    CHECK(cut.cut_by_store);
    CHECK(cut.remedy == Remedy::reconnect);
    CHECK(cut.text.starts_with("the store cut the connection, to end a call on it (server "));

    session->connect(Session::Clock::now() + 5s);
    const auto backend = session->exec(pid, Params())[0].text(0);
    Admin(test_database()).query("SELECT pg_terminate_backend(" + backend + ", 60000)");
    const auto closed = failure_of([&] { session->exec(pid, Params()); });
    CHECK(closed.broken);
    CHECK_FALSE(closed.cut_by_store);
    CHECK(closed.sqlstate == "57P01");
}
