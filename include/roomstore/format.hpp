#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "roomstore/error.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/json.hpp"
#include "roomstore/model/open_enum.hpp"

/// Optional formatters for {fmt}; the only header that needs it. Enumerations are formatted as
/// their spelling and take the format specification of a string, an `errc` as its message, models
/// as JSON on one line. For a `Timestamp` use `to_iso8601`.

template <roomstore::NamedEnum Enum>
struct fmt::formatter<Enum> : fmt::formatter<std::string_view> {
    template <typename Context>
    auto format(Enum value, Context& context) const {
        return fmt::formatter<std::string_view>::format(roomstore::to_string(value), context);
    }
};

template <roomstore::detail::OpenName Name>
struct fmt::formatter<Name> : fmt::formatter<std::string_view> {
    template <typename Context>
    auto format(const Name& value, Context& context) const {
        return fmt::formatter<std::string_view>::format(value.name(), context);
    }
};

template <>
struct fmt::formatter<roomstore::errc> : fmt::formatter<std::string_view> {
    template <typename Context>
    auto format(roomstore::errc value, Context& context) const {
        const std::string text = roomstore::make_error_code(value).message();
        return fmt::formatter<std::string_view>::format(text, context);
    }
};

/// Bytes that are no UTF-8 are replaced: what a store refused can still be logged.
template <roomstore::detail::NamedModel Model>
struct fmt::formatter<Model> : fmt::formatter<std::string_view> {
    template <typename Context>
    auto format(const Model& model, Context& context) const {
        using roomstore::Json;
        const std::string text = Json(model).dump(-1, ' ', false, Json::error_handler_t::replace);
        return fmt::formatter<std::string_view>::format(text, context);
    }
};
