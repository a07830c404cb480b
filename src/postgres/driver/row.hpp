#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "roomstore/model/timestamp.hpp"

namespace roomstore::postgres {

class Result;

/// Thrown for a stored value that is not valid for its column. The text names column and value.
class ColumnError : public std::runtime_error {
public:
    ColumnError(const std::string& column, std::string_view value, std::string_view expected);

    const std::string& column() const noexcept { return column_; }

private:
    std::string column_;
};

/// One row of a `Result`, which must outlive it. Columns are numbered from 0. Throws `ColumnError`
/// if a value cannot be read as the requested type.
class Row {
public:
    bool is_null(int column) const;

    /// The column as the server sent it; valid as long as the result. Null reads as empty.
    std::string_view view(int column) const;

    std::string text(int column) const { return std::string(view(column)); }
    bool boolean(int column) const;
    std::int64_t int64(int column) const;
    /// Reads the output of `encode(float8send(x), 'hex')`: exact in every bit, whatever the
    /// session's settings.
    double float64(int column) const;
    Timestamp timestamp(int column) const;

    std::optional<std::string> optional_text(int column) const;
    std::optional<std::int64_t> optional_int64(int column) const;
    std::optional<Timestamp> optional_timestamp(int column) const;

private:
    friend class Result;
    Row(const Result& result, std::size_t index) : result_(&result), index_(index) {}

    [[noreturn]] void fail(int column, std::string_view expected) const;

    const Result* result_;
    std::size_t index_;
};

/// The result of a statement. Independent of the session it came from.
class Result {
public:
    struct Impl;

    Result();
    explicit Result(std::shared_ptr<const Impl> impl);

    std::size_t size() const noexcept;
    bool empty() const noexcept { return size() == 0; }
    /// Rows inserted, updated or deleted.
    std::int64_t affected_rows() const;
    Row operator[](std::size_t index) const { return Row(*this, index); }

private:
    friend class Row;
    std::shared_ptr<const Impl> impl_;
};

}  // namespace roomstore::postgres
