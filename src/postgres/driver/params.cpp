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

template <typename Range>
Array array_of(ElementType type, const Range& values) {
    Array array(type);
    for (const auto& value : values) array.add(value);
    return array;
}

}  // namespace

Params& Params::add(std::string text) {
    values_.push_back({Value::Format::text, std::move(text)});
    return *this;
}

Params& Params::add(bool value) { return add(std::string(value ? "t" : "f")); }

Params& Params::add(std::int64_t value) { return add(to_text(value)); }

// to_chars gives the shortest text that reads back as the same double.
Params& Params::add(double value) { return add(to_text(value)); }

Params& Params::add(Timestamp value) { return add(to_iso8601(value)); }

Params& Params::add_null() {
    values_.emplace_back();
    return *this;
}

Params& Params::add(Array array) {
    values_.push_back({Value::Format::binary, std::move(array).take()});
    return *this;
}

Params& Params::add_array(const std::vector<std::string>& values) {
    return add(array_of(ElementType::text, values));
}

Params& Params::add_array(const std::vector<std::int64_t>& values) {
    return add(array_of(ElementType::bigint, values));
}

Params& Params::add_array(const std::vector<std::optional<std::string>>& values) {
    return add(array_of(ElementType::text, values));
}

}  // namespace roomstore::postgres
