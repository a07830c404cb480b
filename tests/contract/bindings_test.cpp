#include "contract/populated_store.hpp"
#include "support/populated.hpp"

namespace roomstore::contract {

namespace {

ChannelBinding make_binding(std::string channel_id, Timestamp attached_at = at(0)) {
    return {.channel_id = std::move(channel_id),
            .room_id = "room",
            .channel_type = ChannelType::sms,
            .attached_at = attached_at};
}

Ids channels(ConversationStore& store, std::string room_id = "room") {
    Ids ids;
    for (const auto& binding : run(store.list_bindings(std::move(room_id)))) {
        ids.push_back(binding.channel_id);
    }
    return ids;
}

}  // namespace

TEST_CASE("add_binding attaches a channel and returns the stored row", "[bindings]") {
    const auto store = store_with_room();
    CHECK(run(store->add_binding(full_binding())) == full_binding());
    CHECK(run(store->get_binding("room", "channel")) == full_binding());
    CHECK(run(store->list_bindings("room")) == std::vector{full_binding()});
    CHECK(run(store->binding_exists("room", "channel")));
}

TEST_CASE("add_binding replaces an existing binding but keeps its attached_at", "[bindings]") {
    const auto store = store_with_room();
    run(store->add_binding(make_binding("channel", at(5))));
    auto expected = full_binding();
    REQUIRE(expected.attached_at != at(5));
    const auto stored = run(store->add_binding(expected));
    expected.attached_at = at(5);
    CHECK(stored == expected);
    CHECK(run(store->list_bindings("room")) == std::vector{expected});
    expected = make_binding("channel", at(5));
    CHECK(run(store->add_binding(make_binding("channel", at(1)))) == expected);
    CHECK(run(store->get_binding("room", "channel")) == expected);
}

TEST_CASE("update_binding replaces everything except attached_at", "[bindings]") {
    const auto store = store_with_room();
    run(store->add_binding(make_binding("channel", at(5))));
    auto expected = full_binding();
    const auto stored = run(store->update_binding(expected));
    expected.attached_at = at(5);
    CHECK(stored == expected);
    CHECK(run(store->get_binding("room", "channel")) == expected);
    expected = make_binding("channel", at(5));
    CHECK(run(store->update_binding(make_binding("channel", at(9)))) == expected);
    CHECK(run(store->get_binding("room", "channel")) == expected);
}

TEST_CASE("add_binding requires the room, update_binding also the binding", "[bindings]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    auto nowhere = full_binding();
    nowhere.room_id = "unknown";
    CHECK_FAILS(store->add_binding(nowhere), errc::not_found);
    CHECK_FAILS(store->update_binding(nowhere), errc::not_found);
    CHECK_FAILS(store->update_binding(make_binding("unknown")), errc::not_found);
    auto elsewhere = full_binding();
    elsewhere.room_id = "other room";
    CHECK_FAILS(store->update_binding(elsewhere), errc::not_found);
    CHECK(dump(*store) == before);
}

TEST_CASE("reading a missing binding is not an error", "[bindings]") {
    const auto store = populated_store();
    CHECK(run(store->get_binding("room", "unknown")) == std::nullopt);
    CHECK(run(store->get_binding("unknown", "channel")) == std::nullopt);
    CHECK(run(store->get_binding("other room", "channel")) == std::nullopt);
    CHECK_FALSE(run(store->binding_exists("room", "unknown")));
    CHECK_FALSE(run(store->binding_exists("unknown", "channel")));
    CHECK_FALSE(run(store->binding_exists("other room", "channel")));
    CHECK(run(store->list_bindings("unknown")).empty());
    CHECK(run(store->list_bindings("other room")).empty());
}

TEST_CASE("remove_binding detaches the channel and returns whether it was attached", "[bindings]") {
    const auto store = store_with_room();
    run(store->add_binding(make_binding("a")));
    run(store->add_binding(make_binding("b")));
    CHECK(run(store->remove_binding("room", "a")));
    CHECK_FALSE(run(store->remove_binding("room", "a")));
    CHECK_FALSE(run(store->remove_binding("unknown", "b")));
    CHECK(channels(*store) == Ids{"b"});
    CHECK_FALSE(run(store->binding_exists("room", "a")));
}

TEST_CASE("attaching a channel again after removal sets a new attached_at", "[bindings]") {
    const auto store = store_with_room();
    run(store->add_binding(make_binding("a", at(1))));
    REQUIRE(run(store->remove_binding("room", "a")));
    CHECK(run(store->add_binding(make_binding("a", at(2)))).attached_at == at(2));
}

TEST_CASE("bindings are ordered by attached_at, then by the bytes of channel_id", "[bindings]") {
    const auto store = store_with_room();
    for (const auto* id : {"b", "a", "\xC3\xA4", "B", "a-b", "ab"}) {
        run(store->add_binding(make_binding(id, at(2))));
    }
    run(store->add_binding(make_binding("z", at(1))));
    CHECK(channels(*store) == Ids{"z", "B", "a", "a-b", "ab", "b", "\xC3\xA4"});
    // An upsert keeps the position, because it keeps attached_at.
    run(store->add_binding(make_binding("B", at(0))));
    CHECK(channels(*store) == Ids{"z", "B", "a", "a-b", "ab", "b", "\xC3\xA4"});
}

TEST_CASE("bindings of one channel to different rooms are independent", "[bindings]") {
    const auto store = store_with_room();
    run(store->create_room(sample_room({.id = "other"})));
    run(store->add_binding(full_binding()));
    auto other = make_binding("channel");
    other.room_id = "other";
    run(store->add_binding(other));
    CHECK(run(store->get_binding("room", "channel")) == full_binding());
    CHECK(run(store->get_binding("other", "channel")) == other);
    REQUIRE(run(store->remove_binding("room", "channel")));
    CHECK(channels(*store, "other") == Ids{"channel"});
}

TEST_CASE("detaching a channel keeps its read marker", "[bindings]") {
    const auto store = populated_store();
    REQUIRE(run(store->remove_binding("room", "channel")));
    CHECK(run(store->list_read_markers("room")) ==
          std::map<std::string, std::int64_t>{{"channel", full_event().index}});
    run(store->add_binding(full_binding()));
    CHECK(run(store->get_unread_count("room", "channel")) == 1);
}

TEST_CASE("last_read_index of a binding and the read marker are independent", "[bindings]") {
    const auto store = store_with_room();
    run(store->add_event_auto_index("room", make_event()));
    auto binding = make_binding("channel");
    binding.last_read_index = 0;
    run(store->add_binding(binding));
    CHECK(run(store->get_unread_count("room", "channel")) == 1);
    CHECK(run(store->list_read_markers("room")).empty());
    run(store->mark_all_read("room", "channel"));
    CHECK(run(store->get_binding("room", "channel")) == binding);
}

TEST_CASE("binding writes do not change the room", "[bindings]") {
    const auto store = store_with_room();
    run(store->add_binding(full_binding()));
    run(store->update_binding(make_binding("channel")));
    run(store->remove_binding("room", "channel"));
    CHECK(run(store->get_room("room")) == sample_room());
}

}  // namespace roomstore::contract
