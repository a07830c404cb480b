#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "roomstore/conversation_store.hpp"
#include "roomstore/detail/describe.hpp"
#include "roomstore/detail/describe_content.hpp"

namespace roomstore::differential {

/// Values as C++ that can be pasted into a test. Fields that hold their default are left out.
/// @{
std::string code(const std::string& text);
std::string code(bool value);
std::string code(std::int64_t value);
std::string code(double value);
std::string code(Timestamp time);
std::string code(const Json& json);
std::string code(Gap gap);
std::string code(Replies replies);
/// @}

namespace detail {

namespace rs = roomstore::detail;

/// `tool_call` -> `ToolCall`.
std::string pascal_case(std::string_view snake_case);

template <typename Enum>
inline constexpr std::string_view enum_type{};
template <>
inline constexpr std::string_view enum_type<RoomStatus> = "RoomStatus";
template <>
inline constexpr std::string_view enum_type<EventStatus> = "EventStatus";
template <>
inline constexpr std::string_view enum_type<ChannelCategory> = "ChannelCategory";
template <>
inline constexpr std::string_view enum_type<ChannelDirection> = "ChannelDirection";
template <>
inline constexpr std::string_view enum_type<ChannelMediaType> = "ChannelMediaType";
template <>
inline constexpr std::string_view enum_type<Access> = "Access";
template <>
inline constexpr std::string_view enum_type<DeliveryMode> = "DeliveryMode";
template <>
inline constexpr std::string_view enum_type<DeleteType> = "DeleteType";
template <>
inline constexpr std::string_view enum_type<ParticipantRole> = "ParticipantRole";
template <>
inline constexpr std::string_view enum_type<ParticipantStatus> = "ParticipantStatus";
template <>
inline constexpr std::string_view enum_type<IdentificationStatus> = "IdentificationStatus";
template <>
inline constexpr std::string_view enum_type<TaskStatus> = "TaskStatus";
template <>
inline constexpr std::string_view enum_type<AgentResponsePolicy> = "AgentResponsePolicy";
template <>
inline constexpr std::string_view enum_type<RichFormat> = "RichFormat";
template <>
inline constexpr std::string_view enum_type<ToolCallStatus> = "ToolCallStatus";

template <typename Query>
inline constexpr std::string_view query_type{};
template <>
inline constexpr std::string_view query_type<Page> = "Page";
template <>
inline constexpr std::string_view query_type<RoomFilter> = "RoomFilter";
template <>
inline constexpr std::string_view query_type<LatestRoomFilter> = "LatestRoomFilter";
template <>
inline constexpr std::string_view query_type<ChannelLookup> = "ChannelLookup";
template <>
inline constexpr std::string_view query_type<EventFilter> = "EventFilter";
template <>
inline constexpr std::string_view query_type<EventQuery> = "EventQuery";
template <>
inline constexpr std::string_view query_type<AppendOptions> = "AppendOptions";

/// As `roomstore::detail::describe`, for the argument structs.
/// @{
template <typename Field>
void describe(const Page& page, Field&& field) {
    field("offset", page.offset);
    field("limit", page.limit);
}
template <typename Field>
void describe(const RoomFilter& filter, Field&& field) {
    field("organization_id", filter.organization_id);
    field("status", filter.status);
    field("metadata", filter.metadata);
}
template <typename Field>
void describe(const LatestRoomFilter& filter, Field&& field) {
    field("channel_type", filter.channel_type);
    field("status", filter.status);
}
template <typename Field>
void describe(const ChannelLookup& lookup, Field&& field) {
    field("status", lookup.status);
    field("limit", lookup.limit);
}
template <typename Field>
void describe(const EventFilter& filter, Field&& field) {
    field("event_types", filter.event_types);
    field("exclude_types", filter.exclude_types);
    field("visibility", filter.visibility);
    field("source_channel_id", filter.source_channel_id);
    field("source_channel_type", filter.source_channel_type);
    field("correlation_id", filter.correlation_id);
    field("participant_id", filter.participant_id);
    field("parent_event_id", filter.parent_event_id);
    field("top_level_only", filter.top_level_only);
    field("after_time", filter.after_time);
    field("before_time", filter.before_time);
}
template <typename Field>
void describe(const EventQuery& query, Field&& field) {
    field("offset", query.offset);
    field("limit", query.limit);
    field("after_index", query.after_index);
    field("before_index", query.before_index);
    field("newest_first", query.newest_first);
    field("filter", query.filter);
}
template <typename Field>
void describe(const AppendOptions& options, Field&& field) {
    field("expected_next_index", options.expected_next_index);
}
/// @}

template <typename T>
struct Writer;

template <typename T>
std::string write(const T& value) {
    return Writer<T>::write(value);
}

/// Writes an aggregate as `Type{.field = value}`.
template <typename T>
std::string write_aggregate(std::string_view type, const T& value) {
    std::vector<std::string> defaults;
    const auto collect = [&](rs::FieldName, const auto& member, const auto&...) {
        defaults.push_back(write(member));
    };
    const T fresh{};
    std::string fields;
    std::size_t position = 0;
    const auto print = [&](rs::FieldName name, const auto& member, const auto&...) {
        const auto text = write(member);
        if (text == defaults[position++]) return;
        fields += (fields.empty() ? "." : ", .") + std::string(name.name) + " = " + text;
    };
    if constexpr (!query_type<T>.empty()) {
        describe(fresh, collect);
        describe(value, print);
    } else {
        rs::describe(fresh, collect);
        rs::describe(value, print);
    }
    return std::string(type) + "{" + fields + "}";
}

template <typename T>
struct Writer {
    static std::string write(const T& value) {
        if constexpr (NamedEnum<T>) {
            const auto name = std::string(to_string(value));
            if (name.empty()) {
                return "static_cast<" + std::string(enum_type<T>) + ">(" +
                       std::to_string(static_cast<int>(value)) + ")";
            }
            return std::string(enum_type<T>) + "::" + name + (name == "template" ? "_" : "");
        } else if constexpr (std::same_as<T, EventType>) {
            return "EventType{" + code(value.name()) + "}";
        } else if constexpr (std::same_as<T, ChannelType>) {
            return "ChannelType{" + code(value.name()) + "}";
        } else if constexpr (!query_type<T>.empty()) {
            return write_aggregate(query_type<T>, value);
        } else if constexpr (rs::NamedModel<T>) {
            return write_aggregate(rs::model_name<T>, value);
        } else if constexpr (requires { T::tag; }) {
            return write_aggregate(pascal_case(T::tag) + "Content", value);
        } else {
            return code(value);
        }
    }
};

template <>
struct Writer<EventContent> {
    static std::string write(const EventContent& content);
};

template <>
struct Writer<Box<EventContent>> {
    static std::string write(const Box<EventContent>& box) { return detail::write(*box); }
};

template <typename T>
struct Writer<std::optional<T>> {
    static std::string write(const std::optional<T>& value) {
        return value ? detail::write(*value) : "std::nullopt";
    }
};

template <typename T>
struct Writer<std::vector<T>> {
    static std::string write(const std::vector<T>& values) {
        std::string items;
        for (const auto& value : values)
            items += (items.empty() ? "" : ", ") + detail::write(value);
        return "{" + items + "}";
    }
};

template <typename T>
struct Writer<std::map<std::string, T>> {
    static std::string write(const std::map<std::string, T>& values) {
        std::string items;
        for (const auto& [key, value] : values) {
            items += (items.empty() ? "{" : ", {") + code(key) + ", " + detail::write(value) + "}";
        }
        return "{" + items + "}";
    }
};

}  // namespace detail

/// Any argument of an operation, as C++.
template <typename T>
std::string argument_code(const T& value) {
    return detail::write(value);
}

}  // namespace roomstore::differential
