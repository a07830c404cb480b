#include "driver/params.hpp"

#include <charconv>
#include <utility>

namespace roomstore::postgres {

namespace {

template <typename T>
std::string to_text(T value) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    return {digits, end};
}

// Always in quotes, so that neither an empty string, nor NULL, nor a brace needs a rule of its own.
void append_quoted(std::string& out, const std::string& value) {
    out += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

template <typename Range, typename Append>
std::string array_literal(const Range& values, Append append) {
    std::string out = "{";
    for (const auto& value : values) {
        if (out.size() > 1) out += ',';
        append(out, value);
    }
    out += '}';
    return out;
}

}  // namespace

Params& Params::add(std::string text) {
    values_.emplace_back(std::move(text));
    return *this;
}

Params& Params::add(bool value) { return add(std::string(value ? "t" : "f")); }

Params& Params::add(std::int64_t value) { return add(to_text(value)); }

// The shortest digits that read back as the same double.
Params& Params::add(double value) { return add(to_text(value)); }

Params& Params::add(Timestamp value) { return add(to_iso8601(value)); }

Params& Params::add_null() {
    values_.emplace_back(std::nullopt);
    return *this;
}

Params& Params::add_array(const std::vector<std::string>& values) {
    return add(array_literal(values, append_quoted));
}

Params& Params::add_array(const std::vector<std::int64_t>& values) {
    return add(
        array_literal(values, [](std::string& out, std::int64_t value) { out += to_text(value); }));
}

Params& Params::add_array(const std::vector<std::optional<std::string>>& values) {
    return add(array_literal(values, [](std::string& out, const auto& value) {
        if (value) {
            append_quoted(out, *value);
        } else {
            out += "NULL";
        }
    }));
}

}  // namespace roomstore::postgres
