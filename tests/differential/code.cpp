#include "differential/code.hpp"

#include <cctype>
#include <cmath>
#include <cstdio>
#include <limits>

namespace roomstore::differential {

std::string code(const std::string& text) {
    const bool one_byte =
        text.size() > 40 && std::ranges::all_of(text, [&](char c) { return c == text.front(); });
    if (one_byte) {
        return "std::string(" + std::to_string(text.size()) + ", " +
               std::to_string(static_cast<int>(text.front())) + ")";
    }
    std::string literal = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            literal += '\\';
            literal += c;
        } else if (byte >= 0x20 && byte < 0x7F) {
            literal += c;
        } else {
            char escape[8];
            std::snprintf(escape, sizeof(escape), "\\%03o", static_cast<unsigned>(byte));
            literal += escape;
        }
    }
    literal += '"';
    if (text.find('\0') == std::string::npos) return literal;
    return "std::string(" + literal + ", " + std::to_string(text.size()) + ")";
}

std::string code(bool value) { return value ? "true" : "false"; }

std::string code(std::int64_t value) {
    if (value == std::numeric_limits<std::int64_t>::min()) {
        return "std::numeric_limits<std::int64_t>::min()";
    }
    return std::to_string(value);
}

std::string code(std::uint64_t value) { return std::to_string(value) + "U"; }

std::string code(double value) {
    if (std::isnan(value)) return "std::nan(\"\")";
    if (std::isinf(value)) {
        return std::string(value < 0 ? "-" : "") + "std::numeric_limits<double>::infinity()";
    }
    char text[40];
    std::snprintf(text, sizeof(text), "%.17g", value);
    // Without a decimal point it would be an integer, which has no negative zero.
    const bool integer = std::string_view(text).find_first_of(".e") == std::string_view::npos;
    return std::string(text) + (integer ? ".0" : "");
}

std::string code(Timestamp time) {
    return "Timestamp{std::chrono::microseconds{" +
           std::to_string(time.time_since_epoch().count()) + "}}";
}

std::string code(const RoomPageCursor& cursor) {
    return "RoomPageCursor{" + code(cursor.created_at()) + ", " + code(std::string(cursor.id())) +
           "}";
}

namespace {

/// JSON as text to parse, if that is short and gives the same value again.
std::optional<std::string> parsed_code(const Json& json) {
    constexpr std::size_t longest = 4000;
    // With escapes: compilers reject characters that change the text direction.
    const auto text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
    if (text.size() > longest) return std::nullopt;
    // A value that is not valid JSON, such as NaN, has no text that gives it again.
    if (Json::parse(text) != json) return std::nullopt;
    return "Json::parse(R\"json(" + text + ")json\")";
}

std::string built_code(const Json& json) {
    std::string items;
    const auto comma = [&] { items += items.empty() ? "" : ", "; };
    switch (json.type()) {
        case Json::value_t::object:
            for (const auto& [key, value] : json.items()) {
                comma();
                items += "{" + code(key) + ", " + built_code(value) + "}";
            }
            return "Json::object({" + items + "})";
        case Json::value_t::array:
            for (const auto& value : json) {
                comma();
                items += built_code(value);
            }
            return "Json::array({" + items + "})";
        case Json::value_t::string:
            return "Json(" + code(json.get_ref<const std::string&>()) + ")";
        case Json::value_t::number_float:
            return "Json(" + code(json.get<double>()) + ")";
        case Json::value_t::number_unsigned:
            return "Json(" + std::to_string(json.get<std::uint64_t>()) + "u)";
        case Json::value_t::number_integer:
            return "Json(" + code(json.get<std::int64_t>()) + ")";
        case Json::value_t::boolean:
            return std::string("Json(") + (json.get<bool>() ? "true" : "false") + ")";
        default:
            return "Json(nullptr)";
    }
}

}  // namespace

std::string code(const Json& json) {
    if (json.is_object() && json.empty()) return "Json::object()";
    return parsed_code(json).value_or(built_code(json));
}

std::string code(const UnknownMembers& members) {
    std::string items;
    for (const auto& [name, value] : members.map()) {
        items += (items.empty() ? "{" : ", {") + code(name) + ", " + code(value) + "}";
    }
    return "UnknownMembers{" + items + "}";
}

std::string code(Gap gap) { return gap == Gap::refuse ? "Gap::refuse" : "Gap::skip"; }

std::string code(Replies replies) {
    return replies == Replies::cascade ? "Replies::cascade" : "Replies::keep";
}

std::string code(Start start) {
    if (start == Start::oldest) return "Start::oldest";
    if (start == Start::newest) return "Start::newest";
    return "static_cast<Start>(" + std::to_string(static_cast<int>(start)) + ")";
}

namespace detail {

std::string pascal_case(std::string_view snake_case) {
    std::string pascal;
    bool start = true;
    for (const char c : snake_case) {
        if (c != '_') pascal += start ? static_cast<char>(std::toupper(c)) : c;
        start = c == '_';
    }
    return pascal;
}

std::string Writer<EventContent>::write(const EventContent& content) {
    return std::visit(
        [](const auto& known) -> std::string {
            if constexpr (requires { known.raw; }) {
                return "UnknownContent{" + code(known.raw) + "}";
            } else {
                return detail::write(known);
            }
        },
        content.variant());
}

}  // namespace detail

}  // namespace roomstore::differential
