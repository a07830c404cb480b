#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "postgres/fresh_schema.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"
#include "support/populated.hpp"

/// Rows with values that this build does not know, written by a newer build or by hand: reading
/// such a row alone is an error, and other rows are not affected.
namespace roomstore::test {

namespace {

struct Damaged {
    Damaged() : store(schema.options()) {
        run(store.init());
        for (const char* id : {"room", "sound"}) run(store.create_room(sample_room({.id = id})));
        run(store.add_event_auto_index("room", make_event({.id = "event", .key = "key"})));
        run(store.add_event_auto_index("room", make_event({.id = "sound"})));
        for (const char* id : {"channel", "sound"}) {
            ChannelBinding binding{.channel_id = id, .room_id = "room", .channel_type = "sms"};
            binding.participant_id = "participant";
            run(store.add_binding(binding));
        }
        for (const char* id : {"participant", "sound"}) {
            Participant participant{.id = id, .room_id = "room", .channel_id = "channel"};
            run(store.add_participant(participant));
        }
        for (const char* id : {"task", "sound"}) {
            Task task{.id = id, .room_id = "room", .title = "title"};
            run(store.add_task(task));
        }
        Identity identity{.id = "identity"};
        run(store.create_identity(identity));
    }

    /// Sets a column of the row `id`; checks that exactly one row was updated.
    void set(const std::string& table,
             const std::string& id,
             const std::string& column,
             const std::string& value) {
        const std::string key = table == "bindings" ? "channel_id" : "id";
        REQUIRE(schema
                    .query("UPDATE {schema}." + table + " SET " + column + " = '" + value +
                           "' WHERE " + key + " = '" + id + "' RETURNING 1")
                    .size() == 1);
    }

