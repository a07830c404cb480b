#include "differential/values.hpp"

#include <cmath>
#include <limits>

#include "roomstore/detail/validate.hpp"
#include "roomstore/model/json.hpp"

namespace roomstore::differential {

namespace {
constexpr auto highest_index = std::numeric_limits<std::int64_t>::max();
}

std::vector<std::string> Values::all_event_ids() { return {"e1", "e2", "e3", "e4", "e5", "e6"}; }

std::vector<std::string> Values::all_identity_ids(const std::string& scope) {
    return {scope + "-i1", scope + "-i2", scope + "-i3"};
}

std::string Values::id(const std::vector<std::string>& ids) {
    if (one_in(60)) {
        return among<std::string>({"",
                                   "nobody",
                                   std::string(255, 'x'),
                                   std::string(256, 'x'),
                                   std::string("a\0b", 3),
                                   "\xff",
                                   "\xed\xa0\x80",
                                   "'; DROP--"});
    }
    return among(ids);
}

std::string Values::identity_id() {
    const auto wanted = id(all_identity_ids(scope_));
    // Legal ids outlive the sequence, so they have to be its own.
    const bool legal = wanted.size() == 255 || wanted == "nobody" || wanted == "'; DROP--";
    return legal ? (scope_ + wanted).substr(0, 255) : wanted;
}

std::string Values::key() { return one_in(12) ? "" : id({"k1", "k2", "k3"}); }

std::string Values::text() {
    if (one_in(80)) return among<std::string>({std::string("\0", 1), "\xc0\x80", "\xf5"});
    return among<std::string>({"",
                               "hello",
                               "it's \\ \"quoted\" %_",
                               "\u00e9\u4e2d\U0001f600",
                               "\u202e\u05d0",
                               "line\nbreak\ttab",
                               "NULL",
                               "{}"});
}

std::string Values::address() {
    if (one_in(60)) return among<std::string>({"", std::string(1025, 'a'), scope_ + "a\\{}\",b"});
    return among<std::string>({scope_ + "-a1", scope_ + "-a2"});
}

std::optional<std::string> Values::organization() {
    if (one_in(2)) return std::nullopt;
    return id({"o1", "o2"});
}

std::vector<std::string> Values::room_ids() {
    std::vector<std::string> ids;
    while (!one_in(4)) ids.push_back(room_id());
    return ids;
}

std::vector<std::string> Values::event_ids() {
    std::vector<std::string> ids;
    while (!one_in(4)) ids.push_back(event_id());
    return ids;
}

std::vector<std::string> Values::keys() {
    std::vector<std::string> keys;
    while (!one_in(2)) keys.push_back(among<std::string>({"a", "b", "", "\u00e9"}));
    return keys;
}

Timestamp Values::time() {
    if (one_in(150)) {
        return among<Timestamp>({min_timestamp,
                                 min_timestamp - std::chrono::microseconds{1},
                                 max_timestamp,
                                 max_timestamp + std::chrono::microseconds{1},
                                 Timestamp{}});
    }
    const Timestamp base = std::chrono::sys_days{std::chrono::year{2020} / 1 / 1};
    return base + std::chrono::microseconds{static_cast<std::int64_t>(below(4))};
}

std::int64_t Values::index() {
    if (one_in(60)) {
        return among<std::int64_t>({-1,
                                    -2,
                                    highest_index,
                                    highest_index - 1,
                                    (std::int64_t{1} << 53) + 1,
                                    std::numeric_limits<std::int64_t>::min()});
    }
    return static_cast<std::int64_t>(below(12));
}

std::int64_t Values::count() {
    if (one_in(60)) return among<std::int64_t>({-1, highest_index});
    return static_cast<std::int64_t>(below(6));
}

Json Values::value(int depth) {
    switch (below(depth < 2 ? 10 : 7)) {
        case 0:
            return nullptr;
        case 1:
            return one_in(2);
        case 2:
            return static_cast<std::int64_t>(below(3));
        case 3:
            return among<double>({0.5, 1.0, 2.0, 1e300, 0.1});
        case 4:
        case 5:
            return text();
        case 6:
            if (one_in(40)) return std::nan("");
            return std::numeric_limits<std::int64_t>::max();
        case 7: {
            Json array = Json::array();
            while (!one_in(3)) array.push_back(value(depth + 1));
            return array;
        }
        default: {
            Json object = Json::object();
            while (!one_in(3)) object[among<std::string>({"a", "b", ""})] = value(depth + 1);
            return object;
        }
    }
}

Json Values::object() {
    if (one_in(100)) return Json::array();
    Json object = Json::object();
    while (!one_in(3)) object[among<std::string>({"a", "b", "", "\u00e9"})] = value();
    return object;
}

EventType Values::event_type() {
    if (one_in(80)) return among<EventType>({"", "UPPER", "a b", std::string(65, 'x')});
    return among<EventType>({EventType::message, EventType::message, EventType::reaction, "own.x"});
}

ChannelType Values::channel_type() {
    if (one_in(80)) return among<ChannelType>({"", "\u00e9"});
    return among<ChannelType>({ChannelType::sms, ChannelType::websocket});
}

RoomStatus Values::room_status() {
    if (one_in(100)) return static_cast<RoomStatus>(77);
    return one_in(3) ? RoomStatus::closed : RoomStatus::active;
}

TaskStatus Values::task_status() { return one_in(2) ? TaskStatus::pending : TaskStatus::completed; }

Room Values::room() {
    Room room{.id = room_id(), .created_at = time(), .updated_at = time(), .metadata = object()};
    room.organization_id = organization();
    room.status = room_status();
    if (one_in(4)) room.closed_at = time();
    if (one_in(4)) room.timers.inactive_after_seconds = count();
    if (one_in(4)) room.timers.last_activity_at = time();
    if (one_in(6)) {
        room.event_count = count();
        room.latest_index = index();
        room.delivered_index = static_cast<std::int64_t>(below(6)) - 1;
    }
    return room;
}

EventContent Values::content() {
    switch (below(8)) {
        case 0:
            return LocationContent{.latitude = one_in(40) ? 91.0 : 12.5, .longitude = -180};
        case 1:
            return CompositeContent{{TextContent{text()}, SystemContent{.body = text()}}};
        case 2:
            return EditContent{.target_event_id = event_id(), .new_content = TextContent{text()}};
        case 3:
            return UnknownContent{Json{{"type", "poll"}, {"options", value()}}};
        case 4:
            return MediaContent{.url = one_in(20) ? "ftp://x" : "https://x/y", .mime_type = "a/b"};
        default:
            return TextContent{text()};
    }
}

RoomEvent Values::event(const std::string& room_id) {
    RoomEvent event{.id = event_id(),
                    .room_id = one_in(80) ? "elsewhere" : room_id,
                    .type = event_type(),
                    .source = {.channel_id = channel_id(), .channel_type = channel_type()},
                    .content = content(),
                    .index = index(),
                    // Few distinct values: a repeated id must often be a repeated event.
                    .created_at = one_in(4) ? time() : Timestamp{std::chrono::days{18'000}}};
    if (one_in(3)) event.source.participant_id = participant_id();
    if (one_in(3)) event.visibility = among<std::string>({"internal", "c1,c2"});
    if (one_in(3)) event.addressed_to = event_ids();
    if (one_in(3)) event.parent_event_id = event_id();
    if (one_in(4)) event.correlation_id = id({"x1", "x2"});
    if (one_in(3)) event.idempotency_key = key();
    if (one_in(5)) event.metadata = object();
    if (one_in(5)) event.blocked_by = text();
    if (one_in(8)) event.delivery_results = object();
    if (one_in(8)) event.chain_depth = count();
    return event;
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
    ChannelBinding binding{.channel_id = channel_id(), .room_id = room_id()};
    binding.channel_type = channel_type();
    binding.access = one_in(2) ? Access::read_only : Access::read_write;
    binding.muted = one_in(2);
    if (one_in(2)) binding.participant_id = participant_id();
    if (one_in(4)) binding.last_read_index = index();
    binding.attached_at = time();
    binding.metadata = object();
    return binding;
}

Participant Values::participant() {
    Participant participant{.id = participant_id(), .room_id = room_id()};
    participant.channel_id = channel_id();
    if (one_in(2)) participant.display_name = text();
    if (one_in(3)) participant.role = ParticipantRole::bot;
    if (one_in(3)) participant.status = ParticipantStatus::left;
    if (one_in(4)) participant.identity_id = identity_id();
    if (one_in(3)) participant.candidates = event_ids();
    while (!one_in(2)) participant.connected_via.push_back(channel_id());
    participant.joined_at = time();
    return participant;
}

Identity Values::identity() {
    Identity identity{.id = identity_id(), .organization_id = organization()};
    if (one_in(2)) identity.display_name = text();
    while (!one_in(2)) {
        auto& addresses = identity.channel_addresses[channel_type().name()];
        while (!one_in(2)) addresses.push_back(address());
    }
    if (one_in(4)) identity.external_ids = {{"crm", text()}};
    identity.metadata = object();
    return identity;
}

Task Values::task() {
    return {.id = task_id(),
            .room_id = room_id(),
            .title = text(),
            .assigned_to = maybe(text()),
            .status = task_status(),
            .created_at = time(),
            .metadata = object()};
}

Observation Values::observation() {
    return {.id = id({"b1", "b2", "b3"}),
            .room_id = room_id(),
            .channel_id = channel_id(),
            .content = text(),
            .confidence = one_in(30) ? 1.5 : among<double>({0.1, 1.0, -0.0, 1.0 / 3}),
            .created_at = time()};
}

Page Values::page() { return {.offset = count(), .limit = count()}; }

RoomFilter Values::room_filter() {
    RoomFilter filter;
    filter.organization_id = organization();
    if (one_in(3)) filter.status = room_status();
    if (one_in(2)) {
        filter.metadata = Json::object();
        (*filter.metadata)[among<std::string>({"a", "b"})] = value();
    }
    return filter;
}

LatestRoomFilter Values::latest_filter() {
    return {.channel_type = maybe(channel_type()), .status = maybe(room_status())};
}

ChannelLookup Values::lookup() { return {.status = maybe(room_status()), .limit = count()}; }

EventQuery Values::event_query() {
    EventQuery query{.offset = one_in(2) ? 0 : count(), .limit = count()};
    if (one_in(3)) query.after_index = index();
    if (one_in(query.after_index ? 20 : 3)) query.before_index = index();
    query.newest_first = one_in(2);
    auto& filter = query.filter;
    if (one_in(4)) filter.event_types = {event_type(), event_type()};
    if (one_in(20)) filter.event_types = std::vector<EventType>{};
    if (one_in(5)) filter.exclude_types = {event_type()};
    if (one_in(5)) filter.visibility = "internal";
    if (one_in(5)) filter.source_channel_id = channel_id();
    if (one_in(5)) filter.source_channel_type = channel_type();
    if (one_in(5)) filter.correlation_id = id({"x1", "x2"});
    if (one_in(5)) filter.participant_id = participant_id();
    if (one_in(5)) filter.parent_event_id = event_id();
    filter.top_level_only = one_in(filter.parent_event_id ? 30 : 5);
    if (one_in(6)) filter.after_time = time();
    if (one_in(6)) filter.before_time = time();
    return query;
}

AppendOptions Values::options() {
    if (!one_in(4)) return {};
    return {.expected_next_index = index()};
}

}  // namespace roomstore::differential
