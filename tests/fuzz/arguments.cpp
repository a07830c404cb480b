#include "fuzz/arguments.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/expect.hpp"
#include "fuzz/naive.hpp"
#include "roomstore/detail/validate.hpp"

namespace roomstore::fuzz {

namespace {

constexpr std::int64_t highest_index = std::numeric_limits<std::int64_t>::max() - 1;

/// Arguments from the members of an object. A missing member, or one of another type, gives a valid
/// argument.
class Arguments {
public:
    explicit Arguments(const Json& json) : json_(json) {}

    std::string text(const char* name, std::string missing = "id") const {
        const Json* member = find(name);
        return member != nullptr && member->is_string() ? member->get<std::string>() : missing;
    }
    std::optional<std::string> optional_text(const char* name) const {
        const Json* member = find(name);
        if (member == nullptr || !member->is_string()) return std::nullopt;
        return member->get<std::string>();
    }
    std::int64_t integer(const char* name) const {
        const Json* member = find(name);
        return member != nullptr && member->is_number() ? integer_of(*member) : 0;
    }
    std::optional<std::int64_t> optional_integer(const char* name) const {
        const Json* member = find(name);
        if (member == nullptr || !member->is_number()) return std::nullopt;
        return integer_of(*member);
    }
    std::optional<Timestamp> time(const char* name) const {
        const auto count = optional_integer(name);
        if (!count) return std::nullopt;
        return Timestamp(std::chrono::microseconds(*count));
    }
    bool flag(const char* name) const {
        const Json* member = find(name);
        return member != nullptr && member->is_boolean() && member->get<bool>();
    }
    std::vector<std::string> texts(const char* name) const {
        return optional_texts(name).value_or(std::vector<std::string>{});
    }
    std::optional<std::vector<std::string>> optional_texts(const char* name) const {
        const Json* member = find(name);
        if (member == nullptr || !member->is_array()) return std::nullopt;
        std::vector<std::string> all;
        for (const Json& each : *member) {
            if (each.is_string()) all.push_back(each.get<std::string>());
        }
        return all;
    }
    Json json(const char* name) const {
        const Json* member = find(name);
        return member != nullptr ? *member : Json::object();
    }
    /// A value of the enumeration, or one that only a cast can make.
    template <typename Enum>
    std::optional<Enum> closed(const char* name) const {
        const auto value = optional_integer(name);
        if (!value) return std::nullopt;
        return static_cast<Enum>(static_cast<int>(*value));
    }
    template <typename Enum>
    std::optional<std::vector<Enum>> closed_list(const char* name) const {
        const Json* member = find(name);
        if (member == nullptr || !member->is_array()) return std::nullopt;
        std::vector<Enum> all;
        for (const Json& each : *member) {
            if (each.is_number())
                all.push_back(static_cast<Enum>(static_cast<int>(integer_of(each))));
        }
        return all;
    }

private:
    const Json* find(const char* name) const {
        if (!json_.is_object()) return nullptr;
        const auto member = json_.find(name);
        return member == json_.end() ? nullptr : &*member;
    }
    static std::int64_t integer_of(const Json& number) {
        return number.is_number_float() ? 0 : number.get<std::int64_t>();
    }

