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

#include "differential/query_fields.hpp"
#include "roomstore/conversation_store.hpp"
#include "roomstore/detail/content_fields.hpp"
#include "roomstore/detail/fields.hpp"

namespace roomstore::differential {

/// Values as C++ code for a test. Fields with their default value are omitted.
/// @{
std::string code(const std::string& text);
std::string code(bool value);
std::string code(std::int64_t value);
std::string code(std::uint64_t value);
std::string code(double value);
std::string code(Timestamp time);
std::string code(const Json& json);
std::string code(const UnknownMembers& members);
std::string code(Gap gap);
std::string code(Replies replies);
std::string code(Start start);
std::string code(const RoomPageCursor& cursor);
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

/// The name of a type in a test.
template <typename T>
struct TypeName;

template <typename T>
std::string type_name() {
    return TypeName<T>::name();
}

template <typename T>
struct TypeName {
    static std::string name() {
        if constexpr (std::same_as<T, std::string>) {
            return "std::string";
        } else if constexpr (std::same_as<T, std::int64_t>) {
            return "std::int64_t";
        } else if constexpr (std::same_as<T, bool>) {
            return "bool";
        } else if constexpr (std::same_as<T, Json>) {
            return "Json";
        } else if constexpr (std::same_as<T, EventType>) {
            return "EventType";
        } else if constexpr (std::same_as<T, ChannelType>) {
            return "ChannelType";
        } else if constexpr (std::same_as<T, RoomPageCursor>) {
            return "RoomPageCursor";
        } else if constexpr (std::same_as<T, Timestamp>) {
            return "Timestamp";
        } else if constexpr (std::same_as<T, Task>) {
            return "roomstore::Task";  // the tests have a Task of their own
        } else if constexpr (NamedEnum<T>) {
            return std::string(enum_type<T>);
        } else if constexpr (!query_type<T>.empty()) {
            return std::string(query_type<T>);
        } else {
            static_assert(rs::NamedModel<T>);
            return std::string(rs::model_name<T>);
        }
    }
};

template <typename T>
struct TypeName<std::optional<T>> {
    static std::string name() { return "std::optional<" + type_name<T>() + ">"; }
};

template <typename T>
struct TypeName<std::vector<T>> {
    static std::string name() { return "std::vector<" + type_name<T>() + ">"; }
};

template <typename T>
struct TypeName<std::map<std::string, T>> {
    static std::string name() { return "std::map<std::string, " + type_name<T>() + ">"; }
};

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
        describe_query(fresh, collect);
        describe_query(value, print);
    } else {
        rs::visit_fields(fresh, collect);
        rs::visit_fields(value, print);
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
            return write_aggregate(type_name<T>(), value);
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
        for (const auto& value : values) {
            items += (items.empty() ? "" : ", ") + detail::write(value);
        }
        return type_name<std::vector<T>>() + "{" + items + "}";
    }
};

template <typename T>
struct Writer<std::map<std::string, T>> {
    static std::string write(const std::map<std::string, T>& values) {
        std::string items;
        for (const auto& [key, value] : values) {
            items += (items.empty() ? "{" : ", {") + code(key) + ", " + detail::write(value) + "}";
        }
        return type_name<std::map<std::string, T>>() + "{" + items + "}";
    }
};

template <>
struct Writer<RoomContext> {
    static std::string write(const RoomContext& context) {
        return "RoomContext{.room = " + detail::write(context.room) +
               ", .bindings = " + detail::write(context.bindings) +
               ", .participants = " + detail::write(context.participants) + "}";
    }
};

template <typename T>
inline constexpr bool is_optional = false;
template <typename T>
inline constexpr bool is_optional<std::optional<T>> = true;

}  // namespace detail

/// A value as an expression of its own type, for `const auto name = ...`.
template <typename T>
std::string typed_code(const T& value) {
    if constexpr (detail::is_optional<T>) {
        return detail::type_name<T>() + "(" + (value ? detail::write(*value) : "") + ")";
    } else if constexpr (std::same_as<T, std::string>) {
        const auto text = code(value);
        return text.starts_with("std::string(") ? text : "std::string(" + text + ")";
    } else if constexpr (std::same_as<T, std::int64_t>) {
        return "std::int64_t{" + code(value) + "}";
    } else {
        return detail::write(value);
    }
}

/// Whether a type is a model, or a list of models.
template <typename T>
inline constexpr bool holds_model = roomstore::detail::NamedModel<T>;
template <typename T>
inline constexpr bool holds_model<std::optional<T>> = holds_model<T>;
template <typename T>
inline constexpr bool holds_model<std::vector<T>> = holds_model<T>;

}  // namespace roomstore::differential
