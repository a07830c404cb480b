#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "driver/array.hpp"
#include "roomstore/model/timestamp.hpp"

namespace roomstore::postgres {

/// One parameter.
struct Value {
    enum class Format { null, text, binary };

    Format format = Format::null;
    std::string bytes{};
};
using Values = std::vector<Value>;

/// The parameters of one statement, in order: arrays in PostgreSQL's binary format, all else as
/// text.
///
/// Text is passed as a C string: callers have checked that it contains no NUL, at which libpq would
/// truncate it.
class Params {
public:
    Params() = default;

    Params& add(std::string text);
    Params& add(std::string_view text) { return add(std::string(text)); }
    Params& add(const char* text) { return add(std::string(text)); }
    Params& add(bool value);
    Params& add(std::int64_t value);
    Params& add(double value);
    Params& add(Timestamp value);
    Params& add_null();
    Params& add(Array array);

    /// An array of text.
    Params& add_array(const std::vector<std::string>& values);
    Params& add_array(const std::vector<std::int64_t>& values);
    /// Absent values become null elements.
    Params& add_array(const std::vector<std::optional<std::string>>& values);

    template <typename T>
    Params& add(const std::optional<T>& value) {
        return value ? add(*value) : add_null();
    }

    std::size_t size() const noexcept { return values_.size(); }
    const Values& values() const noexcept { return values_; }

private:
    Values values_;
};

}  // namespace roomstore::postgres
