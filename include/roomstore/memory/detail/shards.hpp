#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <mutex>

namespace roomstore::detail::memory {

/// `count` parts of one container by hash, each with a lock of its own, so that threads seldom meet
/// and no part ever grows by much at once.
template <typename Part, std::size_t count>
class Shards {
public:
    static_assert((count & (count - 1)) == 0);

    /// On a cache line of its own.
    struct alignas(64) Shard {
        mutable std::mutex mutex;
        Part part;
    };

    /// The high bits of the hash choose: hash tables go by the low ones.
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
