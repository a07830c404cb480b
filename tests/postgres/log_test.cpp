#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "postgres/fresh_schema.hpp"
#include "postgres/hanging_commits.hpp"
#include "support/builders.hpp"
#include "support/footprint.hpp"
#include "support/task.hpp"

/// The lines passed to `PostgresOptions::log`.
namespace roomstore::test {

using namespace std::chrono_literals;

namespace {

struct Line {
    LogLevel level;
    std::string text;
};

/// Collects the lines.
class Lines {
public:
    auto callback() {
        return [this](LogLevel level, std::string_view text) {
            const std::lock_guard lock(mutex_);
            lines_.push_back({level, std::string(text)});
        };
    }

    std::vector<Line> all() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }

    std::size_t count(LogLevel level, const std::vector<std::string>& parts) const {
        const auto lines = all();
        return static_cast<std::size_t>(std::ranges::count_if(lines, [&](const Line& line) {
            return line.level == level && std::ranges::all_of(parts, [&](const auto& part) {
                       return line.text.find(part) != std::string::npos;
                   });
        }));
    }

    /// Waits for a line of this level that contains all of `parts`.
    void await_line(LogLevel level, const std::vector<std::string>& parts) const {
        INFO(text());
        REQUIRE(comes_within(30s, [&] { return count(level, parts) > 0; }));
    }

    std::string text() const {
        std::string text;
        for (const auto& line : all()) text += line.text + '\n';
        return text;
    }

private:
    mutable std::mutex mutex_;
    std::vector<Line> lines_;
};

constexpr auto info = LogLevel::info;
constexpr auto warning = LogLevel::warning;

/// A private server, so that a test may terminate its backends, and options that log to `lines`.
struct Served {
    explicit Served(std::size_t connections = 1, const std::string& role = "postgres") {
        options.connection_string = cluster.connection_string("postgres", role);
        options.connections = connections;
        options.deadline = 60s;
        options.log = lines.callback();
    }

    PrivateCluster cluster;
    Lines lines;
    PostgresOptions options;
};

}  // namespace

TEST_CASE("the log names the rows that a list leaves out, but not their contents") {
    FreshSchema schema;
    Lines lines;
    auto options = schema.options();
    options.log = lines.callback();
    PostgresStore store(options);
    run(store.init());
    const std::string room = "room\nforged";
    run(store.create_room(sample_room({.id = room})));
    for (const char* id : {"a", "b", "c"}) {
        run(store.add_event_auto_index(room, make_event({.id = id, .room_id = room})));
    }
    run(store.list_events(room));
    schema.query(
        "UPDATE {schema}.events SET content = '{\"type\":\"text\",\"secret\":1}' "
        "WHERE id <> 'c'");
    run(store.list_events(room));
    lines.await_line(warning, {"events of room 'room\\nforged'", "leaves out 2", "content"});
    schema.query("UPDATE {schema}.rooms SET agent_response_policy = 'nobody'");
    run(store.list_rooms());
    lines.await_line(warning, {"rooms: ", "leaves out 1", "agent_response_policy"});
    CHECK(lines.all().size() == 2);
    for (const auto& line : lines.all()) {
        CHECK(line.text.find("secret") == std::string::npos);
        CHECK(line.text.find("nobody") == std::string::npos);
    }
}

TEST_CASE("the log reports a lost connection with its cause, and the call that is repeated") {
    Served served;
    PostgresStore store(served.options);
    run(store.init());
    run(store.create_room(sample_room({.id = "room"})));
    auto admin = served.cluster.admin();
    CHECK(served.lines.all().empty());
    terminate_backends(admin);
    run(store.add_event_auto_index("room", make_event({})));
    served.lines.await_line(warning, {"connection lost; 0 of 1", "terminat"});
    served.lines.await_line(info, {"add_event_auto_index", "room", " is retried: "});
    served.lines.await_line(info, {"connected again; 1 of 1"});
}

TEST_CASE("the log reports a lock timeout, and that the call is repeated") {
    Served served;
    served.options.lock_timeout = 1ms;
    PostgresStore store(served.options);
    run(store.init());
    run(store.create_room(sample_room({.id = "room"})));
    auto admin = served.cluster.admin();
    admin.query("BEGIN; SELECT FROM roomstore.rooms FOR UPDATE");
    Caller caller;
    Task append(caller.context(), store.add_event_auto_index("room", make_event({})));
    served.lines.await_line(info, {"add_event_auto_index", " is retried: ", "lock timeout"});
    admin.query("ROLLBACK");
    append.get();
}

TEST_CASE("the log reports once that a server allows fewer connections than configured") {
    Served served(3, "few");
    auto admin = served.cluster.admin();
    admin.query(
        "CREATE ROLE few LOGIN CONNECTION LIMIT 1; GRANT CREATE ON DATABASE postgres TO few");
    PostgresStore store(served.options);
    run(store.init());
    served.lines.await_line(warning, {"cannot connect; 1 of 3", "too many connections"});
    // Logged once for all attempts.
    await([&] { return store.stats().failed_connects >= 5; });
    CHECK(served.lines.count(warning, {"cannot connect; 1 of 3"}) == 1);
    run(store.close());
}

