#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace roomstore::test {

/// When a call began and when it was answered, by a `LogicalClock`.
struct Interval {
    std::uint64_t invoked_at = 0;
    std::uint64_t answered_at = 0;

    /// Whether it had ended when the other began.
    bool precedes(const Interval& other) const { return answered_at < other.invoked_at; }
};

/// A call that set a value, or removed it.
struct RegisterWrite {
    Interval when{};
    std::optional<std::string> value{};
};

/// A call that was told the value, or that there is none.
struct RegisterRead {
    Interval when{};
    std::optional<std::string> value{};
    /// Who read it, for the complaint.
    std::string reader{};
};

/// What callers did with one value, which begins absent, and were told of it. No two writes set the
/// same value.
struct RegisterHistory {
    std::vector<RegisterWrite> writes{};
    std::vector<RegisterRead> reads{};
};

/// Checks each read of `history` against all writes, and the reads among each other:
///
/// - what is read was written by a call that began before the read ended, or was never written;
/// - it was not surely overwritten: no other write lies wholly between that call and the read;
/// - of two reads one after the other, the later does not see the surely older write.
std::vector<std::string> check_register(const std::string& name, const RegisterHistory& history);

/// A call that raised a marker: to `lowest` at least and to `highest` at most. They differ where
/// what it is raised to depends on what others do meanwhile.
struct MarkerRaise {
    Interval when{};
    std::int64_t lowest = 0;
    std::int64_t highest = 0;
};

/// A call that was told where a marker is; -1 where there is none.
struct MarkerRead {
    Interval when{};
    std::int64_t value = -1;
};

/// What callers did with one marker and were told of it.
struct MarkerHistory {
    std::vector<MarkerRaise> raises{};
    std::vector<MarkerRead> reads{};
};

/// Checks each read of `history`:
///
/// - the marker is as high as every raise that ended before the read began;
/// - some raise that began before the read ended can have put it there, or it is -1;
/// - of two reads one after the other, the later is not lower.
std::vector<std::string> check_marker(const std::string& name, const MarkerHistory& history);

}  // namespace roomstore::test
