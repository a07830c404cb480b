#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "driver/row.hpp"

namespace roomstore::postgres {

/// The cells of a result, row by row. They refer to memory that the derived class owns.
struct Result::Impl {
    struct Cell {
        const char* text;  ///< Null pointer: SQL null.
        std::size_t length;
    };

    virtual ~Impl() = default;
    virtual std::string column_name(int column) const = 0;

    const Cell& cell(std::size_t row, int column) const;

    std::size_t rows = 0;
    std::size_t columns = 0;
    std::int64_t affected_rows = 0;
    std::vector<Cell> cells;
};

/// Parses a `timestamptz` as PostgreSQL writes it in DateStyle ISO or in JSON: with any offset,
/// including offsets in hours only or with seconds.
std::optional<Timestamp> parse_timestamptz(std::string_view text);

}  // namespace roomstore::postgres
