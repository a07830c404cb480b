#pragma once

#include <chrono>
#include <cstdint>

namespace roomstore::simulation {

/// The only source of randomness in a run. It gives the same values on every machine, unlike the
/// distributions of the standard library.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    /// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
    std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15U;
        auto z = state_;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }

    /// 0 .. bound-1; 0 if `bound` is 0.
    std::uint64_t below(std::uint64_t bound) noexcept { return bound == 0 ? 0 : next() % bound; }

    /// From `low` to `high`, both included.
    int between(int low, int high) noexcept {
        return low + static_cast<int>(below(static_cast<std::uint64_t>(high - low) + 1));
    }

    /// True with a probability of `permille` / 1000.
    bool chance(int permille) noexcept {
        return permille > 0 && below(1000) < static_cast<std::uint64_t>(permille);
    }

    std::chrono::nanoseconds between(std::chrono::nanoseconds low,
                                     std::chrono::nanoseconds high) noexcept {
        return low + std::chrono::nanoseconds(
                         below(static_cast<std::uint64_t>((high - low).count()) + 1));
    }

private:
    std::uint64_t state_;
};

}  // namespace roomstore::simulation
