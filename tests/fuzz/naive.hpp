#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "roomstore/model/json_value.hpp"
#include "roomstore/model/timestamp.hpp"

/// A second implementation of the rules: slow, short, and independent of the library's code, so
/// that a fault is missed only if both have it.
namespace roomstore::fuzz::naive {

/// The types of the contents that the library knows.
inline const std::set<std::string> content_types{"text",
                                                 "rich",
                                                 "media",
                                                 "location",
                                                 "audio",
                                                 "video",
                                                 "composite",
                                                 "system",
                                                 "template",
                                                 "edit",
                                                 "delete",
                                                 "tool_call"};

/// Position of the first byte of `text` that is NUL or not valid UTF-8.
std::optional<std::size_t> first_fault(std::string_view text);

bool is_text(std::string_view text);

/// 1 to `max` bytes of text.
bool is_id(std::string_view text, std::size_t max = 255);

/// 1 to 64 bytes of [a-z0-9_.-].
bool is_name(std::string_view text);

/// Nesting depth of objects and arrays.
int depth(const Json& json);

/// Whether a store accepts `json`: only valid text and finite numbers, at most 128 levels deep.
bool is_storable(const Json& json);

/// Size of `json` for the limit of a row: bytes of strings and keys, plus 8 for every value.
std::size_t bytes(const Json& json);

/// `value @> part`.
bool contains(const Json& value, const Json& part);

/// Reads an ISO 8601 time, in UTC or with an offset, as microseconds since 1970.
std::optional<std::int64_t> read_time(std::string_view text);

bool is_storable(Timestamp time);

}  // namespace roomstore::fuzz::naive
