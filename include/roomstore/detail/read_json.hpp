#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "roomstore/detail/content_fields.hpp"
#include "roomstore/detail/field_path.hpp"
#include "roomstore/detail/fields.hpp"
#include "roomstore/detail/nesting.hpp"
#include "roomstore/detail/text.hpp"
#include "roomstore/model/box.hpp"

/// Conversion from JSON to models. Only types are checked; all other rules are checked by the
/// store. A value that the model cannot hold is refused with the path of the field.
namespace roomstore::detail {

/// Reads the fields of a model or content from the members of `object`. A missing field keeps its
/// default, unless it is required. Members that are not fields are kept if the model has
/// `unknown_members`, else ignored.
template <typename Model>
void read_fields(const FieldPath& path, const Json& object, Nesting nesting, Model& model);

[[noreturn]] inline void refuse_type(const FieldPath& path,
                                     const char* expected,
                                     const Json& found) {
    throw_invalid(path, std::string("must be ") + expected + ", is " + found.type_name());
}

inline const std::string& string_of(const FieldPath& path, const Json& json) {
    if (!json.is_string()) refuse_type(path, "a string", json);
    return json.get_ref<const std::string&>();
}

inline void read_json(const FieldPath& path, const Json& json, Nesting, std::string& value) {
    value = string_of(path, json);
}

inline void read_json(const FieldPath& path, const Json& json, Nesting, bool& value) {
    if (!json.is_boolean()) refuse_type(path, "a boolean", json);
    value = json.get<bool>();
}

inline void read_json(const FieldPath& path, const Json& json, Nesting, double& value) {
    if (!json.is_number()) refuse_type(path, "a number", json);
    value = json.get<double>();
}

/// Accepts a number without a fraction, also one that is written as 3.0 or 3e0.
inline void read_json(const FieldPath& path, const Json& json, Nesting, std::int64_t& value) {
    constexpr auto highest = (std::numeric_limits<std::int64_t>::max)();
    if (json.is_number_unsigned()) {
        const auto number = json.get<std::uint64_t>();
        if (number > static_cast<std::uint64_t>(highest)) {
            throw_invalid(path, json.dump() + ", must be at most " + std::to_string(highest));
        }
        value = static_cast<std::int64_t>(number);
    } else if (json.is_number_integer()) {
        value = json.get<std::int64_t>();
    } else if (json.is_number_float()) {
        const auto number = json.get<double>();
        // 2^63, the smallest double that is too large.
        constexpr double end = 9223372036854775808.0;
        if (!(number >= -end && number < end) || number != std::trunc(number)) {
            throw_invalid(path, json.dump() + ", must be an integer of 64 bits");
        }
        value = static_cast<std::int64_t>(number);
    } else {
        refuse_type(path, "an integer", json);
    }
}

inline void read_json(const FieldPath& path, const Json& json, Nesting, Timestamp& time) {
    const std::string& text = string_of(path, json);
    const auto parsed = parse_iso8601(text);
    if (!parsed) throw_invalid(path, quoted(text, 64) + " is not an ISO 8601 time with a zone");
    if (*parsed < min_timestamp || *parsed > max_timestamp) {
        throw_invalid(path, "outside the years 1 to 9999");
    }
    time = *parsed;
}

inline std::size_t read_enum_position(const FieldPath& path,
                                      const Json& json,
                                      const std::string_view* names,
                                      std::size_t count) {
    const std::string& name = string_of(path, json);
    std::string known;
    for (std::size_t i = 0; i < count; ++i) {
        if (names[i] == name) return i;
        known += i == 0 ? "" : ", ";
        known += names[i];
    }
    throw_invalid(path, quoted(name, 64) + " is not one of " + known);
}

template <NamedEnum Enum>
void read_json(const FieldPath& path, const Json& json, Nesting, Enum& value) {
    constexpr const auto& names = enum_names<Enum>;
    value = static_cast<Enum>(read_enum_position(path, json, names.data(), names.size()));
}

template <OpenName Name>
void read_json(const FieldPath& path, const Json& json, Nesting, Name& value) {
    value = Name(string_of(path, json));
}

inline void read_json(const FieldPath& path, const Json& json, Nesting nesting, Json& value) {
    check_depth(path, json, nesting.json);
    value = json;
}

template <NamedModel Model>
void read_json(const FieldPath& path, const Json& json, Nesting nesting, Model& model) {
    if (!json.is_object()) refuse_type(path, "an object", json);
    read_fields(path, json, nesting, model);
}

/// Reads the fields of the alternative with the tag `tag` into `content`. Returns false if there is
/// none.
template <std::size_t I = 0>
bool read_known_content(const FieldPath& path,
                        const Json& json,
                        Nesting nesting,
                        std::string_view tag,
                        EventContent& content) {
    using Alternative = std::variant_alternative_t<I, EventContent::Variant>;
    if constexpr (std::same_as<Alternative, UnknownContent>) {
        return false;
    } else {
        if (tag != Alternative::tag) {
            return read_known_content<I + 1>(path, json, nesting, tag, content);
        }
        Alternative known;
        read_fields(path, json, nesting, known);
        content = std::move(known);
        return true;
    }
}

inline void read_json(const FieldPath& path,
                      const Json& json,
                      Nesting nesting,
                      EventContent& content) {
    if (!json.is_object()) refuse_type(path, "an object", json);
    if (nesting.json >= max_json_depth) refuse_depth(path);
    const auto tag = json.find("type");
    if (tag == json.end()) throw_invalid(path.field("type"), "missing");
    const std::string& name = string_of(path.field("type"), *tag);
    if (read_known_content(path, json, nesting.inside(), name, content)) return;
    check_depth(path, json, nesting.json);
    content = UnknownContent{.raw = json};
}

inline void read_json(const FieldPath& path,
                      const Json& json,
                      Nesting nesting,
                      Box<EventContent>& content) {
    read_json(path, json, nesting, *content);
}

/// A cursor has no default value.
inline void read_json(const FieldPath& path,
                      const Json& json,
                      Nesting nesting,
                      std::optional<RoomPageCursor>& cursor) {
    if (json.is_null()) {
        cursor.reset();
        return;
    }
    if (!json.is_object()) refuse_type(path, "an object", json);
    std::optional<Timestamp> created_at;
    std::optional<std::string> id;
    for (const auto& [name, member] : json.get_ref<const Json::object_t&>()) {
        if (name == "created_at") {
            read_json(path.field("created_at"), member, nesting, created_at.emplace());
        } else if (name == "id") {
            read_json(path.field("id"), member, nesting, id.emplace());
        } else {
            throw_invalid(path.key(name), "there is no such field");
        }
    }
    if (!created_at) throw_invalid(path.field("created_at"), "missing");
    if (!id) throw_invalid(path.field("id"), "missing");
    cursor.emplace(*created_at, *id);
}

template <typename T>
void read_json(const FieldPath& path, const Json& json, Nesting nesting, std::optional<T>& value) {
    if (json.is_null()) {
        value.reset();
    } else {
        read_json(path, json, nesting, value.emplace());
    }
}

template <typename T>
void read_json(const FieldPath& path, const Json& json, Nesting nesting, std::vector<T>& values) {
    if (!json.is_array()) refuse_type(path, "an array", json);
    values.clear();
    values.reserve(json.size());
    for (const Json& element : json.get_ref<const Json::array_t&>()) {
        const FieldPath element_path = path.element(values.size());
        read_json(element_path, element, nesting.inside(), values.emplace_back());
    }
}

template <typename T>
void read_json(const FieldPath& path,
               const Json& json,
               Nesting nesting,
               std::map<std::string, T>& values) {
    if (!json.is_object()) refuse_type(path, "an object", json);
    values.clear();
    for (const auto& [key, member] : json.get_ref<const Json::object_t&>()) {
        read_json(path.key(key), member, nesting.inside(), values[key]);
    }
}

inline void require_objects(const FieldPath& path, const Json& value) {
    if (!value.is_object()) refuse_type(path, "an object", value);
}

inline void require_objects(const FieldPath& path, const std::optional<Json>& value) {
    if (value) require_objects(path, *value);
}

inline void require_objects(const FieldPath& path, const std::vector<Json>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) require_objects(path.element(i), values[i]);
}

