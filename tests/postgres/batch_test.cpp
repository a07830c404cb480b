#include <algorithm>
#include <deque>
#include <set>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include "pool/worker_pool.hpp"
#include "postgres/fresh_schema.hpp"
#include "postgres/hanging_commits.hpp"
#include "room_write_job.hpp"
#include "support/builders.hpp"
#include "support/footprint.hpp"
#include "support/run.hpp"
#include "support/task.hpp"

namespace roomstore::test {

namespace {

using namespace std::chrono_literals;

RoomEvent event_in(const std::string& room, const std::string& id) {
    return make_event({.id = id, .room_id = room});
}

std::uint64_t runs_of(const PostgresStore& store, const std::string& statement) {
    for (const auto& each : store.stats().statements) {
        if (each.name == statement) return each.calls;
    }
    return 0;
}

/// A store, by default with one connection. `shut` blocks one worker with an append to the room
/// `gate`. With one connection, the calls made until `open` then wait in the queue together.
class Gate {
public:
    FreshSchema schema;
    std::unique_ptr<PostgresStore> store;
    Caller caller;

    explicit Gate(std::size_t append_batch = 256,
                  std::size_t connections = 1,
                  std::chrono::milliseconds lock_timeout = 60s) {
        auto options = schema.options();
        options.connections = connections;
        options.append_batch = append_batch;
        options.lock_timeout = lock_timeout;
        options.deadline = 60s;
        store = std::make_unique<PostgresStore>(options);
        run(store->init());
        for (const char* room : {"gate", "a", "b", "c"}) {
            run(store->create_room(sample_room({.id = room})));
        }
    }

    void shut() {
        lock("gate", schema);
        keeper_.emplace(caller.context(),
                        store->add_event_auto_index("gate", event_in("gate", "keeper")));
        await([&] { return waiting_for_locks() == "1"; });
        runs_before_ = stored();
    }

    void open() {
        schema.query("ROLLBACK");
        CHECK(keeper_->get().result);
    }

    /// Locks the room until `by` runs ROLLBACK.
    void lock(const std::string& room, FreshSchema& by) {
        by.query("BEGIN; SELECT 1 FROM " + schema.quoted_name() + ".rooms WHERE id = '" + room +
                 "' FOR UPDATE");
    }

    Task<RoomEvent>& append(const std::string& room, const std::string& id) {
        return append(event_in(room, id));
    }
    Task<RoomEvent>& append(RoomEvent event) {
        const std::string room = event.room_id;
        return tasks_.emplace_back(caller.context(),
                                   store->add_event_auto_index(room, std::move(event)));
    }

    Task<RoomEvent>& update(const std::string& room,
                            const std::string& id,
                            const std::string& body) {
        auto event = event_in(room, id);
        event.content = TextContent{.body = body};
        return tasks_.emplace_back(caller.context(), store->update_event(std::move(event)));
    }

    void await_queue(std::size_t length) const {
        await([&] { return store->stats().queue_length == length; });
    }

    /// Number of transactions that stored events since `shut`.
    std::uint64_t transactions() const {
        return stored() - runs_before_ - 1;  // without that of the keeper
    }

    /// Counts all backends of the server; only this test uses it.
    std::string waiting_for_locks() {
        return schema.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    }

    std::string body(const std::string& room, const std::string& id) {
        return schema.value("SELECT content->>'body' FROM {schema}.events WHERE room_id = '" +
                            room + "' AND id = '" + id + "'");
    }

    /// The revision of the room, and the noted changes: `<revision>: <event> <revision>, ...`.
    std::string changes(const std::string& room) {
        const auto noted = schema.value(
            "SELECT coalesce(string_agg(id || ' ' || revision, ', ' ORDER BY revision), '') "
            "FROM {schema}.event_changes WHERE room_id = '" +
            room + "'");
        CHECK(schema.value("SELECT count(*) FROM {schema}.event_changes WHERE room_id = '" + room +
                           "'") ==
              schema.value("SELECT remembered FROM {schema}.rooms WHERE id = '" + room + "'"));
        return schema.value("SELECT revision FROM {schema}.rooms WHERE id = '" + room + "'") +
               ": " + noted;
    }

    std::string indexes(const std::string& room) {
        return schema.value(
            "SELECT coalesce(string_agg(index::text, ' ' ORDER BY index), '') "
            "FROM {schema}.events WHERE room_id = '" +
            room + "'");
    }

private:
    std::uint64_t stored() const {
        return runs_of(*store, "append.store_one") + runs_of(*store, "append.store_all");
    }

