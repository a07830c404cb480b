#pragma once

#include <cstddef>
#include <string>

#include "roomstore/detail/field_path.hpp"
#include "roomstore/model/json_value.hpp"

namespace roomstore::detail {

/// Maximum nesting depth of objects and arrays in a JSON value, or in a content with everything it
/// contains.
inline constexpr int max_json_depth = 128;

/// Maximum nesting depth of composites; an edit between two composites does not reset the count.
inline constexpr int max_composite_depth = 5;

/// Numbers of containers that enclose a value: objects and arrays, and composites.
struct Nesting {
    int json = 0;
    int composites = 0;

    Nesting inside() const { return {json + 1, composites}; }
};

[[noreturn]] inline void refuse_depth(const FieldPath& path) {
    throw_invalid(path, "nested more than " + std::to_string(max_json_depth) + " deep");
}

/// Refuses a JSON value that is nested too deeply, `depth` being the number of enclosing
/// containers. Copying and serializing JSON are recursive, so that an untrusted value must be
/// checked first.
inline void check_depth(const FieldPath& path, const Json& value, int depth) {
    if (!value.is_structured()) return;
    if (depth >= max_json_depth) refuse_depth(path);
    if (value.is_object()) {
        for (const auto& [key, member] : value.get_ref<const Json::object_t&>()) {
            check_depth(path.key(key), member, depth + 1);
        }
    } else {
        std::size_t i = 0;
        for (const Json& element : value.get_ref<const Json::array_t&>()) {
            check_depth(path.element(i++), element, depth + 1);
        }
    }
}

}  // namespace roomstore::detail
