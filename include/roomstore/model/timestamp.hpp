#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace roomstore {

/// A point in time in UTC, in microseconds. This is the resolution of PostgreSQL's TIMESTAMPTZ, so
/// that no backend rounds. Truncate the time of a clock with nanosecond resolution:
/// `std::chrono::floor<std::chrono::microseconds>(t)`.
/// @ingroup values
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// The current time, truncated to microseconds.
/// @ingroup values
inline Timestamp now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// The earliest time a store accepts: the first microsecond of year 1.
/// @ingroup values
inline constexpr Timestamp min_timestamp =
    std::chrono::sys_days{std::chrono::year{1} / std::chrono::January / 1};

/// The latest time a store accepts: the last microsecond of year 9999.
/// @ingroup values
inline constexpr Timestamp max_timestamp =
    std::chrono::sys_days{std::chrono::year{10000} / std::chrono::January / 1} -
    std::chrono::microseconds{1};

/// `time` as ISO 8601 in UTC: `2026-01-02T03:04:05Z`, with six fraction digits unless they are all
/// zero. Outside the years 0 to 9999 the year is written with a sign and six digits, for display
/// only: every store refuses such a time, and `parse_iso8601` does not read it.
/// @ingroup values
std::string to_iso8601(Timestamp time);

/// Reads an ISO 8601 date and time with zone (`Z` or an offset), the form of RFC 3339. Up to nine
/// fraction digits are accepted; those after the sixth are dropped. Returns `nullopt` for any other
/// text.
/// @ingroup values
std::optional<Timestamp> parse_iso8601(std::string_view text);

}  // namespace roomstore