    std::optional<Task<RoomEvent>> keeper_;
    std::deque<Task<RoomEvent>> tasks_;
    std::uint64_t runs_before_ = 0;
};

}  // namespace

TEST_CASE("queued appends to several rooms are committed in one transaction") {
    Gate gate;
    gate.shut();
    std::vector<Task<RoomEvent>*> asked;
    for (int i = 0; i < 60; ++i) {
        const std::string room(1, static_cast<char>('a' + i % 3));
        asked.push_back(&gate.append(room, "event-" + std::to_string(i)));
    }
    gate.await_queue(60);
    gate.open();
    for (int i = 0; i < 60; ++i) {
        const auto ending = asked[static_cast<std::size_t>(i)]->get();
        REQUIRE(ending.result);
        CHECK(ending.result->id == "event-" + std::to_string(i));
        // In the order of the calls.
        CHECK(ending.result->index == i / 3);
    }
    CHECK(gate.transactions() == 1);
}

TEST_CASE("append_batch limits the number of events in a transaction") {
    Gate gate(10);
    gate.shut();
    std::vector<Task<RoomEvent>*> asked;
    for (int i = 0; i < 25; ++i) asked.push_back(&gate.append("a", "event-" + std::to_string(i)));
    gate.await_queue(25);
    gate.open();
    for (auto* each : asked) CHECK(each->get().result);
    CHECK(gate.transactions() == 3);
}

TEST_CASE("an append that does not fit into a batch is taken by an idle worker") {
    Gate gate(2, 2);
    FreshSchema of_a, of_b, of_c;
    gate.lock("b", of_b);
    gate.lock("c", of_c);
    gate.shut();
    auto& keeper = gate.append("c", "keeper");
    await([&] { return gate.waiting_for_locks() == "2"; });
    // Both form a batch, which locks room a and waits for room b.
    auto& first = gate.append("a", "first");
    auto& other = gate.append("b", "other");
    gate.await_queue(2);
    of_c.query("ROLLBACK");
    CHECK(keeper.get().result);
    await([&] { return gate.waiting_for_locks() == "2"; });
    // From here on one worker is idle.
    gate.open();
    auto& second = gate.append("a", "second");
    auto& third = gate.append("a", "third");
    auto& quiet = gate.append("b", "quiet");
    gate.await_queue(3);
    // The rival gets the lock on room a as soon as the batch releases it, which blocks the appends
    // queued for a.
    std::thread rival([&] { gate.lock("a", of_a); });
    await([&] { return gate.waiting_for_locks() == "2"; });
    of_b.query("ROLLBACK");
    rival.join();
    CHECK(first.get().result->index == 0);
    CHECK(other.get().result->index == 0);
    CHECK(quiet.get().result->index == 1);
    of_a.query("ROLLBACK");
    CHECK(second.get().result->index == 1);
    CHECK(third.get().result->index == 2);
}

TEST_CASE("with append_batch = 1 each append has its own transaction") {
    Gate gate(1);
    gate.shut();
    std::vector<Task<RoomEvent>*> asked;
    for (int i = 0; i < 5; ++i) asked.push_back(&gate.append("a", "event-" + std::to_string(i)));
    gate.await_queue(5);
    gate.open();
    for (auto* each : asked) CHECK(each->get().result);
    CHECK(gate.transactions() == 5);
    CHECK(gate.indexes("a") == "0 1 2 3 4");
}

TEST_CASE("each append of a batch gets its own result") {
    Gate gate;
    run(gate.store->add_event_auto_index("a", event_in("a", "old")));
    gate.shut();
    auto& fresh = gate.append("a", "fresh");
    auto& repeated = gate.append("a", "fresh");
    auto& another = gate.append(make_event({.id = "old", .room_id = "a", .created_at = at(1)}));
    auto& nowhere = gate.append("nowhere", "lost");
    auto& quiet = gate.append("b", "quiet");
    Task expecting(gate.caller.context(),
                   gate.store->append_events(
                       "a", {event_in("a", "expecting")}, AppendOptions{.expected_next_index = 7}));
    gate.await_queue(6);
    gate.open();
    CHECK(fresh.get().result->index == 1);
    CHECK(repeated.get().result->index == 1);
    CHECK(another.get().failed(errc::already_exists));
    CHECK(nowhere.get().failed(errc::not_found));
    CHECK(quiet.get().result->index == 0);
    CHECK(expecting.get().failed(errc::conflict));
    CHECK(gate.indexes("a") == "0 1");
}

TEST_CASE("an append that the server refuses does not fail the others of its batch") {
    Gate gate;
    gate.schema.query(R"(
        CREATE FUNCTION {schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.id = 'poison' THEN RAISE EXCEPTION 'not this one'; END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON {schema}.events
        FOR EACH ROW EXECUTE FUNCTION {schema}.refuse())");
    gate.shut();
    auto& first = gate.append("a", "first");
    auto& poison = gate.append("a", "poison");
    auto& second = gate.append("a", "second");
    auto& third = gate.append("b", "third");
    gate.await_queue(4);
    gate.open();
    CHECK(first.get().result->index == 0);
    const auto refused = poison.get();
    CHECK(refused.failed(errc::internal));
    CHECK(refused.text.starts_with("add_event_auto_index in room 'a': "));
    CHECK(refused.text.find("not this one") != std::string::npos);
    CHECK(second.get().result->index == 1);
    CHECK(third.get().result->index == 0);
}

TEST_CASE("cancelling one append of a batch does not affect the others") {
    Gate gate;
    SECTION("while it is queued") {
        gate.shut();
        auto& cancelled = gate.append("a", "cancelled");
        auto& kept = gate.append("a", "kept");
        gate.await_queue(2);
        cancelled.cancel();
        CHECK(cancelled.get().aborted());
        gate.open();
        CHECK(kept.get().result->index == 0);
    }
    SECTION("while its transaction runs") {
        FreshSchema beside;
        gate.lock("b", beside);
        gate.shut();
        auto& cancelled = gate.append("a", "cancelled");
        auto& kept = gate.append("a", "kept");
        auto& other = gate.append("b", "other");
        gate.await_queue(3);
        gate.open();
        await([&] { return gate.waiting_for_locks() == "1"; });
        cancelled.cancel();
        CHECK(cancelled.get().aborted());
        beside.query("ROLLBACK");
        CHECK(kept.get().result->index == 0);
        CHECK(other.get().result->index == 0);
    }
    CHECK(gate.schema.value("SELECT count(*) FROM {schema}.events WHERE id = 'cancelled'") == "0");
}

TEST_CASE("a room locked by another client delays the other rooms of its batch only briefly") {
    Gate gate(256, 1, 100ms);
    FreshSchema beside;
    gate.lock("b", beside);
    gate.shut();
    auto& quiet = gate.append("a", "quiet");
    auto& kept = gate.append("b", "kept");
    gate.await_queue(2);
    gate.open();
    CHECK(quiet.get().result->index == 0);
    CHECK_FALSE(kept.ended());
    beside.query("ROLLBACK");
    CHECK(kept.get().result->index == 0);
}

TEST_CASE("if the answer to the COMMIT of a batch is lost, each event is settled", "[F2]") {
    HangingCommits server;
    auto admin = server.cluster.admin();
    PostgresOptions options;
    options.connection_string = server.cluster.connection_string();
    options.connections = 1;
    options.deadline = 60s;
    options.lock_timeout = 60s;
    {
        auto local = options;
        local.connection_string += " options='-c synchronous_commit=local'";
        PostgresStore setup(local);
        run(setup.init());
        for (const char* room : {"a", "b"}) run(setup.create_room(sample_room({.id = room})));
        run(setup.add_event_auto_index("b", event_in("b", "old")));
        run(setup.close());
    }
    PostgresStore store(options);
    run(store.init());
    Caller caller;
    const auto append = [&](const std::string& room, const std::string& id) {
        return std::make_unique<Task<RoomEvent>>(
            caller.context(), store.add_event_auto_index(room, event_in(room, id)));
    };
    // Blocks the only worker with a call that does not COMMIT.
    admin.query("BEGIN; LOCK TABLE roomstore.rooms IN ACCESS EXCLUSIVE MODE");
    Task keeper(caller.context(), store.room_exists("a"));
    auto watcher = server.cluster.admin();
    await([&] {
        return watcher.value(
                   "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "1";
    });
    const auto first = append("a", "first");
    const auto second = append("a", "second");
    const auto third = append("b", "third");
    const auto nowhere = append("nowhere", "lost");
    await([&] { return store.stats().queue_length == 4; });
    admin.query("ROLLBACK");
    await([&] { return waits_for_standby(watcher); });
    CHECK(keeper.get().result == true);
    terminate_backends(watcher);
    // The events are found to be stored, but no call is answered before the standby has them.
    await([&] { return waits_for_standby(watcher); });
    CHECK_FALSE(first->ended());
    server.release();
    CHECK(first->get().result->index == 0);
    CHECK(second->get().result->index == 1);
    CHECK(third->get().result->index == 1);
    CHECK(nowhere->get().failed(errc::not_found));
    CHECK(watcher.value("SELECT count(*) FROM roomstore.events") == "4");
    CHECK(store.stats().doubts == 1);
    CHECK(store.stats().doubts_settled == 1);
}

TEST_CASE("a deadline that ends during the COMMIT of a batch affects only its own call", "[F3]") {
    HangingCommits server;
    auto admin = server.cluster.admin();
    PostgresOptions options;
    options.connection_string = server.cluster.connection_string();
    options.connections = 1;
    {
        auto local = options;
        local.connection_string += " options='-c synchronous_commit=local'";
        PostgresStore setup(local);
        run(setup.init());
        for (const char* room : {"a", "b"}) run(setup.create_room(sample_room({.id = room})));
        run(setup.close());
    }
    postgres::WorkerPool pool(options);
    pool.open();
    Caller caller;
    // Blocks the only worker with a call that does not COMMIT.
    admin.query("SELECT pg_advisory_lock(1)");
    Task keeper(caller.context(),
                pool.run<void>({.name = "keeper", .deadline = 60s}, [](postgres::Session& session) {
                    session.exec({"test_keep", "SELECT pg_advisory_lock_shared(1)"}, {});
                    session.exec({"test_let", "SELECT pg_advisory_unlock_shared(1)"}, {});
                }));
    auto watcher = server.cluster.admin();
    await([&] {
        return watcher.value(
                   "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "1";
    });
    const auto append = [&](const std::string& room, std::chrono::milliseconds deadline) {
        auto job = std::make_shared<postgres::RoomWriteJob>(
            postgres::sql::Append("append", room, {event_in(room, "event")}), 100, 0);
        postgres::Operation operation{.name = "append",
                                      .mode = postgres::Mode::write,
                                      .rerun = postgres::Rerun::settles,
                                      .room_id = room,
                                      .deadline = deadline};
        return std::make_unique<Task<std::vector<RoomEvent>>>(
            caller.context(), pool.run(std::move(operation), std::move(job)));
    };
    const auto patient = append("a", 60s);
    const auto hurried = append("b", 5s);
    await([&] { return pool.stats().queue_length == 2; });
    admin.query("SELECT pg_advisory_unlock(1)");
    const auto ending = hurried->get();
    CHECK(ending.failed(errc::commit_unknown));
    CHECK(waits_for_standby(watcher));
    CHECK_FALSE(patient->ended());
    server.release();
    CHECK(patient->get().result->front().index == 0);
    CHECK(watcher.value("SELECT count(*) FROM roomstore.events") == "2");
    CHECK(pool.stats().doubts == 0);
    CHECK(pool.stats().reconnects == 0);
}

TEST_CASE("queued updates and appends of several rooms are committed in one transaction") {
    Gate gate;
    for (const char* room : {"a", "b"}) {
        for (int i = 0; i < 5; ++i) {
            run(gate.store->add_event_auto_index(room, event_in(room, "old-" + std::to_string(i))));
        }
    }
    gate.shut();
    std::vector<Task<RoomEvent>*> updates, appends;
    for (int i = 0; i < 5; ++i) {
        const auto number = std::to_string(i);
        for (const char* room : {"a", "b"}) {
            updates.push_back(&gate.update(room, "old-" + number, "edit " + number));
            appends.push_back(&gate.append(room, "new-" + number));
        }
    }
    gate.await_queue(20);
    gate.open();
    for (auto* each : updates) {
        const auto ending = each->get();
        INFO(ending.text);
        REQUIRE(ending.result);
        CHECK(ending.result->id == "old-" + std::to_string(ending.result->index));
    }
    for (auto* each : appends) {
        const auto ending = each->get();
        REQUIRE(ending.result);
        CHECK(ending.result->id == "new-" + std::to_string(ending.result->index - 5));
    }
    CHECK(gate.schema.value("SELECT count(DISTINCT xmin::text) FROM {schema}.event_changes") ==
          "1");
    CHECK(gate.schema.value("SELECT count(DISTINCT xmin::text) FROM {schema}.events "
                            "WHERE room_id IN ('a', 'b')") == "1");
    for (const char* room : {"a", "b"}) {
        CHECK(gate.changes(room) == "5: old-0 1, old-1 2, old-2 3, old-3 4, old-4 5");
        CHECK(gate.indexes(room) == "0 1 2 3 4 5 6 7 8 9");
        for (int i = 0; i < 5; ++i) {
            CHECK(gate.body(room, "old-" + std::to_string(i)) == "edit " + std::to_string(i));
        }
    }
}

TEST_CASE("updates and appends of one event in a batch take effect in the order of the calls") {
    Gate gate;
    run(gate.store->add_event_auto_index("a", event_in("a", "first")));
    gate.shut();
    auto& one = gate.update("a", "first", "one");
    auto& fresh = gate.append("a", "fresh");
    auto& two = gate.update("a", "first", "two");
    auto& edited = gate.update("a", "fresh", "edited");
    auto& repeated = gate.append("a", "fresh");
    auto& three = gate.update("a", "first", "three");
    gate.await_queue(6);
    gate.open();
    for (auto* each : {&one, &two, &three}) {
        const auto ending = each->get();
        INFO(ending.text);
        REQUIRE(ending.result);
        CHECK(ending.result->index == 0);
    }
    CHECK(fresh.get().result->index == 1);
    CHECK(edited.get().result->index == 1);
    const auto again = repeated.get();
    REQUIRE(again.result);
    CHECK(again.result->index == 1);
    CHECK(again.result->content.get_if<TextContent>()->body == "edited");
    CHECK(gate.body("a", "first") == "three");
    CHECK(gate.body("a", "fresh") == "edited");
    CHECK(gate.changes("a") == "4: fresh 3, first 4");
    // In one transaction; an error would have divided the batch.
    CHECK(gate.schema.value("SELECT count(DISTINCT xmin::text) FROM {schema}.events "
                            "WHERE room_id = 'a'") == "1");
}

TEST_CASE("updates of what does not exist do not harm the others of their batch") {
    Gate gate;
    run(gate.store->add_event_auto_index("a", event_in("a", "old")));
    run(gate.store->add_event_auto_index("b", event_in("b", "hidden")));
    run(gate.store->add_event_auto_index("b", event_in("b", "old")));
    run(gate.store->trim_room("b", 1));
    gate.shut();
    auto& no_event = gate.update("a", "unknown", "edited");
    auto& edited = gate.update("a", "old", "edited");
    auto& no_room = gate.update("nowhere", "old", "edited");
    auto& of_other_room = gate.update("c", "old", "edited");
    auto& hidden = gate.update("b", "hidden", "edited");
    auto& fresh = gate.append("a", "unknown");
    auto& also_edited = gate.update("b", "old", "edited");
    auto& no_append = gate.append("nowhere", "old");
    gate.await_queue(8);
    gate.open();
    CHECK(no_event.get().failed(errc::not_found));
    CHECK(edited.get().result->index == 0);
    CHECK(no_room.get().failed(errc::not_found));
    CHECK(of_other_room.get().failed(errc::not_found));
    CHECK(hidden.get().failed(errc::not_found));
    CHECK(fresh.get().result->index == 1);
    CHECK(also_edited.get().result->index == 1);
    CHECK(no_append.get().failed(errc::not_found));
    CHECK(gate.changes("a") == "1: old 1");
    CHECK(gate.changes("b") == "2: old 2");  // trim_room took the first
    CHECK(gate.changes("c") == "0: ");
}

TEST_CASE("an update that the server refuses does not fail the others of its batch") {
    Gate gate;
    for (const char* id : {"poison", "old"}) {
        run(gate.store->add_event_auto_index("a", event_in("a", id)));
    }
    gate.schema.query(R"(
        CREATE FUNCTION {schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.id = 'poison' THEN RAISE EXCEPTION 'not this one'; END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON {schema}.events
        FOR EACH ROW EXECUTE FUNCTION {schema}.refuse())");
    gate.shut();
    auto& edited = gate.update("a", "old", "edited");
    auto& poison = gate.update("a", "poison", "edited");
    auto& fresh = gate.append("a", "fresh");
    auto& again = gate.update("a", "old", "again");
    gate.await_queue(4);
    gate.open();
    CHECK(edited.get().result);
    const auto refused = poison.get();
    CHECK(refused.failed(errc::internal));
    CHECK(refused.text.starts_with("update_event in room 'a': "));
    CHECK(fresh.get().result->index == 2);
    CHECK(again.get().result);
    CHECK(gate.body("a", "old") == "again");
    CHECK(gate.changes("a") == "2: old 2");
}

TEST_CASE("an event that version 0.1 deletes during a batch of updates stays deleted") {
    Gate gate;
    for (const char* id : {"going", "old"}) {
        run(gate.store->add_event_auto_index("a", event_in("a", id)));
    }
    gate.shut();
    auto& lost = gate.update("a", "going", "edited");
    auto& edited = gate.update("a", "old", "edited");
    gate.await_queue(2);
    // Version 0.1 deletes an event before it locks the room.
    FreshSchema version_0_1;
    version_0_1.query("BEGIN; DELETE FROM " + gate.schema.quoted_name() +
                      ".events WHERE room_id = 'a' AND id = 'going'");
    gate.open();
    await([&] { return gate.waiting_for_locks() == "1"; });
    version_0_1.query("COMMIT");
    CHECK(lost.get().failed(errc::not_found));
    CHECK(edited.get().result);
    CHECK(gate.body("a", "old") == "edited");
    CHECK(gate.schema.value("SELECT count(*) FROM {schema}.events WHERE room_id = 'a'") == "1");
    CHECK(gate.changes("a") == "1: old 1");
}

TEST_CASE("updates wait for the lock of their room, and do not deadlock with each other") {
    Gate gate(256, 4, 60s);
    for (const char* room : {"a", "b", "c"}) {
        for (const char* id : {"one", "two"}) {
            run(gate.store->add_event_auto_index(room, event_in(room, id)));
        }
    }
    const auto deadlocks = [&] {
        return gate.schema.value(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
    };
    const auto before = deadlocks();
    auto options = gate.schema.options();
    options.deadline = 60s;
    options.lock_timeout = 60s;
    PostgresStore other(options);
    run(other.init());
    std::vector<asio::awaitable<void>> tasks;
    const auto edit = [](PostgresStore& store, int caller) -> asio::awaitable<void> {
        for (int i = 0; i < 40; ++i) {
            const std::string room(1, static_cast<char>('a' + (caller + i) % 3));
            auto event = event_in(room, (caller + i / 3) % 2 == 0 ? "one" : "two");
            event.content = TextContent{.body = std::to_string(caller)};
            co_await store.update_event(std::move(event));
            const auto id = std::to_string(caller) + "-" + std::to_string(i);
            auto added = event_in(room, id);
            co_await store.add_event_auto_index(room, std::move(added));
            if (i % 8 == 7) co_await store.delete_event(room, id);
        }
    };
    for (int caller = 0; caller < 16; ++caller) {
        tasks.push_back(edit(caller % 2 == 0 ? *gate.store : other, caller));
    }
    run_all(std::move(tasks), 2);
    CHECK(deadlocks() == before);
    std::int64_t changes = 0;
    for (const char* room : {"a", "b", "c"}) {
        const std::string where = std::string(" WHERE room_id = '") + room + "'";
        const auto revision = gate.schema.value(
            std::string("SELECT revision FROM {schema}.rooms WHERE id = '") + room + "'");
        changes += std::stoll(revision);
        CHECK(gate.schema.value("SELECT max(revision) FROM {schema}.event_changes" + where) ==
              revision);
        CHECK(gate.schema.value("SELECT count(*) - count(DISTINCT revision) "
                                "FROM {schema}.event_changes" +
                                where) == "0");
        CHECK(gate.schema.value("SELECT count(*) FROM {schema}.event_changes" + where) ==
              gate.schema.value(std::string("SELECT remembered FROM {schema}.rooms WHERE id = '") +
                                room + "'"));
    }
    // Each update and each deletion takes one.
    CHECK(changes == 16 * 45);
    const auto stats = gate.store->stats();
    CHECK(stats.retries == 0);
    CHECK(runs_of(*gate.store, "update_event.in_batch") > 0);
}

}  // namespace roomstore::test
