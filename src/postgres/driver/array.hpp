#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "roomstore/model/timestamp.hpp"

namespace roomstore::postgres {

/// What the elements of an array are. The values are the types' identifiers in PostgreSQL's catalog
/// (pg_type.dat), which never change; the server refuses an array that is of another type than the
/// statement says.
enum class ElementType : std::uint32_t {
    bigint = 20,
    text = 25,
    json = 114,
    timestamptz = 1184,
};

/// An array of one dimension in the making, in PostgreSQL's binary format (`array_recv` in its
/// source): nothing is escaped by the one and taken apart by the other. Grows element by element,
/// so that columns of many rows need no containers of their own.
class Array {
public:
    explicit Array(ElementType type);

    /// Of text or json.
    void add(std::string_view text);
    /// Of bigint.
    void add(std::int64_t value);
    /// Of timestamptz. Of the years 1 to 9999.
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

    /// What is sent. Ends the array.
    std::string take() &&;

private:
    ElementType type_;
    std::uint32_t count_ = 0;
    bool has_nulls_ = false;
    std::string bytes_;
};

}  // namespace roomstore::postgres
