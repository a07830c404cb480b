#include "contract/populated_store.hpp"
#include "support/populated.hpp"

namespace roomstore::contract {

namespace {

/// A root with three replies, one of which has a reply of its own, and an unrelated event.
std::shared_ptr<ConversationStore> store_with_thread() {
    auto store = store_with_room();
    const auto add = [&](EventArgs args) {
        run(store->add_event_auto_index("room", make_event(std::move(args))));
    };
    add({.id = "root", .key = "root key", .created_at = at(50)});
    add({.id = "z", .key = "z key", .parent = "root", .created_at = at(30)});
    add({.id = "bystander"});
    add({.id = "a", .parent = "root", .created_at = at(40)});
    add({.id = "nested", .parent = "z", .created_at = at(60)});
    add({.id = "m", .parent = "root", .created_at = at(20)});
    return store;
}

Ids listed(ConversationStore& store) { return ids_of(run(store.list_events("room"))); }

}  // namespace

TEST_CASE("deleting an event deletes its direct replies, returned in index order", "[events]") {
    const auto store = store_with_thread();
    CHECK(run(store->delete_event("room", "root")) == Ids{"root", "z", "a", "m"});
    CHECK(listed(*store) == Ids{"bystander", "nested"});
    for (const auto* id : {"root", "z", "a", "m"}) {
        CHECK(run(store->get_event("room", id)) == std::nullopt);
        CHECK(run(store->get_event(id)) == std::nullopt);
    }
    CHECK(run(store->get_event("nested"))->parent_event_id == "z");
}

TEST_CASE("deleting an event can keep its replies", "[events]") {
    const auto store = store_with_thread();
    CHECK(run(store->delete_event("room", "root", Replies::keep)) == Ids{"root"});
    CHECK(listed(*store) == Ids{"z", "bystander", "a", "nested", "m"});
    CHECK(run(store->get_event("z"))->parent_event_id == "root");
    CHECK(run(store->get_thread_summaries("room", {"root"})).at("root").reply_count == 3);
}

TEST_CASE("deleting a reply keeps the rest of the thread", "[events]") {
    const auto store = store_with_thread();
    CHECK(run(store->delete_event("room", "a")) == Ids{"a"});
    CHECK(listed(*store) == Ids{"root", "z", "bystander", "nested", "m"});
}

TEST_CASE("deleting an event also deletes direct replies with smaller indexes", "[events]") {
    const auto store = store_with_room();
    run(store->add_event_auto_index("room", make_event({.id = "reply", .parent = "root"})));
    run(store->add_event_auto_index("room", make_event({.id = "root"})));
    run(store->add_event_auto_index("room", make_event({.id = "late", .parent = "root"})));
    CHECK(run(store->delete_event("room", "root")) == Ids{"root", "reply", "late"});
}

TEST_CASE("an event that replies to itself is deleted and returned once", "[events]") {
    const auto store = store_with_room();
    run(store->add_event_auto_index("room", make_event({.id = "loop", .parent = "loop"})));
    run(store->add_event_auto_index("room", make_event({.id = "reply", .parent = "loop"})));
    CHECK(run(store->delete_event("room", "loop")) == Ids{"loop", "reply"});
    CHECK(run(store->get_event_count("room")) == 0);
}

TEST_CASE("deleting an event that is not in the room changes nothing", "[events]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    CHECK(run(store->delete_event("room", "unknown")).empty());
    CHECK(run(store->delete_event("unknown", "event")).empty());
    CHECK(run(store->delete_event("other room", "reply")).empty());
    // The parent does not exist in the room; its replies are kept.
    CHECK(run(store->delete_event("room", "parent")).empty());
    CHECK(dump(*store) == before);
}

TEST_CASE("deleting does not affect events with the same ids in other rooms", "[events]") {
    const auto store = store_with_thread();
    run(store->create_room(sample_room({.id = "other"})));
    run(store->add_event_auto_index(
        "other", make_event({.id = "root", .room_id = "other", .key = "root key"})));
    run(store->add_event_auto_index("other",
                                    make_event({.id = "a", .room_id = "other", .parent = "root"})));
    run(store->delete_event("room", "root"));
    CHECK(ids_of(run(store->list_events("other"))) == Ids{"root", "a"});
    CHECK(run(store->check_idempotency("other", "root key")));
}

TEST_CASE("deleting frees the idempotency keys of all deleted events", "[events]") {
    const auto store = store_with_thread();
    run(store->delete_event("room", "root"));
    CHECK_FALSE(run(store->check_idempotency("room", "root key")));
    CHECK_FALSE(run(store->check_idempotency("room", "z key")));
    const auto again =
        run(store->add_event_auto_index("room", make_event({.id = "new", .key = "z key"})));
    CHECK(again.id == "new");
    CHECK(again.index == 6);
}

TEST_CASE("deleting does not change the room, its event_count or the next index", "[events]") {
    const auto store = store_with_thread();
    const auto before = run(store->get_room("room"));
    run(store->delete_event("room", "m"));
    run(store->delete_event("room", "root"));
    CHECK(run(store->get_room("room")) == before);
    CHECK(run(store->get_event_count("room")) == 2);
    CHECK(run(store->add_event_auto_index("room", make_event())).index == 6);
}

TEST_CASE("deleting an event again does nothing", "[events]") {
    const auto store = store_with_thread();
    CHECK(run(store->delete_event("room", "bystander")) == Ids{"bystander"});
    CHECK(run(store->delete_event("room", "bystander")).empty());
    CHECK(run(store->get_event_count("room")) == 5);
}

TEST_CASE("thread summaries have the number and the latest time of the direct replies",
          "[events]") {
    const auto store = store_with_thread();
    const auto threads =
        run(store->get_thread_summaries("room", {"root", "z", "a", "unknown", "root"}));
    const std::map<std::string, ThreadSummary> expected{
        {"root", {.root_event_id = "root", .reply_count = 3, .last_reply_at = at(40)}},
        {"z", {.root_event_id = "z", .reply_count = 1, .last_reply_at = at(60)}}};
    CHECK(threads == expected);
}

TEST_CASE("thread summaries follow deletions and repeated appends", "[events]") {
    const auto store = store_with_thread();
    run(store->delete_event("room", "a"));
    const auto fewer = run(store->get_thread_summaries("room", {"root"}));
    CHECK(fewer.at("root").reply_count == 2);
    CHECK(fewer.at("root").last_reply_at == at(30));
    run(store->delete_event("room", "z", Replies::keep));
    run(store->delete_event("room", "m"));
    CHECK(run(store->get_thread_summaries("room", {"root"})).empty());
    CHECK(run(store->get_thread_summaries("room", {"z"})).at("z").reply_count == 1);
    run(store->add_event_auto_index("room", make_event({.id = "a", .parent = "root"})));
    CHECK(run(store->get_thread_summaries("room", {"root"})).at("root").reply_count == 1);
}

TEST_CASE("thread summaries without roots, of unknown rooms and of other rooms are empty",
          "[events]") {
    const auto store = store_with_thread();
    run(store->create_room(sample_room({.id = "other"})));
    CHECK(run(store->get_thread_summaries("room", {})).empty());
    CHECK(run(store->get_thread_summaries("unknown", {"root"})).empty());
    CHECK(run(store->get_thread_summaries("other", {"root"})).empty());
}

TEST_CASE("thread summaries and cascades are exact for imports with gaps", "[events]") {
    const auto store = store_with_room();
    run(store->add_event(make_event({.id = "root", .index = 10})));
    run(store->add_event(
        make_event({.id = "b", .index = 5, .parent = "root", .created_at = at(5)})));
    run(store->add_event(
        make_event({.id = "a", .index = 20, .parent = "root", .created_at = at(2)})));
    const auto threads = run(store->get_thread_summaries("room", {"root"}));
    CHECK(threads.at("root").reply_count == 2);
    CHECK(threads.at("root").last_reply_at == at(5));
    CHECK(run(store->delete_event("room", "root")) == Ids{"root", "b", "a"});
}

}  // namespace roomstore::contract
