#pragma once

#include <nlohmann/json.hpp>

namespace roomstore {

/// The type of every free-form value: metadata, payloads, tool results.
/// @ingroup values
using Json = nlohmann::json;

}  // namespace roomstore