template <typename Value, typename Rule>
void read_field(const FieldPath& path,
                const Json& json,
                Nesting nesting,
                Value& value,
                const Rule&) {
    read_json(path, json, nesting, value);
    if constexpr (std::same_as<Rule, rule::Object>) require_objects(path, value);
}

/// The members of `object` that are not fields of `model`.
template <typename Model>
UnknownMembers read_unknown_members(const FieldPath& path,
                                    const Json& object,
                                    Nesting nesting,
                                    const Model& model) {
    UnknownMembers unknown;
    for (const auto& [name, member] : object.get_ref<const Json::object_t&>()) {
        if (is_field(model, name)) continue;
        check_depth(path.key(name), member, nesting.json);
        unknown.set(name, member);
    }
    return unknown;
}

template <typename Model>
[[noreturn]] void refuse_unknown_member(const FieldPath& path,
                                        const Json& object,
                                        const Model& model) {
    for (const auto& [name, member] : object.get_ref<const Json::object_t&>()) {
        if (!is_field(model, name)) throw_invalid(path.key(name), "there is no such field");
    }
    throw_invalid(path, "has a field twice");
}

template <typename Model>
void read_fields(const FieldPath& path, const Json& object, Nesting nesting, Model& model) {
    std::size_t known = is_tagged<Model> ? 1 : 0;
    visit_fields(model, [&]<typename Rule>(FieldName field, auto& value, const Rule& rule) {
        const FieldPath field_path = path.field(field.name);
        if constexpr (std::same_as<Rule, rule::Members>) {
            if (known < object.size()) {
                value = read_unknown_members(field_path, object, nesting, model);
            }
        } else {
            const auto member = object.find(field.name);
            if (member == object.end()) {
                if (field.required) throw_invalid(field_path, "missing");
                return;
            }
            ++known;
            read_field(field_path, *member, nesting, value, rule);
        }
    });
    if constexpr (refuses_unknown_members<Model>) {
        if (known < object.size()) refuse_unknown_member(path, object, model);
    }
}

/// Moves the unknown members of `model` that are fields in this build into these fields. They were
/// written by a build in which they were not fields, and which stored them where fields are not
/// read from.
template <typename Model>
void adopt_members(const FieldPath& path, Model& model) {
    if (model.unknown_members.empty()) return;
    UnknownMembers::Map members = model.unknown_members.map();
    visit_fields(model, [&]<typename Rule>(FieldName field, auto& value, const Rule& rule) {
        if constexpr (!std::same_as<Rule, rule::Members>) {
            const auto member = members.find(field.name);
            if (member == members.end()) return;
            read_field(path.field(field.name), member->second, {}, value, rule);
            members.erase(member);
        }
    });
    model.unknown_members = UnknownMembers(std::move(members));
}

}  // namespace roomstore::detail
