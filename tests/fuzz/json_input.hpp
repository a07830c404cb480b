#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "roomstore/model/json_value.hpp"

namespace roomstore::fuzz {

/// An input that consists of one letter, which selects a check, and JSON.
struct JsonInput {
    std::size_t selector;
    Json json;
};

/// Reads an input for a target that has `choices` checks; no value if it contains no JSON.
std::optional<JsonInput> read_json_input(std::string_view input, std::size_t choices);

/// The inverse of `read_json_input`. `text` is JSON.
std::string write_json_input(std::size_t selector, std::string_view text);

/// Parses JSON; no value if `text` is not valid.
std::optional<Json> read_json(std::string_view text);

/// Nesting depth of the brackets in `text`, including those in strings: an upper bound for the
/// recursion over its JSON. nlohmann's parser does not recurse, but copying and writing do.
std::size_t bracket_depth(std::string_view text);
inline constexpr std::size_t max_bracket_depth = 400;

/// Decodes values that JSON text cannot express: a character from U+E000 to U+E0FF in `json` stands
/// for one byte, and the strings "!nan", "!inf", "!-inf" and "!binary" for values of these kinds.
Json decode_values(const Json& json);

/// The inverse of `decode_values`.
Json encode_values(const Json& json);

}  // namespace roomstore::fuzz
