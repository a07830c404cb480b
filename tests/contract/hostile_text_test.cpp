#include "support/hostile_text.hpp"

#include "contract/fixture.hpp"
#include "support/fields.hpp"
#include "support/populated.hpp"

namespace roomstore::contract {

namespace {

/// Sets a field to hostile text of a valid size.
template <typename Model>
void poison(HostileText& hostile, Model& model, const TextField<Model>& field) {
    const bool filled = field.kind == TextKind::id || field.kind == TextKind::address;
    const bool free = field.kind == TextKind::free;
    field.set(model, hostile.next(free ? 600 : 255, filled ? 1 : 0));
}

/// A fully populated model with hostile text in every field except `room_id`, and a unique id.
template <typename Model>
Model poisoned(HostileText& hostile, Model model, int number) {
    for (const auto& field : text_fields(model)) {
        if (!field.path.ends_with(".room_id")) poison(hostile, model, field);
    }
    for (const auto& field : json_fields(model)) field.get(model) = hostile.object();
    if constexpr (requires { model.id; }) {
        model.id = hostile.next(200, 1) + std::to_string(number);
    }
    return model;
}

RoomEvent poisoned_event(HostileText& hostile, int number) {
    static const auto contents = content_text_fields();
    static const auto json_contents = content_json_fields();
    auto event = poisoned(hostile, full_event(), number);
    event.room_id = "room";
    event.idempotency_key = hostile.next(200, 1) + std::to_string(number);
    const auto position = static_cast<std::size_t>(number);
    if (number % 4 == 0) {
        json_contents[position / 4 % json_contents.size()].get(event) = hostile.object();
    } else {
        poison(hostile, event, contents[position % contents.size()]);
    }
    return event;
}

}  // namespace

TEST_CASE("ten thousand hostile texts in events are returned byte for byte",
          "[round_trip][events]") {
    HostileText hostile(20260203);
    const auto store = store_with_room();
    std::vector<RoomEvent> written;
    while (hostile.count() < 10'000) {
        std::vector<RoomEvent> batch;
        for (int i = 0; i < 50; ++i) {
            auto event = poisoned_event(hostile, static_cast<int>(written.size()));
            event.index = static_cast<std::int64_t>(written.size());
            batch.push_back(event);
            written.push_back(std::move(event));
        }
        run(store->append_events("room", batch));
    }
    const auto read =
        run(store->list_events("room", {.limit = static_cast<std::int64_t>(written.size())}));
    REQUIRE(read.size() == written.size());
    for (std::size_t i = 0; i < written.size(); ++i) {
        CAPTURE(i);
        REQUIRE(read[i] == written[i]);
    }
    for (const auto& event : written) {
        REQUIRE(run(store->get_event("room", event.id)) == event);
        REQUIRE(run(store->get_event_by_idempotency_key("room", *event.idempotency_key)) == event);
    }
}

TEST_CASE("filters with hostile texts find exactly the events that have them",
          "[round_trip][events]") {
    HostileText hostile(1);
    const auto store = store_with_room();
    std::vector<RoomEvent> written;
    for (int i = 0; i < 50; ++i) {
        written.push_back(poisoned_event(hostile, i));
        written.back().index = i;
    }
    run(store->append_events("room", written));
    const auto found = [&](const RoomEvent& event, EventFilter filter) {
        const auto rows = run(store->list_events("room", {.filter = std::move(filter)}));
        CHECK(std::find(rows.begin(), rows.end(), event) != rows.end());
        // One-character texts may occur in several events.
        CHECK(rows.size() < 5);
    };
    for (const auto& event : written) {
        found(event, {.visibility = event.visibility, .correlation_id = event.correlation_id});
        found(event,
              {.source_channel_id = event.source.channel_id,
               .participant_id = event.source.participant_id,
               .parent_event_id = event.parent_event_id});
        const auto root = event.parent_event_id.value();
        CHECK(run(store->get_thread_summaries("room", {root})).at(root).reply_count >= 1);
    }
}

TEST_CASE("hostile texts in all other rows are returned byte for byte", "[round_trip]") {
    HostileText hostile(2);
    const auto store = fresh_store();
    for (int i = 0; i < 25; ++i) {
        CAPTURE(i);
        const auto room = poisoned(hostile, full_room(), i);
        CHECK(run(store->create_room(room)) == room);
        CHECK(run(store->get_room(room.id)) == room);
        const auto same_metadata = run(store->find_rooms({.metadata = room.metadata}));
        CHECK(ids_of(same_metadata) == Ids{room.id});

        auto binding = poisoned(hostile, full_binding(), i);
        binding.room_id = room.id;
        CHECK(run(store->add_binding(binding)) == binding);
        CHECK(run(store->get_binding(room.id, binding.channel_id)) == binding);

        auto participant = poisoned(hostile, full_participant(), i);
        participant.room_id = room.id;
        participant.connected_via.front() = participant.channel_id;
        CHECK(run(store->add_participant(participant)) == participant);
        CHECK(run(store->get_participant(room.id, participant.id)) == participant);

        auto task = poisoned(hostile, full_task(), i);
        task.room_id = room.id;
        CHECK(run(store->add_task(task)) == task);
        CHECK(run(store->get_task(task.id)) == task);

        auto observation = poisoned(hostile, full_observation(), i);
        observation.room_id = room.id;
        CHECK(run(store->add_observation(observation)) == observation);
        CHECK(run(store->list_observations(room.id)) == std::vector{observation});

        auto event = make_event({.id = hostile.next(255, 1), .room_id = room.id});
        const auto channel_id = hostile.next(255, 1);
        event = run(store->add_event_auto_index(room.id, event));
        run(store->mark_read(room.id, channel_id, event.id));
        CHECK(run(store->list_read_markers(room.id)) ==
              std::map<std::string, std::int64_t>{{channel_id, event.index}});
        CHECK(run(store->get_unread_counts(channel_id, {room.id})).at(room.id) == 0);
    }
}

TEST_CASE("hostile texts in identities and addresses are returned byte for byte",
          "[round_trip][identities]") {
    HostileText hostile(3);
    const auto store = fresh_store();
    for (int i = 0; i < 25; ++i) {
        CAPTURE(i);
        auto identity = poisoned(hostile, full_identity(), i);
        const auto address = hostile.next(1000, 1) + std::to_string(i);
        identity.channel_addresses = {{"sms", {address, hostile.next(500, 1) + " second"}}};
        CHECK(run(store->create_identity(identity)) == identity);
        CHECK(run(store->get_identity(identity.id)) == identity);
        CHECK(run(store->resolve_identity(ChannelType::sms, address, identity.organization_id)) ==
              identity);
        const auto other = hostile.next(1000, 1) + std::to_string(i);
        const auto organization = hostile.next(255, 1);
        run(store->link_address(identity.id, ChannelType::email, other, organization));
        CHECK(run(store->resolve_identity(ChannelType::email, other, organization))->id ==
              identity.id);
    }
}

TEST_CASE("patch_room_metadata stores hostile keys byte for byte", "[round_trip][rooms]") {
    HostileText hostile(4);
    const auto store = store_with_room();
    Json expected = Json::object();
    for (int i = 0; i < 50; ++i) {
        const auto patch = hostile.object();
        const auto unset = i % 5 == 0 && !expected.empty() ? expected.begin().key() : "none such";
        expected.erase(unset);
        expected.update(patch);
        const auto room = run(store->patch_room_metadata("room", patch, {unset}));
        REQUIRE(room);
        CHECK(room->metadata == expected);
    }
    CHECK(run(store->get_room("room"))->metadata == expected);
}

}  // namespace roomstore::contract
