#pragma once

#include "fuzz/target.hpp"
#include "roomstore/model/json_value.hpp"

namespace roomstore::fuzz {

/// Changes one place of `json` into something that rules about models may stumble over. Changes of
/// single bytes, which libFuzzer makes by itself, seldom leave JSON that can be read.
void mutate_json(Json& json, Random& random);

/// `mutate_json` of an input that `read_json_input` reads.
std::string mutate_json_input(std::string_view input, Random& random);

/// The same, the raw values spelled as `with_spelled_values` reads them.
std::string mutate_spelled_input(std::string_view input, Random& random);

}  // namespace roomstore::fuzz
