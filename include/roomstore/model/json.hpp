#pragma once

#include <string>
#include <utility>

#include "roomstore/model/json/read.hpp"
#include "roomstore/model/json/write.hpp"
#include "roomstore/model/json_value.hpp"

/// @file
/// JSON for every model and enumeration, found where nlohmann's library looks for it:
///
/// @code
/// Json json = room;
/// auto room = json.get<Room>();
/// @endcode
///
/// The names are those of the fields, enumerations stand by their spelling, times as ISO 8601 in
/// UTC, contents with their `type`; absent values are written as null.
namespace roomstore {

/// Writes `model`, also one that a store would refuse, unless it nests too deep; a content that was
/// moved from as null.
/// @throws Error (invalid_argument) where contents or JSON values nest more than 128 deep.
template <detail::NamedModel Model>
void to_json(Json& json, const Model& model) {
    json = detail::write_json(detail::FieldPath(detail::model_name<Model>), model, {});
}

/// Reads a model. Members that are no fields are ignored; a field that is missing gets the default
/// of the model, so an event without `id` a new one. Contents with a tag that this build does not
/// know are kept as they are. On failure `model` is as it was.
/// @throws Error (invalid_argument) with `<field>: <what>` where a value has another type than its
///         field, an integer is out of range or has a fraction, a name is not in a closed
///         enumeration, a time is none, a field without default is missing, or contents and JSON
///         values nest more than 128 deep. All other rules are checked by the store.
template <detail::NamedModel Model>
void from_json(const Json& json, Model& model) {
    Model fresh;
    detail::read_json(detail::FieldPath(detail::model_name<Model>), json, {}, fresh);
    model = std::move(fresh);
}

/// Writes the spelling.
template <NamedEnum Enum>
void to_json(Json& json, Enum value) {
    json = std::string(to_string(value));
}

/// Reads the spelling.
/// @throws Error (invalid_argument) for a name that is not in the enumeration.
template <NamedEnum Enum>
void from_json(const Json& json, Enum& value) {
    detail::read_json(detail::FieldPath("value"), json, {}, value);
}

/// Writes the spelling.
template <detail::OpenName Name>
void to_json(Json& json, const Name& value) {
    json = value.name();
}

/// Reads a name, which is not checked here.
/// @throws Error (invalid_argument) for what is no string.
template <detail::OpenName Name>
void from_json(const Json& json, Name& value) {
    detail::read_json(detail::FieldPath("value"), json, {}, value);
}

}  // namespace roomstore
