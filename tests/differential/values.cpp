#include "differential/values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "differential/corrupt.hpp"
#include "differential/reference_store.hpp"

namespace roomstore::differential {

namespace {
constexpr auto highest_index = std::numeric_limits<std::int64_t>::max();
}

std::vector<std::string> Values::all_event_ids() {
    return {"e1", "e2", "e3", "e4", "e5", "\u00df6"};
}

std::vector<std::string> Values::all_identity_ids(const std::string& scope) {
    return {scope + "-i1", scope + "-i2", scope + "-\u00ef3"};
}

std::vector<std::string> Values::all_addresses(const std::string& scope) {
    return {scope + "-a1", scope + "-\u00e42"};
}

std::vector<ChannelType> Values::all_channel_types() {
    return {ChannelType::sms, ChannelType::websocket};
}

std::vector<std::string> Values::odd_ids() {
    return {"nobody", std::string(255, 'x'), "'; DROP--"};
}

std::string Values::id(const std::vector<std::string>& ids) {
    if (one_in(60)) {
        if (one_in(2)) return among(odd_ids());
        return one_in(2) ? std::string(256, 'x') : one_in(4) ? "" : odd_text(below(8));
    }
    return among(ids);
}

std::string Values::room_id() {
    const auto there = reference_.room_ids();
    return there.empty() || one_in(4) ? id(all_room_ids()) : among(there);
}

std::string Values::known_identity_id() {
    const auto there = reference_.identity_ids();
    return there.empty() || one_in(4) ? identity_id() : among(there);
}

std::pair<std::string, std::string> Values::event_key() {
    const auto there = reference_.event_keys();
    if (!there.empty() && !one_in(4)) return among(there);
    auto room = room_id();
    return {std::move(room), event_id()};
}

std::string Values::identity_id() {
    const auto wanted = id(all_identity_ids(scope_));
    // Identities with valid ids outlive the sequence, so it needs ids of its own.
    const bool odd = std::ranges::count(odd_ids(), wanted) > 0;
    return odd ? (scope_ + wanted).substr(0, 255) : wanted;
}

std::string Values::key() { return one_in(12) ? "" : id(all_keys()); }

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
    return among(all_addresses(scope_));
}

