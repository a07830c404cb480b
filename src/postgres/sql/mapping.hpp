#pragma once

#include <concepts>
#include <exception>
#include <new>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "driver/params.hpp"
#include "driver/row.hpp"
#include "roomstore/detail/refusals.hpp"
#include "roomstore/error.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/json.hpp"

/// Conversions between rows and models that all tables need.
namespace roomstore::postgres {

/// The text of `value` for a JSON column.
template <typename T>
std::string json_text(const T& value) {
    return Json(value).dump();
}
inline std::string json_text(const Json& value) { return value.dump(); }

/// The same, or null if `value` is the default that a null column stands for.
template <typename T>
std::optional<std::string> json_text_unless(const T& value, const T& default_value) {
    if (value == default_value) return std::nullopt;
    return json_text(value);
}

/// The empty object, the default of every free-form field. Initialized while the library is loaded:
/// see rooms.cpp.
inline const Json empty_object = Json::object();

/// The column's JSON as a `T`.
/// @throws ColumnError
template <typename T>
T read_json_column(const Row& row, int column, const char* name) {
    const auto text = row.view(column);
    try {
        if constexpr (std::same_as<T, Json>) {
            if (text == "{}") return empty_object;
            return Json::parse(text);
        } else {
            return Json::parse(text).template get<T>();
        }
    } catch (const std::bad_alloc&) {
        throw;  // not caused by the row
    } catch (const std::exception& error) {
        throw ColumnError(name, text, fmt::format("readable: {}", error.what()));
    }
}

/// Reads the column's JSON into `value`, which keeps its default if the column is null.
template <typename T>
void read_json_column(const Row& row, int column, const char* name, T& value) {
    if (!row.is_null(column)) value = read_json_column<T>(row, column, name);
}
template <typename T>
void read_json_column(const Row& row, int column, const char* name, std::optional<T>& value) {
    if (!row.is_null(column)) value = read_json_column<T>(row, column, name);
}

/// A value of a closed enumeration.
/// @throws ColumnError if this build does not know it.
template <NamedEnum Enum>
Enum read_enum_column(const Row& row, int column, const char* name) {
    const auto spelling = row.view(column);
    if (const auto value = parse_enum<Enum>(spelling)) return *value;
    throw ColumnError(name, spelling, "a value this build knows");
}

/// `model` as stored: with the time, never changed, that the statement returned. Null if it
/// returned no row.
template <typename Model>
std::optional<Model> stored_with(Timestamp Model::* time,
                                 const Model& model,
                                 const Result& result) {
    if (result.empty()) return std::nullopt;
    Model stored = model;
    stored.*time = result[0].timestamp(0);
    return stored;
}

/// Runs `read` on a single row, which must be readable.
/// @param key  names the row: `room 'r1'`
/// @throws Error corrupt_data, naming table, key and value.
template <typename Read>
auto read_alone(const char* table, const std::string& key, Read read) {
    try {
        return read();
    } catch (const ColumnError& error) {
        throw detail::refusal(errc::corrupt_data, fmt::format("{}, {}", table, key), error.what());
    }
}

using detail::named;

}  // namespace roomstore::postgres
