#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

#include "roomstore/model/json_value.hpp"

namespace roomstore::test {

/// Text that breaks code which quotes, escapes, splits, trims, normalizes or truncates incorrectly:
/// valid UTF-8 without NUL, made of SQL statements, quotes, control characters, and characters of
/// several planes. The same seed gives the same texts on every platform.
class HostileText {
public:
    explicit HostileText(std::uint32_t seed) : random_(seed) {}

    /// Up to `max_bytes` long; sometimes empty, unless `min_bytes` is 1.
    std::string next(std::size_t max_bytes, std::size_t min_bytes = 0);

    /// A nested object with hostile keys and values.
    Json object();

    /// Number of texts generated so far.
    std::size_t count() const noexcept { return count_; }

private:
    std::size_t below(std::size_t bound) { return random_() % bound; }
    std::string piece();

    std::mt19937 random_;
    std::size_t count_ = 0;
};

}  // namespace roomstore::test
