#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roomstore/model/timestamp.hpp"

namespace roomstore::postgres {

/// An array in the making, written as PostgreSQL's array literal (manual, section 8.15.2). Grows
/// element by element, so that columns of many rows need no containers of their own.
class ArrayText {
public:
    void add(std::string_view text);
    void add(std::int64_t value);
    void add_null();
    template <typename T>
    void add(const std::optional<T>& value) {
        if (value) {
            add(*value);
        } else {
            add_null();
        }
    }

    /// The literal; the array begins anew.
    std::string take();

private:
    void separate();

    std::string text_;
};

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
    Params& add(ArrayText array) { return add(array.take()); }

    /// An array of text.
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
