#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace roomstore::test {

/// Start and end of a call, by a `LogicalClock`.
struct Interval {
    std::uint64_t invoked_at = 0;
    std::uint64_t answered_at = 0;

    /// Whether this call ended before the other began.
    bool precedes(const Interval& other) const { return answered_at < other.invoked_at; }
};

/// A call that set a value, or removed it.
struct RegisterWrite {
    Interval when{};
    std::optional<std::string> value{};
};

/// A call that returned the value, or that there is none.
struct RegisterRead {
    Interval when{};
    std::optional<std::string> value{};
    /// The name of the caller, for messages.
    std::string reader{};
};

/// Writes and reads of one value, which does not exist initially. No two writes set the same value.
struct RegisterHistory {
    std::vector<RegisterWrite> writes{};
    std::vector<RegisterRead> reads{};
};

/// Checks each read of `history` against all writes and all other reads:
///
/// - the value was written by a call that began before the read ended, or is the initial state;
/// - it was not certainly overwritten: no other write lies entirely between that call and the read;
/// - of two successive reads, the later one does not return the certainly older write.
std::vector<std::string> check_register(const std::string& name, const RegisterHistory& history);

/// A call that raised a marker to at least `lowest` and at most `highest`. They differ if the value
/// depends on concurrent calls.
struct MarkerRaise {
    Interval when{};
    std::int64_t lowest = 0;
    std::int64_t highest = 0;
};

/// A call that returned a marker; -1 if there is none.
struct MarkerRead {
    Interval when{};
    std::int64_t value = -1;
};

/// Raises and reads of one marker.
struct MarkerHistory {
    std::vector<MarkerRaise> raises{};
    std::vector<MarkerRead> reads{};
};

/// Checks each read of `history`:
///
/// - the marker is at least as high as every raise that ended before the read began;
/// - some raise that began before the read ended can have set it to this value, or it is -1;
/// - of two successive reads, the later one is not lower.
std::vector<std::string> check_marker(const std::string& name, const MarkerHistory& history);

}  // namespace roomstore::test
