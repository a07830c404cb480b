#pragma once

#include "fuzz/target.hpp"
#include "roomstore/model/json_value.hpp"

namespace roomstore::fuzz {

/// Changes one place in `json` to a value that is likely to test the rules of models. The changes
/// of single bytes that libFuzzer makes on its own seldom leave valid JSON.
void mutate_json(Json& json, Random& random);

/// Applies `mutate_json` to an input of `read_json_input`.
std::string mutate_json_input(std::string_view input, Random& random);

/// The same, for an input that is decoded by `decode_values`.
std::string mutate_spelled_input(std::string_view input, Random& random);

}  // namespace roomstore::fuzz
