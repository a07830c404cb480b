// Watches of what other processes change: two stores on one schema stand for two processes.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <poll.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <libpq-fe.h>

#include "live/hints.hpp"
#include "postgres/fresh_schema.hpp"
#include "roomstore/postgres/postgres_store.hpp"
#include "roomstore/room_feed.hpp"
#include "roomstore/watch.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"
#include "support/footprint.hpp"
#include "support/pgbouncer.hpp"
#include "support/private_cluster.hpp"
#include "support/run.hpp"
#include "support/task.hpp"
#include "support/tcp_proxy.hpp"

namespace roomstore::test {

namespace {

using namespace std::chrono_literals;

// The most that a test waits for what normally takes milliseconds.
constexpr auto patience = 10s;

RoomEvent event_of(const std::string& id, const std::string& body = "hello") {
    return make_event({.id = id, .body = body});
}

/// Options with which polling cannot be what finds a change.
PostgresOptions by_message(PostgresOptions options) {
    options.connections = 2;
    options.watch_poll_interval = 1h;
    options.deadline = 60s;
    return options;
}
PostgresOptions by_message(const FreshSchema& schema) { return by_message(schema.options()); }

/// Options with which messages cannot be.
PostgresOptions by_polling(const FreshSchema& schema) {
    auto options = by_message(schema);
    options.notify = false;
    options.watch_poll_interval = 100ms;
    return options;
}

std::unique_ptr<PostgresStore> open_store(const PostgresOptions& options) {
    auto store = std::make_unique<PostgresStore>(options);
    run(store->init());
    return store;
}

/// A watch, and a thread that waits for its notices.
class Watching {
public:
    Watching(PostgresStore& store, std::vector<std::string> rooms) : store_(store) {
        WatchOptions options;
        options.rooms = std::move(rooms);
        watch = store.watch_rooms(std::move(options));
    }
    ~Watching() { watch->close(); }
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;

    /// Whether `room` is reported in time. Takes what is reported until then.
    bool reported(const std::string& room, std::chrono::milliseconds time = patience) {
        const auto end = std::chrono::steady_clock::now() + time;
        for (;;) {
            if (!waiting_) waiting_.emplace(caller_.context(), watch->next());
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                end - std::chrono::steady_clock::now());
            if (!comes_within(std::max(left, 0ms), [&] { return waiting_->ended(); })) return false;
            const auto ending = waiting_->get();
            waiting_.reset();
            if (!ending.result) return false;
            for (const auto& notice : *ending.result) {
                if (notice.room_id == room) return true;
            }
        }
    }

    /// Waits until the first states were read, and takes what was reported until then: from now on,
    /// only changes are reported.
    void settle(WatchMode mode = WatchMode::listening) {
        await([&] {
            const auto stats = store_.stats();
            return stats.watch_mode == mode && stats.watch_polls > 0;
        });
        drain();
    }

    /// Takes what was reported until now.
    void drain() {
        const auto rooms = watch->rooms();
        watch->mark(rooms.front());
        REQUIRE(reported(rooms.front()));
    }

    std::shared_ptr<RoomWatch> watch;

private:
    PostgresStore& store_;
    Caller caller_;
    std::optional<Task<std::vector<RoomNotice>>> waiting_;
};

/// A client that listens as any role may.
class Eavesdropper {
public:
    struct Message {
        int sender = 0;
        std::string text;
    };

    Eavesdropper(const std::string& connection_string, FreshSchema& schema)
        : connection_(PQconnectdb(connection_string.c_str())) {
        REQUIRE(PQstatus(connection_) == CONNECTION_OK);
        const auto key = postgres::hint_key(
            schema.value("SELECT value FROM {schema}.settings WHERE name = 'hint_key'"));
        channel_ = postgres::hint_channel(key);
        command("LISTEN " + channel_);
        // Stores tell nobody who does not hold it.
        command("SELECT pg_advisory_lock_shared(" + std::to_string(postgres::listener_lock(key)) +
                ")");
    }
    ~Eavesdropper() { PQfinish(connection_); }
    Eavesdropper(const Eavesdropper&) = delete;
    Eavesdropper& operator=(const Eavesdropper&) = delete;

    void command(const std::string& sql) {
        PGresult* const result = PQexec(connection_, sql.c_str());
        const auto status = PQresultStatus(result);
        PQclear(result);
        INFO(PQerrorMessage(connection_));
        REQUIRE((status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK));
    }

    void send(const std::string& text) { command("NOTIFY " + channel_ + ", '" + text + "'"); }

