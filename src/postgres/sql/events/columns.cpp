#include "sql/events/columns.hpp"

#include <cstddef>
#include <new>
#include <string_view>

#include <fmt/format.h>

#include "roomstore/detail/read_json.hpp"
#include "sql/events/content_text.hpp"
#include "sql/mapping.hpp"

namespace roomstore::postgres::sql {

namespace {

// The fields in `extra`, for reading and writing: `field(name, member, default)`.
template <typename Event, typename Field>
void for_each_extra_field(Event& event, Field&& field) {
    const std::optional<std::string> no_text;
    const std::optional<std::vector<std::string>> no_list;
    const UnknownMembers no_members;
    field("blocked_by", event.blocked_by, no_text);
    field("addressed_to", event.addressed_to, no_list);
    field("response_visibility", event.response_visibility, no_text);
    field("chain_depth", event.chain_depth, std::int64_t{0});
    field("metadata", event.metadata, empty_object);
    field("delivery_results", event.delivery_results, empty_object);
    field("source_external_id", event.source.external_id, no_text);
    field("source_provider", event.source.provider, no_text);
    field("source_raw_payload", event.source.raw_payload, empty_object);
    field("source_provider_message_id", event.source.provider_message_id, no_text);
    field("channel_data_provider", event.channel_data.provider, no_text);
    field("channel_data_external_id", event.channel_data.external_id, no_text);
    field("channel_data_thread_id", event.channel_data.thread_id, no_text);
    field("channel_data_extra", event.channel_data.extra, empty_object);
    field("unknown_members", event.unknown_members, no_members);
    field("source_unknown_members", event.source.unknown_members, no_members);
    field("channel_data_unknown_members", event.channel_data.unknown_members, no_members);
}

// Not a default-constructed event, which would draw a random id and read the clock. Copied, because
// GCC 12 destroys members of a brace-initialized event twice if one of them throws, as those that
// allocate may.
const RoomEvent blank_event{.id = {}, .room_id = {}, .created_at = {}};

template <typename T>
const T& required_value(const std::optional<T>& value) {
    return *value;
}
template <typename T>
const T& required_value(const T& value) {
    return value;
}

const UnknownMembers::Map& required_value(const UnknownMembers& members) { return members.map(); }

template <typename T>
void assign(std::optional<T>& member, const Json& value) {
    member = value.get<T>();
}
template <typename T>
void assign(T& member, const Json& value) {
    member = value.get<T>();
}

void assign(UnknownMembers& members, const Json& value) {
    members = UnknownMembers(value.get_ref<const Json::object_t&>());
}

/// Keeps the values of `extra` that a newer build has fields for. The prefix of the name tells the
/// object they belong to.
void keep_unknown(const Json& extra, RoomEvent& event) {
    constexpr std::string_view of_source = "source_";
    constexpr std::string_view of_channel_data = "channel_data_";
    for (const auto& [name, value] : extra.get_ref<const Json::object_t&>()) {
        bool known = false;
        for_each_extra_field(event, [&](const char* field, const auto&, const auto&) {
            known = known || name == field;
        });
        if (known) continue;
        if (name.starts_with(of_source)) {
            event.source.unknown_members.set(name.substr(of_source.size()), value);
        } else if (name.starts_with(of_channel_data)) {
            event.channel_data.unknown_members.set(name.substr(of_channel_data.size()), value);
        } else {
            event.unknown_members.set(name, value);
        }
    }
}

void read_extra(const Row& row, int column, RoomEvent& event) {
    const auto extra = read_json_column<Json>(row, column, "extra");
    try {
        std::size_t known = 0;
        for_each_extra_field(event, [&](const char* name, auto& member, const auto&) {
            const auto value = extra.find(name);
            if (value == extra.end()) return;
            assign(member, *value);
            ++known;
        });
        if (known < extra.size()) keep_unknown(extra, event);
        const detail::FieldPath path("RoomEvent");
        detail::adopt_members(path, event);
        detail::adopt_members(path.field("source"), event.source);
        detail::adopt_members(path.field("channel_data"), event.channel_data);
    } catch (const std::bad_alloc&) {
        throw;  // not caused by the row
    } catch (const std::exception& error) {
        throw ColumnError("extra", row.view(column), fmt::format("readable: {}", error.what()));
    }
}

EventContent read_content_column(const Row& row, int column) {
    try {
        return read_content(row.view(column));
    } catch (const std::bad_alloc&) {
        throw;  // not caused by the row
    } catch (const std::exception& error) {
        throw ColumnError("content", row.view(column), fmt::format("readable: {}", error.what()));
    }
}

}  // namespace

std::optional<std::string> extra_text(const RoomEvent& event) {
    Json extra;
    for_each_extra_field(event,
                         [&](const char* name, const auto& member, const auto& default_value) {
                             if (member != default_value) extra[name] = required_value(member);
                         });
    if (extra.is_null()) return std::nullopt;
    return extra.dump();
}

Params update_params(const RoomEvent& event) {
    Params params;
    params.add(event.room_id)
        .add(event.id)
        .add(event.type.name())
        .add(to_string(event.status))
        .add(event.visibility)
        .add(event.source.channel_id)
        .add(event.source.channel_type.name())
        .add(to_string(event.source.direction))
        .add(event.source.participant_id)
        .add(event.correlation_id)
        .add(event.parent_event_id)
        .add(content_text(event.content))
        .add(extra_text(event));
    return params;
}

Params add_params(const RoomEvent& event) {
    Params params = update_params(event);
    params.add(event.idempotency_key).add(event.created_at);
    return params;
}

RoomEvent read_event(const Row& row, int first) {
    RoomEvent event = blank_event;
    event.id = row.text(first + 2);
    event.room_id = row.text(first);
    event.type = EventType(row.view(first + 3));
    event.created_at = row.timestamp(first + 13);
    event.index = row.int64(first + 1);
    event.status = read_enum_column<EventStatus>(row, first + 4, "status");
    event.visibility = row.text(first + 5);
    event.source.channel_id = row.text(first + 6);
    event.source.channel_type = ChannelType(row.view(first + 7));
    event.source.direction = read_enum_column<ChannelDirection>(row, first + 8, "source_direction");
    event.source.participant_id = row.optional_text(first + 9);
    event.correlation_id = row.optional_text(first + 10);
    event.parent_event_id = row.optional_text(first + 11);
    event.idempotency_key = row.optional_text(first + 12);
    event.content = read_content_column(row, first + 14);
    if (!row.is_null(first + 15)) read_extra(row, first + 15, event);
    if (!row.is_null(first + 16)) event.token_count = row.int64(first + 16);
    return event;
}

RoomEvent read_event_alone(const Row& row, int first) {
    return read_alone(
        "events",
        fmt::format("{}, {}", named("room", row.view(first)), named("event", row.view(first + 2))),
        [&] { return read_event(row, first); });
}

}  // namespace roomstore::postgres::sql
