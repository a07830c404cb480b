#pragma once

#include "fuzz/target.hpp"
#include "roomstore/model/json_value.hpp"

namespace roomstore::fuzz {

/// Calls the validation of every operation whose arguments are not a row, with arguments from the
/// members of `json`. Each must accept exactly what the contract allows.
Verdict check_arguments(const Json& json);

/// Arguments that all operations accept, with every member present.
Json valid_arguments();

}  // namespace roomstore::fuzz