TEST_CASE("the log reports a missing server, without the password") {
    Lines lines;
    PostgresOptions options;
    options.connection_string =
        "host=127.0.0.1 port=1 dbname=d user=u password=Gx7secretQ9 connect_timeout=2";
    options.deadline = 500ms;
    options.log = lines.callback();
    PostgresStore store(options);
    CHECK_THROWS(run(store.init()));
    lines.await_line(warning, {"cannot connect; 0 of 4"});
    CHECK(lines.text().find("Gx7secretQ9") == std::string::npos);
}

TEST_CASE("the log reports a COMMIT in doubt, and that it was settled") {
    HangingCommits server;
    Lines lines;
    PostgresOptions options;
    options.connection_string = server.cluster.connection_string();
    options.connections = 1;
    options.deadline = 60s;
    {
        auto local = options;
        local.connection_string += " options='-c synchronous_commit=local'";
        PostgresStore setup(local);
        run(setup.init());
        run(setup.create_room(sample_room({.id = "room"})));
        run(setup.close());
    }
    options.log = lines.callback();
    PostgresStore store(options);
    run(store.init());
    Caller caller;
    Task append(caller.context(), store.add_event_auto_index("room", make_event({})));
    auto watcher = server.cluster.admin();
    await([&] { return waits_for_standby(watcher); });
    terminate_backends(watcher);
    lines.await_line(warning,
                     {"add_event_auto_index", "it is not known whether its COMMIT took effect"});
    server.release();
    CHECK(append.get().result->index == 0);
    lines.await_line(info, {"COMMIT", "settled"});
}

TEST_CASE("a log callback that throws or hangs does not affect calls; the store closes in time") {
    Served served;
    std::mutex held;
    std::atomic<int> entered = 0;
    std::atomic<bool> gone = false;
    std::atomic<bool> late = false;
    served.options.log = [&](LogLevel, std::string_view) {
        late = late || gone;
        if (++entered == 1) throw std::runtime_error("no");
        const std::lock_guard wait(held);
    };
    auto admin = served.cluster.admin();
    std::unique_lock hold(held);
    {
        PostgresStore store(served.options);
        run(store.init());
        run(store.create_room(sample_room({.id = "room"})));
        terminate_backends(admin);
        run(store.add_event_auto_index("room", make_event({.id = "first"})));
        await([&] { return entered == 2; });
        CHECK(store.stats().log_failures == 1);
        run(store.add_event_auto_index("room", make_event({.id = "second"})));
        run(store.close());
        // The third line waits for the second, whose callback hangs.
        CHECK(store.stats().log_lines_dropped > 0);
        hold.unlock();
    }
    gone = true;
    CHECK(entered == 2);
    CHECK_FALSE(late);
}

TEST_CASE("a log callback may call stats() while the store is being destroyed") {
    Served served;
    std::atomic<const PostgresStore*> store = nullptr;
    std::atomic<bool> told = false;
    std::atomic<bool> ends = false;
    served.options.log = [&](LogLevel, std::string_view) {
        told = true;
        while (!ends) std::this_thread::yield();
        // Enough calls that some of them run while the destructor waits for this callback.
        for (int i = 0; i < 10'000; ++i) store.load()->stats();
    };
    auto admin = served.cluster.admin();
    auto owner = std::make_unique<PostgresStore>(served.options);
    store = owner.get();
    run(owner->init());
    run(owner->create_room(sample_room({.id = "room"})));
    terminate_backends(admin);
    run(owner->add_event_auto_index("room", make_event({})));
    await([&] { return told.load(); });
    ends = true;
    owner.reset();
    CHECK(told);
}

TEST_CASE("close() waits until the queued lines are logged") {
    Served served;
    auto admin = served.cluster.admin();
    PostgresStore store(served.options);
    run(store.init());
    run(store.create_room(sample_room({.id = "room"})));
    terminate_backends(admin);
    run(store.add_event_auto_index("room", make_event({})));
    run(store.close());
    CHECK(served.lines.count(info, {"connected again"}) == 1);
    CHECK(store.stats().log_lines_dropped == 0);
}

TEST_CASE("a store without a log has no thread for it") {
    Served served;
    const auto without = threads();
    const auto threads_of = [&](PostgresOptions options) {
        // A joined thread may still be listed for a short time.
        await([&] { return threads() == without; });
        PostgresStore store(std::move(options));
        run(store.init());
        return threads() - without;
    };
    auto silent = served.options;
    silent.log = nullptr;
    CHECK(threads_of(served.options) == threads_of(silent) + 1);
}

}  // namespace roomstore::test
