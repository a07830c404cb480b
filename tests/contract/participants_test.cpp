#include "contract/populated_store.hpp"
#include "support/populated.hpp"

namespace roomstore::contract {

namespace {

/// A participant as a store returns it.
Participant make_participant(std::string id, Timestamp joined_at = at(0)) {
    return {.id = std::move(id),
            .room_id = "room",
            .channel_id = "channel",
            .connected_via = {"channel"},
            .joined_at = joined_at};
}

}  // namespace

TEST_CASE("add_participant stores the participant and returns the stored row", "[participants]") {
    const auto store = store_with_room();
    CHECK(run(store->add_participant(full_participant())) == full_participant());
    CHECK(run(store->get_participant("room", "participant")) == full_participant());
    CHECK(run(store->list_participants("room")) == std::vector{full_participant()});
}

TEST_CASE("add_participant replaces an existing participant but keeps joined_at",
          "[participants]") {
    const auto store = store_with_room();
    run(store->add_participant(make_participant("participant", at(5))));
    auto expected = full_participant();
    REQUIRE(expected.joined_at != at(5));
    const auto stored = run(store->add_participant(expected));
    expected.joined_at = at(5);
    CHECK(stored == expected);
    CHECK(run(store->list_participants("room")) == std::vector{expected});
    expected = make_participant("participant", at(5));
    CHECK(run(store->add_participant(make_participant("participant", at(1)))) == expected);
    CHECK(run(store->get_participant("room", "participant")) == expected);
}

TEST_CASE("update_participant replaces everything except joined_at", "[participants]") {
    const auto store = store_with_room();
    run(store->add_participant(make_participant("participant", at(5))));
    auto expected = full_participant();
    const auto stored = run(store->update_participant(expected));
    expected.joined_at = at(5);
    CHECK(stored == expected);
    CHECK(run(store->get_participant("room", "participant")) == expected);
    expected = make_participant("participant", at(5));
    CHECK(run(store->update_participant(make_participant("participant", at(9)))) == expected);
    CHECK(run(store->get_participant("room", "participant")) == expected);
}

TEST_CASE("add_participant requires the room, update_participant also the participant",
          "[participants]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    auto nowhere = full_participant();
    nowhere.room_id = "unknown";
    CHECK_FAILS(store->add_participant(nowhere), errc::not_found);
    CHECK_FAILS(store->update_participant(nowhere), errc::not_found);
    CHECK_FAILS(store->update_participant(make_participant("unknown")), errc::not_found);
    auto elsewhere = full_participant();
    elsewhere.room_id = "other room";
    CHECK_FAILS(store->update_participant(elsewhere), errc::not_found);
    CHECK(dump(*store) == before);
}

TEST_CASE("reading a missing participant is not an error", "[participants]") {
    const auto store = populated_store();
    CHECK(run(store->get_participant("room", "unknown")) == std::nullopt);
    CHECK(run(store->get_participant("unknown", "participant")) == std::nullopt);
    CHECK(run(store->get_participant("other room", "participant")) == std::nullopt);
    CHECK(run(store->list_participants("unknown")).empty());
    CHECK(run(store->list_participants("other room")).empty());
}

TEST_CASE("remove_participant returns whether the participant existed", "[participants]") {
    const auto store = store_with_room();
    run(store->add_participant(make_participant("a", at(1))));
    run(store->add_participant(make_participant("b")));
    CHECK(run(store->remove_participant("room", "a")));
    CHECK_FALSE(run(store->remove_participant("room", "a")));
    CHECK_FALSE(run(store->remove_participant("unknown", "b")));
    CHECK(ids_of(run(store->list_participants("room"))) == Ids{"b"});
    CHECK(run(store->get_participant("room", "a")) == std::nullopt);
    CHECK(run(store->add_participant(make_participant("a", at(2)))).joined_at == at(2));
}

TEST_CASE("participants are ordered by joined_at, then by the bytes of the id", "[participants]") {
    const auto store = store_with_room();
    for (const auto* id : {"b", "a", "\xC3\xA4", "B", "a-b", "ab"}) {
        run(store->add_participant(make_participant(id, at(2))));
    }
    run(store->add_participant(make_participant("z", at(1))));
    CHECK(ids_of(run(store->list_participants("room"))) ==
          Ids{"z", "B", "a", "a-b", "ab", "b", "\xC3\xA4"});
    run(store->add_participant(make_participant("ab", at(0))));
    CHECK(ids_of(run(store->list_participants("room"))) ==
          Ids{"z", "B", "a", "a-b", "ab", "b", "\xC3\xA4"});
}

TEST_CASE("participants with one id in different rooms are independent", "[participants]") {
    const auto store = store_with_room();
    run(store->create_room(sample_room({.id = "other"})));
    run(store->add_participant(full_participant()));
    auto other = make_participant("participant");
    other.room_id = "other";
    run(store->add_participant(other));
    CHECK(run(store->get_participant("room", "participant")) == full_participant());
    CHECK(run(store->get_participant("other", "participant")) == other);
}

TEST_CASE("connected_via starts with the primary channel and has no duplicates", "[participants]") {
    struct Case {
        Ids given;
        Ids stored;
    };
    const std::vector<Case> cases{
        {{}, {"channel"}},
        {{"channel"}, {"channel"}},
        {{"b", "a"}, {"channel", "b", "a"}},
        {{"b", "channel", "a"}, {"channel", "b", "a"}},
        {{"b", "b", "a", "b", "channel", "channel"}, {"channel", "b", "a"}},
        {{"Channel", "channel "}, {"channel", "Channel", "channel "}},
    };
    const auto store = store_with_room();
    run(store->add_participant(make_participant("updated")));
    for (const auto& c : cases) {
        auto participant = make_participant("added");
        participant.connected_via = c.given;
        CHECK(run(store->add_participant(participant)).connected_via == c.stored);
        CHECK(run(store->get_participant("room", "added"))->connected_via == c.stored);
        participant.id = "updated";
        CHECK(run(store->update_participant(participant)).connected_via == c.stored);
        CHECK(run(store->get_participant("room", "updated"))->connected_via == c.stored);
    }
}

TEST_CASE("a new primary channel moves to the front of connected_via", "[participants]") {
    const auto store = store_with_room();
    auto participant = make_participant("a");
    participant.connected_via = {"x", "y"};
    participant = run(store->add_participant(participant));
    participant.channel_id = "y";
    CHECK(run(store->update_participant(participant)).connected_via == Ids{"y", "channel", "x"});
}

TEST_CASE("participant writes do not change the room", "[participants]") {
    const auto store = store_with_room();
    run(store->add_participant(full_participant()));
    run(store->update_participant(make_participant("participant")));
    run(store->remove_participant("room", "participant"));
    CHECK(run(store->get_room("room")) == sample_room());
}

}  // namespace roomstore::contract
