#pragma once

#include "fuzz/target.hpp"
#include "roomstore/model/json_value.hpp"

namespace roomstore::fuzz {

/// Calls the check of every operation that takes something else than a row, with arguments from the
/// members of `json`. Each accepts exactly what the contract allows.
Verdict check_arguments(const Json& json);

/// Arguments that all operations accept, every member present.
Json valid_arguments();

}  // namespace roomstore::fuzz
