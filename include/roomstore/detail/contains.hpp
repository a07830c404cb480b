#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "roomstore/detail/decimal.hpp"
#include "roomstore/model/json_value.hpp"

namespace roomstore::detail {

/// Equality of an integer and a double, as numbers.
template <typename Integer>
bool equal_integer_and_real(Integer integer, double real) {
    constexpr double exact = 9007199254740992.0;
    if (std::abs(real) < exact) {
        return real == std::trunc(real) && std::cmp_equal(integer, static_cast<std::int64_t>(real));
    }
    if ((real < 0) != (integer < 0) || std::abs(real) > 2e19) return false;
    // PostgreSQL stores the text of a number, not the double.
    return (integer < 0 ? "-" : "") + integer_digits(real) == std::to_string(integer);
}

/// Equality of numbers as in PostgreSQL's jsonb, where they are decimal: 1 is 1.0, and integers
/// next to one another differ however large they are.
inline bool equal_numbers(const Json& a, const Json& b) {
    if (a.is_number_float() && b.is_number_float()) return a.get<double>() == b.get<double>();
    if (a.is_number_float()) return equal_numbers(b, a);
    if (a.is_number_unsigned()) {
        const auto number = a.get<std::uint64_t>();
        if (b.is_number_unsigned()) return number == b.get<std::uint64_t>();
        if (b.is_number_float()) return equal_integer_and_real(number, b.get<double>());
        return std::cmp_equal(number, b.get<std::int64_t>());
    }
    const auto number = a.get<std::int64_t>();
    if (b.is_number_unsigned()) return std::cmp_equal(number, b.get<std::uint64_t>());
    if (b.is_number_float()) return equal_integer_and_real(number, b.get<double>());
    return number == b.get<std::int64_t>();
}

inline bool equal_scalars(const Json& a, const Json& b) {
    if (a.is_number() && b.is_number()) return equal_numbers(a, b);
    return a == b;
}

inline bool contains_inside(const Json& value, const Json& part);

/// Whether some element of `array` contains `part`.
inline bool has_element(const Json& array, const Json& part) {
    for (const Json& element : array) {
        if (part.is_structured() ? contains_inside(element, part) : equal_scalars(element, part)) {
            return true;
        }
    }
    return false;
}

/// Containment below the top level, where an array never contains a bare scalar.
inline bool contains_inside(const Json& value, const Json& part) {
    if (part.is_object()) {
        if (!value.is_object()) return false;
        for (const auto& [key, member] : part.items()) {
            const auto found = value.find(key);
            if (found == value.end() || !contains_inside(*found, member)) return false;
        }
        return true;
    }
    if (part.is_array()) {
        if (!value.is_array()) return false;
        for (const Json& element : part) {
            if (!has_element(value, element)) return false;
        }
        return true;
    }
    return equal_scalars(value, part);
}

/// JSON containment, as PostgreSQL's `value @> part` for jsonb (manual, section 8.14.3): objects
/// and arrays contain their subsets at every level, the order and the number of equal elements of
/// an array do not matter, an absent member never matches null, `true` is not 1. At the top level
/// an array also contains a bare scalar that is one of its elements.
inline bool json_contains(const Json& value, const Json& part) {
    if (value.is_array() && !part.is_structured()) return has_element(value, part);
    return contains_inside(value, part);
}

}  // namespace roomstore::detail