    FreshSchema schema;
    PostgresStore store;
};

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("a room with a status that this build does not know") {
    Damaged damaged;
    auto& store = damaged.store;
    damaged.set("rooms", "room", "status", "hibernating");
    // Written in the same way by the newer build.
    for (const char* table : {"bindings", "participants"}) {
        damaged.schema.query(std::string("UPDATE {schema}.") + table +
                             " SET room_status = 'hibernating' WHERE room_id = 'room'");
    }
    CHECK_FAILS(store.get_room("room"), errc::corrupt_data, "rooms");
    CHECK_FAILS(store.get_room("room"), errc::corrupt_data, "'room'");
    CHECK_FAILS(store.get_room("room"), errc::corrupt_data, "status");
    CHECK_FAILS(store.get_room("room"), errc::corrupt_data, "hibernating");
    CHECK_FAILS(store.find_latest_room("participant"), errc::corrupt_data, "hibernating");
    CHECK_FAILS(store.load_room_context("room"), errc::corrupt_data, "hibernating");
    CHECK(ids_of(run(store.list_rooms())) == Ids{"sound"});
    CHECK(ids_of(run(store.find_rooms({}))) == Ids{"sound"});
    CHECK(run(store.room_exists("room")));
    CHECK(run(store.find_room_id_by_channel("channel")) == "room");
    // The room's events are not affected.
    CHECK(run(store.add_event_auto_index("room", make_event({.id = "next"}))).index == 2);
    CHECK(run(store.list_events("room")).size() == 3);
}

TEST_CASE("an event that this build cannot read") {
    const auto [column, value, shown] = GENERATE(table<std::string, std::string, std::string>(
        {{"status", "bounced", "bounced"},
         {"source_direction", "sideways", "sideways"},
         {"content", R"({"type":"delete","target_event_id":"x","delete_type":"oracle"})", "oracle"},
         {"content", R"({"type":"text"})", "body"},
         {"content", R"("text")", "content"},
         {"extra", R"({"chain_depth":"deep"})", "extra"}}));
    CAPTURE(column, value);
    Damaged damaged;
    auto& store = damaged.store;
    damaged.set("events", "event", column, value);
    for (const std::string& part : std::vector<std::string>{"events", "'event'", "'room'", shown}) {
        CHECK_FAILS(store.get_event("event"), errc::corrupt_data, part);
        CHECK_FAILS(store.get_event("room", "event"), errc::corrupt_data, part);
        CHECK_FAILS(store.get_event_by_idempotency_key("room", "key"), errc::corrupt_data, part);
        // Whether it repeats the stored event cannot be determined.
        CHECK_FAILS(store.add_event_auto_index("room", make_event({.id = "event", .key = "key"})),
                    errc::corrupt_data,
                    part);
    }
    CHECK(ids_of(run(store.list_events("room"))) == Ids{"sound"});
    CHECK(run(store.check_idempotency("room", "key")));
    CHECK(run(store.get_event_count("room")) == 2);
    run(store.mark_read("room", "channel", "event"));
    CHECK(run(store.get_unread_count("room", "channel")) == 1);
    auto repaired = make_event({.id = "event"});
    CHECK(run(store.update_event(repaired)).index == 0);
    CHECK(ids_of(run(store.list_events("room"))) == Ids{"event", "sound"});
}

TEST_CASE("timestamps out of range") {
    Damaged damaged;
    auto& store = damaged.store;
    run(store.add_event_auto_index("room", make_event({.id = "reply", .parent = "sound"})));
    damaged.set("events", "event", "created_at", "infinity");
    damaged.set("events", "reply", "created_at", "-infinity");
    damaged.set("tasks", "task", "created_at", "20000-01-01");
    CHECK_FAILS(store.get_event("room", "event"), errc::corrupt_data, "created_at");
    CHECK_FAILS(store.get_event("room", "event"), errc::corrupt_data, "infinity");
    CHECK_FAILS(store.get_task("task"), errc::corrupt_data, "20000");
    CHECK_FAILS(store.get_thread_summaries("room", {"sound"}), errc::corrupt_data, "infinity");
    CHECK(ids_of(run(store.list_events("room"))) == Ids{"sound"});
    CHECK(ids_of(run(store.list_tasks("room"))) == Ids{"sound"});
}

TEST_CASE("bindings, participants, tasks and identities that this build cannot read") {
    Damaged damaged;
    auto& store = damaged.store;
    damaged.set("bindings", "channel", "access", "append_only");
    damaged.set("participants", "participant", "role", "moderator");
    damaged.set("tasks", "task", "status", "delegated");
    damaged.set("identities", "identity", "channel_addresses", R"({"sms":"not a list"})");
    CHECK_FAILS(store.get_binding("room", "channel"), errc::corrupt_data, "append_only");
    CHECK_FAILS(store.get_binding("room", "channel"), errc::corrupt_data, "bindings");
    CHECK_FAILS(store.get_participant("room", "participant"), errc::corrupt_data, "moderator");
    CHECK_FAILS(store.get_participant("room", "participant"), errc::corrupt_data, "participants");
    CHECK_FAILS(store.get_task("task"), errc::corrupt_data, "delegated");
    CHECK_FAILS(store.get_task("task"), errc::corrupt_data, "tasks");
    CHECK_FAILS(store.get_identity("identity"), errc::corrupt_data, "identities");
    CHECK_FAILS(store.link_address("identity", "sms", "+1"), errc::corrupt_data, "identities");
    CHECK_FALSE(run(store.resolve_identity("sms", "+1")));
    const auto bindings = run(store.list_bindings("room"));
    REQUIRE(bindings.size() == 1);
    CHECK(bindings.front().channel_id == "sound");
    CHECK(ids_of(run(store.list_participants("room"))) == Ids{"sound"});
    CHECK(ids_of(run(store.list_tasks("room"))) == Ids{"sound"});
    // A page is filled up with the next row that can be read.
    constexpr Page first{.limit = 1};
    CHECK(run(store.list_bindings("room", first)).front().channel_id == "sound");
    CHECK(ids_of(run(store.list_participants("room", first))) == Ids{"sound"});
    CHECK(ids_of(run(store.list_tasks("room", {}, first))) == Ids{"sound"});
    const auto context = run(store.load_room_context("room"));
    CHECK(context.bindings == bindings);
    CHECK(ids_of(context.participants) == Ids{"sound"});
}

TEST_CASE("members that a newer build stored in an event's extra column survive an update") {
    Damaged damaged;
    auto& store = damaged.store;
    damaged.set("events",
                "event",
                "extra",
                R"({"tokens": 1.0, "source_language": "en", "channel_data_seen": [null]})");
    const auto check = [&] {
        const auto event = run(store.get_event("room", "event")).value();
        CHECK(event.unknown_members == UnknownMembers{{"tokens", 1.0}});
        CHECK(event.source.unknown_members == UnknownMembers{{"language", "en"}});
        CHECK(event.channel_data.unknown_members ==
              UnknownMembers{{"seen", Json::array({nullptr})}});
        return event;
    };
    auto event = check();
    event.status = EventStatus::read;
    run(store.update_event(event));
    CHECK(check().status == EventStatus::read);
}

TEST_CASE("members stored as unknown by another build are read into the fields of this build") {
    Damaged damaged;
    auto& store = damaged.store;
    damaged.set("events",
                "event",
                "extra",
                R"({"unknown_members": {"blocked_by": "a rule", "x": 1},
                    "source_unknown_members": {"provider": "p"},
                    "channel_data_unknown_members": {"thread_id": "t", "y": 2}})");
    const auto event = run(store.get_event("room", "event")).value();
    CHECK(event.blocked_by == "a rule");
    CHECK(event.unknown_members == UnknownMembers{{"x", 1}});
    CHECK(event.source.provider == "p");
    CHECK(event.source.unknown_members.empty());
    CHECK(event.channel_data.thread_id == "t");
    CHECK(event.channel_data.unknown_members == UnknownMembers{{"y", 2}});
    CHECK(run(store.update_event(event)) == event);
    CHECK(run(store.get_event("room", "event")) == event);

    for (const char* damage : {R"({"unknown_members": 1})",
                               R"({"unknown_members": {"blocked_by": 1}})",
                               R"({"source_unknown_members": {"raw_payload": 1}})"}) {
        damaged.set("events", "event", "extra", damage);
        CHECK_FAILS(store.get_event("room", "event"), errc::corrupt_data, "extra");
        CHECK(ids_of(run(store.list_events("room"))) == Ids{"sound"});
    }
}

}  // namespace roomstore::test
