#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "roomstore/error.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/json.hpp"
#include "roomstore/model/open_enum.hpp"

/// @file
/// Optional formatters for {fmt}; no other header needs {fmt}. Enumerations are formatted as their
/// spelling, an `errc` as its message and models as JSON on one line, each with the format
/// specification of a string. For a `Timestamp` use `to_iso8601`.

/// Specializations of {fmt}'s `formatter`.
namespace fmt {

/// Formats an enumeration as its spelling, with the format specification of a string.
template <roomstore::NamedEnum Enum>
struct formatter<Enum> : formatter<std::string_view> {
    /// Called by {fmt}.
    template <typename Context>
    auto format(Enum value, Context& context) const {
        return formatter<std::string_view>::format(roomstore::to_string(value), context);
    }
};

/// Formats a value of an open enumeration as its spelling, with the format specification of a
/// string.
template <roomstore::detail::OpenName Name>
struct formatter<Name> : formatter<std::string_view> {
    /// Called by {fmt}.
    template <typename Context>
    auto format(const Name& value, Context& context) const {
        return formatter<std::string_view>::format(value.name(), context);
    }
};

/// Formats a constant of an open enumeration as its spelling, with the format specification of a
/// string.
template <typename Enum>
struct formatter<roomstore::OpenConstant<Enum>> : formatter<std::string_view> {
    /// Called by {fmt}.
    template <typename Context>
    auto format(roomstore::OpenConstant<Enum> value, Context& context) const {
        return formatter<std::string_view>::format(value.name(), context);
    }
};

/// Formats an `errc` as its message, with the format specification of a string.
template <>
struct formatter<roomstore::errc> : formatter<std::string_view> {
    /// Called by {fmt}.
    template <typename Context>
    auto format(roomstore::errc value, Context& context) const {
        const std::string text = roomstore::make_error_code(value).message();
        return formatter<std::string_view>::format(text, context);
    }
};

/// Formats a model as JSON on one line, with the format specification of a string. Invalid UTF-8 is
/// replaced, so that a model that a store refused can still be logged.
template <roomstore::detail::NamedModel Model>
struct formatter<Model> : formatter<std::string_view> {
    /// Called by {fmt}.
    template <typename Context>
    auto format(const Model& model, Context& context) const {
        using roomstore::Json;
        const std::string text = Json(model).dump(-1, ' ', false, Json::error_handler_t::replace);
        return formatter<std::string_view>::format(text, context);
    }
};

}  // namespace fmt
