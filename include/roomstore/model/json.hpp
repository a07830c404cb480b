#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "roomstore/model/binding.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/event.hpp"
#include "roomstore/model/identity.hpp"
#include "roomstore/model/json_conversions.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/observation.hpp"
#include "roomstore/model/open_enum.hpp"
#include "roomstore/model/participant.hpp"
#include "roomstore/model/room.hpp"
#include "roomstore/model/task.hpp"

/// @file
/// JSON conversions of every model, of the arguments in query.hpp and of every enumeration, which
/// nlohmann's library finds by itself:
///
/// @code
/// Json json = room;
/// auto room = json.get<Room>();
/// @endcode
///
/// Members have the names of the fields. Enumerations are written as their spelling, times as ISO
/// 8601 in UTC, contents with their `type`, absent values as null.
namespace roomstore {

namespace detail {

/// The position of the string `json` among `count` names.
/// @throws Error (invalid_argument) if it is not a string, or none of the names.
std::size_t read_enum_position(const Json& json, const std::string_view* names, std::size_t count);

/// The string in `json`.
/// @throws Error (invalid_argument) if it is not a string.
const std::string& read_name(const Json& json);

}  // namespace detail

/// Writes `model`, also one that a store would refuse, unless it is nested too deeply. A moved-from
/// `EditContent::new_content` is written as null.
/// @throws Error (invalid_argument) if contents or JSON values are nested more than 128 deep.
template <detail::NamedModel Model>
void to_json(Json& json, const Model& model);

/// Reads a model. A missing field gets the default of the model; an event without `id`, for
/// example, gets a new one. Contents with a tag that this build does not know are kept as they are.
/// Members that are not fields are kept in the `unknown_members` of contents, events, their sources
/// and channel data, capabilities, rate limits and retry policies. `Room`, `RoomTimers`,
/// `ChannelBinding`, `Participant`, `Identity`, `Task`, `Observation` and `ThreadSummary` ignore
/// such members: PostgreSQL stores these models in columns, and has no column for unknown members.
/// The arguments in query.hpp refuse them, since a condition with a misspelled name would otherwise
/// match everything.
/// On failure `model` is unchanged.
/// @throws Error (invalid_argument) with `<field>: <what>` if a value does not have the type of its
///         field, an integer is out of range or has a fraction, a name is not in a closed
///         enumeration, a time is invalid, a field without default is missing, an argument has an
///         unknown member, or contents and JSON values are nested more than 128 deep. All other
///         rules are checked by the store.
template <detail::NamedModel Model>
void from_json(const Json& json, Model& model);

/// Writes the spelling.
template <NamedEnum Enum>
void to_json(Json& json, Enum value) {
    json = std::string(to_string(value));
}

/// Reads the spelling.
/// @throws Error (invalid_argument) for a name that is not in the enumeration.
template <NamedEnum Enum>
void from_json(const Json& json, Enum& value) {
    constexpr const auto& names = enum_names<Enum>;
    value = static_cast<Enum>(detail::read_enum_position(json, names.data(), names.size()));
}

/// Writes the spelling.
template <detail::OpenName Name>
void to_json(Json& json, const Name& value) {
    json = value.name();
}

/// Reads a name, which is not checked here.
/// @throws Error (invalid_argument) if `json` is not a string.
template <detail::OpenName Name>
void from_json(const Json& json, Name& value) {
    value = Name(detail::read_name(json));
}

}  // namespace roomstore
