#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roomstore/model/timestamp.hpp"

namespace roomstore::postgres {

/// The parameters of one statement, in order, in PostgreSQL's text format.
///
/// Text is kept as a C string: callers have checked that it holds no NUL, which libpq would cut at.
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

    /// An array of text, written as PostgreSQL's array literal (manual, section 8.15.2).
    Params& add_array(const std::vector<std::string>& values);
    Params& add_array(const std::vector<std::int64_t>& values);
    /// With null elements where a value is absent.
    Params& add_array(const std::vector<std::optional<std::string>>& values);

    template <typename T>
    Params& add(const std::optional<T>& value) {
        return value ? add(*value) : add_null();
    }

    std::size_t size() const noexcept { return values_.size(); }
    const std::vector<std::optional<std::string>>& values() const noexcept { return values_; }

private:
    std::vector<std::optional<std::string>> values_;
};

}  // namespace roomstore::postgres