    const Json& json_;
};

bool is_id(const std::optional<std::string>& value) { return !value || naive::is_id(*value); }

bool all_ids(const std::vector<std::string>& values) {
    return std::ranges::all_of(values, [](const auto& value) { return naive::is_id(value); });
}
bool all_texts(const std::vector<std::string>& values) {
    return std::ranges::all_of(values, [](const auto& value) { return naive::is_text(value); });
}
template <typename Name>
bool is_name(const std::optional<Name>& value) {
    return !value || naive::is_name(value->name());
}
bool all_names(const std::optional<std::vector<EventType>>& values) {
    return !values || std::ranges::all_of(*values, [](const EventType& value) {
        return naive::is_name(value.name());
    });
}
template <typename Enum>
bool is_value(const std::optional<Enum>& value, int values) {
    return !value || (static_cast<int>(*value) >= 0 && static_cast<int>(*value) < values);
}
template <typename Enum>
bool all_values(const std::optional<std::vector<Enum>>& values, int count) {
    return !values || std::ranges::all_of(*values, [&](Enum value) {
        return is_value(std::optional(value), count);
    });
}
bool is_index(const std::optional<std::int64_t>& value) { return !value || *value >= 0; }
bool is_limit(std::int64_t value) { return value >= 0 && value <= 10'000; }
bool is_time(const std::optional<Timestamp>& value) { return !value || naive::is_storable(*value); }

/// Expects each call to be accepted if and only if its arguments are valid.
class Calls {
public:
    template <typename Call>
    void expect_accepted_iff(bool right, const char* operation, Call&& call) {
        const bool accepted = accepts("", std::forward<Call>(call));
        if (accepted && !right) fail("accepted, but invalid", operation);
        if (!accepted && right) fail("refused, but valid", operation);
        all_accepted_ = all_accepted_ && accepted;
    }
    Verdict verdict() const { return all_accepted_ ? Verdict::accepted : Verdict::refused; }

private:
    bool all_accepted_ = true;
};

void check_ids(const Arguments& arguments, const detail::Validator& validator, Calls& calls) {
    const auto room = arguments.text("room_id");
    const auto channel = arguments.text("channel_id");
    const auto other = arguments.text("other_id");
    const auto key = arguments.text("key");
    const bool room_right = naive::is_id(room);
    const bool both_right = room_right && naive::is_id(channel);
    const bool key_right = naive::is_text(key) && key.size() <= 255;
    const auto expect_room = [&](const char* operation, auto&& call) {
        calls.expect_accepted_iff(room_right, operation, call);
    };
    const auto expect_both = [&](const char* operation, auto&& call) {
        calls.expect_accepted_iff(both_right, operation, call);
    };
    expect_room("get_room", [&] { validator.get_room(room); });
    expect_room("delete_room", [&] { validator.delete_room(room); });
    expect_room("room_exists", [&] { validator.room_exists(room); });
    expect_room("get_delivered_index", [&] { validator.get_delivered_index(room); });
    expect_room("load_room_context", [&] { validator.load_room_context(room); });
    expect_room("get_event", [&] { validator.get_event(room); });
    expect_room("list_bindings", [&] { validator.list_bindings(room, {}); });
    expect_room("list_participants", [&] { validator.list_participants(room, {}); });
    expect_room("get_identity", [&] { validator.get_identity(room); });
    expect_room("get_task", [&] { validator.get_task(room); });
    expect_room("list_observations", [&] { validator.list_observations(room, {}); });
    expect_room("list_read_markers", [&] { validator.list_read_markers(room); });
    expect_both("get_event of a room", [&] { validator.get_event(room, channel); });
    expect_both("get_binding", [&] { validator.get_binding(room, channel); });
    expect_both("remove_binding", [&] { validator.remove_binding(room, channel); });
    expect_both("binding_exists", [&] { validator.binding_exists(room, channel); });
    expect_both("get_participant", [&] { validator.get_participant(room, channel); });
    expect_both("remove_participant", [&] { validator.remove_participant(room, channel); });
    expect_both("mark_all_read", [&] { validator.mark_all_read(room, channel); });
    expect_both("get_unread_count", [&] { validator.get_unread_count(room, channel, {}); });
    expect_room("get_unread_total", [&] { validator.get_unread_total(room, {}); });
    expect_room("list_inbox", [&] { validator.list_inbox({.participant_id = room}); });
    calls.expect_accepted_iff(both_right && naive::is_id(other), "mark_read", [&] {
        validator.mark_read(room, channel, other);
    });
    calls.expect_accepted_iff(room_right && key_right, "check_idempotency", [&] {
        validator.check_idempotency(room, key);
    });
    calls.expect_accepted_iff(room_right && key_right, "get_event_by_idempotency_key", [&] {
        validator.get_event_by_idempotency_key(room, key);
    });
}

void check_lists(const Arguments& arguments, const detail::Validator& validator, Calls& calls) {
    const auto room = arguments.text("room_id");
    const bool room_right = naive::is_id(room);
    const auto roots = arguments.texts("ids");
    const auto unset = arguments.texts("unset");
    const Json patch = arguments.json("patch");
    calls.expect_accepted_iff(room_right && all_ids(roots), "get_thread_summaries", [&] {
        validator.get_thread_summaries(room, roots, {});
    });
    calls.expect_accepted_iff(room_right && all_ids(roots), "get_unread_counts", [&] {
        validator.get_unread_counts(room, roots);
    });
    const bool patch_right = patch.is_object() && naive::is_storable(patch);
    calls.expect_accepted_iff(room_right && patch_right && all_texts(unset),
                              "patch_room_metadata",
                              [&] { validator.patch_room_metadata(room, patch, unset); });
    const auto status = arguments.closed<TaskStatus>("status");
    calls.expect_accepted_iff(room_right && is_value(status, 5), "list_tasks", [&] {
        validator.list_tasks(room, status, {});
    });
    const std::int64_t index = arguments.integer("index");
    const auto gap = arguments.closed<Gap>("gap").value_or(Gap::refuse);
    const bool gap_right = gap == Gap::refuse || gap == Gap::skip;
    calls.expect_accepted_iff(room_right && gap_right && index >= 0 && index <= highest_index,
                              "advance_delivered_index",
                              [&] { validator.advance_delivered_index(room, index, gap); });
    calls.expect_accepted_iff(
        room_right && index >= 0, "trim_room", [&] { validator.trim_room(room, index); });
    calls.expect_accepted_iff(room_right && index >= 0, "mark_unread_from", [&] {
        validator.mark_unread_from(room, room, index);
    });
    const auto cap = arguments.optional_integer("cap");
    const bool cap_right = !cap || *cap > 0;
    calls.expect_accepted_iff(room_right && cap_right, "get_unread_total of a cap", [&] {
        validator.get_unread_total(room, {.cap = cap});
    });
    ChangesQuery changes{.limit = arguments.optional_integer("limit").value_or(1),
                         .start = arguments.closed<Start>("start").value_or(Start::newest)};
    if (const auto seen = arguments.optional_integer("next_index")) {
        changes.since = RoomCursor{
            .next_index = *seen, .revision = index, .from_index = arguments.integer("from_index")};
    }
    const bool since_right =
        !changes.since || (changes.since->from_index >= 0 && index >= 0 &&
                           changes.since->from_index <= changes.since->next_index);
    const bool start_right = changes.start == Start::oldest || changes.start == Start::newest;
    calls.expect_accepted_iff(
        room_right && since_right && start_right && changes.limit > 0 && is_limit(changes.limit),
        "list_changes",
        [&] { validator.list_changes(room, changes); });
    const auto replies = arguments.closed<Replies>("replies").value_or(Replies::keep);
    const bool replies_right = replies == Replies::cascade || replies == Replies::keep;
    calls.expect_accepted_iff(room_right && replies_right, "delete_event", [&] {
        validator.delete_event(room, room, replies);
    });
    const auto next = arguments.optional_integer("expected_next_index");
    calls.expect_accepted_iff(room_right && is_index(next), "append_events", [&] {
        validator.append_events(room, {}, {.expected_next_index = next});
    });
}

void check_rooms(const Arguments& arguments, const detail::Validator& validator, Calls& calls) {
    const Page page{.offset = arguments.integer("offset"), .limit = arguments.integer("limit")};
    const bool page_right = page.offset >= 0 && is_limit(page.limit);
    const auto status = arguments.closed<RoomStatus>("status");
    const bool status_right = is_value(status, 4);
    const auto id = arguments.text("room_id");
    const auto organization = arguments.optional_text("organization_id");
    calls.expect_accepted_iff(page_right, "list_rooms", [&] { validator.list_rooms(page); });
    if (id.size() <= 255) {
        const auto created = arguments.time("after_time").value_or(Timestamp{});
        const Page after{
            .offset = page.offset, .limit = page.limit, .after = RoomPageCursor(created, id)};
        const bool after_right = page.offset == 0 && is_limit(page.limit) && naive::is_id(id) &&
                                 naive::is_storable(created);
        calls.expect_accepted_iff(
            after_right, "list_rooms after a position", [&] { validator.list_rooms(after); });
    }
    const bool page_of_room_right = page_right && naive::is_id(id);
    calls.expect_accepted_iff(
        page_of_room_right, "list_bindings of a page", [&] { validator.list_bindings(id, page); });
    calls.expect_accepted_iff(page_of_room_right, "list_participants of a page", [&] {
        validator.list_participants(id, page);
    });
    calls.expect_accepted_iff(
        page_of_room_right, "list_tasks of a page", [&] { validator.list_tasks(id, {}, page); });
    calls.expect_accepted_iff(page_of_room_right, "list_observations of a page", [&] {
        validator.list_observations(id, page);
    });
    const RoomFilter filter{
        .organization_id = organization, .status = status, .metadata = arguments.json("patch")};
    const bool metadata_right =
        filter.metadata->is_object() && naive::is_storable(*filter.metadata);
    calls.expect_accepted_iff(page_right && status_right && is_id(organization) && metadata_right,
                              "find_rooms",
                              [&] { validator.find_rooms(filter, page); });
    const RoomFilter of_participant{.participant_id = id};
    calls.expect_accepted_iff(naive::is_id(id), "find_rooms of a participant", [&] {
        validator.find_rooms(of_participant, {});
    });
    LatestRoomFilter latest{.status = status};
    if (const auto type = arguments.optional_text("channel_type")) latest.channel_type = *type;
    calls.expect_accepted_iff(naive::is_id(id) && status_right && is_name(latest.channel_type),
                              "find_latest_room",
                              [&] { validator.find_latest_room(id, latest); });
    calls.expect_accepted_iff(naive::is_id(id) && status_right, "find_room_id_by_channel", [&] {
        validator.find_room_id_by_channel(id, status);
    });
    calls.expect_accepted_iff(
        naive::is_id(id) && status_right && is_limit(page.limit), "find_room_ids_by_channel", [&] {
            validator.find_room_ids_by_channel(id, {.status = status, .limit = page.limit});
        });
}

void check_addresses(const Arguments& arguments, const detail::Validator& validator, Calls& calls) {
    const auto identity = arguments.text("room_id");
    const ChannelType type = arguments.text("channel_type", "sms");
    const auto address = arguments.text("address");
    const auto organization = arguments.optional_text("organization_id");
    const bool right =
        naive::is_name(type.name()) && naive::is_id(address, 1024) && is_id(organization);
    calls.expect_accepted_iff(right, "resolve_identity", [&] {
        validator.resolve_identity(type, address, organization);
    });
    calls.expect_accepted_iff(right && naive::is_id(identity), "link_address", [&] {
        validator.link_address(identity, type, address, organization);
    });
}

std::optional<std::vector<EventType>> types(const Arguments& arguments, const char* name) {
    const auto names = arguments.optional_texts(name);
    if (!names) return std::nullopt;
    return std::vector<EventType>(names->begin(), names->end());
}

bool is_right(const EventFilter& filter) {
    const bool times_right =
        is_time(filter.after_time) && is_time(filter.before_time) &&
        !(filter.after_time && filter.before_time && *filter.after_time >= *filter.before_time);
    return all_names(filter.event_types) && all_names(filter.exclude_types) &&
           all_values(filter.statuses, 5) && all_values(filter.exclude_statuses, 5) &&
           (!filter.visibility || naive::is_text(*filter.visibility)) &&
           is_id(filter.source_channel_id) && is_name(filter.source_channel_type) &&
           is_id(filter.correlation_id) && is_id(filter.participant_id) &&
           is_id(filter.parent_event_id) && times_right &&
           !(filter.top_level_only && filter.parent_event_id);
}

void check_inbox(const Arguments& arguments,
                 const EventFilter& filter,
                 const detail::Validator& validator,
                 Calls& calls) {
    InboxQuery query{
        .participant_id = arguments.text("room_id"),
        .organization_id = arguments.optional_text("organization_id"),
        .status = arguments.closed<RoomStatus>("status"),
        .limit = arguments.optional_integer("limit").value_or(1),
        .unread_cap = arguments.optional_integer("cap").value_or(1),
        .count = {.event_types = filter.event_types, .exclude_statuses = filter.exclude_statuses},
        .preview = {.exclude_types = filter.exclude_types, .visibility = filter.visibility}};
    if (const auto before = arguments.optional_text("other_id")) {
        query.before = InboxCursor{.last_activity_at = filter.after_time, .room_id = *before};
    }
    const bool right =
        naive::is_id(query.participant_id) && is_id(query.organization_id) &&
        is_value(query.status, 4) && query.limit > 0 && is_limit(query.limit) &&
        query.unread_cap > 0 && all_names(filter.event_types) && all_names(filter.exclude_types) &&
        all_values(filter.exclude_statuses, 5) &&
        (!filter.visibility || naive::is_text(*filter.visibility)) &&
        (!query.before || (naive::is_id(query.before->room_id) && is_time(filter.after_time)));
    calls.expect_accepted_iff(right, "list_inbox of a query", [&] { validator.list_inbox(query); });
}

void check_query(const Arguments& arguments, const detail::Validator& validator, Calls& calls) {
    const auto room = arguments.text("room_id");
    EventQuery query{
        .offset = arguments.integer("offset"),
        .limit = arguments.integer("limit"),
        .after_index = arguments.optional_integer("after_index"),
        .before_index = arguments.optional_integer("before_index"),
        .newest_first = arguments.flag("newest_first"),
        .filter = {.event_types = types(arguments, "event_types"),
                   .exclude_types = types(arguments, "exclude_types"),
                   .statuses = arguments.closed_list<EventStatus>("statuses"),
                   .exclude_statuses = arguments.closed_list<EventStatus>("exclude_statuses"),
                   .visibility = arguments.optional_text("visibility"),
                   .source_channel_id = arguments.optional_text("channel_id"),
                   .correlation_id = arguments.optional_text("correlation_id"),
                   .participant_id = arguments.optional_text("participant_id"),
                   .parent_event_id = arguments.optional_text("parent_event_id"),
                   .top_level_only = arguments.flag("top_level_only"),
                   .after_time = arguments.time("after_time"),
                   .before_time = arguments.time("before_time")}};
    if (const auto type = arguments.optional_text("channel_type")) {
        query.filter.source_channel_type = *type;
    }
    const bool cursors_right = is_index(query.after_index) && is_index(query.before_index) &&
                               !(query.after_index && query.before_index);
    calls.expect_accepted_iff(naive::is_id(room) && query.offset >= 0 && is_limit(query.limit) &&
                                  cursors_right && is_right(query.filter),
                              "list_events",
                              [&] { validator.list_events(room, query); });
    const bool filtered_right = naive::is_id(room) && is_right(query.filter);
    calls.expect_accepted_iff(
        filtered_right, "get_event_count", [&] { validator.get_event_count(room, query.filter); });
    calls.expect_accepted_iff(filtered_right, "get_thread_summaries", [&] {
        validator.get_thread_summaries(room, {room}, query.filter);
    });
    const ContextQuery window{.max_events = query.limit,
                              .max_tokens = query.after_index,
                              .default_tokens = query.offset,
                              .filter = query.filter};
    const bool window_right = query.limit > 0 && is_limit(query.limit) &&
                              is_index(query.after_index) && query.offset >= 0;
    calls.expect_accepted_iff(filtered_right && window_right, "get_context_window", [&] {
        validator.get_context_window(room, window);
    });
    const UnreadQuery unread{.event_types = query.filter.event_types,
                             .exclude_types = query.filter.exclude_types,
                             .exclude_participant = query.filter.participant_id};
    calls.expect_accepted_iff(naive::is_id(room) && all_names(unread.event_types) &&
                                  all_names(unread.exclude_types) &&
                                  is_id(unread.exclude_participant),
                              "get_unread_count of a query",
                              [&] { validator.get_unread_count(room, room, unread); });
    check_inbox(arguments, query.filter, validator, calls);
}

}  // namespace

Verdict check_arguments(const Json& json) {
    const Arguments arguments(json);
    const detail::Validator validator;
    Calls calls;
    check_ids(arguments, validator, calls);
    check_lists(arguments, validator, calls);
    check_rooms(arguments, validator, calls);
    check_addresses(arguments, validator, calls);
    check_query(arguments, validator, calls);
    return calls.verdict();
}

Json valid_arguments() {
    return {{"room_id", "room"},
            {"channel_id", "channel"},
            {"other_id", "other"},
            {"key", ""},
            {"ids", {"first", "second"}},
            {"unset", {"", "key"}},
            {"patch", {{"a", {1, 2.5, nullptr}}}},
            {"status", 1},
            {"index", highest_index},
            {"cap", 1},
            {"gap", 1},
            {"replies", 0},
            {"expected_next_index", 0},
            {"offset", 0},
            {"limit", 50},
            {"organization_id", "organization"},
            {"channel_type", "x.own-type_1"},
            {"address", "+442079460000"},
            {"after_index", 7},
            {"newest_first", true},
            {"event_types", {"message", "own"}},
            {"exclude_types", Json::array()},
            {"statuses", {0, 4}},
            {"exclude_statuses", Json::array()},
            {"visibility", ""},
            {"correlation_id", "c"},
            {"participant_id", "p"},
            {"parent_event_id", "e"},
            {"after_time", -62135596800000000},
            {"before_time", 253402300799999999}};
}

}  // namespace roomstore::fuzz