    /// Everything that was sent so far, by anybody else.
    const std::vector<Message>& heard() {
        PQconsumeInput(connection_);
        while (PGnotify* const message = PQnotifies(connection_)) {
            if (message->be_pid != PQbackendPID(connection_)) {
                messages_.push_back({message->be_pid, message->extra});
            }
            PQfreemem(message);
        }
        return messages_;
    }

    const std::string& channel() const { return channel_; }

private:
    PGconn* connection_;
    std::string channel_;
    std::vector<Message> messages_;
};

struct Change {
    const char* name;
    std::function<void(PostgresStore&)> make;
};

// In an order in which each of them changes something.
std::vector<Change> all_changes() {
    return {
        {"create_room", [](auto& store) { run(store.create_room(sample_room())); }},
        {"add_event_auto_index",
         [](auto& store) { run(store.add_event_auto_index("room", event_of("one"))); }},
        {"append_events",
         [](auto& store) {
             std::vector<RoomEvent> events{event_of("two"), event_of("three")};
             run(store.append_events("room", events, {}));
         }},
        {"add_event above",
         [](auto& store) {
             auto event = event_of("far");
             event.index = 7;
             run(store.add_event(event));
         }},
        {"add_event below",
         [](auto& store) {
             auto event = event_of("late");
             event.index = 5;
             run(store.add_event(event));
         }},
        {"update_event", [](auto& store) { run(store.update_event(event_of("two", "edited"))); }},
        {"the same update_event",
         [](auto& store) { run(store.update_event(event_of("two", "edited"))); }},
        {"delete_event",
         [](auto& store) { CHECK_FALSE(run(store.delete_event("room", "three")).empty()); }},
        {"trim_room", [](auto& store) { CHECK(run(store.trim_room("room", 1)) == 1); }},
        {"update_room", [](auto& store) { run(store.update_room(sample_room())); }},
        {"patch_room_metadata",
         [](auto& store) { run(store.patch_room_metadata("room", Json{{"a", 1}}, {})); }},
        {"delete_room", [](auto& store) { CHECK(run(store.delete_room("room"))); }},
        {"create_room again", [](auto& store) { run(store.create_room(sample_room())); }},
    };
}

void check_all_changes_are_reported(PostgresStore& writer, Watching& watching) {
    for (const auto& change : all_changes()) {
        CAPTURE(change.name);
        change.make(writer);
        CHECK(watching.reported("room"));
    }
}

std::string backends(FreshSchema& schema, const std::string& application) {
    return schema.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" +
                        application + "'");
}

}  // namespace

TEST_CASE("every change of another process is reported by a message") {
    FreshSchema schema;
    const auto writer = open_store(by_message(schema));
    const auto reader = open_store(by_message(schema));
    Watching watching(*reader, {"room", "another"});
    watching.settle();
    const auto polls = reader->stats().watch_polls;
    check_all_changes_are_reported(*writer, watching);
    const auto sent = writer->stats();
    const auto heard = reader->stats();
    CHECK(heard.watch_polls == polls);
    CHECK(sent.hints_sent == all_changes().size());
    CHECK(heard.hints_received == all_changes().size());
    CHECK(heard.hints_sent == 0);
    CHECK(sent.hints_received == 0);
    CHECK(sent.hints_dropped == 0);
    CHECK(sent.watch_mode == WatchMode::idle);
    CHECK(sent.rooms_watched == 0);
    CHECK(sent.watch_polls == 0);
    CHECK(heard.rooms_watched == 2);
    CHECK(heard.watch_reconnects == 0);
    CHECK(sent.watch_reconnects == 0);
}

TEST_CASE("what list_changes does not tell is not reported") {
    FreshSchema schema;
    const auto writer = open_store(by_message(schema));
    const auto reader = open_store(by_message(schema));
    Watching watching(*reader, {"room"});
    watching.settle();
    run(writer->create_room(sample_room()));
    CHECK(watching.reported("room"));
    run(writer->add_event_auto_index("room", event_of("event")));
    CHECK(watching.reported("room"));
    const auto before = reader->stats().hints_received;
    run(writer->mark_read("room", "channel", "event"));
    ChannelBinding binding;
    binding.channel_id = "channel";
    binding.room_id = "room";
    binding.channel_type = "sms";
    run(writer->add_binding(binding));
    run(writer->list_events("room"));
    // Messages arrive in the order in which they were sent.
    run(writer->add_event_auto_index("room", event_of("last")));
    CHECK(watching.reported("room"));
    CHECK(reader->stats().hints_received == before + 1);
}

