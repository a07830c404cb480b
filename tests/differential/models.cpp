#include <tuple>

#include "differential/corrupt.hpp"
#include "differential/reference_store.hpp"
#include "differential/values.hpp"
#include "differential/vary.hpp"
#include "support/populated.hpp"

/// Random models.
namespace roomstore::differential {

template <typename Model>
Model Values::mixed(const Model& full) {
    Model model;
    if (one_in(8)) model = full;
    while (!one_in(3)) vary(*this, model, full);
    return model;
}

template <typename Model>
Model Values::rarely_corrupted(Model model) {
    if (one_in(40)) corrupt(*this, model);
    return model;
}

Room Values::room() {
    static const auto full = test::full_room();
    auto room = mixed(full);
    room.id = id(all_room_ids());
    room.organization_id = organization();
    room.status = room_status();
    room.created_at = time();
    room.updated_at = time();
    room.metadata = object();
    if (one_in(4)) room.timers.inactive_after_seconds = count();
    if (one_in(4)) room.timers.last_activity_at = time();
    // Some rooms are imported: they begin with counters of their own.
    if (one_in(6)) {
        room.event_count = count();
        // Some rooms have no index left, or only a few.
        room.latest_index = one_in(5)
                                ? roomstore::detail::max_index - static_cast<std::int64_t>(below(4))
                                : index();
        room.delivered_index = static_cast<std::int64_t>(below(6)) - 1;
    } else {
        room.event_count = 0;
        room.latest_index = 0;
        room.delivered_index = -1;
    }
    return rarely_corrupted(std::move(room));
}

UnknownMembers Values::unknown_members() {
    UnknownMembers members;
    while (!one_in(3)) {
        members.set(among<std::string>({"future", "outcome", "\u00e9", "unknown_members"}),
                    value());
    }
    return members;
}

EventContent Values::content() {
    static const auto full = test::full_contents();
    static const auto minimal = test::minimal_contents();
    if (one_in(40)) return odd_content(below(16));
    switch (below(9)) {
        case 0:
            return among(full);
        case 1:
            return among(minimal);
        case 2:
            return CompositeContent{{TextContent{text()}, SystemContent{.body = text()}}};
        case 3:
            return EditContent{.target_event_id = event_id(), .new_content = TextContent{text()}};
        case 4:
            return UnknownContent{Json{{"type", "poll"}, {"options", value()}}};
        case 5:
            return TextContent{.body = text(), .unknown_members = unknown_members()};
        default:
            return TextContent{text()};
    }
}

RoomEvent Values::event(const std::string& room_id) {
    static const auto full = test::full_event();
    auto event = mixed(full);
    event.id = event_id();
    event.room_id = one_in(80) ? "elsewhere" : room_id;
    event.type = event_type();
    event.status = event_status();
    event.source.channel_id = channel_id();
    event.source.channel_type = channel_type();
    event.content = content();
    event.index = index_near_next(room_id);
    // Few distinct values, so that a repeated id is often a repeated event, and close to those of
    // filters.
    event.created_at = one_in(4) ? time() : Timestamp{std::chrono::days{18'262}};
    if (one_in(2)) event.source.participant_id = maybe(participant_id());
    if (one_in(2)) event.visibility = among<std::string>({"all", "internal", "c1,c2"});
    if (one_in(3)) event.addressed_to = event_ids();
    event.parent_event_id = one_in(2) ? std::optional(parent_id()) : std::nullopt;
    event.correlation_id = one_in(4) ? std::optional(id({"x1", "\u03be2"})) : std::nullopt;
    event.idempotency_key = one_in(3) ? std::optional(key()) : std::nullopt;
    if (one_in(5)) event.blocked_by = text();
    if (one_in(5)) event.response_visibility = text();
    if (one_in(5)) event.source.provider = text();
    if (one_in(5)) event.channel_data.thread_id = text();
    if (one_in(5)) event.metadata = object();
    if (one_in(8)) event.delivery_results = object();
    if (one_in(3)) event.token_count = static_cast<std::int64_t>(below(6));
    if (one_in(8)) event.unknown_members = unknown_members();
    if (one_in(16)) event.source.unknown_members = unknown_members();
    return rarely_corrupted(std::move(event));
}

std::vector<RoomEvent> Values::events(const std::string& room_id) {
    std::vector<RoomEvent> events;
    for (const auto& id : all_event_ids()) {
        if (!one_in(3)) continue;
        events.push_back(event(room_id));
        if (!one_in(30)) events.back().id = id;
    }
    return events;
}

ChannelBinding Values::binding() {
    static const auto full = test::full_binding();
    auto binding = mixed(full);
    binding.channel_id = channel_id();
    binding.room_id = room_id();
    binding.channel_type = channel_type();
    binding.participant_id = one_in(2) ? std::optional(participant_id()) : std::nullopt;
    if (one_in(4)) binding.last_read_index = index();
    binding.attached_at = time();
    if (one_in(3)) binding.metadata = object();
    return rarely_corrupted(std::move(binding));
}

Participant Values::participant() {
    static const auto full = test::full_participant();
    auto participant = mixed(full);
    participant.id = participant_id();
    participant.room_id = room_id();
    participant.channel_id = channel_id();
    if (one_in(4)) participant.display_name = text();
    if (one_in(4)) participant.identity_id = identity_id();
    if (one_in(3)) participant.candidates = event_ids();
    while (!one_in(2)) participant.connected_via.push_back(channel_id());
    participant.joined_at = time();
    if (one_in(3)) participant.metadata = object();
    return rarely_corrupted(std::move(participant));
}

Identity Values::identity() {
    static const auto full = test::full_identity();
    auto identity = mixed(full);
    identity.id = identity_id();
    identity.organization_id = organization();
    identity.channel_addresses.clear();
    while (!one_in(2)) {
        auto& addresses = identity.channel_addresses[channel_type().name()];
        while (!one_in(2)) addresses.push_back(address());
    }
    if (one_in(4)) identity.external_ids = {{"crm", text()}};
    if (one_in(3)) identity.metadata = object();
    return rarely_corrupted(std::move(identity));
}

Task Values::task() {
    static const auto full = test::full_task();
    auto task = mixed(full);
    task.id = task_id();
    task.room_id = room_id();
    task.title = text();
    task.status = task_status();
    task.created_at = time();
    if (one_in(3)) task.metadata = object();
    return rarely_corrupted(std::move(task));
}

Observation Values::observation() {
    static const auto full = test::full_observation();
    auto observation = mixed(full);
    observation.id = id({"b1", "b2", "\u00fe3"});
    observation.room_id = room_id();
    observation.channel_id = channel_id();
    observation.content = text();
    observation.confidence = one_in(30) ? 1.5 : among<double>({0.1, 1.0, -0.0, 1.0 / 3});
    observation.created_at = time();
    if (one_in(3)) observation.metadata = object();
    return rarely_corrupted(std::move(observation));
}

template <typename Row>
Row Values::aimed(Row row, const ReferenceKeys& keys, std::string Row::* id) {
    if (!keys.empty() && !one_in(4)) std::tie(row.room_id, row.*id) = among(keys);
    return row;
}

Room Values::known_room() {
    auto known = room();
    if (!one_in(4)) known.id = room_id();
    return known;
}

RoomEvent Values::known_event() {
    return aimed(event(room_id()), reference_.event_keys(), &RoomEvent::id);
}

ChannelBinding Values::known_binding() {
    return aimed(binding(), reference_.binding_keys(), &ChannelBinding::channel_id);
}

Participant Values::known_participant() {
    return aimed(participant(), reference_.participant_keys(), &Participant::id);
}

Task Values::known_task() { return aimed(task(), reference_.task_keys(), &Task::id); }

}  // namespace roomstore::differential
