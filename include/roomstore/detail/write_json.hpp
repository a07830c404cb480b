#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "roomstore/detail/content_fields.hpp"
#include "roomstore/detail/field_path.hpp"
#include "roomstore/detail/fields.hpp"
#include "roomstore/detail/nesting.hpp"
#include "roomstore/model/box.hpp"

/// Conversion from models to JSON. Only the depth is checked, to bound the recursion, so that a
/// model that a store would refuse can still be displayed.
namespace roomstore::detail {

/// Writes the fields of a model or content as the members of `object`.
template <typename Model>
void write_fields(const FieldPath& path, const Model& model, Nesting nesting, Json& object);

// The types of the values are constrained, since Json converts to and from many types.

template <typename T>
    requires(std::same_as<T, std::string> || std::same_as<T, bool> || std::same_as<T, double> ||
             std::same_as<T, std::int64_t>)
Json write_json(const FieldPath&, const T& value, Nesting) {
    return value;
}

template <std::same_as<Timestamp> Time>
Json write_json(const FieldPath&, const Time& time, Nesting) {
    return to_iso8601(time);
}

template <NamedEnum Enum>
Json write_json(const FieldPath&, const Enum& value, Nesting) {
    return std::string(to_string(value));
}

template <OpenName Name>
Json write_json(const FieldPath&, const Name& value, Nesting) {
    return value.name();
}

template <std::same_as<Json> Value>
Json write_json(const FieldPath& path, const Value& value, Nesting nesting) {
    check_depth(path, value, nesting.json);
    return value;
}

template <std::same_as<RoomPageCursor> Cursor>
Json write_json(const FieldPath&, const Cursor& cursor, Nesting) {
    return {{"created_at", to_iso8601(cursor.created_at())}, {"id", std::string(cursor.id())}};
}

template <NamedModel Model>
    requires(!std::same_as<Model, EventContent>)
Json write_json(const FieldPath& path, const Model& model, Nesting nesting) {
    Json object = Json::object();
    write_fields(path, model, nesting, object);
    return object;
}

template <std::same_as<EventContent> Content>
Json write_json(const FieldPath& path, const Content& content, Nesting nesting) {
    if (const auto* unknown = content.template get_if<UnknownContent>()) {
        return write_json(path, unknown->raw, nesting);
    }
    if (nesting.json >= max_json_depth) refuse_depth(path);
    Json object = Json::object();
    object["type"] = std::string(content.type());
    std::visit(
        [&](const auto& known) {
            if constexpr (!std::same_as<decltype(known), const UnknownContent&>) {
                write_fields(path, known, nesting.inside(), object);
            }
        },
        content.variant());
    return object;
}

template <std::same_as<Box<EventContent>> Content>
Json write_json(const FieldPath& path, const Content& content, Nesting nesting) {
    // A store refuses a moved-from box, but the refused model must still be loggable.
    return content.operator->() ? write_json(path, *content, nesting) : Json(nullptr);
}

template <typename T>
Json write_json(const FieldPath& path, const std::optional<T>& value, Nesting nesting) {
    return value ? write_json(path, *value, nesting) : Json(nullptr);
}

template <typename T>
Json write_json(const FieldPath& path, const std::vector<T>& values, Nesting nesting) {
    Json array = Json::array();
    for (std::size_t i = 0; i < values.size(); ++i) {
        array.push_back(write_json(path.element(i), values[i], nesting.inside()));
    }
    return array;
}

template <typename T>
Json write_json(const FieldPath& path, const std::map<std::string, T>& values, Nesting nesting) {
    Json object = Json::object();
    for (const auto& [key, value] : values) {
        object[key] = write_json(path.key(key), value, nesting.inside());
    }
    return object;
}

template <typename Model>
void write_fields(const FieldPath& path, const Model& model, Nesting nesting, Json& object) {
    visit_fields(model, [&]<typename Rule>(FieldName field, const auto& value, const Rule&) {
        const FieldPath field_path = path.field(field.name);
        if constexpr (std::same_as<Rule, rule::Members>) {
            for (const auto& [name, member] : value.map()) {
                // Does not overwrite a field of the same name; a store would refuse such a member.
                object.emplace(name, write_json(field_path.key(name), member, nesting));
            }
        } else {
            object[field.name] = write_json(field_path, value, nesting);
        }
    });
}

}  // namespace roomstore::detail