std::optional<std::string> Values::organization() {
    if (one_in(2)) return std::nullopt;
    return id(all_organization_ids());
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

std::vector<std::string> Values::unset_keys() {
    std::vector<std::string> keys;
    while (!one_in(2)) keys.push_back(among<std::string>({"a", "b", "", "\u00e9"}));
    if (one_in(60)) keys.push_back(odd_text(below(8)));
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

std::int64_t Values::index_near_next(const std::string& room_id) {
    const auto next = reference_.next_index(room_id);
    if (one_in(3) || next > highest_index - 2) return index();
    return std::max<std::int64_t>(0, next - 1 + static_cast<std::int64_t>(below(4)));
}

std::optional<std::int64_t> Values::cursor() {
    return one_in(3) ? std::optional(index()) : std::nullopt;
}

std::int64_t Values::count() {
    if (one_in(60)) {
        return among<std::int64_t>(
            {-1, highest_index, Limits::default_max_page_rows, Limits::default_max_page_rows + 1});
    }
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
            return number();
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

double Values::number() {
    if (one_in(2)) return among<double>({0.5, 1.0, 2.0, 1e300, 0.1});
    // Numbers that PostgreSQL writes in another form than it was given, and their neighbours.
    return among<double>({-0.0,
                          1e15,
                          1e16,
                          -1e17,
                          1e17,
                          1.5e17,
                          1000000000000000.5,
                          123456789012345680.0,
                          9223372036854775808.0,
                          -9223372036854775808.0,
                          1.8e19,
                          2e19,
                          1e-7,
                          5e-324});
}

Json Values::patch() { return one_in(40) ? odd_json(below(10)) : object(); }

Json Values::object() {
    if (one_in(100)) return odd_json(below(10));
    Json object = Json::object();
    while (!one_in(3)) object[among<std::string>({"a", "b", "", "\u00e9"})] = value();
    return object;
}

EventType Values::event_type() {
    if (one_in(80)) return among<EventType>({"", "UPPER", "a b", std::string(65, 'x')});
    return among<EventType>({EventType::message, EventType::message, EventType::reaction, "own.x"});
}

EventStatus Values::event_status() {
    if (one_in(100)) return static_cast<EventStatus>(77);
    return among<EventStatus>({EventStatus::pending, EventStatus::delivered, EventStatus::blocked});
}

ChannelType Values::channel_type() {
    if (one_in(80)) return among<ChannelType>({"", "\u00e9"});
    return among(all_channel_types());
}

RoomStatus Values::room_status() {
    if (one_in(100)) return static_cast<RoomStatus>(77);
    return one_in(3) ? RoomStatus::closed : RoomStatus::active;
}

TaskStatus Values::task_status() {
    if (one_in(100)) return static_cast<TaskStatus>(77);
    return one_in(2) ? TaskStatus::pending : TaskStatus::completed;
}

Page Values::page() { return {.offset = count(), .limit = count()}; }

Page Values::room_page() {
    auto page = this->page();
    if (one_in(2)) return page;
    if (!one_in(20)) page.offset = 0;
    const auto rooms = reference_.rooms();
    if (rooms.empty() || one_in(4)) {
        const auto created_at = time();
        const auto id = room_id();
        if (id.size() <= 255) page.after.emplace(created_at, id);
    } else {
        page.after.emplace(among(rooms));
    }
    return page;
}

InboxQuery Values::inbox_query() {
    InboxQuery query{.participant_id = participant_id(), .limit = cap(), .unread_cap = cap()};
    query.organization_id = one_in(4) ? organization() : std::nullopt;
    if (one_in(4)) query.status = room_status();
    query.include_left = one_in(3);
    const auto rooms = reference_.rooms();
    if (one_in(3) && !rooms.empty()) {
        const auto room = among(rooms);
        query.before =
            InboxCursor{.last_activity_at = room.timers.last_activity_at, .room_id = room.id};
        if (one_in(6)) query.before->last_activity_at = maybe(time());
        if (one_in(6)) query.before->room_id = room_id();
    }
    query.count.own = one_in(2);
    if (one_in(6)) query.count.event_types = {event_type(), event_type()};
    if (one_in(6)) query.count.exclude_types = {event_type()};
    if (one_in(8)) query.count.visibility = "internal";
    if (one_in(6)) query.count.exclude_statuses = {event_status()};
    if (one_in(6)) query.preview.event_types = {event_type(), event_type()};
    if (one_in(6)) query.preview.exclude_types = {event_type()};
    if (one_in(8)) query.preview.visibility = "internal";
    if (one_in(6)) query.preview.exclude_statuses = {event_status()};
    return query;
}

UnreadQuery Values::unread_query() {
    UnreadQuery query;
    if (one_in(3)) return query;
    if (one_in(2)) query.cap = cap();
    if (one_in(3)) query.event_types = {event_type(), event_type()};
    if (one_in(3)) query.exclude_types = {event_type()};
    if (one_in(3)) query.exclude_participant = participant_id();
    return query;
}

UnreadTotalQuery Values::unread_total_query() { return {.cap = maybe(cap())}; }

ContextQuery Values::context_query() {
    ContextQuery query{.max_events = cap(), .default_tokens = one_in(3) ? count() : 0};
    if (!one_in(3)) query.max_tokens = count();
    query.filter = event_filter();
    return query;
}

Json Values::part_of(Json whole) {
    if (!whole.is_structured()) return whole;
    Json part = whole.is_object() ? Json::object() : Json::array();
    for (const auto& [key, inner] : whole.items()) {
        if (one_in(2)) continue;
        if (whole.is_object()) {
            part[key] = part_of(inner);
        } else {
            part.push_back(part_of(inner));
        }
    }
    return part;
}

RoomFilter Values::room_filter() {
    RoomFilter filter;
    filter.organization_id = organization();
    if (one_in(3)) filter.status = room_status();
    if (one_in(3)) {
        filter.metadata = Json::object();
        (*filter.metadata)[among<std::string>({"a", "b"})] = value();
    } else if (const auto rooms = reference_.rooms(); !rooms.empty() && !one_in(4)) {
        // The metadata of some room, or a part of it.
        filter.metadata = part_of(among(rooms).metadata);
    }
    if (one_in(3)) filter.participant_id = participant_id();
    return filter;
}

LatestRoomFilter Values::latest_filter() {
    return {.channel_type = maybe(channel_type()), .status = maybe(room_status())};
}

ChannelLookup Values::lookup() { return {.status = maybe(room_status()), .limit = count()}; }

EventFilter Values::event_filter() {
    EventFilter filter;
    if (one_in(3)) return filter;
    if (one_in(6)) filter.event_types = {event_type(), event_type()};
    if (one_in(20)) filter.event_types = std::vector<EventType>{};
    if (one_in(8)) filter.exclude_types = {event_type()};
    if (one_in(8)) filter.statuses = {event_status(), event_status()};
    if (one_in(8)) filter.exclude_statuses = {event_status()};
    if (one_in(8)) filter.visibility = "internal";
    if (one_in(8)) filter.source_channel_id = channel_id();
    if (one_in(8)) filter.source_channel_type = channel_type();
    if (one_in(8)) filter.correlation_id = id({"x1", "\u03be2"});
    if (one_in(8)) filter.participant_id = participant_id();
    if (one_in(4)) filter.parent_event_id = parent_id();
    filter.top_level_only = one_in(filter.parent_event_id ? 30 : 8);
    if (one_in(10)) filter.after_time = time();
    if (one_in(10)) filter.before_time = time();
    return filter;
}

EventQuery Values::event_query() {
    EventQuery query{.offset = one_in(2) ? 0 : count(), .limit = count()};
    query.after_index = cursor();
    if (one_in(query.after_index ? 20 : 2)) query.before_index = index();
    query.newest_first = one_in(2);
    query.filter = event_filter();
    return query;
}

ConversationQuery Values::conversation_query() {
    ConversationQuery query{.limit = count(), .after_index = cursor()};
    if (one_in(query.after_index ? 20 : 2)) query.before_index = index();
    return query;
}

TimelineQuery Values::timeline_query() {
    TimelineQuery query{.filter = event_filter(),
                        .limit = count(),
                        .after_index = cursor(),
                        .newest_first = one_in(2)};
    if (one_in(query.after_index ? 20 : 2)) query.before_index = index();
    return query;
}

AppendOptions Values::options(const std::string& room_id) {
    if (!one_in(3)) return {};
    return {.expected_next_index = index_near_next(room_id)};
}

ChangesQuery Values::changes_query(const std::string& room_id) {
    ChangesQuery query{.limit = one_in(12) ? count() : 1 + static_cast<std::int64_t>(below(4)),
                       .start = one_in(2) ? Start::oldest : Start::newest};
    if (one_in(12)) query.start = static_cast<Start>(2);
    if (one_in(4)) return query;
    const auto near = [&](std::int64_t number) {
        if (one_in(30)) return index();
        if (one_in(30) && number <= highest_index) return number + 1;
        const auto back = static_cast<std::int64_t>(below(6));
        return one_in(3) ? number : std::max<std::int64_t>(0, number - back);
    };
    auto& since = query.since.emplace();
    // Rarely one of an unknown room, or of none.
    since.room = one_in(12) ? below(2) * 2 : own_room;
    if (since.room == 0 && one_in(2)) return query;
    since.next_index = near(reference_.next_index(room_id));
    since.revision = near(reference_.revision(room_id));
    if (one_in(3)) since.from_index = one_in(20) ? index() : near(since.next_index);
    return query;
}

}  // namespace roomstore::differential
