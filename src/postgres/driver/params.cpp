#include "driver/params.hpp"

#include <algorithm>
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

template <typename Range>
ArrayText array_of(const Range& values) {
    ArrayText array;
    for (const auto& value : values) array.add(value);
    return array;
}

}  // namespace

void ArrayText::separate() { text_ += text_.empty() ? '{' : ','; }

// Always in quotes, so that neither an empty string, nor NULL, nor a brace needs a rule of its own.
void ArrayText::add(std::string_view text) {
    separate();
    text_ += '"';
    for (;;) {
        const auto special = std::min(text.find_first_of("\"\\"), text.size());
        text_ += text.substr(0, special);
        if (special == text.size()) break;
        text_ += '\\';
        text_ += text[special];
        text.remove_prefix(special + 1);
    }
    text_ += '"';
}

void ArrayText::add(std::int64_t value) {
    separate();
    text_ += to_text(value);
}

void ArrayText::add_null() {
    separate();
    text_ += "NULL";
}

std::string ArrayText::take() {
    if (text_.empty()) text_ += '{';
    text_ += '}';
    return std::exchange(text_, {});
}

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

Params& Params::add_array(const std::vector<std::string>& values) { return add(array_of(values)); }

Params& Params::add_array(const std::vector<std::int64_t>& values) { return add(array_of(values)); }

Params& Params::add_array(const std::vector<std::optional<std::string>>& values) {
    return add(array_of(values));
}

}  // namespace roomstore::postgres
