#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "roomstore/detail/sip_hash.hpp"
#include "roomstore/detail/text_hash.hpp"

namespace roomstore::detail::memory {

/// What cursors hold to identify a room of the store. Thread-safe.
///
/// A room is identified by its generation alone, which no two rooms of a store share. The hash
/// tells a cursor of one store from those of others, and reveals nothing: its key is the store's.
class CursorHash {
public:
    /// A number that no other room of this store has had.
    std::uint64_t next_generation() noexcept { return generations_.fetch_add(1) + 1; }

    /// Never 0.
    std::uint64_t of(std::uint64_t generation) const noexcept {
        std::array<char, 16> text{};
        write(generation, text.data());
        write(epoch_.load(), text.data() + 8);
        const auto hash = SipHash<2, 4>(key_)(std::string_view(text.data(), text.size()));
        return hash == 0 ? 1 : hash;
    }

    /// Makes all hashes invalid.
    void renew() noexcept { epoch_.fetch_add(1); }

private:
    static void write(std::uint64_t number, char* text) noexcept {
        for (int i = 0; i < 8; ++i) text[i] = static_cast<char>(number >> (8 * i) & 0xFF);
    }

    const SipKey key_ = draw_hash_key();
    std::atomic<std::uint64_t> epoch_ = 0;
    std::atomic<std::uint64_t> generations_ = 0;
};

}  // namespace roomstore::detail::memory
