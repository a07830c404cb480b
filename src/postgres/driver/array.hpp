#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "roomstore/model/timestamp.hpp"

namespace roomstore::postgres {

/// Element type of an array. The values are the OIDs of the types in PostgreSQL's catalog
/// (pg_type.dat), which never change; the server rejects an array whose type differs from that in
/// the statement.
enum class ElementType : std::uint32_t {
    bigint = 20,
    text = 25,
    json = 114,
    timestamptz = 1184,
};

/// Builder of a one-dimensional array in PostgreSQL's binary format (`array_recv` in its source),
/// which needs no escaping and no parsing. Grows element by element, so that columns of many rows
/// need no containers of their own.
class Array {
public:
    explicit Array(ElementType type);

    /// For text or json.
    void add(std::string_view text);
    /// For bigint.
    void add(std::int64_t value);
    /// For timestamptz; the years 1 to 9999.
    void add(Timestamp value);
    void add_null();
    template <typename T>
    void add(const std::optional<T>& value) {
        if (value) {
            add(*value);
        } else {
            add_null();
        }
    }

    /// Finishes the array and returns its bytes.
    std::string take() &&;

private:
    ElementType type_;
    std::uint32_t count_ = 0;
    bool has_nulls_ = false;
    std::string bytes_;
};

}  // namespace roomstore::postgres
