#pragma once

#include <nlohmann/json.hpp>

namespace roomstore {

/// The type of all free-form values: metadata, payloads, tool results.
/// @ingroup values
using Json = nlohmann::json;

}  // namespace roomstore
