#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "roomstore/model/json_value.hpp"
#include "roomstore/model/timestamp.hpp"

/// The rules once more, in another way: slow, short, and without the library's own code, so that
/// both must be wrong alike for a fault to hide.
namespace roomstore::fuzz::naive {

/// Where `text` stops being UTF-8 without NUL.
std::optional<std::size_t> first_fault(std::string_view text);

bool is_text(std::string_view text);

/// 1 to `max` bytes of text.
bool is_id(std::string_view text, std::size_t max = 255);

/// 1 to 64 bytes of [a-z0-9_.-].
bool is_name(std::string_view text);

/// How many objects and arrays nest.
int depth(const Json& json);

/// Whether a store may hold `json`: text only, finite numbers only, at most 128 deep.
bool is_storable(const Json& json);

/// Bytes that `json` counts for the limit of a row: strings and keys, and 8 for every value.
std::size_t bytes(const Json& json);

/// `value @> part`.
bool contains(const Json& value, const Json& part);

/// The microseconds since 1970 that an ISO 8601 time in UTC or with an offset names.
std::optional<std::int64_t> read_time(std::string_view text);

bool is_storable(Timestamp time);

}  // namespace roomstore::fuzz::naive
