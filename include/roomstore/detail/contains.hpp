#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "roomstore/detail/decimal.hpp"
#include "roomstore/model/json_value.hpp"

namespace roomstore::detail {

/// Numeric equality of an integer and a double.
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

/// Equality of numbers as in PostgreSQL's jsonb, where they are decimal: 1 equals 1.0, and adjacent
/// integers differ, however large they are.
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

/// The distinct scalars of a long array, sorted for binary search.
class ScalarsOf {
public:
    explicit ScalarsOf(const Json& array) {
        for (const Json& element : array) {
            if (!element.is_structured()) scalars_.push_back(&element);
        }
        std::ranges::sort(scalars_, exactly_before);
        const auto repeated = std::ranges::unique(scalars_, [](const Json* a, const Json* b) {
            return !exactly_before(a, b) && !exactly_before(b, a);
        });
        scalars_.erase(repeated.begin(), repeated.end());
    }

    bool contains(const Json& scalar) const {
        const auto [first, last] = std::ranges::equal_range(scalars_, &scalar, before);
        return std::any_of(
            first, last, [&](const Json* other) { return equal_scalars(*other, scalar); });
    }

private:
    /// Equal values are equivalent. So are integers that convert to the same double, of which there
    /// are a few thousand at most.
    static bool before(const Json* a, const Json* b) {
        if (rank(*a) != rank(*b)) return rank(*a) < rank(*b);
        if (a->is_number()) return a->get<double>() < b->get<double>();
        return *a < *b;
    }
    /// Only equal values of the same type are equivalent.
    static bool exactly_before(const Json* a, const Json* b) {
        if (before(a, b) || before(b, a) || !a->is_number()) return before(a, b);
        if (a->type() != b->type()) return a->type() < b->type();
        if (a->is_number_float()) return false;
        return a->is_number_unsigned() ? a->get<std::uint64_t>() < b->get<std::uint64_t>()
                                       : a->get<std::int64_t>() < b->get<std::int64_t>();
    }
    static int rank(const Json& value) {
        return value.is_number() ? 256 : static_cast<int>(value.type());
    }

    std::vector<const Json*> scalars_;
};

inline bool contains_inside(const Json& value, const Json& part);

/// Whether any element of `array` contains `part`.
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
        constexpr std::size_t long_array = 8;
        std::optional<ScalarsOf> scalars;
        if ((std::min)(value.size(), part.size()) > long_array) scalars.emplace(value);
        return std::ranges::all_of(part, [&](const Json& element) {
            if (scalars && !element.is_structured()) return scalars->contains(element);
            return has_element(value, element);
        });
    }
    return equal_scalars(value, part);
}

/// JSON containment, as PostgreSQL's `value @> part` for jsonb (manual, section 8.14.3): objects
/// and arrays contain their subsets at every level, the order and the repetition of array elements
/// do not matter, a missing member never matches null, and `true` does not equal 1. At the top
/// level an array also contains a bare scalar that is one of its elements.
inline bool json_contains(const Json& value, const Json& part) {
    if (value.is_array() && !part.is_structured()) return has_element(value, part);
    return contains_inside(value, part);
}

}  // namespace roomstore::detail
