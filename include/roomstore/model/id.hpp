#pragma once

#include <string>

namespace roomstore {

/// A new id: 32 hexadecimal digits of 128 random bits.
/// @ingroup values
std::string generate_id();

}  // namespace roomstore