TEST_CASE("without notifications every change is found by polling") {
    FreshSchema schema;
    const auto writer = open_store(by_polling(schema));
    const auto reader = open_store(by_polling(schema));
    Watching watching(*reader, {"room"});
    watching.settle(WatchMode::polling);
    check_all_changes_are_reported(*writer, watching);
    CHECK(reader->stats().watch_mode == WatchMode::polling);
    CHECK(reader->stats().hints_received == 0);
    CHECK(writer->stats().hints_sent == 0);
    CHECK(backends(schema, "roomstore") != "0");
    CHECK(schema.value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'") == "0");
}

TEST_CASE("what a process without notifications changes is found by polling") {
    FreshSchema schema;
    auto options = by_message(schema);
    options.watch_poll_interval = 100ms;
    const auto writer = open_store(by_polling(schema));
    const auto reader = open_store(options);
    Watching watching(*reader, {"room"});
    watching.settle();
    check_all_changes_are_reported(*writer, watching);
    CHECK(reader->stats().hints_received == 0);
}

TEST_CASE("a room that is watched again after a while is reported by a message") {
    FreshSchema schema;
    const auto writer = open_store(by_message(schema));
    const auto reader = open_store(by_message(schema));
    Watching watching(*reader, {"other", "room"});
    watching.settle();
    run(writer->create_room(sample_room()));
    REQUIRE(watching.reported("room"));
    for (int i = 0; i < 10; ++i) {
        CAPTURE(i);
        watching.watch->remove("room");
        // The rooms are looked at without it ...
        const auto polls = reader->stats().watch_polls;
        watching.watch->add("room-" + std::to_string(i));
        await([&] { return reader->stats().watch_polls > polls; });
        // ... and with it only after a pause, in which this message arrives.
        watching.watch->add("room");
        REQUIRE(watching.reported("room"));
        run(writer->add_event_auto_index("room", event_of("event-" + std::to_string(i))));
        REQUIRE(watching.reported("room"));
    }
}

TEST_CASE("a change between adding a room and reading its state is reported") {
    FreshSchema schema;
    const auto writer = open_store(by_message(schema));
    const auto reader = open_store(by_message(schema));
    Watching watching(*reader, {"other"});
    watching.settle();
    for (int i = 0; i < 40; ++i) {
        const auto id = "room-" + std::to_string(i);
        CAPTURE(id);
        run(writer->create_room(sample_room({.id = id})));
        watching.watch->add(id);
        REQUIRE(watching.reported(id));
        const auto event = make_event({.id = "event", .room_id = id});
        run(writer->add_event_auto_index(id, event));
        REQUIRE(watching.reported(id));
        if (i % 2 == 0) watching.watch->remove(id);
    }
}

// Messages that arrive while the session reads states or sends its own are in libpq's hands
// already: the socket tells nothing of them.
TEST_CASE("messages that arrive while the session is busy are reported") {
    FreshSchema schema;
    const auto one = open_store(by_message(schema));
    const auto other = open_store(by_message(schema));
    run(one->create_room(sample_room({.id = "ping"})));
    run(one->create_room(sample_room({.id = "pong"})));
    Watching at_one(*one, {"pong"});
    Watching at_other(*other, {"ping"});
    at_one.settle();
    at_other.settle();
    for (int i = 0; i < 300; ++i) {
        CAPTURE(i);
        const auto id = "event-" + std::to_string(i);
        // Both send and hear at the same time.
        Caller caller;
        Task first(caller.context(),
                   one->add_event_auto_index("ping", make_event({.id = id, .room_id = "ping"})));
        Task second(caller.context(),
                    other->add_event_auto_index("pong", make_event({.id = id, .room_id = "pong"})));
        REQUIRE(first.get().result);
        REQUIRE(second.get().result);
        REQUIRE(at_one.reported("pong"));
        REQUIRE(at_other.reported("ping"));
    }
}

TEST_CASE("a watch misses nothing while its sessions are terminated", "[F22]") {
    FreshSchema schema(PrivateCluster::shared().connection_string());
    auto options = by_message(schema);
    options.application_name = "terminated";
    const auto writer = open_store(by_message(schema));
    const auto reader = open_store(options);
    run(writer->create_room(sample_room()));
    Watching watching(*reader, {"room"});
    watching.settle();
    for (int i = 0; i < 20; ++i) {
        CAPTURE(i);
        const auto lost = reader->stats().watch_reconnects;
        schema.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'terminated'");
        // It may be lost on the way, with the session.
        run(writer->add_event_auto_index("room", event_of("event-" + std::to_string(i))));
        REQUIRE(watching.reported("room"));
        await([&] { return reader->stats().watch_reconnects > lost; });
        await([&] { return reader->stats().watch_mode == WatchMode::listening; });
    }
    CHECK(reader->stats().watch_reconnects >= 20);
}

TEST_CASE("watches go on after the server was restarted", "[F22]") {
    PrivateCluster cluster;
    PostgresOptions options;
    options.connection_string = cluster.connection_string();
    options = by_message(options);
    const auto writer = open_store(options);
    const auto reader = open_store(options);
    run(writer->create_room(sample_room()));
    Watching watching(*reader, {"room"});
    watching.settle();
    for (const auto how : {PrivateCluster::Stop::fast, PrivateCluster::Stop::immediate}) {
        cluster.stop(how);
        await([&] { return reader->stats().watch_mode == WatchMode::polling; });
        cluster.start();
        const auto id = how == PrivateCluster::Stop::fast ? "after stop" : "after crash";
        run(writer->add_event_auto_index("room", event_of(id)));
        CHECK(watching.reported("room"));
        await([&] { return reader->stats().watch_mode == WatchMode::listening; });
        watching.drain();
        run(writer->update_event(event_of(id, "edited")));
        CHECK(watching.reported("room"));
    }
}

TEST_CASE("behind a pooler in transaction mode watches poll, and do not listen") {
    PgBouncer::require();
    FreshSchema schema(PrivateCluster::shared().connection_string());
    auto options = by_message(schema);
    options.connection_string = PgBouncer::shared().connection_string();
    options.prepared_statements = false;
    options.watch_poll_interval = 100ms;
    const auto writer = open_store(options);
    const auto reader = open_store(options);
    Eavesdropper ear(PrivateCluster::shared().connection_string(), schema);
    Watching watching(*reader, {"room"});
    watching.settle(WatchMode::polling);
    check_all_changes_are_reported(*writer, watching);
    CHECK(reader->stats().watch_mode == WatchMode::polling);
    CHECK(reader->stats().hints_received == 0);
    // Who listens on the server itself is told.
    CHECK(comes_within(patience, [&] { return !ear.heard().empty(); }));
    CHECK(PrivateCluster::shared().log().find("LISTEN \"roomstore") == std::string::npos);
}

TEST_CASE("behind a pooler watches listen with a connection of their own") {
    PgBouncer::require();
    FreshSchema schema(PrivateCluster::shared().connection_string());
    auto options = by_message(schema);
    options.notify_connection_string = options.connection_string;
    options.connection_string = PgBouncer::shared().connection_string();
    options.prepared_statements = false;
    const auto writer = open_store(options);
    const auto reader = open_store(options);
    Watching watching(*reader, {"room"});
    watching.settle();
    check_all_changes_are_reported(*writer, watching);
    CHECK(reader->stats().hints_received == all_changes().size());
}

TEST_CASE("a connection that does not pass messages on is noticed", "[F22]") {
    PgBouncer::require();
    FreshSchema schema(PrivateCluster::shared().connection_string());
    const PgBouncer pooler(PrivateCluster::shared());
    auto options = by_message(schema);
    options.notify_connection_string = pooler.connection_string();
    options.watch_poll_interval = 100ms;
    options.deadline = 2s;
    std::atomic<bool> said = false;
    options.log = [&](LogLevel, std::string_view text) {
        if (text.find("PostgresOptions::notify_connection_string") != text.npos) said = true;
    };
    const auto reader = open_store(options);
    Watching watching(*reader, {"room"});
    REQUIRE(watching.reported("room"));
    const auto writer = open_store(by_message(schema));
    run(writer->create_room(sample_room()));
    CHECK(watching.reported("room"));
    CHECK(comes_within(patience, [&] { return said.load(); }));
    CHECK(reader->stats().watch_mode == WatchMode::polling);
    CHECK(reader->stats().watch_probes_heard == 0);
    CHECK(reader->stats().hints_received == 0);
}

TEST_CASE("a probe that waits for a busy pool does not end the listening session") {
    FreshSchema schema;
    auto options = by_message(schema);
    options.connections = 1;
    options.watch_poll_interval = 100ms;
    const auto reader = open_store(options);
    run(reader->create_room(sample_room()));
    Watching watching(*reader, {"room"});
    watching.settle();
    const auto heard = reader->stats().watch_probes_heard;
    schema.query("BEGIN; SELECT FROM {schema}.rooms FOR UPDATE");
    Caller caller;
    Task blocked(caller.context(), reader->add_event_auto_index("room", event_of("event")));
    const auto polls = reader->stats().watch_polls;
    await([&] { return reader->stats().watch_polls >= polls + 10; });
    CHECK(reader->stats().watch_mode == WatchMode::listening);
    CHECK(reader->stats().watch_reconnects == 0);
    schema.query("ROLLBACK");
    CHECK(blocked.get().result);
    await([&] { return reader->stats().watch_probes_heard > heard; });
    CHECK(reader->stats().watch_reconnects == 0);
}

TEST_CASE("forged messages do no harm", "[F22]") {
    FreshSchema schema(PrivateCluster::shared().connection_string());
    const auto reader = open_store(by_message(schema));
    const auto writer = open_store(by_message(schema));
    schema.query("DROP ROLE IF EXISTS forger; CREATE ROLE forger LOGIN");
    {
        Eavesdropper forger(PrivateCluster::shared().connection_string("postgres", "forger"),
                            schema);
        Watching watching(*reader, {"room"});
        watching.settle();
        run(writer->create_room(sample_room()));
        REQUIRE(watching.reported("room"));
        std::string true_hint;
        await([&] {
            for (const auto& message : forger.heard()) {
                const auto hints = postgres::read_hints(message.text);
                if (hints && !hints->rooms.empty()) true_hint = message.text;
            }
            return !true_hint.empty();
        });
        const auto received = reader->stats().hints_received;
        for (const std::string text : {"",
                                       "*",
                                       "1 *",
                                       "1 00000000000000ff",
                                       "1 00000000000000ff 0123456789abcdeX",
                                       "2 00000000000000ff 0123456789abcdef",
                                       "1 00000000000000ff ?",
                                       "1 00000000000000ff ?0000000000000001",
                                       "1 00000000000000ff ?0000000000000001 *",
                                       "room"}) {
            forger.send(text);
        }
        forger.send(std::string(7999, 'x'));
        forger.send(true_hint.substr(0, true_hint.size() - 1));
        CHECK_FALSE(watching.reported("room", 200ms));
        CHECK(reader->stats().hints_received == received);
        // A repeated hint is one notice more.
        forger.send(true_hint);
        CHECK(watching.reported("room"));
        CHECK(reader->stats().hints_received == received + 1);
        // Rooms that nobody watches.
        forger.send("1 00000000000000ff 0123456789abcdef");
        await([&] { return reader->stats().hints_received == received + 2; });
        // Of "any room", however many, one poll a second comes.
        const auto polls = reader->stats().watch_polls;
        for (int i = 0; i < 200; ++i) forger.send("1 00000000000000ff *");
        await([&] { return reader->stats().hints_received >= received + 202; });
        await([&] { return reader->stats().watch_polls > polls; });
        CHECK(reader->stats().watch_polls <= polls + 3);
        run(writer->add_event_auto_index("room", event_of("event")));
        CHECK(watching.reported("room"));
        CHECK(reader->stats().watch_reconnects == 0);
    }
    schema.query("DROP ROLE forger");
}

TEST_CASE("a message of any room makes others look at theirs") {
    FreshSchema schema;
    const auto writer = open_store(by_polling(schema));
    const auto reader = open_store(by_message(schema));
    Eavesdropper ear(schema.options().connection_string, schema);
    Watching watching(*reader, {"room"});
    watching.settle();
    run(writer->create_room(sample_room()));
    ear.send("1 00000000000000ff *");
    CHECK(watching.reported("room"));
}

TEST_CASE("no message contains the name of a room") {
    FreshSchema schema;
    const auto writer = open_store(by_message(schema));
    Eavesdropper ear(schema.options().connection_string, schema);
    const std::vector<std::string> rooms{"secret room", "confidential-1234", "r"};
    for (const auto& room : rooms) run(writer->create_room(sample_room({.id = room})));
    const auto names_all = [&] {
        std::size_t named = 0;
        for (const auto& message : ear.heard()) {
            const auto hints = postgres::read_hints(message.text);
            REQUIRE(hints);
            named += hints->rooms.size();
        }
        return named >= rooms.size();
    };
    CHECK(comes_within(patience, names_all));
    for (const auto& message : ear.heard()) {
        CHECK(message.text.find_first_not_of("0123456789abcdef *?") == std::string::npos);
        for (const auto& room : rooms) {
            if (room.size() > 1) CHECK(message.text.find(room) == std::string::npos);
        }
    }
    CHECK(ear.channel().find("oom \"") == std::string::npos);
}

TEST_CASE("messages are never sent by the sessions that write") {
    FreshSchema schema(PrivateCluster::shared().connection_string());
    auto options = by_message(schema);
    options.application_name = "writing sessions";
    const auto writer = open_store(options);
    const auto writing = schema.query(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'writing sessions'");
    REQUIRE(writing.size() == options.connections);
    Eavesdropper ear(schema.options().connection_string, schema);
    for (const auto& change : all_changes()) change.make(*writer);
    await([&] { return writer->stats().hints_sent > 0; });
    CHECK(comes_within(patience, [&] { return ear.heard().size() == writer->stats().hints_sent; }));
    for (const auto& message : ear.heard()) {
        for (const auto& row : writing) CHECK(std::to_string(message.sender) != row.front());
    }
    CHECK(writer->stats().reconnects == 0);
}

TEST_CASE("an append does not wait for a lock that NOTIFY takes") {
    FreshSchema schema;
    const auto writer = open_store(by_message(schema));
    Eavesdropper other(schema.options().connection_string, schema);
    run(writer->create_room(sample_room()));
    await([&] { return writer->stats().hints_sent > 0; });
    // As a transaction with a NOTIFY holds it until its COMMIT.
    for (int i = 0; i < 20; ++i) {
        other.command("BEGIN");
        other.command("NOTIFY " + other.channel() + ", 'x'");
        run(writer->add_event_auto_index("room", event_of(std::to_string(i))));
        other.command("COMMIT");
    }
}

TEST_CASE("nothing is sent while nobody listens, and all that listens is told") {
    FreshSchema schema;
    const auto writer = open_store(by_message(schema));
    run(writer->create_room(sample_room()));
    for (int i = 0; i < 50; ++i) {
        run(writer->add_event_auto_index("room", event_of(std::to_string(i))));
    }
    CHECK(writer->stats().hints_sent == 0);
    const auto reader = open_store(by_message(schema));
    for (int i = 0; i < 3; ++i) {
        Watching watching(*reader, {"room"});
        watching.settle();
        run(writer->add_event_auto_index("room", event_of("heard-" + std::to_string(i))));
        CHECK(watching.reported("room"));
    }
    CHECK(writer->stats().hints_sent >= 3);
}

TEST_CASE("who listens is told also if the session of the writer was lost before") {
    FreshSchema schema;
    auto options = by_message(schema);
    options.application_name = "silent writer";
    const auto writer = open_store(options);
    run(writer->create_room(sample_room()));
    // It has looked for listeners, found none, and says nothing.
    const std::string looked =
        "FROM pg_stat_activity WHERE application_name = 'silent writer' AND query ~ 'pg_locks'";
    await([&] { return schema.value("SELECT count(*) " + looked) == "1"; });
    schema.query("SELECT pg_terminate_backend(pid, 10000) " + looked);
    await([&] { return writer->stats().watch_reconnects >= 1; });
    const auto reader = open_store(by_message(schema));
    Watching watching(*reader, {"room"});
    watching.settle();
    run(writer->add_event_auto_index("room", event_of("after")));
    CHECK(watching.reported("room"));
}

TEST_CASE("no thread and no connection exists before something is watched or changed") {
    FreshSchema schema(PrivateCluster::shared().connection_string());
    auto options = by_message(schema);
    options.application_name = "idle store";
    open_store(options)->stats();
    await([&] { return backends(schema, "idle store") == "0"; });
    const auto threads_before = threads();
    {
        auto without = options;
        without.notify = false;
        const auto store = open_store(without);
        await([&] { return store->stats().connections_open == options.connections; });
        const auto threads_without = threads();
        CHECK(threads_without > threads_before);
        const auto other = open_store(options);
        await([&] { return other->stats().connections_open == options.connections; });
        CHECK(run(other->list_rooms({})).empty());
        CHECK_FALSE(run(other->room_exists("room")));
        Watching nothing(*other, {});
        const auto own = threads_without - threads_before;
        CHECK(threads() == threads_without + own + 1);  // of which one is the test's own
        CHECK(backends(schema, "idle store") == std::to_string(2 * options.connections));
        CHECK(other->stats().watch_mode == WatchMode::idle);
        nothing.watch->add("room");
        nothing.settle();
        CHECK(threads() == threads_without + own + 2);
        CHECK(backends(schema, "idle store") == std::to_string(2 * options.connections + 1));
    }
    await([&] { return backends(schema, "idle store") == "0"; });
    CHECK(threads() == threads_before);
}

TEST_CASE("init() and calls succeed without a connection for the watches") {
    FreshSchema schema;
    auto options = by_message(schema);
    options.notify_connection_string = "host=127.0.0.1 port=1 dbname=postgres user=nobody";
    const auto store = open_store(options);
    Watching watching(*store, {"room"});
    REQUIRE(watching.reported("room"));
    run(store->create_room(sample_room()));
    // Of the same process.
    CHECK(watching.reported("room"));
    await([&] { return store->stats().watch_reconnects >= 2; });
    CHECK(store->stats().watch_mode == WatchMode::polling);
    CHECK(store->stats().reconnects == 0);
    run(store->close());
}

TEST_CASE("messages that the server refuses are dropped; the session stays", "[F22]") {
    PrivateCluster cluster({.tcp = true});
    FreshSchema schema(cluster.connection_string());
    TcpProxy proxy(cluster.port());
    auto options = by_message(schema);
    options.notify_connection_string = proxy.connection_string();
    const auto writer = open_store(options);
    const auto reader = open_store(by_message(schema));
    Watching watching(*reader, {"room"});
    Watching own(*writer, {"other"});
    watching.settle();
    own.settle();
    // The queue of notifications is full.
    const auto fault = proxy.inject({.action = TcpProxy::Action::error_reply,
                                     .statement = "watch.notify",
                                     .times = std::nullopt,
                                     .sqlstate = "54000"});
    run(writer->create_room(sample_room()));
    await([&] { return proxy.happened(fault) >= 2; });
    for (int i = 0; i < 20; ++i) {
        run(writer->add_event_auto_index("room", event_of(std::to_string(i))));
    }
    await([&] { return writer->stats().hints_dropped >= 2; });
    // Others are still heard, without a gap in which they would not be.
    own.drain();
    const auto hearer = open_store(by_message(schema));
    run(hearer->create_room(sample_room({.id = "other"})));
    CHECK(own.reported("other"));
    CHECK(writer->stats().watch_mode == WatchMode::listening);
    CHECK(writer->stats().watch_reconnects == 0);
    CHECK(proxy.counts().accepted == 1);
    proxy.remove(fault);
    // What was dropped is told as soon as there is room.
    CHECK(watching.reported("room"));
}

TEST_CASE("what was not sent because the session was lost is told when it is open again", "[F22]") {
    PrivateCluster cluster({.tcp = true});
    FreshSchema schema(cluster.connection_string());
    TcpProxy proxy(cluster.port());
    auto options = by_message(schema);
    options.notify_connection_string = proxy.connection_string();
    const auto writer = open_store(options);
    const auto reader = open_store(by_message(schema));
    Watching watching(*reader, {"room"});
    watching.settle();
    const auto fault =
        proxy.inject({.action = TcpProxy::Action::cut_before, .statement = "watch.notify"});
    run(writer->create_room(sample_room()));
    CHECK(watching.reported("room"));
    CHECK(proxy.happened(fault) == 1);
    CHECK(writer->stats().hints_dropped == 1);
}

TEST_CASE("attempts to reconnect become rarer if the session fails again and again") {
    PrivateCluster cluster({.tcp = true});
    FreshSchema schema(cluster.connection_string());
    TcpProxy proxy(cluster.port());
    auto options = by_message(schema);
    options.notify_connection_string = proxy.connection_string();
    const auto store = open_store(options);
    // Connecting succeeds, and then the session is lost.
    const auto fault = proxy.inject({.action = TcpProxy::Action::cut_before,
                                     .statement = "watch.states",
                                     .times = std::nullopt});
    Watching watching(*store, {"room"});
    await([&] { return proxy.happened(fault) >= 1; });
    const auto before = proxy.happened(fault);
    std::this_thread::sleep_for(2s);  // the time over which attempts are counted
    CHECK(proxy.happened(fault) - before <= 8);
    proxy.remove(fault);
    watching.settle();
}

TEST_CASE("closing a store sends the last messages") {
    FreshSchema schema;
    const auto keeper = open_store(by_message(schema));
    run(keeper->create_room(sample_room()));
    Eavesdropper ear(schema.options().connection_string, schema);
    for (int i = 0; i < 20; ++i) {
        CAPTURE(i);
        auto writer = open_store(by_message(schema));
        run(writer->add_event_auto_index("room", event_of("first-" + std::to_string(i))));
        await([&] { return writer->stats().hints_sent > 0; });
        const auto heard = ear.heard().size();
        // Within the pause between messages.
        run(writer->add_event_auto_index("room", event_of("a-" + std::to_string(i))));
        run(writer->add_event_auto_index("room", event_of("b-" + std::to_string(i))));
        if (i % 2 == 0) run(writer->close());
        writer.reset();
        CHECK(comes_within(patience, [&] { return ear.heard().size() > heard; }));
    }
}

TEST_CASE("a store with a stuck connection of the watches is closed and destroyed in time") {
    PrivateCluster cluster({.tcp = true});
    FreshSchema schema(cluster.connection_string());
    for (const bool close : {false, true}) {
        for (const bool connected : {false, true}) {
            CAPTURE(close, connected);
            TcpProxy proxy(cluster.port());
            auto options = by_message(schema);
            options.notify_connection_string = proxy.connection_string();
            options.connection_string = schema.options().connection_string;
            auto store = open_store(options);
            const auto threads_before = threads();
            if (!connected) proxy.set_admission(TcpProxy::Admission::hang);
            auto watching = std::make_unique<Watching>(*store, std::vector<std::string>{"room"});
            if (connected) {
                watching->settle();
                proxy.freeze();
            } else {
                await([&] { return proxy.counts().hung >= 1; });
            }
            run(store->create_room(sample_room()));
            run(store->delete_room("room"));
            const auto began = std::chrono::steady_clock::now();
            if (close) run(store->close());
            store.reset();
            CHECK(std::chrono::steady_clock::now() - began < 4s);
            watching.reset();
            CHECK(comes_within(patience, [&] { return threads() < threads_before; }));
            proxy.thaw();
        }
    }
}

TEST_CASE("a stuck server does not hold up a watch for longer than a statement may take") {
    FreshSchema schema(PrivateCluster::shared().connection_string());
    const auto writer = open_store(by_message(schema));
    run(writer->create_room(sample_room()));
    auto options = by_polling(schema);
    options.application_name = "stuck";
    options.deadline = 1s;
    const auto reader = open_store(options);
    const auto pooled =
        schema.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'stuck'");
    Watching watching(*reader, {"room"});
    watching.settle(WatchMode::polling);
    pid_t listener = 0;
    for (const auto& row :
         schema.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'stuck'")) {
        if (std::ranges::find(pooled, row) == pooled.end()) listener = std::stoi(*row.front());
    }
    REQUIRE(listener != 0);
    const Frozen frozen(listener);
    run(writer->add_event_auto_index("room", event_of("event")));
    CHECK(watching.reported("room"));
}

TEST_CASE("a forked child leaves the connection of the watches alone") {
#if defined(__SANITIZE_THREAD__)
    SKIP("ThreadSanitizer ends a child that starts threads");
#endif
    FreshSchema schema;
    const auto writer = open_store(by_message(schema));
    auto reader = open_store(by_message(schema));
    Watching watching(*reader, {"room"});
    watching.settle();
    for (const bool close : {false, true}) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            ::alarm(30);
            int wrong = 0;
            try {
                static_cast<void>(reader->watch_rooms({}));
                ++wrong;
            } catch (const Error& error) {
                if (error.code() != errc::closed) ++wrong;
            }
            const auto began = std::chrono::steady_clock::now();
            if (close) {
                asio::io_context context(1);
                asio::co_spawn(context, reader->close(), [](const std::exception_ptr&) {});
                context.run();
            }
            reader.reset();
            // There is no thread to wait for.
            if (std::chrono::steady_clock::now() - began > 400ms) wrong += 2;
            ::_exit(wrong);
        }
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
        if (close) {
            run(writer->create_room(sample_room()));
        } else {
            run(writer->create_room(sample_room({.id = "unwatched"})));
        }
    }
    CHECK(watching.reported("room"));
    CHECK(reader->stats().watch_reconnects == 0);
    CHECK(reader->stats().watch_mode == WatchMode::listening);
}

