#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <mutex>

namespace roomstore::detail::memory {

/// A container divided by hash into `count` parts, each with its own lock, which reduces contention
/// and the cost of a single rehash.
template <typename Part, std::size_t count>
class Shards {
public:
    static_assert((count & (count - 1)) == 0);

    /// Aligned to a cache line.
    struct alignas(64) Shard {
        mutable std::mutex mutex;
        Part part;
    };

    /// Uses the high bits of the hash, because hash tables use the low ones.
    Shard& of(std::size_t hash) noexcept { return shards_[number(hash)]; }
    const Shard& of(std::size_t hash) const noexcept { return shards_[number(hash)]; }

    auto begin() noexcept { return shards_.begin(); }
    auto end() noexcept { return shards_.end(); }

private:
    static constexpr std::size_t number(std::size_t hash) noexcept {
        return hash / ((std::numeric_limits<std::size_t>::max)() / count + 1);
    }

    std::array<Shard, count> shards_;
};

}  // namespace roomstore::detail::memory
