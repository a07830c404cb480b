#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "roomstore/model/json_value.hpp"

namespace roomstore::fuzz {

/// An input that is one letter, which selects what is tried, and JSON.
struct JsonInput {
    std::size_t selector;
    Json json;
};

/// Reads an input for a target that tries `choices` things; nothing where it holds no JSON.
std::optional<JsonInput> read_json_input(std::string_view input, std::size_t choices);

/// Writes what `read_json_input` reads. `text` is JSON.
std::string write_json_input(std::size_t selector, std::string_view text);

/// JSON from text; nothing where it is none.
std::optional<Json> read_json(std::string_view text);

/// How deep the brackets of `text` nest, those in strings too: what recursion over its JSON needs
/// at most. nlohmann's parser does not recurse, its copies and its writer do.
std::size_t bracket_depth(std::string_view text);
inline constexpr std::size_t max_bracket_depth = 400;

/// JSON text cannot spell all that a program can put into a Json value. So a character from U+E000
/// to U+E0FF in `json` stands for that one byte, and the strings "!nan", "!inf", "!-inf" and
/// "!binary" for values of these kinds.
Json with_spelled_values(const Json& json);

/// The other way around.
Json spell_values(const Json& json);

}  // namespace roomstore::fuzz
