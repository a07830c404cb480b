// The COMMIT of every write operation is lost, or its answer is. The result of the call and the
// contents of the store are then compared with those of the memory store without faults.

#include <functional>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "contract/populated_store.hpp"
#include "faults/fault_fixture.hpp"
#include "roomstore/memory/in_memory_store.hpp"
#include "roomstore/model/json.hpp"
#include "support/populated.hpp"
#include "support/tcp_proxy.hpp"

namespace roomstore::contract {

namespace {

/// Returns the store that the contract suite's `populated_store` fills next.
std::function<std::shared_ptr<ConversationStore>()> next_store;

class AnyBackend final : public Backend {
public:
    std::shared_ptr<ConversationStore> make_store(Limits) override { return next_store(); }
};

}  // namespace

std::unique_ptr<Backend> make_backend() { return std::make_unique<AnyBackend>(); }

}  // namespace roomstore::contract

namespace roomstore::test {

namespace {

using Action = TcpProxy::Action;

/// Whether a re-run settles the lost COMMIT of an operation.
enum class Doubt { settled, reported };

struct Write {
    std::string name;
    Doubt doubt;
    asio::awaitable<Json> (*call)(ConversationStore& store);
};

template <typename T>
Json json_of(const T& value) {
    return value;
}
template <typename T>
Json json_of(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

template <typename T>
asio::awaitable<Json> answer_of(asio::awaitable<T> call) {
    co_return json_of(co_await std::move(call));
}
asio::awaitable<Json> answer_of(asio::awaitable<void> call) {
    co_await std::move(call);
    co_return Json("done");
}

std::vector<RoomEvent> two_events() {
    return {make_event({.id = "new"}), make_event({.id = "newer", .key = "new key"})};
}

std::vector<RoomEvent> two_events_elsewhere() {
    auto events = two_events();
    for (auto& event : events) event.room_id = "other room";
    return events;
}

Participant changed_participant(std::string id) {
    auto participant = full_participant();
    participant.id = std::move(id);
    participant.display_name = "changed";
    return participant;
}

ChannelBinding changed_binding(std::string channel_id) {
    auto binding = full_binding();
    binding.channel_id = std::move(channel_id);
    binding.muted = !binding.muted;
    return binding;
}

RoomEvent changed_event() {
    auto event = full_event();
    event.status = EventStatus::failed;
    return event;
}

roomstore::Task changed_task(std::string id) {
    auto task = full_task();
    task.id = std::move(id);
    task.title = "changed";
    return task;
}

Observation new_observation() {
    auto observation = full_observation();
    observation.id = "new";
    return observation;
}

#define WRITE(name, doubt, ...)                                                                   \
    Write {                                                                                       \
        name, Doubt::doubt, [](ConversationStore& store) { return answer_of(store.__VA_ARGS__); } \
    }

const std::vector<Write> writes{
    WRITE("create_room", reported, create_room(sample_room({.id = "new"}))),
    WRITE("update_room", settled, update_room(sample_room({.status = RoomStatus::closed}))),
    WRITE("patch_room_metadata", settled, patch_room_metadata("room", {{"new", 1}}, {"yes"})),
    WRITE("delete_room", reported, delete_room("room")),
    WRITE("advance_delivered_index", reported, advance_delivered_index("room", 100, Gap::skip)),
    WRITE("add_event_auto_index", settled, add_event_auto_index("room", make_event({.id = "new"}))),
    WRITE("append_events", settled, append_events("room", two_events())),
    WRITE("append_events where an index is expected",
          settled,
          append_events("other room", two_events_elsewhere(), {.expected_next_index = 1})),
    WRITE("add_event", settled, add_event(make_event({.id = "new", .index = 1000}))),
    WRITE("update_event", settled, update_event(changed_event())),
    WRITE("delete_event", reported, delete_event("room", "event")),
    WRITE("trim_room", settled, trim_room("room", 1000)),
    WRITE("reset_cursors", settled, reset_cursors()),
    WRITE("add_binding", settled, add_binding(changed_binding("new"))),
    WRITE("add_binding again", settled, add_binding(changed_binding("channel"))),
    WRITE("update_binding", settled, update_binding(changed_binding("channel"))),
    WRITE("remove_binding", reported, remove_binding("room", "channel")),
    WRITE("add_participant", settled, add_participant(changed_participant("new"))),
    WRITE("add_participant again", settled, add_participant(changed_participant("participant"))),
    WRITE("update_participant", settled, update_participant(changed_participant("participant"))),
    WRITE("remove_participant", reported, remove_participant("room", "participant")),
    WRITE("create_identity", reported, create_identity({.id = "new"})),
    WRITE("link_address", settled, link_address("identity", ChannelType::sms, "new")),
    WRITE("link_address of another",
          settled,
          link_address("identity", ChannelType::sms, "+1 555 0100", "organization")),
    WRITE("add_task", reported, add_task(changed_task("new"))),
    WRITE("update_task", settled, update_task(changed_task("task"))),
    WRITE("add_observation", reported, add_observation(new_observation())),
    WRITE("mark_read", settled, mark_read("room", "channel", "reply")),
    WRITE("mark_read of a new channel", settled, mark_read("room", "new", "event")),
    WRITE("mark_all_read", settled, mark_all_read("room", "channel")),
    WRITE("mark_unread_from", reported, mark_unread_from("room", "channel", 0)),
};

/// Removes `updated_at`, which each store sets to its own time.
Json without_stamp(Json json) {
    if (json.is_object()) json.erase("updated_at");
    for (auto& each : json) {
        if (each.is_structured()) each = without_stamp(std::move(each));
    }
    return json;
}

/// `early` is a cursor of the room `room` from before the write.
Json dump_of(ConversationStore& store, const RoomCursor& early) {
    auto out = contract::dump(store);
    out["cursors are valid"] = !run(store.list_changes("room", {.since = early})).reset;
    out["new identity"] = json_of(run(store.get_identity("new")));
    return without_stamp(std::move(out));
}

/// Contents before and after the call, and its result, without faults.
struct Truth {
    Json before;
    Json answer;
    Json after;
};

Truth truth_of(const Write& write) {
    contract::next_store = [] { return std::make_shared<InMemoryStore>(); };
    const auto store = contract::populated_store();
    const auto early = run(store->list_changes("room")).cursor;
    Truth truth;
    truth.before = dump_of(*store, early);
    truth.answer = without_stamp(run(write.call(*store)));
    truth.after = dump_of(*store, early);
    return truth;
}

/// A store behind a proxy, filled like the contract suite's populated store.
class LossyStore {
public:
    LossyStore() : proxy(shared_server().port()), fault(shared_server(), through(proxy)) {
        for (const char* room : {"a", "b", "c", "recovered"}) run(fault.store().delete_room(room));
        contract::next_store = [&] {
            return std::shared_ptr<ConversationStore>(&fault.store(), [](ConversationStore*) {});
        };
        store = contract::populated_store();
        early = run(store->list_changes("room")).cursor;
    }

    TcpProxy proxy;
    StoreUnderFault fault;
    std::shared_ptr<ConversationStore> store;
    RoomCursor early;

private:
    static PostgresOptions through(const TcpProxy& proxy) {
        auto options = patient_options();
        options.connection_string = proxy.connection_string();
        return options;
    }
};

/// A write that is re-run after another store has written.
struct ConcurrentWrite {
    std::string name;
    asio::awaitable<Json> (*call)(ConversationStore& store);
    /// The write of the other store, after the COMMIT was lost.
    void (*other)(ConversationStore& store);
    /// Reads the final state.
    Json (*look)(ConversationStore& store);
    /// Expected final state if the lost COMMIT took effect, and if it did not.
    Json if_applied;
    Json if_not;
};

#define CALL(...) [](ConversationStore& store) { return answer_of(store.__VA_ARGS__); }
#define OTHER(...) [](ConversationStore& store) { run(store.__VA_ARGS__); }
#define LOOK(...) [](ConversationStore& store) { return Json(__VA_ARGS__); }

ChannelBinding binding_of_other(std::string channel_id) {
    auto binding = changed_binding(std::move(channel_id));
    binding.muted = !binding.muted;
    return binding;
}

Participant participant_of_other(std::string id) {
    auto participant = changed_participant(std::move(id));
    participant.display_name = "of another";
    return participant;
}

RoomEvent event_of_other() {
    auto event = full_event();
    event.status = EventStatus::read;
    return event;
}

roomstore::Task task_of_other() {
    auto task = changed_task("task");
    task.title = "of another";
    return task;
}

void take_address(ConversationStore& store) {
    run(store.link_address("other identity", ChannelType::sms, "new"));
}

std::string holder_of_address(ConversationStore& store) {
    return run(store.resolve_identity(ChannelType::sms, "new")).value().id;
}

// The index of an event relative to `reply`, the last event of the populated store.
std::int64_t index_after_reply(ConversationStore& store, const std::string& id) {
    const auto reply = run(store.get_event("room", "reply")).value().index;
    return run(store.get_event("room", id)).value().index - reply;
}

const std::vector<ConcurrentWrite> rivalries{
    // If the COMMIT took effect, the re-run finds the event by its id; otherwise it appends it
    // after the event of the other store.
    {"add_event_auto_index",
     CALL(add_event_auto_index("room", make_event({.id = "new"}))),
     OTHER(add_event_auto_index("room", make_event({.id = "of another"}))),
     LOOK(index_after_reply(store, "new")),
     1,
     2},
    {"append_events",
     CALL(append_events("room", two_events())),
     OTHER(add_event_auto_index("room", make_event({.id = "of another"}))),
     LOOK(index_after_reply(store, "newer")),
     2,
     3},
    {"add_event_auto_index of an event that the other deletes",
     CALL(add_event_auto_index("room", make_event({.id = "new"}))),
     OTHER(delete_event("room", "new")),
     LOOK(index_after_reply(store, "new")),
     2,
     1},
    // The re-run overwrites what the other store has written.
    {"update_room",
     CALL(update_room(sample_room({.status = RoomStatus::closed}))),
     OTHER(update_room(sample_room({.status = RoomStatus::paused}))),
     LOOK(std::string(to_string(run(store.get_room("room")).value().status))),
     "closed",
     "closed"},
    {"patch_room_metadata",
     CALL(patch_room_metadata("room", {{"new", "ours"}}, {"yes"})),
     OTHER(patch_room_metadata("room", {{"new", "theirs"}, {"other", "theirs"}, {"yes", 1}})),
     LOOK({run(store.get_room("room")).value().metadata.at("new"),
           run(store.get_room("room")).value().metadata.at("other"),
           run(store.get_room("room")).value().metadata.contains("yes")}),
     Json{"ours", "theirs", false},
     Json{"ours", "theirs", false}},
    {"update_event",
     CALL(update_event(changed_event())),
     OTHER(update_event(event_of_other())),
     LOOK(std::string(to_string(run(store.get_event("room", "event")).value().status))),
     "failed",
     "failed"},
    {"add_binding",
     CALL(add_binding(changed_binding("new"))),
     OTHER(add_binding(binding_of_other("new"))),
     LOOK(run(store.get_binding("room", "new")).value().muted),
     changed_binding("new").muted,
     changed_binding("new").muted},
    {"update_binding",
     CALL(update_binding(changed_binding("channel"))),
     OTHER(update_binding(binding_of_other("channel"))),
     LOOK(run(store.get_binding("room", "channel")).value().muted),
     changed_binding("channel").muted,
     changed_binding("channel").muted},
    {"add_participant",
     CALL(add_participant(changed_participant("new"))),
     OTHER(add_participant(participant_of_other("new"))),
     LOOK(run(store.get_participant("room", "new")).value().display_name.value()),
     "changed",
     "changed"},
    {"update_participant",
     CALL(update_participant(changed_participant("participant"))),
     OTHER(update_participant(participant_of_other("participant"))),
     LOOK(run(store.get_participant("room", "participant")).value().display_name.value()),
     "changed",
     "changed"},
    {"link_address",
     CALL(link_address("identity", ChannelType::sms, "new")),
     take_address,
     LOOK(holder_of_address(store)),
     "identity",
     "identity"},
    {"update_task",
     CALL(update_task(changed_task("task"))),
     OTHER(update_task(task_of_other())),
     LOOK(run(store.get_task("task")).value().title),
     "changed",
     "changed"},
    // A read marker never moves back; mark_all_read uses the last index at the time of the re-run.
    {"mark_read",
     CALL(mark_read("room", "channel", "event")),
     OTHER(mark_read("room", "channel", "reply")),
     LOOK(run(store.get_unread_count("room", "channel"))),
     0,
     0},
    {"mark_all_read",
     CALL(mark_all_read("room", "channel")),
     OTHER(add_event_auto_index("room", make_event({.id = "of another"}))),
     LOOK(run(store.get_unread_count("room", "channel"))),
     0,
     0},
};

}  // namespace

TEST_CASE("a write whose COMMIT is lost is settled with the correct result, or is commit_unknown",
          "[F2][rerun]") {
    const auto action = GENERATE(Action::cut_before, Action::cut_reply);
    for (const auto& write : writes) {
        CAPTURE(write.name, action == Action::cut_before);
        const auto truth = truth_of(write);
        REQUIRE(truth.before != truth.after);
        LossyStore lossy;
        auto& [proxy, fault, store, early] = lossy;
        REQUIRE(dump_of(*store, early) == truth.before);

        const auto lost = proxy.inject({.action = action});
        const auto ending = Task(fault.caller().context(), write.call(*store)).get();
        CHECK(proxy.happened(lost) == 1);
        INFO(ending.text);
        const auto stats = fault.store().stats();
        CHECK(stats.doubts == 1);
        if (write.doubt == Doubt::settled) {
            REQUIRE(ending.result);
            CHECK(without_stamp(*ending.result) == truth.answer);
            CHECK(stats.doubts_settled == 1);
            CHECK(dump_of(*store, early) == truth.after);
        } else {
            CHECK(ending.failed(errc::commit_unknown));
            CHECK(ending.text.starts_with(write.name));
            CHECK(stats.doubts_settled == 0);
            CHECK(dump_of(*store, early) ==
                  (action == Action::cut_before ? truth.before : truth.after));
        }
    }
}

TEST_CASE("a write that is re-run after another client has written has the documented effect",
          "[F2][rerun]") {
    const auto action = GENERATE(Action::cut_before, Action::cut_reply);
    for (const auto& rivalry : rivalries) {
        const bool applied = action == Action::cut_reply;
        CAPTURE(rivalry.name, applied);
        LossyStore lossy;
        auto options = lossy.fault.options();
        options.connection_string = shared_server().connection_string();
        PostgresStore other(options);
        run(other.init());
        const auto lost = lossy.proxy.inject({.action = action});
        // The store cannot reconnect before the other store has written.
        lossy.proxy.set_admission(TcpProxy::Admission::refuse);
        Task task(lossy.fault.caller().context(), rivalry.call(*lossy.store));
        await([&] { return lossy.proxy.happened(lost) == 1; });
        rivalry.other(other);
        CHECK_FALSE(task.ended());
        lossy.proxy.set_admission(TcpProxy::Admission::pass);
        const auto ending = task.get();
        INFO(ending.text);
        CHECK(ending.result);
        CHECK(lossy.fault.store().stats().doubts_settled == 1);
        CHECK(rivalry.look(other) == (applied ? rivalry.if_applied : rivalry.if_not));
        run(other.close());
    }
}

TEST_CASE("an update that is re-run after another client has deleted the event is not_found",
          "[F2][rerun]") {
    const auto action = GENERATE(Action::cut_before, Action::cut_reply);
    LossyStore lossy;
    auto options = lossy.fault.options();
    options.connection_string = shared_server().connection_string();
    PostgresStore other(options);
    run(other.init());
    const auto lost = lossy.proxy.inject({.action = action});
    lossy.proxy.set_admission(TcpProxy::Admission::refuse);
    Task task(lossy.fault.caller().context(),
              answer_of(lossy.store->update_event(changed_event())));
    await([&] { return lossy.proxy.happened(lost) == 1; });
    run(other.delete_event("room", "event"));
    lossy.proxy.set_admission(TcpProxy::Admission::pass);
    CHECK(task.get().failed(errc::not_found));
    CHECK_FALSE(run(other.get_event("room", "event")));
    CHECK(lossy.fault.store().stats().doubts_settled == 1);
    run(other.close());
}

}  // namespace roomstore::test