TEST_CASE("watching rooms and giving them up again leaves nothing behind") {
    FreshSchema schema;
    const auto writer = open_store(by_message(schema));
    const auto reader = open_store(by_message(schema));
    for (int i = 0; i < 3; ++i) {
        Watching watching(*reader, {"room"});
        REQUIRE(watching.reported("room"));
        await([&] { return reader->stats().watch_mode == WatchMode::listening; });
        if (i == 0) {
            run(writer->create_room(sample_room()));
        } else {
            run(writer->add_event_auto_index("room", event_of(std::to_string(i))));
        }
        CHECK(watching.reported("room"));
        CHECK(reader->stats().rooms_watched == 1);
    }
    CHECK(reader->stats().watch_mode == WatchMode::idle);
    CHECK(reader->stats().rooms_watched == 0);
    run(writer->add_event_auto_index("room", event_of("last")));
    Watching again(*reader, {"room"});
    CHECK(again.reported("room"));
}

TEST_CASE("a watch that is closed with its store ends as closed") {
    FreshSchema schema;
    auto reader = open_store(by_message(schema));
    Watching watching(*reader, {"room"});
    watching.settle();
    Caller caller;
    Task waiting(caller.context(), watching.watch->next());
    run(reader->close());
    CHECK(waiting.get().failed(errc::closed));
    CHECK_FAILS(watching.watch->next(), errc::closed);
    reader.reset();
    CHECK_FAILS(watching.watch->next(), errc::closed);
}

}  // namespace roomstore::test
